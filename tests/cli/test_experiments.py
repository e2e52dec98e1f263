"""procgen-tools experiment: what it runs, where it writes results, and the command in them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from procgen_tools import studies
from procgen_tools.studies import results
from tests.cli.test_cli import run


def test_settings_and_command_are_those_of_the_options(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    seen: list[Any] = []
    written: list[Any] = []
    study = SimpleNamespace(MAZES=30, run=lambda settings: seen.append(settings), draw=lambda _: {})
    monkeypatch.setattr(studies, "load", {"a_study": study}.__getitem__)
    monkeypatch.setattr(results, "write", lambda *arguments: written.append(arguments))
    monkeypatch.setattr(results, "report", lambda _: "the report")
    monkeypatch.chdir(tmp_path)
    words = ("experiment", "a_study", "--agents=a.pth, b.pth", "--mazes=4", "--seed=2")
    sizes = ("--world-size=15", "--max-maze-size=7")
    assert run(monkeypatch, *words, *sizes, "--folder=out") == 0
    (settings,) = seen
    assert settings.agents == (Path("a.pth"), Path("b.pth"))
    assert (settings.mazes, settings.seed, settings.fast) == (4, 2, False)
    assert (settings.world_size, settings.max_maze_size) == (15, 7)
    ((_, _, place, command),) = written
    assert place == Path("out/a_study")
    assert command == (
        "procgen-tools experiment a_study --agents a.pth, b.pth --mazes 4 --seed 2 --world-size 15 "
        "--max-maze-size 7"
    )
    assert capsys.readouterr().out.startswith("the report\n\nout/a_study: results.json")


def test_the_originals_agent_goes_to_studies_that_take_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    seen: list[Any] = []
    taking = SimpleNamespace(ORIGINAL="policy.zip", run=seen.append, draw=lambda _: {})
    known = {"taking": taking, "other": SimpleNamespace(run=seen.append, draw=lambda _: {})}
    commands: list[str] = []
    monkeypatch.setattr(studies, "load", known.__getitem__)
    monkeypatch.setattr(results, "write", lambda *arguments: commands.append(arguments[-1]))
    monkeypatch.setattr(results, "report", lambda _: "the report")
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, "experiment", "taking", "--original=/far/policy.zip", "--fast") == 0
    assert seen[0].original == Path("/far/policy.zip")
    assert commands == ["procgen-tools experiment taking --fast --original policy.zip"]
    assert run(monkeypatch, "experiment", "other", "--original=policy.zip") == 2
    assert "other measures no agent of others beside ours" in capsys.readouterr().err
    assert len(seen) == 1
