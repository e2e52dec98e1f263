"""Compiled loops that draw levels. Callers check the arguments.

Random numbers are SplitMix64's (Steele, Lea and Flood, 2014): a generator is one 64-bit word.
"""

from __future__ import annotations

import numpy as np
from numba import njit, uint64

from procgen_tools.worlds.keys_and_chests.grid import CHEST, EMPTY, KEY, WALL

NOISE = 0.3
"""Each probability of a level is drawn from [p, p + NOISE * p], and is at most 1."""

UNSEEN, WAITING, DONE = 0, 1, 2


@njit(cache=True, nogil=True)
def next_word(generator):
    """The next 64 random bits; `generator` is an array of one uint64."""
    generator[0] += uint64(0x9E3779B97F4A7C15)
    word = generator[0]
    word = (word ^ (word >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> uint64(27))) * uint64(0x94D049BB133111EB)
    return word ^ (word >> uint64(31))


@njit(cache=True, nogil=True)
def draw_uniform(generator):
    """A number in [0, 1)."""
    return np.float64(next_word(generator) >> uint64(11)) * 2.0**-53


@njit(cache=True, nogil=True)
def draw_below(generator, bound):
    """A whole number in 0..bound - 1."""
    return np.int64(draw_uniform(generator) * bound)


@njit(cache=True, nogil=True)
def draw_seed(generator):
    """The seed of a level, in 0..2**63 - 1."""
    return np.int64(next_word(generator) >> uint64(1))


@njit(cache=True, nogil=True)
def carve(generator, cells):
    """Open a maze from the top left corner of the interior (Prim's algorithm, with a twist).

    A waiting cell that is next to a newly opened cell stays a wall for good, so the open cells
    form a tree.
    """
    rows, cols = cells.shape[0] - 2, cells.shape[1] - 2
    state = np.zeros(rows * cols, np.int8)
    waiting = np.empty(rows * cols, np.int64)
    place = np.empty(rows * cols, np.int64)  # of a waiting cell in `waiting`
    waiting[0], place[0], state[0], count = 0, 0, WAITING, 1
    while count > 0:
        cell = waiting[draw_below(generator, count)]
        count = _remove(cell, waiting, place, count)
        state[cell] = DONE
        row, col = cell // cols, cell % cols
        cells[row + 1, col + 1] = EMPTY
        for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            r, c = row + down, col + right
            if not (0 <= r < rows and 0 <= c < cols):
                continue
            near = r * cols + c
            if state[near] == WAITING:
                count = _remove(near, waiting, place, count)
                state[near] = DONE
            elif state[near] == UNSEEN:
                waiting[count], place[near], state[near] = near, count, WAITING
                count += 1


@njit(cache=True, nogil=True)
def _remove(cell, waiting, place, count):
    """Remove a cell from the waiting ones; the number of those that are left."""
    last = waiting[count - 1]
    waiting[place[cell]] = last
    place[last] = place[cell]
    return count - 1


@njit(cache=True, nogil=True)
def replace_share(generator, cells, share, old, new, last_row, last_col):
    """Replace random cells until this share of the interior cells `old` has become `new`.

    Only cells above `last_row` and left of `last_col` are replaced. If they are too few, all are.
    """
    candidates = np.empty(cells.size, np.int64)
    total, count = 0, 0
    for row in range(1, cells.shape[0] - 1):
        for col in range(1, cells.shape[1] - 1):
            if cells[row, col] == old:
                total += 1
                if row < last_row and col < last_col:
                    candidates[count] = row * cells.shape[1] + col
                    count += 1
    replaced = 0
    while replaced < total * share and replaced < count:
        chosen = replaced + draw_below(generator, count - replaced)
        cell = candidates[chosen]
        candidates[chosen] = candidates[replaced]
        cells[cell // cells.shape[1], cell % cells.shape[1]] = new
        replaced += 1


@njit(cache=True, nogil=True)
def generate_level(seed, p_hole, p_chest, p_key, cells, hidden, player):
    """Fill `cells`, `hidden` and `player` with the level of a seed."""
    generator = np.empty(1, np.uint64)
    generator[0] = uint64(seed)
    rows, cols = cells.shape
    cells[:] = WALL
    carve(generator, cells)
    p_key = min(p_key * (1 + NOISE * draw_uniform(generator)), 1.0)
    p_chest = min(p_chest * (1 + NOISE * draw_uniform(generator)), 1.0)
    p_hole = min(p_hole * (1 + NOISE * draw_uniform(generator)), 1.0)
    # As in the original, holes leave out the last row and column of the interior ...
    replace_share(generator, cells, p_hole, WALL, EMPTY, rows - 2, cols - 2)
    # ... and the player does not begin in the last two.
    while True:
        row, col = 1 + draw_below(generator, rows - 4), 1 + draw_below(generator, cols - 4)
        if cells[row, col] == EMPTY:
            break
    player[0], player[1] = row, col
    replace_share(generator, cells, p_key, EMPTY, KEY, rows, cols)
    # A share of the cells without keys, so that the number of chests does not depend on the keys.
    share = p_chest / (1 - p_key) if p_key < 1 else 0.0
    trial = cells.copy()
    replace_share(generator, trial, share, EMPTY, CHEST, rows, cols)
    hidden[:] = trial == CHEST
    replace_share(generator, cells, share, EMPTY, CHEST, rows, cols)


@njit(cache=True, nogil=True)
def generate_levels(seeds, p_hole, p_chest, p_key, cells, hidden, players):
    """Fill the arrays with one level per seed."""
    for i in range(len(seeds)):
        generate_level(seeds[i], p_hole, p_chest, p_key, cells[i], hidden[i], players[i])
