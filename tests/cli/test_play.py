"""procgen-tools play: settings, mistakes, and one game in a pseudo-terminal."""

from __future__ import annotations

import os
import sys

import pytest

from procgen_tools.cli.play import read_settings
from procgen_tools.worlds import WORLDS
from tests.cli.test_cli import run

pty = pytest.importorskip("pty")

KEYS = WORLDS["procgen_tools/KeysAndChests-v0"]


def test_settings_are_values_or_words() -> None:
    words = ["variant=test", "p_key=0.2", "max_ticks=7", "can_stay=True"]
    assert read_settings(KEYS, words) == {
        "variant": "test",
        "p_key": 0.2,
        "max_ticks": 7,
        "can_stay": True,
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("keys-and-chest",), "did you mean 'keys_and_chests'"),
        (("maze", "--setting=variant"), "has no '=': write NAME=VALUE"),
        (("keys-and-chests", "--setting=p_keys=1"), "did you mean 'p_key'"),
        (("maze",), "is not a terminal but a file or a pipe: run it in a terminal with colours"),
    ],
)
def test_mistakes(
    words: tuple[str, ...],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, "play", *words) == 2
    assert said in capsys.readouterr().err


def test_a_game_in_a_terminal() -> None:
    """The keys are typed before they are read; the terminal keeps them."""
    words = [
        "-m",
        "procgen_tools.cli",
        "play",
        "keys-and-chests",
        "--seed=3",
        "--episodes=1",
        "--setting=max_ticks=5",
    ]
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover
        os.environ.update(TERM="xterm-256color", COLUMNS="80", LINES="40")
        os.environ.pop("NO_COLOR", None)
        os.execv(sys.executable, [sys.executable, *words])
    printed = b""
    typed = False
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        printed += part
        if not typed and b"step 0" in printed:
            os.write(terminal, b"xx\x1b[A\x1b[Bda?w")
            typed = True
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    text = printed.decode()
    assert os.waitstatus_to_exitcode(status) == 0, text[-2000:]
    assert [f"step {number} " in text for number in range(6)] == [True] * 5 + [False]
    assert "episode 1: 5 steps, return" in text
    assert "collected keys" in text
    assert text.count("▀") > 1000
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l"), "the cursor is shown again"
