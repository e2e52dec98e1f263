"""Levels as text: drawn, and parsed from drawings by hand."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from procgen_tools.checks import of_kind
from procgen_tools.worlds.maze.squares import START
from procgen_tools.worlds.maze.text import MOUSE, draw_level, read_drawing
from procgen_tools.worlds.two_objects.levels import Level, Thing
from procgen_tools.worlds.two_objects.variants import FIXED_SIZES, Kind, variant

OBJECTS = MappingProxyType({"1": "first object", "2": "second object"})
"""The symbols of the objects."""


def draw(level: Level) -> str:
    """Draw a level as text, top row first: '#' wall, '.' open, 'M' mouse, '1' and '2' objects.

    Where the mouse stands on an object, the mouse is shown.

    Example:
        >>> draw(parse("2.1\\n.#.\\nM.."))
        '2.1\\n.#.\\nM..'
    """
    squares = [thing.square for thing in level.things]
    return draw_level(level, zip(OBJECTS, squares, strict=False))


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
    of_kind("the drawing", drawing, str, "give a string")
    walls, found = read_drawing(drawing, OBJECTS)
    marked = [symbol for symbol in OBJECTS if symbol in found]
    if "1" not in marked:
        raise ValueError("the drawing has no '1': mark the square of the first object")
    default = variant().kinds
    given = list(default if objects is None else objects)
    if objects is not None and len(given) != len(marked):
        raise ValueError(f"the drawing marks {len(marked)} objects, but {len(given)} are given")
    kinds = [
        Kind(kind, default[number].reward) if isinstance(kind, str) else kind
        for number, kind in enumerate(given)
    ]
    return Level(
        walls=walls,
        things=tuple(
            Thing(kind, found[symbol]) for kind, symbol in zip(kinds, marked, strict=False)
        ),
        mouse=found.get(MOUSE, START),
        world_size=max(len(walls), FIXED_SIZES["easy"]) if world_size is None else world_size,
        background=background,
    )
