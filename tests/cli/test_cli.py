"""The command line: what it prints, and its error messages."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from procgen_tools import cli
from procgen_tools.demo import SEED


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


def test_the_demos_level_is_the_demos() -> None:
    """The command line repeats it, because printing the help must not load torch."""
    assert inspect.signature(cli.demo).parameters["seed"].default == SEED


def test_help_does_not_load_torch() -> None:
    words = "import sys; sys.argv = ['procgen-tools', 'train', 'ppo', '--help']"
    program = f"{words}\nfrom procgen_tools import cli\ntry: cli.main()\nexcept SystemExit: pass\n"
    program += "sys.exit('torch' in sys.modules or 'numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"--gae-lambda" in done.stdout


def test_the_folder_can_be_run_as_a_module() -> None:
    words = [sys.executable, "-m", "procgen_tools.cli", "tarin"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "No such command 'tarin'" in done.stderr
