"""Production mazes: what the generator of training mazes never makes.

Shifting a connecting wall by one cell gives a maze as good as any other, in which a single block
sticks out of a wall. No training maze has that: its cells with two odd coordinates are walls, so
walls are at least three cells long.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Int8
from numpy.lib.stride_tricks import sliding_window_view

from procgen_tools.worlds.crops_and_humans.levels import (
    EMPTY,
    END,
    EXIT,
    SIZE,
    WALL,
    Cells,
    Mazes,
    training_mazes,
)


def _window(rows: str) -> Int8[np.ndarray, "row col"]:
    return np.array([list(map(int, row)) for row in rows.split("/")], np.int8)


SHIFTS = tuple(
    (_window(before), _window(after))
    for before, after in (
        ("000/111/101/101", "000/101/111/101"),
        ("101/101/111/000", "101/111/101/000"),
        ("1110/0010/1110", "1110/0100/1110"),
        ("0111/0100/0111", "0111/0010/0111"),
    )
)
"""Windows of a maze, and what they become: 0 wall, 1 empty."""

STICKING_OUT = tuple(
    _window(rows) for rows in ("111/101/000", "000/101/111", "110/100/110", "011/001/011")
)
"""A block that sticks out of a wall, in the four directions: 0 wall, 1 empty."""


def shift_walls(cells: Cells) -> Cells:
    """The maze with every connecting wall shifted that can be.

    A window with an item or the exit in it stays as it is.
    """
    shifted = cells.copy()
    for before, after in SHIFTS:
        rows, cols = before.shape
        for row, col in np.ndindex(SIZE - rows + 1, SIZE - cols + 1):
            window = shifted[row : row + rows, col : col + cols]
            if (window == before).all():
                window[:] = after
    return shifted


def windows_of(
    cells: Int8[np.ndarray, "*maze 7 7"], pattern: Int8[np.ndarray, "row col"]
) -> Bool[np.ndarray, "*maze top left"]:
    """Where a pattern stands: its upper left cell."""
    views = sliding_window_view(cells, pattern.shape, axis=(-2, -1))  # type: ignore[call-overload]
    return (views == pattern).all(axis=(-2, -1))


def sticks_out(mazes: Int8[np.ndarray, "*maze 7 7"]) -> Bool[np.ndarray, "*maze"]:
    """Whether a maze is out of the training distribution: a block sticks out somewhere.

    The cells around the block must be empty: items hide it.
    """
    return np.any([windows_of(mazes, block).any(axis=(-2, -1)) for block in STICKING_OUT], axis=0)


@cache
def production_mazes() -> Mazes:
    """All training mazes with their walls shifted in which a block sticks out, 640; read-only."""
    shifted = np.stack([shift_walls(cells) for cells in training_mazes()])
    return _read_only(shifted[sticks_out(shifted)])


@cache
def other_production_mazes() -> Mazes:
    """Mazes in which a block sticks out and that `production_mazes` does not hold; read-only.

    Some of the walls that can be shifted are, and items do not keep a wall from it.
    """
    known = {cells.tobytes() for cells in production_mazes()}
    others: dict[bytes, Cells] = {}
    for cells in training_mazes():
        for shifted in _some_shifted(cells):
            if shifted.tobytes() not in known:
                others.setdefault(shifted.tobytes(), shifted)
    stacked = np.stack(list(others.values()))
    return _read_only(stacked[sticks_out(stacked)])


def _some_shifted(cells: Cells) -> list[Cells]:
    """The maze with any one or more of its walls shifted, whatever lies beside them."""
    layout = (cells != WALL).astype(np.int8)
    places = [
        (before, after, row, col)
        for before, after in SHIFTS
        for row, col in np.argwhere(windows_of(layout, before)).tolist()
    ]
    found = []
    for count in range(1, len(places) + 1):
        for chosen in combinations(places, count):
            now = layout.copy()
            for before, after, row, col in chosen:
                window = now[row : row + before.shape[0], col : col + before.shape[1]]
                if not (window == before).all():
                    break  # an earlier shift has changed it
                window[:] = after
            else:
                items = np.where((cells > EMPTY) & (now == EMPTY), cells, now)
                items[END] = EXIT
                found.append(items)
    return found


def _read_only(mazes: Mazes) -> Mazes:
    mazes.setflags(write=False)
    return mazes
