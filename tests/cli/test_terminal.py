"""Terminals: the names of keys, and terminals on which nobody can play."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from procgen_tools.cli import terminal
from procgen_tools.cli.terminal import check_terminal, single_keys

pty = pytest.importorskip("pty")


class Tty:
    def __init__(self, number: int) -> None:
        self._number = number

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._number

    def write(self, text: str) -> None: ...

    def flush(self) -> None: ...


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The other end of the terminal that is the standard input."""
    ours, theirs = pty.openpty()
    streams = SimpleNamespace(stdin=Tty(theirs), stdout=Tty(theirs))
    monkeypatch.setattr(terminal, "sys", streams)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "40")
    yield ours
    os.close(ours)
    os.close(theirs)


def test_keys_have_names(keyboard: int) -> None:
    import termios

    before = termios.tcgetattr(terminal.sys.stdin.fileno())
    with single_keys() as keys:
        os.write(keyboard, b"W\x1b[A\x1bOD\x1b[Zq")
        assert [next(keys) for _ in range(4)] == ["w", "UP", "LEFT", "q"]
        os.write(keyboard, b"\x1b")
        assert next(keys) == "ESCAPE"
        assert termios.tcgetattr(terminal.sys.stdin.fileno()) != before
    assert termios.tcgetattr(terminal.sys.stdin.fileno()) == before


def test_a_terminal_on_which_one_can_play(keyboard: int) -> None:
    check_terminal()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TERM", "dumb", r"shows no colours \(TERM is 'dumb'\): run it in a terminal with colours"),
        ("NO_COLOR", "1", "NO_COLOR is set"),
        ("COLUMNS", "30", "has 30 x 40 characters: enlarge it to 48 x 26"),
    ],
)
def test_terminals_on_which_nobody_can_play(
    name: str, value: str, said: str, keyboard: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=said):
        check_terminal()


def test_systems_without_single_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "termios", None)
    with pytest.raises(ValueError, match="there is no termios"):
        check_terminal()
