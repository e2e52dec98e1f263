"""procgen-tools sweep trains agents and reports those that failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_cli import run


def test_sweep_trains_and_says_what_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path("sweep.toml")
    file.write_text(
        'folder = "out"\n[settings]\nworld_size = 15\nsamples = 16\nbatch_size = 8\n'
        'precision = "float32"\n'
        "[grid]\nseed = [0, 1]\n"
    )
    assert run(monkeypatch, "sweep", str(file)) == 0
    assert "seed_1" in capsys.readouterr().out
    assert Path("out/agents/seed_0.pth").exists()
    assert Path("out/summary.csv").exists()
    file.write_text(file.read_text().replace("seed = [0, 1]", "seed = [2]\nworld_size = [15, 24]"))
    assert run(monkeypatch, "sweep", str(file)) in (1, 2)
    printed = capsys.readouterr()
    assert "world_size 24 is not odd" in printed.out + printed.err
    file.write_text('folder = "out"\n[gird]\nseed = [0]\n')
    assert run(monkeypatch, "sweep", str(file)) == 2
    assert "did you mean 'grid'" in capsys.readouterr().err
