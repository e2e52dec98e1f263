"""Mazes as text: drawn, and parsed from drawings by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from jaxtyping import Bool

from procgen_tools.checks import of_kind
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.grid_level import GridLevel
from procgen_tools.worlds.maze.squares import DEFAULT_BACKGROUND, HARD_WORLD_SIZE, START, Square

WALL, OPEN, MOUSE, CHEESE = "#", ".", "M", "C"


def draw(maze: Maze) -> str:
    """Draw the maze as text, top row first: '#' wall, '.' open, 'M' mouse, 'C' cheese.

    Example:
        >>> draw(parse("..C\\n.##\\nM.."))
        '..C\\n.##\\nM..'
    """
    return draw_level(maze, [] if maze.cheese is None else [(CHEESE, maze.cheese)])


def draw_level(level: GridLevel, things: Iterable[tuple[str, Square]]) -> str:
    """Draw any level on squares, with the given symbols on the squares of its objects.

    Where the mouse stands on an object, the mouse is shown.
    """
    text = np.where(level.walls, WALL, OPEN)
    for symbol, square in things:
        text[square] = symbol
    text[level.mouse] = MOUSE
    return "\n".join("".join(row) for row in text[::-1])


def parse(
    drawing: str,
    *,
    world_size: int = HARD_WORLD_SIZE,
    background: int | None = DEFAULT_BACKGROUND,
) -> Maze:
    """Make a maze from its drawing: the inverse of `draw`.

    Without an 'M' the mouse is at the start square. Without a 'C' there is no cheese.

    Args:
        drawing: rows of '#', '.', 'M' and 'C', the top row first.
        world_size: side of the outer grid in squares, 15 (easy) or 25 (hard).
        background: index 0..8 of the background picture, or None for black, which agents trained
            with backgrounds have never seen.

    Raises:
        TypeError: `drawing` is not a string.
        ValueError: no rows, an unknown symbol, rows of unequal length, two mice or two cheeses.

    Example:
        >>> print(parse("..C\\n.##\\nM.."))
        ..C
        .##
        M..
    """
    of_kind("the drawing", drawing, str, "give a string; from_cells takes arrays")
    walls, found = read_drawing(drawing, {CHEESE: "cheese"})
    return Maze(
        walls=walls,
        mouse=found.get(MOUSE, START),
        cheese=found.get(CHEESE),
        world_size=world_size,
        background=background,
    )


def read_drawing(
    drawing: str, things: Mapping[str, str]
) -> tuple[Bool[np.ndarray, "row col"], dict[str, Square]]:
    """The walls of a drawing, and the squares of its mouse and objects by symbol.

    Args:
        drawing: rows of '#', '.', 'M' and the symbols of objects, the top row first.
        things: the name of each object, by its symbol.

    Raises:
        ValueError: no rows, an unknown symbol, rows of unequal length, or a symbol twice.

    Example:
        >>> walls, squares = read_drawing("X.\\n#M", {"X": "treasure"})
        >>> squares["X"], walls.tolist()  # row 0 is the bottom row
        (Square(row=1, col=0), [[True, False], [False, False]])
    """
    once = {MOUSE: "mouse", **things}
    known = {WALL: "wall", OPEN: "open", **once}
    rows = [line.strip() for line in drawing.strip().splitlines()][::-1]
    if not rows:
        listed = ", ".join(f"{symbol!r} ({name})" for symbol, name in known.items())
        raise ValueError(f"the drawing {drawing!r:.60} has no rows: give rows of {listed}")
    if len({len(row) for row in rows}) != 1:
        raise ValueError(
            f"rows of the drawing have lengths {[len(row) for row in rows[::-1]]}: make them equal"
        )
    letters = np.array([list(row) for row in rows])
    unknown = sorted(set(letters.ravel().tolist()) - set(known))
    if unknown:
        raise ValueError(
            f"unknown symbols {unknown} in the drawing: use only {', '.join(map(repr, known))}"
        )
    found = {}
    for symbol, name in once.items():
        squares = np.argwhere(letters == symbol).tolist()
        if len(squares) > 1:
            raise ValueError(
                f"the drawing has {len(squares)} squares marked {symbol!r}: mark at most one {name}"
            )
        if squares:
            found[symbol] = Square(*squares[0])
    return letters == WALL, found
