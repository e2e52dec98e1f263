"""Compiled loops of the native environment. Callers check the arguments."""

from __future__ import annotations

import numpy as np
from numba import njit

from procgen_tools.worlds.maze import grid
from procgen_tools.worlds.maze.grid import CHEESE, WALL
from procgen_tools.worlds.maze.level_kernels import STATE_WORDS, temper, twist
from procgen_tools.worlds.maze.view_kernels import draw_sprite

turned = njit(cache=True)(grid.turned)


@njit(cache=True)
def move_mice(which, actions, cells, mice, mirrored, moved, found, last_moves):
    """One step of the mice `which`: computes which moved, and which entered a cheese's square.

    Action a moves by (a // 3 - 1, a % 3 - 1) in columns and rows, and by rows only if the column
    step is 0. Actions from 9 on do nothing. The mouse turns even if a wall stops it.
    """
    world = cells.shape[1]
    for i in which:
        action = actions[i]
        right, up = 0, 0
        if action < 9:
            right = action // 3 - 1
            up = action % 3 - 1 if right == 0 else 0
            if action != 4:
                last_moves[i] = action
        mirrored[i] = turned(mirrored[i], right)
        row, col = mice[i, 0] + up, mice[i, 1] + right
        moved[i] = 0 <= row < world and 0 <= col < world and cells[i, row, col] != WALL
        if moved[i]:
            mice[i, 0], mice[i, 1] = row, col
        found[i] = cells[i, mice[i, 0], mice[i, 1]] == CHEESE


@njit(cache=True)
def observe(levels, frames, mice, mirrored, top, left, mouse, mirrored_mouse):
    """Copy each level's picture to `frames` and draw its mouse.

    Copies eight bytes at a time, because numba copies small arrays byte by byte.
    """
    source = levels.reshape(len(levels), -1).view(np.uint64)
    target = frames.reshape(len(frames), -1).view(np.uint64)
    for i in range(len(frames)):
        for k in range(source.shape[1]):
            target[i, k] = source[i, k]
        pixels = mirrored_mouse if mirrored[i] else mouse
        draw_sprite(frames[i], mice[i, 0], mice[i, 1], top, left, pixels)


@njit(cache=True)
def skip_draws(key, position, draws):
    """Advance a generator by some draws; returns its new position."""
    for _ in range(draws):
        if position == STATE_WORDS:
            twist(key)
            position = 0
        position += 1
    return position


@njit(cache=True)
def draw_step_number(key, position, draws):
    """The last of `draws` numbers, modulo 1000000; the generator does not change."""
    key = key.copy()
    position = skip_draws(key, position, draws)
    return np.int64(temper(key[position - 1])) % 1000000


@njit(cache=True)
def draw_level_seeds(which, keys, positions, low, high, seeds):
    """The next level seed of the environments `which`, in [low, high) of each."""
    for i in which:
        positions[i] = skip_draws(keys[i], positions[i], 1)
        word = np.int64(temper(keys[i, positions[i] - 1]))
        seeds[i] = low[i] + word % (high[i] - low[i])
