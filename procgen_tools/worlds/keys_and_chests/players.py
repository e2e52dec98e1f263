"""Scripted players: what an agent would do that walks at random, wants keys, or wants chests.

They see the state, as an agent with a perfect memory would. An agent that treats the test variant
as it was rewarded for should come near `chest_if_key`; one that wants keys, near `key_only`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Int64

from procgen_tools.worlds.keys_and_chests.grid import CHEST, KEY, WALL
from procgen_tools.worlds.keys_and_chests.rules import DOWNS, MOVES, RIGHTS, States
from procgen_tools.worlds.keys_and_chests.step_kernels import measure_distances, nearest_moves

Actor: TypeAlias = Callable[[States], Int64[np.ndarray, " state"]]
"""Chooses an action in each state."""


def random_moves(seed: int) -> Actor:
    """Moves uniformly at random."""
    rng = np.random.default_rng(seed)
    return lambda states: rng.integers(len(MOVES), size=len(states))


def key_only(seed: int) -> Actor:
    """Walks to the nearest key on a shortest path; at random when no key can be reached.

    Chests on the way are opened, because a step onto a chest opens it.
    """
    rng = np.random.default_rng(seed)
    return lambda states: _towards(states, states.cells == KEY, rng)


def chest_if_key(seed: int) -> Actor:
    """Walks to the nearest chest if it holds a key, and otherwise to the nearest key."""
    rng = np.random.default_rng(seed)

    def act(states: States) -> Int64[np.ndarray, " state"]:
        wants = np.where(states.keys > 0, CHEST, KEY)
        return _towards(states, states.cells == wants[:, None, None], rng)

    return act


SCRIPTED: Mapping[str, Callable[[int], Actor]] = MappingProxyType(
    {"random": random_moves, "key-only": key_only, "chest-if-key": chest_if_key}
)
"""The scripted players by name; each is made with a seed."""


def distances(
    states: States, targets: Bool[np.ndarray, "state row col"]
) -> Int64[np.ndarray, "state row col"]:
    """Steps from every open cell to the nearest target cell; -1 where there is no path.

    Args:
        states: the states.
        targets: (state, row, col) the cells to reach.

    Example:
        >>> from procgen_tools.worlds.keys_and_chests.grid import parse
        >>> from procgen_tools.worlds.keys_and_chests.rules import beginning
        >>> states = beginning([parse("#####/#@.k#/#...#/#.c.#/#####")])
        >>> distances(states, states.cells == KEY)[0, 3].tolist()
        [-1, 4, 3, 2, -1]
    """
    found = np.empty(states.cells.shape, np.int64)
    queue = np.empty(states.cells[0].size, np.int64)
    for cells, wanted, steps in zip(states.cells, targets, found, strict=True):
        measure_distances(cells, wanted, steps, queue)
        steps[cells == WALL] = -1
    return found


def _towards(
    states: States, targets: Bool[np.ndarray, "state row col"], rng: np.random.Generator
) -> Int64[np.ndarray, " state"]:
    """Moves on shortest paths to the nearest target; random ones where there is none."""
    ranks = rng.random((len(states), len(MOVES)))
    moves = np.empty(len(states), np.int64)
    nearest_moves(states.cells, targets, states.players, DOWNS, RIGHTS, ranks, moves)
    lost = moves < 0
    moves[lost] = rng.integers(len(MOVES), size=lost.sum())
    return moves
