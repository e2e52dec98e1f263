"""Keys and pictures of a terminal."""

from __future__ import annotations

import os
import select
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from procgen_tools.worlds.keyboard import View

SMALLEST = (48, 26)
"""Columns and lines, for cells that can be recognised."""

ARROWS = {"A": "UP", "B": "DOWN", "C": "RIGHT", "D": "LEFT"}
"""The last letter of the sequence that an arrow key sends."""

_HIDE, _SHOW, _CLEAR, _HOME, _REST = "\x1b[?25l", "\x1b[?25h", "\x1b[2J", "\x1b[H", "\x1b[J"
_WAIT = 0.05
"""Seconds within which the rest of a sequence arrives. A lone escape is the escape key."""


def check_terminal() -> None:
    """Check that keys can be read and coloured pictures shown.

    Raises:
        ValueError: no terminal, one without colours, or one that is too small. The message names
            the remedy.
    """
    remedy = "run it in a terminal with colours, such as xterm or that of an editor"
    try:
        import termios  # noqa: F401
    except ModuleNotFoundError:
        raise ValueError(
            "this system gives no single keys to programs (there is no termios): play on Linux or "
            "macOS, or in the Windows Subsystem for Linux"
        ) from None
    for stream, name in ((sys.stdin, "the keyboard"), (sys.stdout, "the screen")):
        if not stream.isatty():
            raise ValueError(f"{name} is not a terminal but a file or a pipe: {remedy}")
    kind = os.environ.get("TERM", "")
    if kind in ("", "dumb") or "NO_COLOR" in os.environ:
        why = "NO_COLOR is set" if "NO_COLOR" in os.environ else f"TERM is {kind!r}"
        raise ValueError(f"the terminal shows no colours ({why}): {remedy}; TERM=xterm-256color")
    size = shutil.get_terminal_size()
    if size.columns < SMALLEST[0] or size.lines < SMALLEST[1]:
        raise ValueError(
            f"the terminal has {size.columns} x {size.lines} characters: enlarge it to "
            f"{SMALLEST[0]} x {SMALLEST[1]} or more"
        )


@contextmanager
def single_keys() -> Iterator[Iterator[str]]:
    """The names of the keys that are pressed, without waiting for Enter."""
    import termios
    import tty

    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)
    sys.stdout.write(_HIDE + _CLEAR)
    try:
        tty.setcbreak(number)
        yield _names(number)
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)
        sys.stdout.write(_SHOW)
        sys.stdout.flush()


def _names(number: int) -> Iterator[str]:
    while True:
        first = os.read(number, 1).decode("latin-1")
        if not first:
            return
        if first != "\x1b":
            yield first.lower()
        elif not select.select([number], [], [], _WAIT)[0]:
            yield "ESCAPE"
        else:
            rest = os.read(number, 2).decode("latin-1")
            if rest[:1] in ("[", "O") and rest[1:] in ARROWS:
                yield ARROWS[rest[1:]]


def show(view: View) -> None:
    """Draw what the player sees over what was there."""
    from procgen_tools.worlds.keyboard import HELP, coloured_text

    size = shutil.get_terminal_size()
    lines = coloured_text(view.picture, size.columns, size.lines - 4)
    lines += [f"step {view.steps}   return {view.episode_return:g}", HELP, view.message]
    shortened = [line if "\x1b" in line else line[: size.columns] for line in lines]
    sys.stdout.write(_HOME + "\x1b[K\r\n".join(shortened) + _REST)
    sys.stdout.flush()
