"""Production mazes: mazes that the generator of training mazes never makes.

Shifting a connecting wall by one cell gives another valid maze, in which a single block sticks out
of a wall. No training maze has one: its cells with two odd coordinates are walls, so walls are at
least three cells long.
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
"""Windows of a maze before and after a shift: 0 wall, 1 empty."""

STICKING_OUT = tuple(
    _window(rows) for rows in ("111/101/000", "000/101/111", "110/100/110", "011/001/011")
)
"""A block that sticks out of a wall, in the four directions: 0 wall, 1 empty."""


def shift_walls(cells: Cells) -> Cells:
    """The maze with all connecting walls shifted that can be.

    A window that contains an item or the exit stays unchanged.

    Example:
        >>> changed = [not (shift_walls(cells) == cells).all() for cells in training_mazes()[:100]]
        >>> any(changed)
        True
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
    """Where a pattern occurs, by its upper left cell."""
    views = sliding_window_view(cells, pattern.shape, axis=(-2, -1))  # type: ignore[call-overload]
    return (views == pattern).all(axis=(-2, -1))


def sticks_out(mazes: Int8[np.ndarray, "*maze 7 7"]) -> Bool[np.ndarray, "*maze"]:
    """Whether a block sticks out somewhere, which puts a maze outside the training distribution.

    The cells around the block must be empty; items hide it.

    Example:
        >>> int(sticks_out(training_mazes()).sum()), int(sticks_out(production_mazes()).sum())
        (0, 640)
    """
    found = [windows_of(mazes, block).any(axis=(-2, -1)) for block in STICKING_OUT]
    return np.asarray(np.any(found, axis=0))  # of one maze, any gives no array


@cache
def production_mazes() -> Mazes:
    """The 640 results of `shift_walls` on training mazes in which a block sticks out (read-only).

    Example:
        >>> production_mazes().shape
        (640, 7, 7)
    """
    shifted = np.stack([shift_walls(cells) for cells in training_mazes()])
    return _read_only(shifted[sticks_out(shifted)])


@cache
def other_production_mazes() -> Mazes:
    """Further mazes in which a block sticks out, none of them in `production_mazes` (read-only).

    One or more of the walls are shifted, and items do not prevent a shift.

    Example:
        >>> bool(sticks_out(other_production_mazes()).all())
        True
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
    """The maze with one or more of its walls shifted, in all combinations; items are ignored."""
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
