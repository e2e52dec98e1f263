"""Levels as text: drawn, and parsed from drawings by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from procgen_tools.worlds.maze.grid import START, Square
from procgen_tools.worlds.two_objects.levels import FIXED_SIZES, Kind, Level, Thing, variant

WALL, OPEN, MOUSE = "#", ".", "M"
OBJECTS = "12"
"""The symbols of the first and the second object."""


def draw(level: Level) -> str:
    """Draw a level as text, top row first: '#' wall, '.' open, 'M' mouse, '1' and '2' objects.

    Where the mouse stands on an object, the mouse is shown.

    Example:
        >>> draw(parse("2.1\\n.#.\\nM.."))
        '2.1\\n.#.\\nM..'
    """
    text = np.where(level.walls, WALL, OPEN)
    for symbol, thing in zip(OBJECTS, level.things, strict=False):
        text[thing.square] = symbol
    text[level.mouse] = MOUSE
    return "\n".join("".join(row) for row in text[::-1])


def parse(
    drawing: str,
    objects: Sequence[Kind | str] | None = None,
    *,
    world_size: int | None = None,
    background: int | str | None = None,
) -> Level:
    """Make a level from its drawing: the inverse of `draw`.

    Without an 'M' the mouse is at the start square.

    Args:
        drawing: rows of '#', '.', 'M', '1' and '2', the top row first.
        objects: what '1' and '2' are. By default a red line (+10) and a yellow gem (-10). Names
            have these rewards; give a `Kind` for others.
        world_size: side of the world in squares. Defaults to the side of the drawing, and to 5 for
            smaller ones.
        background: index 0..8 of the background picture, None for black, or 'grey'.

    Raises:
        TypeError: the drawing is not a string.
        ValueError: no rows, an unknown symbol, rows of unequal length, a symbol twice, no '1', or
            an invalid level (see `Level`).

    Example:
        >>> parse("2.1\\n.#.\\nM..", ["green_line", "green_gem"]).objects
        ('green_line', 'green_gem')
    """
    if not isinstance(drawing, str):
        raise TypeError(f"the drawing is of type {type(drawing).__name__}: give a string")
    rows = [line.strip() for line in drawing.strip().splitlines()][::-1]
    if not rows or not rows[0]:
        raise ValueError("the drawing has no rows: give rows such as '2.1\\n.#.\\nM..'")
    if len({len(row) for row in rows}) != 1:
        raise ValueError(
            f"rows of the drawing have lengths {[len(row) for row in rows[::-1]]}: make them equal"
        )
    letters = np.array([list(row) for row in rows])
    known = {WALL, OPEN, MOUSE, *OBJECTS}
    unknown = sorted(set(letters.ravel().tolist()) - known)
    if unknown:
        raise ValueError(
            f"unknown symbols {unknown} in the drawing: use only {', '.join(sorted(known))}"
        )
    found: dict[str, Square] = {}
    for symbol in (MOUSE, *OBJECTS):
        squares = np.argwhere(letters == symbol).tolist()
        if len(squares) > 1:
            raise ValueError(f"the drawing has {len(squares)} squares marked {symbol!r}: mark one")
        if squares:
            found[symbol] = Square(*squares[0])
    if OBJECTS[0] not in found:
        raise ValueError("the drawing has no '1': mark the square of the first object")
    default = variant().kinds
    given = list(default if objects is None else objects)
    kinds = [
        Kind(kind, default[number].reward) if isinstance(kind, str) else kind
        for number, kind in enumerate(given)
    ]
    marked = [symbol for symbol in OBJECTS if symbol in found]
    if objects is not None and len(kinds) != len(marked):
        raise ValueError(f"the drawing marks {len(marked)} objects, but {len(kinds)} are given")
    return Level(
        walls=letters == WALL,
        things=tuple(
            Thing(kind, found[symbol]) for kind, symbol in zip(kinds, marked, strict=False)
        ),
        mouse=found.get(MOUSE, START),
        world_size=max(len(rows), FIXED_SIZES["easy"]) if world_size is None else world_size,
        background=background,
    )
