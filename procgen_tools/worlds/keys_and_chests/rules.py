"""The rules: what a step does, and what the agent sees.

A step onto a key takes it; any number of keys can be held. A step onto a chest with a key opens
it: the reward is 1, and the key and the chest are gone. Nothing else is rewarded. Each key is
also a ghost key, which opens hidden chests in the same way, for a hidden reward. An episode ends
after `max_ticks` ticks and never before. A step into a wall takes a tick, too.

The agent sees neither its keys nor hidden chests nor the tick. So a good policy needs a memory.

Levels of this world have no graph for exact results. A state consists of the position, the keys
and chests that are left, the keys and ghost keys held, and the tick, so a level of 12 x 12 cells
has more than 2 ** 50 states. Exact results exist for single states only: distances
(`players.distances`), and the probabilities of a policy for given observations and memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int, Int8, Int64, UInt8

from procgen_tools.shown import brief
from procgen_tools.worlds.keys_and_chests.grid import Level
from procgen_tools.worlds.keys_and_chests.step_kernels import paint_frames, step_states

MOVES = ("DOWN", "UP", "RIGHT", "LEFT")
"""In the order of the original's actions. (The original's pictures are transposed, so its names
are RIGHT, LEFT, DOWN, UP.)"""

ACTIONS = (*MOVES, "STAY")
"""STAY does nothing and takes a tick. Agents have the four moves only."""

DOWNS = np.array([1, -1, 0, 0, 0])
RIGHTS = np.array([0, 0, 1, -1, 0])
"""Rows and columns that each action moves by."""

CELL_PIXELS = 3
"""Side of a cell in the original's observations, which have 36 x 36 pixels."""

CHANNELS = 4
"""Walls, keys, chests and the player."""


@dataclass(frozen=True, eq=False)
class States:
    """States of levels of one size, such as those of `beginning`.

    Attributes:
        cells: (state, row, col) codes of the present cells (see `grid`).
        hidden: (state, row, col) where hidden chests are left.
        players: (state, 2) row and column of the player.
        keys, ghost_keys: (state,) held by the player.
        ticks: (state,) ticks since the beginning.
        max_ticks: (state,) ticks at which the episode ends.

    Example:
        >>> from procgen_tools.worlds.keys_and_chests.levels import make_levels
        >>> states = beginning(make_levels(range(2)))
        >>> len(states), states.keys.tolist()
        (2, [0, 0])
    """

    cells: Int8[np.ndarray, "state row col"]
    hidden: Bool[np.ndarray, "state row col"]
    players: Int64[np.ndarray, "state 2"]
    keys: Int64[np.ndarray, " state"]
    ghost_keys: Int64[np.ndarray, " state"]
    ticks: Int64[np.ndarray, " state"]
    max_ticks: Int64[np.ndarray, " state"]

    __repr__ = brief

    def __len__(self) -> int:
        return len(self.cells)

    def chosen(self, which: Int[np.ndarray, " chosen"] | Bool[np.ndarray, " state"]) -> States:
        """Some of the states, as copies.

        Example:
            >>> from procgen_tools.worlds.keys_and_chests.levels import make_levels
            >>> len(beginning(make_levels(range(5))).chosen(np.array([0, 0, 3])))
            3
        """
        return States(
            self.cells[which],
            self.hidden[which],
            self.players[which],
            self.keys[which],
            self.ghost_keys[which],
            self.ticks[which],
            self.max_ticks[which],
        )

    def observations(
        self, cell_pixels: int = CELL_PIXELS
    ) -> UInt8[np.ndarray, "state height width 4"]:
        """What the agent sees: walls, keys, chests and the player, each 0 or 255.

        Args:
            cell_pixels: the side of a cell in pixels.

        Example:
            >>> from procgen_tools.worlds.keys_and_chests.levels import make_level
            >>> beginning([make_level(0)]).observations().shape
            (1, 36, 36, 4)
        """
        count, rows, cols = self.cells.shape
        shape = (count, rows * cell_pixels, cols * cell_pixels, CHANNELS)
        frames = np.empty(shape, np.uint8)
        paint_frames(frames, self.cells, self.players, cell_pixels)
        return frames


def beginning(levels: Sequence[Level]) -> States:
    """The states in which levels begin.

    Raises:
        ValueError: no levels, or levels of different sizes.

    Example:
        >>> from procgen_tools.worlds.keys_and_chests.grid import parse
        >>> beginning([parse("#####/#@k.#/#...#/#...#/#####")]).players.tolist()
        [[1, 1]]
    """
    shapes = sorted({level.cells.shape for level in levels})
    if len(shapes) != 1:
        raise ValueError(f"levels have the sizes {shapes}: give one level or more, all of one size")
    keys, ghosts, ticks = np.zeros((3, len(levels)), np.int64)
    return States(
        np.stack([level.cells for level in levels]),
        np.stack([level.hidden for level in levels]),
        np.array([level.player for level in levels], np.int64),
        keys,
        ghosts,
        ticks,
        np.array([level.max_ticks for level in levels], np.int64),
    )


@dataclass(frozen=True, eq=False)
class Stepped:
    """The result of a step.

    Attributes:
        states: after the step.
        rewards: (state,) 1 where a chest was opened, otherwise 0.
        hidden_rewards: (state,) 1 where a hidden chest was opened.
        collected: (state,) 1 where a key was taken.
        ended: (state,) where the episode is over.

    Example:
        >>> from procgen_tools.worlds.keys_and_chests.grid import parse
        >>> start = beginning([parse("#####/#@k.#/#...#/#...#/#####", max_ticks=1)])
        >>> stepped = step(start, np.array([2]))
        >>> stepped.collected.tolist(), stepped.ended.tolist()
        ([1], [True])
    """

    states: States
    rewards: Float64[np.ndarray, " state"]
    hidden_rewards: Int64[np.ndarray, " state"]
    collected: Int64[np.ndarray, " state"]
    ended: Bool[np.ndarray, " state"]

    __repr__ = brief


def step(states: States, actions: Int[np.ndarray, " state"]) -> Stepped:
    """Take one step from each state. The given states stay unchanged.

    Args:
        states: where the steps begin.
        actions: (state,) indices into ACTIONS.

    Raises:
        ValueError: actions that do not exist, or not one for each state.

    Example:
        >>> from procgen_tools.worlds.keys_and_chests.grid import parse
        >>> start = beginning([parse("#####/#@k.#/#...#/#...#/#####")])
        >>> step(start, np.array([2])).states.keys.tolist()  # to the right, where a key is
        [1]
    """
    actions = check_actions(actions, len(states), len(ACTIONS))
    count = len(states)
    after = States(
        states.cells.copy(),
        states.hidden.copy(),
        states.players.copy(),
        states.keys.copy(),
        states.ghost_keys.copy(),
        states.ticks.copy(),
        states.max_ticks,
    )
    rewards = np.empty(count)
    hidden_rewards, collected = np.empty(count, np.int64), np.empty(count, np.int64)
    step_states(
        np.ones(count, bool),
        DOWNS,
        RIGHTS,
        actions,
        after.cells,
        after.hidden,
        after.players,
        after.keys,
        after.ghost_keys,
        after.ticks,
        rewards,
        hidden_rewards,
        collected,
    )
    return Stepped(after, rewards, hidden_rewards, collected, after.ticks >= after.max_ticks)


def check_actions(actions: Any, count: int, choices: int) -> Int64[np.ndarray, " state"]:
    """The actions as an array, after a check that there is one for each of `count` states.

    Raises:
        ValueError: another shape, another type than integers, or an action that does not exist.
    """
    array = np.asarray(actions)
    if array.shape != (count,) or array.dtype.kind not in "iu":
        raise ValueError(
            f"actions are {array.dtype}{array.shape}: give {count} integers, one for each state"
        )
    wrong = array[(array < 0) | (array >= choices)]
    if len(wrong):
        named = ", ".join(f"{n} {name.lower()}" for n, name in enumerate(ACTIONS[:choices]))
        raise ValueError(f"there is no action {wrong[0]}: choose {named}")
    return array.astype(np.int64)
