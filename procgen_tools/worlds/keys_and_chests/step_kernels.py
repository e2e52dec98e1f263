"""Compiled loops of steps and observations. Callers check the arguments."""

from __future__ import annotations

import numpy as np
from numba import njit, uint64

from procgen_tools.worlds.keys_and_chests.grid import CHEST, EMPTY, KEY, WALL
from procgen_tools.worlds.keys_and_chests.level_kernels import draw_seed, generate_level, next_word


@njit(cache=True, nogil=True)
def step_states(
    acting,
    downs,
    rights,
    actions,
    cells,
    hidden,
    players,
    keys,
    ghost_keys,
    ticks,
    rewards,
    hidden_rewards,
    collected,
):
    """One tick of the states that act. Changes the state arrays, and fills the last three."""
    for i in range(len(actions)):
        rewards[i], hidden_rewards[i], collected[i] = 0.0, 0, 0
        if not acting[i]:
            continue
        ticks[i] += 1
        down, right = downs[actions[i]], rights[actions[i]]
        row, col = players[i, 0] + down, players[i, 1] + right
        code = cells[i, row, col]
        if code == WALL or (down == 0 and right == 0):
            continue
        players[i, 0], players[i, 1] = row, col
        if code == KEY:
            cells[i, row, col] = EMPTY
            keys[i] += 1
            ghost_keys[i] += 1
            collected[i] = 1
        elif code == CHEST and keys[i] > 0:
            cells[i, row, col] = EMPTY
            keys[i] -= 1
            rewards[i] = 1.0
        if hidden[i, row, col] and ghost_keys[i] > 0:
            hidden[i, row, col] = False
            ghost_keys[i] -= 1
            hidden_rewards[i] = 1


@njit(cache=True, nogil=True)
def paint(frame, row, col, code, has_player, side):
    """Paint a cell: channels wall, key, chest, player, each 0 or 255."""
    for y in range(row * side, (row + 1) * side):
        for x in range(col * side, (col + 1) * side):
            for channel in range(3):
                frame[y, x, channel] = 255 if code == channel + 1 else 0
            frame[y, x, 3] = 255 if has_player else 0


@njit(cache=True, nogil=True)
def paint_frame(frame, cells, player, side):
    """Paint all cells of a level."""
    for row in range(cells.shape[0]):
        for col in range(cells.shape[1]):
            here = row == player[0] and col == player[1]
            paint(frame, row, col, cells[row, col], here, side)


@njit(cache=True, nogil=True)
def paint_frames(frames, cells, players, side):
    """Paint all cells of each level."""
    for i in range(len(frames)):
        paint_frame(frames[i], cells[i], players[i], side)


@njit(cache=True, nogil=True)
def repaint(frames, before, cells, players, side):
    """Paint the cells that a step changed: where each player was, and where it is."""
    for i in range(len(frames)):
        for position in (before[i], players[i]):
            row, col = position[0], position[1]
            here = row == players[i, 0] and col == players[i, 1]
            paint(frames[i], row, col, cells[i, row, col], here, side)


@njit(cache=True, nogil=True)
def begin_levels(
    which, generators, p_hole, p_chest, p_key, level_seeds, cells, hidden, players, frames, side
):
    """Begin the next level of the environments `which`, with a seed of each one's generator."""
    for i in which:
        level_seeds[i] = draw_seed(generators[i : i + 1])
        generate_level(level_seeds[i], p_hole, p_chest, p_key, cells[i], hidden[i], players[i])
        paint_frame(frames[i], cells[i], players[i], side)


@njit(cache=True, nogil=True)
def seed_generator(generators, index, seed):
    """Seed a generator. One step mixes the seed, so that neighbouring seeds differ in all bits."""
    generators[index] = uint64(seed)
    generators[index] = next_word(generators[index : index + 1])


@njit(cache=True, nogil=True)
def measure_distances(cells, targets, distances, queue):
    """Steps from every open cell to the nearest target cell; -1 where there is no path."""
    rows, cols = cells.shape
    head, tail = 0, 0
    for row in range(rows):
        for col in range(cols):
            distances[row, col] = -1
            if targets[row, col]:
                distances[row, col] = 0
                queue[tail] = row * cols + col
                tail += 1
    while head < tail:
        row, col = queue[head] // cols, queue[head] % cols
        head += 1
        for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            r, c = row + down, col + right
            if not (0 <= r < rows and 0 <= c < cols):
                continue
            if cells[r, c] != WALL and distances[r, c] < 0:
                distances[r, c] = distances[row, col] + 1
                queue[tail] = r * cols + c
                tail += 1


@njit(cache=True, nogil=True)
def nearest_moves(cells, targets, players, downs, rights, ranks, moves):
    """For each state, a move that leads nearer to the nearest target, or -1 if none does.

    `ranks` (state, move) decides between moves that are equally good: the highest counts.
    """
    distances = np.empty(cells.shape[1:], np.int64)
    queue = np.empty(distances.size, np.int64)
    for i in range(len(cells)):
        measure_distances(cells[i], targets[i], distances, queue)
        row, col = players[i]
        moves[i] = -1
        # On a target, the player comes back to it: any open neighbour is as near as another.
        best = distances[row, col] if distances[row, col] > 0 else 2
        if distances[row, col] < 0:
            continue
        for move in range(ranks.shape[1]):
            r, c = row + downs[move], col + rights[move]
            if cells[i, r, c] == WALL or distances[r, c] >= best:
                continue
            if moves[i] < 0 or ranks[i, move] > ranks[i, moves[i]]:
                moves[i] = move
