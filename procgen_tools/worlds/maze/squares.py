"""Squares, moves and cell codes: the vocabulary of the two grids of a maze.

A square is (row, column). Row 0 is the bottom row of the picture, so UP is row + 1::

      row
       4  . . . . C      the inner grid: the maze itself, n x n squares, n odd
       3  . # . # #      C  the top-right corner square (n - 1, n - 1)
       2  . # . . .      S  the start square (0, 0), where the mouse begins
       1  . # # # .
       0  S . . . .
          0 1 2 3 4  column

The outer grid is the world around the maze: 25 x 25 squares (hard) or 15 x 15 (easy), with the
inner grid in its middle and walls elsewhere. outer = inner + (world_size - n) // 2, for rows and
columns alike. Coordinates are inner, except where a name says outer.
"""

from __future__ import annotations

from typing import Any, NamedTuple, no_type_check

import numpy as np
from jaxtyping import Bool, UInt8

from procgen_tools.checks import whole_number

CHEESE = 2
WALL = 51
OPEN = 100

EASY_WORLD_SIZE = 15
HARD_WORLD_SIZE = 25
WORLD_SIZES = {"easy": EASY_WORLD_SIZE, "hard": HARD_WORLD_SIZE}
"""Squares per side of the outer grid, by distribution mode."""

NUM_BACKGROUNDS = 9

GREY = 127
"""Red, green and blue of the grey background."""

DEFAULT_BACKGROUND = 0
"""The background of mazes made by hand: that of level 0, because agents are trained on textures."""

FRAME_SIZE = 64
"""Side of an observation in pixels."""

EPISODE_STEPS = 500
"""Steps after which procgen ends an episode."""

CORNER_REGION = 5
"""Side of the top-right region that counts as the corner, in squares (Langosco et al., 2022)."""


class Square(NamedTuple):
    """A square of the grid: row 0 is at the bottom, column 0 at the left.

    Example:
        >>> Square(1, 2) == (1, 2), Square(1, 2).row
        (True, 1)
    """

    row: int
    col: int


START = Square(0, 0)

MOVES = ("LEFT", "RIGHT", "UP", "DOWN", "STAY")
"""The five moves, in the order of every array of move probabilities."""

LEFT, RIGHT, UP, DOWN, STAY = range(len(MOVES))
"""The index of each move in MOVES."""

MOVE_STEPS = (Square(0, -1), Square(0, 1), Square(1, 0), Square(-1, 0), Square(0, 0))
"""The (row, column) that each move adds to the mouse's square."""


@no_type_check  # step_kernels compiles this function: nothing may wrap it
def turned(mirrored: Any, columns: Any) -> Any:
    """Whether the mouse's picture is mirrored after a move: the mouse faces the way it last went.

    Accepts numbers, numpy arrays and torch tensors, and compiles with numba.

    Args:
        mirrored: whether the picture was mirrored before the move.
        columns: how many columns the move goes to the right, as in `MOVE_STEPS`, even if a wall
            stops it.

    Example:
        >>> turned(False, 1), turned(True, 0), turned(True, -1)
        (True, True, False)
    """
    return (columns > 0) | (mirrored & (columns == 0))


def check_inside(square: Any, size: int, thing: str) -> Square:
    """`square` as a Square, after a check that it is in a size x size grid.

    Raises:
        ValueError: not a pair of whole numbers, or a square outside.
    """
    try:
        row, col = square
        row, col = whole_number(thing, row), whole_number(thing, col)
    except (TypeError, ValueError):
        raise ValueError(
            f"the {thing}'s square {square!r:.60} is not a (row, column) pair of whole numbers: "
            f"give one, such as (0, {size - 1})"
        ) from None
    if not (0 <= row < size and 0 <= col < size):
        raise ValueError(
            f"the {thing} cannot be at {(row, col)}: this maze has rows and columns "
            f"0..{size - 1}, counted from the bottom left; choose a square inside"
        )
    return Square(row, col)


def checked_walls(given: Any) -> Bool[np.ndarray, "row col"]:
    """A copy of the walls, checked to be a square array of booleans."""
    walls = np.array(given)
    if walls.ndim != 2 or walls.shape[0] != walls.shape[1] or walls.shape[0] < 1:
        raise ValueError(f"walls have shape {walls.shape}: give a square array of squares")
    if walls.dtype == bool:
        return walls
    if walls.dtype.kind not in "iu" or not np.isin(walls, (0, 1)).all():
        raise ValueError(
            f"walls have type {walls.dtype} and contain {walls.ravel()[:3].tolist()}: give True "
            f"for walls and False for open squares; from_cells takes codes ({WALL}, {OPEN})"
        )
    return walls.astype(bool)


def outer_cells(
    walls: Bool[np.ndarray, "row col"], cheese: tuple[int, int] | None, world_size: int
) -> UInt8[np.ndarray, "outer_row outer_col"]:
    """Cell codes of the whole world, for the given inner walls and cheese square."""
    size = walls.shape[0]
    padding = (world_size - size) // 2
    cells = np.full((world_size, world_size), WALL, dtype=np.uint8)
    inner = cells[padding : padding + size, padding : padding + size]
    inner[~walls] = OPEN
    if cheese is not None:
        inner[cheese] = CHEESE
    return cells
