"""Exact chances and times of reaching goals: a field as an absorbing Markov chain.

With a policy without memory, an episode is a Markov chain over the states of the level's graph (see
`worlds.graph`). The transition probabilities are those of the field, divided by their sum, and some
states end the episode. In a maze the states are squares and facings of the mouse, and the goals
are the cheese and the corner. Nothing is sampled: without a step limit the chances solve a sparse
linear system (see `markov`), and with a step limit they are iterated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, inf, log
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from procgen_tools.absorbing import Chain, within_limit, without_limit
from procgen_tools.checks import of_kind, whole_number
from procgen_tools.shown import brief, summary
from procgen_tools.worlds.graph import Graph, Level


@runtime_checkable
class Field(Protocol):
    """The interface of a field for exact chances; `VectorField` and `StateField` implement it.

    Attributes:
        level: the level of the field.
        starts: the places where an episode can begin.
        by_state: (state, move): the probabilities of the moves in every state of the graph.
    """

    @property
    def level(self) -> Level: ...

    @property
    def starts(self) -> Sequence[Any]: ...

    @property
    def by_state(self) -> Float[np.ndarray, "state move"]: ...

    def graph(self, **goals: Any) -> Graph:
        """The level's graph, with one state per row of `by_state`."""

    def index(self, start: Any) -> int:
        """The state in which an episode from `start` begins; ValueError for an unknown one."""

    def place(self, square: Any) -> int | None:
        """The number of a place in `graph.places`, or None if no state is there, as in a wall."""


@dataclass(frozen=True)
class Chances:
    """The chances and times of an episode from one start.

    Each number of a goal is also an attribute: `chances.cheese` is `chances.visits["cheese"]`,
    `chances.corner_first` is `chances.first["corner"]`, and `chances.steps_to_cheese` is
    `chances.steps_to["cheese"]`.

    Attributes:
        start: where the episode begins.
        step_limit: steps after which the episode ends, or None if only goals end it.
        visits: for each goal, the probability that the episode visits it. Reaching a goal that
            ends the episode counts as visiting it. Reaching a cheese in the corner counts as
            visiting the corner.
        first: for each goal, the probability that it is visited before all others. A state with
            several goals counts for the one that comes first in `Graph.goals`, so a cheese in the
            corner counts for `cheese_first`.
        neither: the probability that no goal is visited; `first` and `neither` sum to 1.
        steps_to: for each goal that ends the episode, the mean number of steps over the episodes
            that reach it; NaN if none does.
        episode_steps: the mean number of steps over all episodes. Without a step limit it is
            infinite, except if the episode ends with probability 1.
    """

    start: Any
    step_limit: int | None
    visits: Mapping[str, float]
    first: Mapping[str, float]
    neither: float
    steps_to: Mapping[str, float]
    episode_steps: float

    def __getattr__(self, name: str) -> float:
        return _of_goal(self, name)

    def __repr__(self) -> str:
        numbers = {
            "step_limit": self.step_limit,
            **self.visits,
            **{f"{name}_first": chance for name, chance in self.first.items()},
            "neither": self.neither,
            **{f"steps_to_{name}": steps for name, steps in self.steps_to.items()},
            "episode_steps": self.episode_steps,
        }
        shown = [f"{name}={_number(number)}" for name, number in numbers.items()]
        return summary(self, f"start={self.start!r:.40}", *shown)


@dataclass(frozen=True, eq=False)
class ChancesByStart:
    """The numbers of `Chances` for every start at once, in the order of `field.starts`.

    The attributes are those of `Chances`, with an array in place of each number. `start` is the
    number of the level's own start.
    """

    field: Field
    start: int
    step_limit: int | None
    visits: Mapping[str, Float[np.ndarray, " start"]]
    first: Mapping[str, Float[np.ndarray, " start"]]
    neither: Float[np.ndarray, " start"]
    steps_to: Mapping[str, Float[np.ndarray, " start"]]
    episode_steps: Float[np.ndarray, " start"]

    __repr__ = brief

    def __getattr__(self, name: str) -> Float[np.ndarray, " start"]:
        return _of_goal(self, name)

    def at(self, start: Any) -> Chances:
        """The chances of an episode from `start`; ValueError for an unknown start."""
        number = self.field.index(start)

        def of(numbers: Mapping[str, np.ndarray]) -> dict[str, float]:
            return {name: float(each[number]) for name, each in numbers.items()}

        return Chances(
            start=self.field.starts[number],
            step_limit=self.step_limit,
            visits=of(self.visits),
            first=of(self.first),
            neither=float(self.neither[number]),
            steps_to=of(self.steps_to),
            episode_steps=float(self.episode_steps[number]),
        )


def chances(
    field: Field, start: Any = None, step_limit: int | None = None, **goals: Any
) -> Chances:
    """The exact chances of an episode from `start`.

    Args:
        field: the policy's moves in every state of a level.
        start: where the episode begins; in a maze, the square of the mouse. Defaults to the
            level's own start.
        step_limit: steps after which an episode ends, such as `field.level.step_limit`. The step
            that reaches the limit still counts. Defaults to None: only goals end the episode.
        **goals: options of the world's goals. In a maze, `corner_region` is the side, in squares,
            of the region that counts as the corner. It defaults to 1, the top-right square.

    Raises:
        ValueError: an unknown start, a step limit below 1, or an impossible goal.
        TypeError: not a field, or an option that the world does not have.

    Example:
        >>> import numpy as np
        >>> from procgen_tools import maze, vfield
        >>> level = maze.parse("..C\\n.##\\nM..")
        >>> field = vfield.VectorField(level, np.full((7, 5), 0.2), np.zeros(7))
        >>> round(chances(field, step_limit=10).cheese, 3)
        0.05
    """
    _check_field(field)
    if start is not None:
        field.index(start)  # an unknown start is refused before anything is computed
    everywhere = chances_by_start(field, step_limit, **goals)
    return everywhere.at(field.starts[everywhere.start] if start is None else start)


def chances_by_start(field: Field, step_limit: int | None = None, **goals: Any) -> ChancesByStart:
    """The exact chances for every start at once; arguments and errors as for `chances`.

    Example:
        >>> from procgen_tools import maze, vfield
        >>> level = maze.parse("###\\n###\\nM.C")
        >>> mostly_right = np.tile([0.1, 0.9, 0, 0, 0], (3, 1))
        >>> by_start = chances_by_start(vfield.VectorField(level, mostly_right, np.zeros(3)), 2)
        >>> by_start.cheese  # in at most two steps from each open square
        array([0.81, 0.9 , 1.  ])
    """
    _check_field(field)
    if step_limit is not None:
        hint = f"the world's is {field.level.step_limit}, and None is no limit"
        step_limit = whole_number("step_limit", step_limit, 1, hint=hint)
    chain = Chain(field.graph(**goals), field.by_state, field.level.ending_goals)
    parts = without_limit(chain) if step_limit is None else within_limit(chain, step_limit)
    starts = slice(len(field.starts))

    def capped(numbers: Float[np.ndarray, " state"]) -> Float[np.ndarray, " start"]:
        return np.minimum(numbers[starts], 1)  # rounding may take sums above 1

    steps_to = {}
    for name, weighted in parts.weighted_steps.items():
        reached = parts.visits[name]
        steps = np.full_like(reached, np.nan)
        np.divide(weighted, reached, out=steps, where=reached > 0)
        steps_to[name] = steps[starts]
    longest = inf if step_limit is None else step_limit
    return ChancesByStart(
        field=field,
        start=chain.graph.start,
        step_limit=step_limit,
        visits={name: capped(numbers) for name, numbers in parts.visits.items()},
        first={name: capped(numbers) for name, numbers in parts.first.items()},
        neither=capped(parts.neither),
        steps_to=steps_to,
        episode_steps=np.minimum(parts.episode_steps[starts], longest),
    )


@dataclass(frozen=True)
class DecisionProbabilities:
    """Probabilities of the moves at the decision square, grouped by goal; they sum to 1.

    Each number of a goal is also an attribute: `decision.cheese` is `decision.towards["cheese"]`.

    Attributes:
        square: the decision square.
        towards: for each goal, the probability of the moves that lead nearer to it. The goals of a
            maze are `cheese` and `top_right`, the top-right corner.
        other: the probability of all other moves, including staying.
    """

    square: Any
    towards: Mapping[str, float]
    other: float

    __repr__ = brief

    def __getattr__(self, name: str) -> float:
        if name.startswith("_") or name not in self.towards:
            raise AttributeError(f"the decision has no goal {name!r}")
        return self.towards[name]


def decision(field: Field, start: Any = None) -> DecisionProbabilities | None:
    """What the policy does where the paths from `start` to the goals diverge.

    Args:
        field: the policy's moves in every state of a level.
        start: where episodes begin. Defaults to the level's own start; in a maze, the square of
            the mouse.

    Returns:
        the probabilities at the decision square (in a maze, see `maze.decision_square`), or None
        if the level has none.

    Raises:
        ValueError: an unknown start.

    Example:
        >>> from procgen_tools import maze, vfield
        >>> level = maze.parse("...\\n.##\\nM.C")  # cheese to the right, corner upwards
        >>> field = vfield.VectorField(level, np.tile([0, 0.75, 0.25, 0, 0], (7, 1)), np.zeros(7))
        >>> found = decision(field)
        >>> found.square, found.cheese, found.top_right
        (Square(row=0, col=0), 0.75, 0.25)
    """
    _check_field(field)
    found = field.level.decision(start)
    if found is None:
        return None
    probabilities = field.by_state[found.state] / field.by_state[found.state].sum()
    rest = np.ones(len(probabilities), bool)
    for moves in found.towards.values():
        rest &= ~moves
    return DecisionProbabilities(
        square=found.square,
        towards={name: float(probabilities[moves].sum()) for name, moves in found.towards.items()},
        other=float(probabilities[rest].sum()),
    )


@dataclass(frozen=True)
class PathProbability:
    """The probability that an episode follows a path exactly.

    Attributes:
        product: the product of the probabilities of all steps.
        geometric_mean: their geometric mean, which compares paths of different lengths; 1 for a
            path without steps.
    """

    product: float
    geometric_mean: float

    __repr__ = brief


def path_probability(field: Field, path: Sequence[Any] | None) -> PathProbability:
    """The probability that an episode from the path's first square follows the path.

    Consecutive squares are neighbours, or equal if the mouse stays or moves into a wall. An
    impossible path has probability 0: None (which `maze.shortest_path` returns for unreachable
    squares), a path that jumps or enters a wall, or one that continues after the end of the
    episode.

    Raises:
        ValueError: a path without squares, or one that leaves the maze.

    Example:
        >>> from procgen_tools import maze, vfield
        >>> level = maze.parse("###\\n###\\nM.C")
        >>> mostly_right = np.tile([0.1, 0.9, 0, 0, 0], (3, 1))
        >>> field = vfield.VectorField(level, mostly_right, np.zeros(3))
        >>> path_probability(field, maze.shortest_path(level, level.mouse, level.cheese))
        PathProbability(product=0.81, geometric_mean=0.9)
    """
    if path is None:
        return PathProbability(0.0, 0.0)
    if len(path) == 0:
        raise ValueError("the path has no squares: give at least the first one")
    places = [field.place(square) for square in path]
    if None in places:
        return PathProbability(0.0, 0.0)
    graph = field.graph()
    if not set(graph.places[graph.ends].tolist()).isdisjoint(places[:-1]):
        return PathProbability(0.0, 0.0)
    chain = Chain(graph, field.by_state)
    # The share of each state at the current place. The logarithm keeps long paths above 0.
    shares = {field.index(path[0]): 1.0}
    logarithm = 0.0
    for there in places[1:]:
        arriving: dict[int, float] = {}
        for state, share in shares.items():
            for move, leads_to in enumerate(graph.leads_to[state].tolist()):
                if graph.places[leads_to] == there:
                    step = share * float(chain.probabilities[state, move])
                    arriving[leads_to] = arriving.get(leads_to, 0.0) + step
        probability = sum(arriving.values())
        if probability == 0:
            return PathProbability(0.0, 0.0)
        logarithm += log(probability)
        shares = {state: share / probability for state, share in arriving.items()}
    return PathProbability(exp(logarithm), exp(logarithm / max(len(places) - 1, 1)))


def _check_field(field: Any) -> None:
    # A protocol's own check takes longer than the chances of a small maze.
    if not (hasattr(type(field), "by_state") and hasattr(field, "graph")):
        of_kind("the field", field, Field, "give what vector_field(maze, policy) returns")


def _number(number: int | float | None) -> str:
    return str(number) if number is None else f"{number:.4g}"


def _of_goal(chances: Chances | ChancesByStart, name: str) -> Any:
    """The number behind an attribute such as `cheese_first`."""
    if not name.startswith("_"):
        for end, numbers in (("_first", chances.first), ("", chances.visits)):
            goal = name.removesuffix(end)
            if name == goal + end and goal in numbers:
                return numbers[goal]
        goal = name.removeprefix("steps_to_")
        if name != goal and goal in chances.steps_to:
            return chances.steps_to[goal]
    raise AttributeError(
        f"{type(chances).__name__} has no attribute {name!r}"
        + ("" if name.startswith("_") else f": its goals are {', '.join(chances.visits)}")
    )
