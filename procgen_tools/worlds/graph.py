"""A level as a graph: its states, where each move leads, and its goals by name.

Exact answers (`chains`, `returns`, `effects`) are computed on graphs, so they know no world by
name. Each world makes its own graphs, in `worlds.<world>.graph`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int

from procgen_tools.shown import brief, summary


@dataclass(frozen=True, eq=False)
class Graph:
    """Everything that can happen in a level.

    Attributes:
        leads_to: (state, move) the number of the state that each move leads to. What it holds in
            states that end the episode does not matter.
        goals: by name, (state,) which states count as the goal. Where a state belongs to several,
            it counts for the first of them when one asks which goal was first.
        ends: (state,) which states end the episode.
        rewards: (state, move) the reward of each move; 0 in states that end the episode.
        places: (state,) the number of the place that the state is shown at, such as the square
            where the mouse stands.
        start: the state in which episodes begin.

    Raises:
        ValueError: arrays whose shapes do not agree, or moves to states that do not exist.

    Example:
        >>> import numpy as np
        >>> two = Graph(np.array([[0, 1], [1, 1]]), {"exit": np.array([False, True])},
        ...             np.array([False, True]), np.zeros((2, 2)), np.arange(2), 0)
        >>> two.distances("exit").tolist()
        [1.0, 0.0]
    """

    leads_to: Int[np.ndarray, "state move"]
    goals: Mapping[str, Bool[np.ndarray, " state"]]
    ends: Bool[np.ndarray, " state"]
    rewards: Float[np.ndarray, "state move"]
    places: Int[np.ndarray, " state"]
    start: int = 0

    def __post_init__(self) -> None:
        states = len(self.leads_to)
        arrays = {"ends": self.ends, "rewards": self.rewards, "places": self.places, **self.goals}
        for name, array in arrays.items():
            if len(array) != states:
                raise ValueError(
                    f"{name} has {len(array)} entries, but the graph has {states} states: give "
                    "one entry for each"
                )
        targets = self.leads_to[~self.ends]
        if targets.size and not 0 <= targets.min() <= targets.max() < states:
            raise ValueError(
                f"moves lead to states {targets.min()} to {targets.max()}, but the graph has "
                f"states 0 to {states - 1}"
            )

    def __len__(self) -> int:
        return len(self.leads_to)

    def __repr__(self) -> str:
        goals = ", ".join(f"{name} {where.sum()}" for name, where in self.goals.items())
        return summary(self, f"{len(self)} states", f"goals: {goals}", f"starts in {self.start}")

    def distances(self, goal: str) -> Float[np.ndarray, " state"]:
        """The fewest moves from each state to the goal; infinite where none lead to it.

        Raises:
            ValueError: a goal that the graph does not have.
        """
        if goal not in self.goals:
            raise ValueError(f"there is no goal {goal!r}: choose one of {', '.join(self.goals)}")
        steps = np.where(self.goals[goal], 0.0, np.inf)
        going_on = ~self.ends
        while True:
            nearer = steps.copy()
            nearer[going_on] = np.minimum(
                steps[going_on], steps[self.leads_to[going_on]].min(axis=1) + 1
            )
            if np.array_equal(nearer, steps):
                return steps
            steps = nearer


@dataclass(frozen=True, eq=False)
class Decision:
    """A state from which the ways to several goals part.

    Attributes:
        state: its number.
        square: where it is, as the level names places.
        towards: by goal, (move,) the moves that lead nearer to it; no move leads nearer to two.
    """

    state: int
    square: Any
    towards: Mapping[str, Bool[np.ndarray, " move"]]

    __repr__ = brief


@runtime_checkable
class Level(Protocol):
    """What exact answers need of a level; every world's levels have it.

    Attributes:
        step_limit: steps after which the world ends an episode.
        ending_goals: the goals whose states end the episode.
        ways: the names of what `decision` tells apart; empty where it is always None.
        effect_goals: options of `graph` that `effects.measure` uses by default.
    """

    @property
    def step_limit(self) -> int: ...

    @property
    def ending_goals(self) -> Sequence[str]: ...

    @property
    def ways(self) -> Sequence[str]: ...

    @property
    def effect_goals(self) -> Mapping[str, Any]: ...

    @property
    def graph(self) -> Callable[..., Graph]:
        """Makes the graph; the options of its goals are the world's own."""

    def decision(self, start: Any = None) -> Decision | None:
        """Where the ways from a start to the goals part; None in a level without such a state."""

    def views(self) -> Sequence[np.ndarray]:
        """What an agent is shown in every state that does not end the episode, in order.

        In parts: each part is one batch, so an intervention can treat each place apart.
        """

    def moves(self, logits: Any) -> Float[np.ndarray, "state move"]:
        """The probabilities of the graph's moves, from what a network answers."""

    def caption(self) -> str:
        """The level in a few words."""


@runtime_checkable
class OnSquares(Protocol):
    """A level whose states are squares, each in two facings: a `VectorField` shows it."""

    def open_squares(self) -> Sequence[Any]: ...
