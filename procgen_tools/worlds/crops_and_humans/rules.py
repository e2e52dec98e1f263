"""The rules: what a step does, what the network's input is, and all steps that can be made.

The reward of a step is that of the cell it leads to: -0.25 for an empty cell, 10 for the exit, 2
for a crop, -11 for a human. The exit ends the episode; a harvested crop or human leaves an empty
cell. A step into a wall or over the edge costs 5 and leads nowhere. The network's input is 161
numbers: the walls, crops and humans, and the position of the agent. The exit is not in it, for it
never moves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int, Int8

from procgen_tools.shown import brief
from procgen_tools.worlds.crops_and_humans.levels import (
    CROP,
    EMPTY,
    EXIT,
    HUMAN,
    SIZE,
    WALL,
    Mazes,
)

ACTIONS = ("UP", "DOWN", "LEFT", "RIGHT")
"""In the order of the network's outputs."""

OFFSETS = np.array([(-1, 0), (1, 0), (0, -1), (0, 1)])
"""Rows and columns that each action moves by."""

NUM_INPUTS = 3 * SIZE * SIZE + 2 * SIZE


@dataclass(frozen=True)
class Rewards:
    """The reward of a step, by the cell that it leads to.

    Example:
        >>> Rewards(human=-100.0).of(np.array([[HUMAN, CROP, EXIT]], np.int8))
        array([[-100.,    2.,   10.]], dtype=float32)
    """

    wall: float = -5.0
    empty: float = -0.25
    exit: float = 10.0
    crop: float = 2.0
    human: float = -11.0

    def of(self, cells: Int8[np.ndarray, "*any"]) -> Float32[np.ndarray, "*any"]:
        """The reward for stepping on each cell."""
        table = np.zeros(5, np.float32)
        rewards = (self.exit, self.wall, self.empty, self.crop, self.human)
        table[[EXIT, WALL, EMPTY, CROP, HUMAN]] = rewards
        return table[cells]  # the exit, -1, is the last


REWARDS = Rewards()
"""The rewards that agents are trained with."""


@dataclass(frozen=True, eq=False)
class States:
    """Mazes, and where the agent is in each.

    Attributes:
        mazes: (state, 7, 7) the present codes of each maze's cells (see `levels`).
        positions: (state, 2) the row and column of the agent.

    Example:
        >>> from procgen_tools.worlds.crops_and_humans.levels import training_mazes
        >>> states = States(training_mazes()[:2], np.array([[0, 0], [0, 0]]))
        >>> states.inputs().shape
        (2, 161)
    """

    mazes: Int8[np.ndarray, "state 7 7"]
    positions: Int[np.ndarray, "state 2"]

    __repr__ = brief

    def __len__(self) -> int:
        return len(self.positions)

    def __getitem__(self, index: Any) -> States:
        """Some of the states, by numpy's rules."""
        return States(self.mazes[index], self.positions[index])

    def inputs(self) -> Float32[np.ndarray, "state 161"]:
        """The network's input: walls, crops, humans (49 each), row and column (7 each)."""
        return self.indicators().astype(np.float32)

    def indicators(self) -> Bool[np.ndarray, "state 161"]:
        """The network's input, which is 0 or 1, as booleans: a quarter of the memory."""
        found = np.zeros((len(self), NUM_INPUTS), bool)
        *layers, rows, cols = np.split(found, np.cumsum([SIZE**2] * 3 + [SIZE]), axis=1)
        flat = self.mazes.reshape(len(self), -1)
        for layer, code in zip(layers, (WALL, CROP, HUMAN), strict=True):
            layer[:] = flat == code
        for hot, each in zip((rows, cols), self.positions.T, strict=True):
            hot[np.arange(len(self)), each] = True
        return found


@dataclass(frozen=True, eq=False)
class Stepped:
    """The result of a step.

    Attributes:
        states: after the step.
        entered: (state,) code of the cell that the step led to; WALL for a bump.
        rewards: (state,) of the step.
        ended: (state,) whether the exit was reached.

    Example:
        >>> from procgen_tools.worlds.crops_and_humans.levels import training_mazes
        >>> start = States(training_mazes()[:1], np.array([[6, 5]]))
        >>> stepped = step(start, np.array([3]))  # to the right, where the exit is
        >>> stepped.entered.tolist(), stepped.rewards.tolist(), stepped.ended.tolist()
        ([-1], [10.0], [True])
    """

    states: States
    entered: Int8[np.ndarray, " state"]
    rewards: Float32[np.ndarray, " state"]
    ended: Bool[np.ndarray, " state"]

    __repr__ = brief


def step(states: States, actions: np.ndarray, rewards: Rewards = REWARDS) -> Stepped:
    """Take one step from each state. The given states stay unchanged.

    Args:
        states: where the steps begin.
        actions: (state,) indices into ACTIONS; others are rejected.
        rewards: of the steps.

    Raises:
        ValueError: actions that do not exist, or not one for each state.

    Example:
        >>> from procgen_tools.worlds.crops_and_humans.levels import training_mazes
        >>> stepped = step(states_of(training_mazes()[:1])[:1], np.array([0]))
        >>> stepped.rewards.tolist(), stepped.states.positions.tolist()
        ([-5.0], [[0, 0]])
    """
    check_actions(actions, len(states))
    rows, cols = (states.positions + OFFSETS[actions]).T
    outside = (np.minimum(rows, cols) < 0) | (np.maximum(rows, cols) >= SIZE)
    numbers = np.arange(len(states))
    inside_rows, inside_cols = rows.clip(0, SIZE - 1), cols.clip(0, SIZE - 1)
    entered = np.where(outside, WALL, states.mazes[numbers, inside_rows, inside_cols])
    bumped = entered == WALL
    inside = np.stack([inside_rows, inside_cols], axis=1)
    positions = np.where(bumped[:, None], states.positions, inside)
    mazes = states.mazes.copy()
    harvested = entered > EMPTY
    mazes[numbers[harvested], rows[harvested], cols[harvested]] = EMPTY
    entered = entered.astype(np.int8)
    return Stepped(States(mazes, positions), entered, rewards.of(entered), entered == EXIT)


def check_actions(actions: np.ndarray, count: int) -> None:
    """Check that there is one action for each state.

    Raises:
        ValueError: another shape, another type than integers, or an action that does not exist.
    """
    if actions.shape != (count,) or actions.dtype.kind not in "iu":
        raise ValueError(
            f"actions are {actions.dtype}{actions.shape}: give {count} integers, one for each state"
        )
    wrong = actions[(actions < 0) | (actions >= len(ACTIONS))]
    if len(wrong):
        named = ", ".join(f"{number} {name.lower()}" for number, name in enumerate(ACTIONS))
        raise ValueError(f"there is no action {wrong[0]}: choose {named}")


def states_of(mazes: Mazes) -> States:
    """The agent on every empty cell of every maze, maze by maze, row by row.

    Example:
        >>> from procgen_tools.worlds.crops_and_humans.levels import training_mazes
        >>> states_of(training_mazes()[:1]).positions[:3].tolist()
        [[0, 0], [0, 1], [0, 2]]
    """
    numbers, *positions = np.nonzero(mazes == EMPTY)
    return States(mazes[numbers], np.stack(positions, axis=1))


@dataclass(frozen=True, eq=False)
class Transitions:
    """Every step from some states: four actions for each.

    Attributes:
        states: where the steps begin.
        rewards: (state, action) of the steps.
        following: where the steps lead, four for each state, in the order of ACTIONS.
        ended: (state, action) whether the steps reach the exit.

    Example:
        >>> from procgen_tools.worlds.crops_and_humans.levels import training_mazes
        >>> found = transitions_of(training_mazes()[:1])
        >>> len(found.following) == 4 * len(found)
        True
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
        rewards: of the steps, the same in all mazes.

    Example:
        >>> from procgen_tools.worlds.crops_and_humans.levels import training_mazes
        >>> transitions_of(training_mazes()[:1]).rewards[0].tolist()  # up, down, left, right
        [-5.0, -5.0, -5.0, -0.25]
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
    """The transitions of one and of the other, in this order.

    Example:
        >>> from procgen_tools.worlds.crops_and_humans.levels import training_mazes
        >>> one, other = (transitions_of(training_mazes()[[index]]) for index in (0, 1))
        >>> len(both(one, other)) == len(one) + len(other)
        True
    """

    def joined(first: States, second: States) -> States:
        return States(
            np.concatenate([first.mazes, second.mazes]),
            np.concatenate([first.positions, second.positions]),
        )

    return replace(
        one,
        states=joined(one.states, other.states),
        rewards=np.concatenate([one.rewards, other.rewards]),
        following=joined(one.following, other.following),
        ended=np.concatenate([one.ended, other.ended]),
    )
