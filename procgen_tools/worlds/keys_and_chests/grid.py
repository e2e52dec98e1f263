"""A level: walls, keys, chests, hidden chests and the player, and its text::

    #######
    #@..kc#     # a wall, . an empty cell, k a key, c a chest
    #.###.#     h a hidden chest, b a chest and a hidden chest in the same cell
    #..hb.#     @ the player; upper-case letters are cells where the player is
    #######

As in a printed matrix, row 0 is the top row, and "down" is row + 1. A level has a border of walls.
Agents never see hidden chests, which are placed at random in the same way as the chests. An agent
that opens more chests than hidden chests therefore aims at chests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int8

from procgen_tools.checks import whole_number
from procgen_tools.shown import brief

EMPTY, WALL, KEY, CHEST = 0, 1, 2, 3
"""Codes of the cells."""

MAX_TICKS = 130
"""Ticks of an episode."""

SMALLEST = 5
"""The smallest number of rows or columns: a border of walls, and three cells inside."""

SYMBOLS = {
    ".": (EMPTY, False), "#": (WALL, False), "k": (KEY, False), "c": (CHEST, False),
    "h": (EMPTY, True), "b": (CHEST, True),
}  # fmt: skip
"""The code of each symbol, and whether the cell has a hidden chest."""

PLAYER = "@"


@dataclass(frozen=True, eq=False)
class Level:
    """A level before the first step. Its arrays are read-only.

    Attributes:
        cells: (row, col) codes.
        hidden: (row, col) where the hidden chests are.
        player: row and column of the player.
        max_ticks: ticks of an episode.

    Raises:
        TypeError: a row, a column or a number of ticks that is not an integer.
        ValueError: a level that cannot be played; see `check`.

    Example:
        >>> level = parse("#####/#@.k#/#.#.#/#h.c#/#####")
        >>> level.player, level.cells.shape
        ((1, 1), (5, 5))
    """

    cells: Int8[np.ndarray, "row col"]
    hidden: Bool[np.ndarray, "row col"]
    player: tuple[int, int]
    max_ticks: int = MAX_TICKS

    __repr__ = brief

    def __post_init__(self) -> None:
        check(self)
        for name in ("cells", "hidden"):
            array = getattr(self, name).copy()
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    def __str__(self) -> str:
        return draw(self)


def check(level: Level) -> None:
    """Check that a level can be played. Every `Level` has been checked.

    Raises:
        TypeError: a row, a column or a number of ticks that is not an integer.
        ValueError: an unknown code, a gap in the border, too few rows or columns, hidden chests
            in walls or on keys, or a player in a wall or outside.
    """
    cells, hidden = level.cells, level.hidden
    if cells.ndim != 2 or min(cells.shape) < SMALLEST or hidden.shape != cells.shape:
        raise ValueError(
            f"cells have shape {cells.shape} and hidden chests {hidden.shape}: give both the same "
            f"shape, (row, col), with {SMALLEST} rows and columns or more"
        )
    if not np.isin(cells, (EMPTY, WALL, KEY, CHEST)).all():
        wrong = cells[~np.isin(cells, (EMPTY, WALL, KEY, CHEST))][0]
        raise ValueError(f"{wrong} is no cell: use 0 empty, 1 wall, 2 key, 3 chest")
    inside = np.zeros(cells.shape, bool)
    inside[1:-1, 1:-1] = True
    if (cells[~inside] != WALL).any():
        row, col = np.argwhere((cells != WALL) & ~inside)[0].tolist()
        raise ValueError(f"the border has a gap at ({row}, {col}): close it with a wall ('#')")
    if (hidden & np.isin(cells, (WALL, KEY))).any():
        row, col = np.argwhere(hidden & np.isin(cells, (WALL, KEY)))[0].tolist()
        raise ValueError(
            f"a hidden chest is in a wall or on a key, at ({row}, {col}): put it on an empty cell "
            "or a chest"
        )
    row = whole_number("the player's row", level.player[0], 0, cells.shape[0] - 1)
    col = whole_number("the player's column", level.player[1], 0, cells.shape[1] - 1)
    if cells[row, col] == WALL:
        raise ValueError(f"the player is in a wall, at ({row}, {col}): choose an open cell")
    whole_number("max_ticks", level.max_ticks, 1)


def parse(text: str, *, max_ticks: int = MAX_TICKS) -> Level:
    """A level from the text of its rows, the top row first, separated by slashes or white space.

    Args:
        text: the symbols at the top of this module.
        max_ticks: ticks of an episode.

    Raises:
        ValueError: unknown symbols, rows of different lengths, not exactly one player, or a level
            that cannot be played (see `check`).

    Example:
        >>> level = parse("#####/#K.c#/#.#.#/#h.b#/#####")
        >>> level.player, level.hidden.sum()  # the player is on a key
        ((1, 1), 2)
    """
    rows = text.replace("/", " ").split()
    known = {**SYMBOLS, PLAYER: SYMBOLS["."]}
    strange = sorted({symbol for row in rows for symbol in row if symbol.lower() not in known})
    if strange:
        raise ValueError(
            f"a level has no {strange[0]!r}: write # wall, . empty, k key, c chest, h hidden "
            "chest, b both chests, @ player, and upper case where the player is"
        )
    if len({len(row) for row in rows}) != 1:
        raise ValueError(
            f"rows have {', '.join(str(len(row)) for row in rows) or 'no'} cells: write one level, "
            "with rows of equal length"
        )
    symbols = np.array([list(row) for row in rows])
    players = np.argwhere((symbols == PLAYER) | np.char.isupper(symbols)).tolist()
    if len(players) != 1:
        raise ValueError(f"the players are at {players}: write one ('@' or an upper-case letter)")
    codes = [[known[symbol.lower()] for symbol in row] for row in rows]
    cells, hidden = np.array(codes).transpose(2, 0, 1)
    row, col = players[0]
    return Level(cells.astype(np.int8), hidden.astype(bool), (row, col), max_ticks)


def draw(level: Level) -> str:
    """The text of a level, in the form that `parse` reads.

    Example:
        >>> draw(parse("#####/#@.k#/#.#.#/#h.c#/#####")).splitlines()[1]
        '#@.k#'
    """
    symbols = {content: symbol for symbol, content in SYMBOLS.items()}
    rows = [
        [symbols[code, hides] for code, hides in zip(codes, hidden, strict=True)]
        for codes, hidden in zip(level.cells.tolist(), level.hidden.tolist(), strict=True)
    ]
    row, col = level.player
    below = rows[row][col]
    rows[row][col] = PLAYER if below == "." else below.upper()
    return "\n".join("".join(row) for row in rows)
