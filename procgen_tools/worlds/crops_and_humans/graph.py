"""All states that can be reached in some mazes, as a graph, for exact results.

`Graph` has the states of many mazes at once, for training and for counts of harvests. `Level` is
one maze, whose graph has goals by name, like the levels of all worlds (see `worlds.graph`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Int8

from procgen_tools.shown import brief
from procgen_tools.worlds import graph as shared
from procgen_tools.worlds.crops_and_humans.levels import (
    CROP,
    END,
    HUMAN,
    SIZE,
    START,
    Cells,
    Mazes,
    check,
)
from procgen_tools.worlds.crops_and_humans.rules import (
    ACTIONS,
    REWARDS,
    Rewards,
    States,
    states_of,
    step,
)

CONVERGED = 1e-9
"""Values that change by less have converged."""


@dataclass(frozen=True, eq=False)
class Graph:
    """States, and where each action leads from them.

    Attributes:
        states: the states, without duplicates; those of `starts` come first.
        starts: (maze,) the number of the state in which an episode in each maze begins.
        following: (state, action) the number of the next state. If the action ends the episode,
            the agent is on the exit in that state.
        entered: (state, action) the code of the cell that the action leads to.
        rewards: (state, action).
        ended: (state, action) whether the episode is over.

    Example:
        >>> from procgen_tools.worlds.crops_and_humans.levels import training_mazes
        >>> graph = graph_of(training_mazes()[:2])
        >>> graph.optimal_values().shape == (len(graph), 4)
        True
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
        """The value of each action under the optimal policy, by value iteration.

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
    """The graph of all states that can be reached in these mazes from any empty cell.

    Args:
        mazes: (maze, 7, 7).
        rewards: of the steps.

    Example:
        >>> from procgen_tools.worlds.crops_and_humans.levels import training_mazes
        >>> len(graph_of(training_mazes()[:1]))
        120
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
    states = States(
        mazes=np.concatenate([part.mazes for part in kept]),
        positions=np.concatenate([part.positions for part in kept]),
    )
    return Graph(states, starts, following, entered, gained, ended)


def _numbered(
    states: States, numbers: dict[bytes, int]
) -> tuple[Int[np.ndarray, " maze"], Int[np.ndarray, " new"]]:
    """The number of each state, and which of them were new and got one."""
    rows = np.concatenate(
        [states.mazes.reshape(len(states), -1), states.positions.astype(np.int8)], axis=1
    )
    found, new = np.empty(len(rows), np.int64), []
    for index, row in enumerate(rows):
        key = row.tobytes()
        if key not in numbers:
            numbers[key] = len(numbers)
            new.append(index)
        found[index] = numbers[key]
    return found, np.array(new, np.int64)


@dataclass(frozen=True, eq=False)
class Level:
    """One maze as a level for the exact results of `vfield`, `chains` and `effects`.

    The goals are `exit`, which ends the episode, and `crop` and `human`, the harvest of one. The
    states are those of `graph_of`, and a last one after the exit.

    Attributes:
        cells: (7, 7) codes of the maze.

    Raises:
        ValueError: the maze cannot be played (see `levels.check`).

    Example:
        >>> from procgen_tools.worlds.crops_and_humans.levels import training_mazes
        >>> Level(training_mazes()[0]).graph().distances("exit")[0]
        16.0
    """

    cells: Cells

    step_limit = 100
    ending_goals = ("exit",)
    ways: ClassVar[tuple[str, ...]] = ()
    effect_goals: ClassVar[Mapping[str, Any]] = MappingProxyType({})

    __repr__ = brief

    def __post_init__(self) -> None:
        check(self.cells)

    @cached_property
    def _states(self) -> Graph:
        return graph_of(self.cells[None])

    def graph(self) -> shared.Graph:
        """The maze's graph, with the goals exit, crop and human."""
        found = self._states
        over = len(found)
        positions = found.states.positions
        goals = {"exit": np.arange(over + 1) == over}
        for name, code in (("crop", CROP), ("human", HUMAN)):
            left = (found.states.mazes == code).sum(axis=(1, 2))
            # Nothing is harvested after the exit, so the last state does not belong to this goal.
            goals[name] = np.append(left < (self.cells == code).sum(), False)
        return shared.Graph(
            np.concatenate([np.where(found.ended, over, found.following), [[over] * len(ACTIONS)]]),
            goals,
            goals["exit"],
            np.concatenate([found.rewards, np.zeros((1, len(ACTIONS)), np.float32)]),
            np.append(positions[:, 0] * SIZE + positions[:, 1], END[0] * SIZE + END[1]),
            int(found.starts[0]),
        )

    def decision(self, start: int | None = None) -> None:
        """None, because decision squares are not defined in this world."""

    def views(self) -> tuple[Float32[np.ndarray, "state 161"], ...]:
        """The agent's observations in every state except the one after the exit."""
        return (self._states.states.inputs(),)

    def moves(self, logits: Any) -> Float[np.ndarray, "state 4"]:
        """The probabilities of the four actions: 1 for the action of the highest value."""
        return np.eye(len(ACTIONS))[logits.argmax(dim=1).cpu().numpy()]

    def caption(self) -> str:
        """A short description of the maze."""
        crops, humans = ((self.cells == code).sum() for code in (CROP, HUMAN))
        return f"{SIZE} x {SIZE} cells, {crops} crops, {humans} humans"
