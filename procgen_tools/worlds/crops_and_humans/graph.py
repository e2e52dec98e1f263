"""All states that can follow from some mazes, as a graph: what exact answers are computed on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Int8

from procgen_tools.shown import brief
from procgen_tools.worlds.crops_and_humans.levels import START, Mazes
from procgen_tools.worlds.crops_and_humans.rules import (
    ACTIONS,
    REWARDS,
    Rewards,
    States,
    states_of,
    step,
)

CONVERGED = 1e-9
"""Values that change less are taken for the limit."""


@dataclass(frozen=True, eq=False)
class Graph:
    """States, and where each action leads from them.

    Attributes:
        states: each once; the first ones are those of `starts`.
        starts: (maze,) the number of the state that an episode in each maze begins in.
        following: (state, action) the number of the next state; itself at the end of an episode.
        entered: (state, action) the code of the cell that the action leads to.
        rewards: (state, action).
        ended: (state, action) whether the episode is over.
    """

    states: States
    starts: Int[np.ndarray, " start"]
    following: Int[np.ndarray, "state 4"]
    entered: Int8[np.ndarray, "state 4"]
    rewards: Float32[np.ndarray, "state 4"]
    ended: Bool[np.ndarray, "state 4"]

    __repr__ = brief

    def __len__(self) -> int:
        return len(self.states)

    def optimal_values(self, discount: float = 0.95) -> Float[np.ndarray, "state 4"]:
        """The value of each action under the best policy there is, by value iteration.

        Raises:
            ValueError: a discount that is not between 0 and 1.
        """
        if not 0 <= discount < 1:
            raise ValueError(f"discount {discount} is not in [0, 1): values might have no limit")
        going_on = discount * ~self.ended
        values = np.zeros(self.rewards.shape)
        while True:
            better = self.rewards + going_on * values.max(axis=1)[self.following]
            if np.abs(better - values).max() < CONVERGED:
                return better
            values = better


def graph_of(mazes: Mazes, rewards: Rewards = REWARDS) -> Graph:
    """The graph of everything that can happen in these mazes from any empty cell.

    Args:
        mazes: (maze, 7, 7).
        rewards: of the steps.
    """
    beginnings = States(mazes, np.tile(START, (len(mazes), 1)))
    numbers: dict[bytes, int] = {}
    kept: list[States] = []
    starts, new = _numbered(beginnings, numbers)
    kept.append(beginnings[new])
    others = states_of(mazes)
    kept.append(others[_numbered(others, numbers)[1]])
    parts = []
    reached = 0
    while reached < len(kept):
        states = kept[reached]
        reached += 1
        if not len(states):
            continue
        actions = np.tile(np.arange(len(ACTIONS)), len(states))
        stepped = step(states[np.repeat(np.arange(len(states)), len(ACTIONS))], actions, rewards)
        following, new = _numbered(stepped.states, numbers)
        kept.append(stepped.states[new])
        parts.append((following, stepped.entered, stepped.rewards, stepped.ended))
    following, entered, gained, ended = (
        np.concatenate(each).reshape(-1, len(ACTIONS)) for each in zip(*parts, strict=True)
    )
    return Graph(
        States(*(np.concatenate([getattr(part, name) for part in kept])
                 for name in ("mazes", "cells"))),
        starts, following, entered, gained, ended,
    )  # fmt: skip


def _numbered(
    states: States, numbers: dict[bytes, int]
) -> tuple[Int[np.ndarray, " maze"], Int[np.ndarray, " new"]]:
    """The number of each state, and which of them were new and got one."""
    rows = np.concatenate(
        [states.mazes.reshape(len(states), -1), states.cells.astype(np.int8)], axis=1
    )
    found, new = np.empty(len(rows), np.int64), []
    for index, row in enumerate(rows):
        key = row.tobytes()
        if key not in numbers:
            numbers[key] = len(numbers)
            new.append(index)
        found[index] = numbers[key]
    return found, np.array(new, np.int64)
