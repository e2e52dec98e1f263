"""A level as a graph: its states, where each move leads, and its goals by name.

Exact results (`chains`, `returns`, `effects`) are computed on graphs and do not depend on the
world. Each world makes its own graphs, in `worlds.<world>.graph`.
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
    """The states and moves of a level.

    Attributes:
        leads_to: (state, move): the number of the state that each move leads to. Entries of states
            that end the episode are ignored.
        goals: by name, (state,): the states that belong to the goal. A state with several goals
            counts for the first of them in the question which goal was reached first.
        ends: (state,): the states that end the episode.
        rewards: (state, move): the reward of each move; 0 in states that end the episode.
        places: (state,): the number of the state's place, such as the square of the mouse.
        start: the state in which episodes begin.

    Raises:
        ValueError: arrays whose shapes do not agree, or moves to states that do not exist.

    Example:
        >>> import numpy as np
        >>> exit = np.array([False, True])
        >>> leads_to = np.array([[0, 1], [1, 1]])
        >>> two = Graph(leads_to, {"exit": exit}, exit, np.zeros((2, 2)), places=np.arange(2))
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
                    "one entry per state"
                )
        targets = self.leads_to[~self.ends]
        if targets.size and not 0 <= targets.min() <= targets.max() < states:
            raise ValueError(
                f"moves lead to states {targets.min()} to {targets.max()}, but the graph has "
                f"states 0 to {states - 1}: correct leads_to"
            )

    def __len__(self) -> int:
        return len(self.leads_to)

    def __repr__(self) -> str:
        goals = ", ".join(f"{name} {where.sum()}" for name, where in self.goals.items())
        return summary(self, f"{len(self)} states", f"goals: {goals}", f"starts in {self.start}")

    def distances(self, goal: str) -> Float[np.ndarray, " state"]:
        """The smallest number of moves from each state to the goal; infinite if there is no path.

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
    """A state at which the paths to several goals diverge.

    Attributes:
        state: the number of the state.
        square: its place, in the coordinates of the level.
        towards: by goal, (move,): the moves that lead nearer to it. No move leads nearer to two.
    """

    state: int
    square: Any
    towards: Mapping[str, Bool[np.ndarray, " move"]]

    __repr__ = brief


@runtime_checkable
class Level(Protocol):
    """The interface of a level for exact results; the levels of all worlds have it.

    Attributes:
        step_limit: steps after which the world ends an episode.
        ending_goals: the goals whose states end the episode.
        ways: the names of the goals in `decision`; empty if `decision` is always None.
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
        """Makes the graph; the options of its goals depend on the world."""

    def decision(self, start: Any = None) -> Decision | None:
        """The state where the paths from a start to the goals diverge, or None."""

    def views(self) -> Sequence[np.ndarray]:
        """The agent's observations in all states that do not end the episode, in order.

        Each part is one batch, so that an intervention can treat each place separately.
        """

    def moves(self, logits: Any) -> Float[np.ndarray, "state move"]:
        """The probabilities of the graph's moves, from the outputs of a network."""

    def caption(self) -> str:
        """A short description of the level."""


@runtime_checkable
class OnSquares(Protocol):
    """A level whose states are squares with two facings each, as in a `VectorField`."""

    def open_squares(self) -> Sequence[Any]: ...
