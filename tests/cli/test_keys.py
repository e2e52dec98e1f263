"""procgen-tools evaluate-keys: the table, the records, the figure and the check of a file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from procgen_tools.cli import keys
from procgen_tools.models.stable_baselines_files import sha256_of
from procgen_tools.worlds.keys_and_chests.players import SCRIPTED
from tests.cli.test_cli import run
from tests.models.test_stable_baselines_files import random_arrays, written


def test_evaluate_keys_prints_and_writes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    agent = written(tmp_path / "agent.zip", random_arrays())
    records, figure = tmp_path / "records.parquet", tmp_path / "figure.png"
    video = tmp_path / "video.gif"
    words = ("evaluate-keys", "random", str(agent), "--episodes=4", "--variants=test")
    files = (f"--records={records}", f"--figure={figure}", f"--video={video}", "--level=2")
    assert run(monkeypatch, *words, *files) == 0
    printed = capsys.readouterr().out
    assert f"sha256 {sha256_of(agent)}\n  not the published file of github.com" in printed
    assert "test  agent, argmax" in printed
    assert len(pd.read_parquet(records)) == 3 * 4
    assert figure.read_bytes().startswith(b"\x89PNG")
    with Image.open(video) as gif:
        assert gif.n_frames > 100  # type: ignore[attr-defined]
        assert gif.width > 3 * 192, "three panels"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("random", "--figure=a.pdf"), "end it in .png"),
        (("random", "--records=a.csv"), "end it in .parquet"),
        (("random", "--video=a.avi"), "a.avi is not the name of a video: end it in .mp4 or .gif"),
        (("random", "--video=a.gif", "--level=9", "--episodes=9"), "give one of 0..8"),
        (("random", "--variants=tets"), "did you mean 'test'"),
        (("no.zip",), "there is no file no.zip: give learned_policy.zip of github.com"),
    ],
)
def test_mistakes(
    words: tuple[str, ...],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, "evaluate-keys", *words) == 2
    assert said in capsys.readouterr().err


def test_the_help_names_all_scripted_players() -> None:
    assert set(keys.SCRIPTED) == set(SCRIPTED)
