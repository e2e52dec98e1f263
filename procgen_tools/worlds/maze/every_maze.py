"""Every maze of a size: all spanning trees of its grid of cells, with the cheese on each square."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool

from procgen_tools.worlds.maze.grid import HARD_WORLD_SIZE, Maze, Square

LARGEST = 5
"""The largest size that is listed: 7 x 7 has 100,352 trees."""


def every_layout(size: int = 5) -> Iterator[Bool[np.ndarray, "row col"]]:
    """The walls of every maze of a size, as procgen's generator can draw them.

    Procgen's mazes join the squares with even coordinates by a spanning tree.

    Args:
        size: side in squares, odd.

    Raises:
        ValueError: an even size, one below 3, or one with too many mazes.

    Example:
        >>> sum(1 for _ in every_layout(5))
        192
    """
    if size % 2 == 0 or not 3 <= size <= LARGEST:
        raise ValueError(f"size is {size}: give an odd number from 3 to {LARGEST}")
    side = (size + 1) // 2
    cells = side * side
    edges = [
        (row * side + col, (row + down) * side + col + right)
        for row in range(side)
        for col in range(side)
        for down, right in ((0, 1), (1, 0))
        if row + down < side and col + right < side
    ]
    for tree in _trees(edges, list(range(cells)), cells - 1):
        walls = np.ones((size, size), bool)
        walls[::2, ::2] = False
        for one, other in tree:
            (row, col), (to_row, to_col) = divmod(one, side), divmod(other, side)
            walls[row + to_row, col + to_col] = False
        yield walls


def _trees(
    edges: list[tuple[int, int]], part: list[int], missing: int
) -> Iterator[list[tuple[int, int]]]:
    """All choices of `missing` edges without a cycle; `part` is the component of each cell."""
    if missing == 0:
        yield []
        return
    if len(edges) < missing:
        return
    (one, other), *rest = edges
    if part[one] != part[other]:
        joined = [part[one] if each == part[other] else each for each in part]
        for tree in _trees(rest, joined, missing - 1):
            yield [(one, other), *tree]
    yield from _trees(rest, part, missing)


def every_maze(
    size: int = 5, *, world_size: int = HARD_WORLD_SIZE, background: int | None = 0
) -> list[Maze]:
    """Every maze of a size, with the mouse at the start and the cheese on every other square.

    Args:
        size: side in squares, odd.
        world_size: side of the outer grid in squares.
        background: of all mazes.

    Example:
        >>> len(every_maze(3))
        24
    """
    return [
        Maze(walls, cheese=Square(int(row), int(col)), world_size=world_size, background=background)
        for walls in every_layout(size)
        for row, col in np.argwhere(~walls)
        if (row, col) != (0, 0)
    ]
