"""The command line: what it prints, and what it says to mistakes."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

import pytest

from procgen_tools import cli
from procgen_tools.demo import SEED
from procgen_tools.models import ImpalaPolicy, checkpoint_metadata, save_policy
from procgen_tools.training.imitation import ImitationSettings


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit code of `procgen-tools ...`."""
    monkeypatch.setattr(sys, "argv", ["procgen-tools", *words])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code or 0)


def test_mistakes_end_with_their_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    missing = tmp_path / "no.pth"
    assert run(monkeypatch, "evaluate", str(missing)) == 2
    message = capsys.readouterr().err
    assert str(missing) in message
    assert "Traceback" not in message
    foreign = tmp_path / "foreign.pth"
    foreign.write_text("not a checkpoint")
    assert run(monkeypatch, "evaluate", str(foreign)) == 2
    assert "foreign.pth" in capsys.readouterr().err


def test_a_command_must_exist(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "tarin") == 2
    assert "No such command 'tarin'" in capsys.readouterr().err


def test_train_then_evaluate(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    options = ("--samples", "16", "--batch-size", "8", "--seed", "3")
    assert run(monkeypatch, "train", "imitation", "agents/a.pth", *options) == 0
    facts = checkpoint_metadata(Path("agents/a.pth"))
    assert "--samples 16 --scale 1 --seed 3 --batch-size 8 --shift-from" in facts["command"]
    assert Path("runs/a.pth").exists()
    assert run(monkeypatch, "train", "imitation", "agents/a.pth", *options) == 2
    assert "resume it (--resume)" in capsys.readouterr().err


def test_evaluate_prints_a_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    agent = tmp_path / "agent.pth"
    save_policy(ImpalaPolicy(), agent)
    assert run(monkeypatch, "evaluate", str(agent), "--levels", "3") == 0
    printed = capsys.readouterr().out
    assert "3 hard levels, cheese in the top-right 5 x 5, played by native" in printed
    assert "reached the cheese" in printed
    assert "/3)" in printed


def test_defaults_are_those_of_the_rooms_below() -> None:
    """They stand in cli.py once more, as it must not load torch to print its help."""
    settings = ImitationSettings()
    for name, parameter in inspect.signature(cli.train_imitation).parameters.items():
        if hasattr(settings, name):
            assert parameter.default == getattr(settings, name), name
    assert inspect.signature(cli.demo).parameters["seed"].default == SEED
