"""What a step does, what the agent is shown, and every step that there is.

The reward of a step is that of the cell it leads to: -0.25 for an empty one, 10 for the exit, which
ends the episode, 2 for a crop, -11 for a human; what was harvested is gone. A step into a wall or
over the edge costs 5 and leads nowhere. The agent sees walls, crops, humans and itself as 161
numbers, and not the exit, which is always in the same place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int, Int8

from procgen_tools.shown import brief
from procgen_tools.worlds.crops_and_humans.levels import CROP, EMPTY, EXIT, HUMAN, SIZE, WALL, Mazes

ACTIONS = ("UP", "DOWN", "LEFT", "RIGHT")
"""In the order of the network's outputs."""

OFFSETS = np.array([(-1, 0), (1, 0), (0, -1), (0, 1)])
"""Rows and columns that each action moves by."""

NUM_INPUTS = 3 * SIZE * SIZE + 2 * SIZE


@dataclass(frozen=True)
class Rewards:
    """The reward of a step, by what it leads to."""

    wall: float = -5.0
    empty: float = -0.25
    exit: float = 10.0
    crop: float = 2.0
    human: float = -11.0

    def of(self, cells: Int8[np.ndarray, "*any"]) -> Float32[np.ndarray, "*any"]:
        """The reward for stepping on each cell."""
        table = np.zeros(5, np.float32)
        table[[EXIT, WALL, EMPTY, CROP, HUMAN]] = (
            self.exit, self.wall, self.empty, self.crop, self.human,
        )  # fmt: skip
        return table[cells]  # the exit, -1, is the last


REWARDS = Rewards()
"""What the agent is trained with."""


@dataclass(frozen=True, eq=False)
class States:
    """Where the agent stands, in which mazes.

    Attributes:
        mazes: (state, 7, 7) codes of `mazes`, as they are now.
        cells: (state, 2) rows and columns of the agent.
    """

    mazes: Mazes
    cells: Int[np.ndarray, "maze 2"]

    __repr__ = brief

    def __len__(self) -> int:
        return len(self.cells)

    def __getitem__(self, index: Any) -> States:
        """Some of the states, by numpy's rules."""
        return States(self.mazes[index], self.cells[index])

    def inputs(self) -> Float32[np.ndarray, "maze 161"]:
        """What the network is shown: walls, crops, humans (49 each), row and column (7 each)."""
        flat = self.mazes.reshape(len(self), -1)
        hot = np.eye(SIZE, dtype=np.float32)
        layers = [flat == WALL, flat == CROP, flat == HUMAN]
        return np.concatenate(
            [
                *(layer.astype(np.float32) for layer in layers),
                *(hot[each] for each in self.cells.T),
            ],
            axis=1,
        )


@dataclass(frozen=True, eq=False)
class Stepped:
    """What a step gave.

    Attributes:
        states: after it.
        entered: codes of the cells that the steps led to; WALL for a bump.
        rewards: of the steps.
        ended: whether the exit was reached.
    """

    states: States
    entered: Int8[np.ndarray, " maze"]
    rewards: Float32[np.ndarray, " maze"]
    ended: Bool[np.ndarray, " maze"]

    __repr__ = brief


def step(states: States, actions: Int[np.ndarray, " maze"], rewards: Rewards = REWARDS) -> Stepped:
    """One step from each state; the states given stay as they are.

    Raises:
        ValueError: actions that do not exist, or another number of them.
    """
    check_actions(actions, len(states))
    rows, cols = (states.cells + OFFSETS[actions]).T
    outside = (np.minimum(rows, cols) < 0) | (np.maximum(rows, cols) >= SIZE)
    numbers = np.arange(len(states))
    inside_rows, inside_cols = rows.clip(0, SIZE - 1), cols.clip(0, SIZE - 1)
    entered = np.where(outside, WALL, states.mazes[numbers, inside_rows, inside_cols])
    bumped = entered == WALL
    cells = np.where(bumped[:, None], states.cells, np.stack([inside_rows, inside_cols], axis=1))
    mazes = states.mazes.copy()
    harvested = entered > EMPTY
    mazes[numbers[harvested], rows[harvested], cols[harvested]] = EMPTY
    entered = entered.astype(np.int8)
    return Stepped(States(mazes, cells), entered, rewards.of(entered), entered == EXIT)


def check_actions(actions: np.ndarray, count: int) -> None:
    """Make sure of one action for each state.

    Raises:
        ValueError: another shape, no whole numbers, or none of ACTIONS.
    """
    if actions.shape != (count,) or actions.dtype.kind not in "iu":
        raise ValueError(
            f"actions are {actions.dtype}{actions.shape}: give {count} whole numbers, one a state"
        )
    wrong = actions[(actions < 0) | (actions >= len(ACTIONS))]
    if len(wrong):
        named = ", ".join(f"{number} {name.lower()}" for number, name in enumerate(ACTIONS))
        raise ValueError(f"there is no action {wrong[0]}: choose {named}")


def states_of(mazes: Mazes) -> States:
    """The agent on every empty cell of every maze, maze by maze, row by row."""
    numbers, *cells = np.nonzero(mazes == EMPTY)
    return States(mazes[numbers], np.stack(cells, axis=1))


@dataclass(frozen=True, eq=False)
class Transitions:
    """Every step from some states: four actions for each.

    Attributes:
        states: where they begin.
        rewards: (state, action) of the steps.
        following: where they lead, action by action within states: 4 for each state.
        ended: (state, action) whether they reach the exit.
    """

    states: States
    rewards: Float32[np.ndarray, "state 4"]
    following: States
    ended: Bool[np.ndarray, "state 4"]

    __repr__ = brief

    def __len__(self) -> int:
        return len(self.states)


def transitions_of(mazes: Mazes, rewards: Rewards = REWARDS) -> Transitions:
    """Every step that can be made in these mazes from an empty cell, without exploration.

    Args:
        mazes: (maze, 7, 7).
        rewards: of the steps, alike in all mazes.
    """
    states = states_of(mazes)
    count, choices = len(states), len(ACTIONS)
    four_times = states[np.repeat(np.arange(count), choices)]
    stepped = step(four_times, np.tile(np.arange(choices), count), rewards)
    return Transitions(
        states,
        stepped.rewards.reshape(count, choices),
        stepped.states,
        stepped.ended.reshape(count, choices),
    )


def both(one: Transitions, other: Transitions) -> Transitions:
    """The transitions of both."""

    def joined(first: States, second: States) -> States:
        return States(
            np.concatenate([first.mazes, second.mazes]), np.concatenate([first.cells, second.cells])
        )

    return replace(
        one,
        states=joined(one.states, other.states),
        rewards=np.concatenate([one.rewards, other.rewards]),
        following=joined(one.following, other.following),
        ended=np.concatenate([one.ended, other.ended]),
    )
