"""Exact chances and times of reaching squares: a vector field as an absorbing Markov chain.

A policy without memory makes the mouse's walk a Markov chain over the open squares. At every
square it moves with the field's probabilities (divided by their sum); a move into a wall or over
the edge leaves it in place; at the cheese the episode ends. procgen draws the mouse as it last
went, left or right, and the policy sees it: a field that holds the probabilities of both facings
makes a chain over squares and facings, which is the environment exactly. Nothing is sampled here:
without a step limit the chances solve a sparse linear system (see `markov`), with one they are
iterated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from math import exp, inf, log

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse

from procgen_tools.checks import of_kind
from procgen_tools.markov import Elimination, eliminate
from procgen_tools.shown import brief
from procgen_tools.vfield import VectorField
from procgen_tools.worlds.maze.grid import LEFT, MOVES, RIGHT, START, STAY, Square, check_inside
from procgen_tools.worlds.maze.paths import decision_square, nearer_moves, successors

PROCGEN_STEP_LIMIT = 500
"""Steps after which procgen ends an episode."""

CORNER_REGION = 5
"""Side of the top-right region that counts as the corner, in squares (Langosco et al., 2022)."""


@dataclass(frozen=True)
class Chances:
    """What becomes of an episode that starts at one square.

    Attributes:
        start: the square where the mouse starts.
        step_limit: steps after which the episode ends; None when only the cheese ends it.
        cheese: probability that the mouse reaches the cheese (0 in a maze without).
        corner: probability that it visits the top-right corner square (or region) during the
            episode, with or without reaching the cheese later (0 when all of it is wall).
        corner_first: probability that it visits the corner before the cheese. It differs from
            `corner` only when the cheese lies in the corner: to reach it there is no visit before.
        cheese_first: probability that it reaches the cheese without having visited the corner.
        neither: probability that it reaches neither; the three last ones sum to 1.
        steps_to_cheese: mean number of steps to the cheese over the episodes that reach it; NaN
            when none does.
        episode_steps: mean number of steps of all episodes. Without a step limit it is infinite
            unless the cheese is reached with certainty.
    """

    start: Square
    step_limit: int | None
    cheese: float
    corner: float
    corner_first: float
    cheese_first: float
    neither: float
    steps_to_cheese: float
    episode_steps: float

    __repr__ = brief


@dataclass(frozen=True, eq=False)
class ChancesBySquare:
    """The numbers of `Chances` for a start at every open square, in the order of field.squares."""

    field: VectorField
    step_limit: int | None
    cheese: Float[np.ndarray, " square"]
    corner: Float[np.ndarray, " square"]
    corner_first: Float[np.ndarray, " square"]
    cheese_first: Float[np.ndarray, " square"]
    neither: Float[np.ndarray, " square"]
    steps_to_cheese: Float[np.ndarray, " square"]
    episode_steps: Float[np.ndarray, " square"]

    __repr__ = brief

    def at(self, start: tuple[int, int]) -> Chances:
        """The chances of an episode that starts at `start`; ValueError when it is not open."""
        number = self.field.index(start)
        return Chances(
            start=self.field.squares[number],
            step_limit=self.step_limit,
            cheese=float(self.cheese[number]),
            corner=float(self.corner[number]),
            corner_first=float(self.corner_first[number]),
            cheese_first=float(self.cheese_first[number]),
            neither=float(self.neither[number]),
            steps_to_cheese=float(self.steps_to_cheese[number]),
            episode_steps=float(self.episode_steps[number]),
        )


def chances(
    field: VectorField,
    start: tuple[int, int] | None = None,
    step_limit: int | None = None,
    *,
    corner_region: int = 1,
) -> Chances:
    """The exact chances of an episode from `start`, or from the maze's mouse when it is None.

    Args:
        step_limit: steps after which an episode ends, such as PROCGEN_STEP_LIMIT; the step that
            reaches the limit still counts. None: only the cheese ends it.
        corner_region: side, in squares, of what counts as the corner: 1 for the top-right square
            itself, 5 for the top-right 5 x 5.

    Raises:
        ValueError: a start that is not open, a step limit or a region below 1.
    """
    of_kind("the field", field, VectorField, "give what vector_field(maze, policy) returns")
    start = field.maze.mouse if start is None else field.squares[field.index(start)]
    return chances_by_square(field, step_limit, corner_region=corner_region).at(start)


def chances_by_square(
    field: VectorField, step_limit: int | None = None, *, corner_region: int = 1
) -> ChancesBySquare:
    """The exact chances for a start at every open square at once; arguments as for `chances`.

    Raises:
        ValueError: a step limit or a region below 1.
    """
    if corner_region < 1:
        raise ValueError(
            f"corner_region {corner_region} is below 1: give the side of the region in squares, "
            "1 for the corner square itself"
        )
    if step_limit is not None and step_limit < 1:
        raise ValueError(
            f"step_limit {step_limit} is below 1: give {PROCGEN_STEP_LIMIT} (procgen's), "
            "another number of steps, or None for no limit"
        )
    chain = _Chain.of(field, corner_region)
    parts = _limitless(chain) if step_limit is None else _limited(chain, step_limit)
    parts = parts.first(len(field.squares))
    reached = parts.cheese > 0
    steps = np.full_like(parts.cheese, np.nan)
    np.divide(parts.weighted_steps, parts.cheese, out=steps, where=reached)
    return ChancesBySquare(
        field=field,
        step_limit=step_limit,
        # Sums may exceed their bounds by a rounding.
        cheese=np.minimum(parts.cheese, 1),
        # Who reaches a cheese that lies in the corner visits the corner by that.
        corner=np.minimum(
            parts.corner_first + parts.cheese_first * (chain.cheese <= chain.corner), 1
        ),
        corner_first=np.minimum(parts.corner_first, 1),
        cheese_first=np.minimum(parts.cheese_first, 1),
        neither=np.minimum(parts.neither, 1),
        steps_to_cheese=steps,
        episode_steps=np.minimum(parts.episode_steps, inf if step_limit is None else step_limit),
    )


@dataclass(frozen=True)
class DecisionProbabilities:
    """The five moves at the decision square, grouped by where they lead; they sum to 1.

    Attributes:
        square: the decision square.
        cheese: probability of the moves that bring the mouse nearer to the cheese.
        top_right: probability of the moves that bring it nearer to the top-right corner.
        other: probability of all other moves, staying included.
    """

    square: Square
    cheese: float
    top_right: float
    other: float

    __repr__ = brief


def decision(field: VectorField, start: tuple[int, int] = START) -> DecisionProbabilities | None:
    """What the policy does where the paths from `start` to cheese and corner part.

    None when the maze has no decision square (see `paths.decision_square`).

    Raises:
        ValueError: a start outside the maze.
    """
    of_kind("the field", field, VectorField, "give what vector_field(maze, policy) returns")
    maze = field.maze
    square = decision_square(maze, start)
    if square is None or maze.cheese is None:
        return None
    probabilities = field.at(square) / field.at(square).sum()
    cheese = nearer_moves(maze, maze.cheese)[square]
    top_right = nearer_moves(maze, maze.corner)[square]
    return DecisionProbabilities(
        square=square,
        cheese=float(probabilities[cheese].sum()),
        top_right=float(probabilities[top_right].sum()),
        other=float(probabilities[~(cheese | top_right)].sum()),
    )


@dataclass(frozen=True)
class PathProbability:
    """How likely it is that the mouse walks exactly along a path.

    Attributes:
        product: probability of all its steps in a row.
        geometric_mean: the product's root of the number of steps: the probability of a typical
            step, which paths of different lengths can be compared by. 1 for a path without steps.
    """

    product: float
    geometric_mean: float

    __repr__ = brief


def path_probability(field: VectorField, path: Sequence[tuple[int, int]] | None) -> PathProbability:
    """The probability that a mouse at the path's first square walks along it and nowhere else.

    Squares that follow each other are neighbours, or equal: the mouse stays, by staying or by
    moving into a wall. An impossible path has probability 0: None (what `paths.shortest_path`
    gives for unreachable squares), one that jumps, enters a wall or goes on after the cheese.

    Raises:
        ValueError: a path without squares, or one that leaves the maze.
    """
    if path is None:
        return PathProbability(0.0, 0.0)
    if len(path) == 0:
        raise ValueError("the path has no squares: give at least the one where it starts")
    maze = field.maze
    squares = [check_inside(square, maze.size, "path") for square in path]
    if any(maze.walls[square] for square in squares):
        return PathProbability(0.0, 0.0)
    chain = _Chain.of(field)
    walk = [field.index(square) for square in squares]
    if any(number in chain.cheese for number in walk[:-1]):
        return PathProbability(0.0, 0.0)
    # The share of each facing at the current square; the logarithm keeps long paths from 0.
    shares = {walk[0]: 1.0}
    logarithm = 0.0
    for there in walk[1:]:
        arriving: dict[int, float] = {}
        for state, share in shares.items():
            for move, leads_to in enumerate(chain.leads_to[state].tolist()):
                if leads_to % len(field.squares) == there:
                    step = share * float(chain.probabilities[state, move])
                    arriving[leads_to] = arriving.get(leads_to, 0.0) + step
        probability = sum(arriving.values())
        if probability == 0:
            return PathProbability(0.0, 0.0)
        logarithm += log(probability)
        shares = {state: share / probability for state, share in arriving.items()}
    return PathProbability(exp(logarithm), exp(logarithm / max(len(walk) - 1, 1)))


@dataclass(frozen=True, eq=False)
class _Chain:
    """The mouse's walk: states, the moves' probabilities in each, and where they lead.

    A state is a square; or, where the field tells the facings apart, state + squares is the same
    square with the picture flipped. The first states are the starts.
    """

    probabilities: Float[np.ndarray, "state move"]
    leads_to: Int[np.ndarray, "state move"]
    cheese: frozenset[int]
    corner: frozenset[int]

    @classmethod
    def of(cls, field: VectorField, corner_region: int = 1) -> _Chain:
        maze, squares = field.maze, len(field.squares)
        leads_to = successors(maze)
        facings = [field.probabilities]
        if field.flipped_probabilities is not None:
            facings.append(field.flipped_probabilities)
            # Facing 0 is the maze's own. LEFT turns the picture to unmirrored, RIGHT to mirrored.
            leads_to = np.concatenate([leads_to, leads_to + squares])
            leads_to[:, LEFT] = leads_to[:, LEFT] % squares + squares * maze.mouse_mirrored
            leads_to[:, RIGHT] = leads_to[:, RIGHT] % squares + squares * (not maze.mouse_mirrored)
        probabilities = np.concatenate(facings)

        def states(chosen: Iterable[Square]) -> frozenset[int]:
            numbers = [field.index(square) for square in chosen if maze.is_open(square)]
            return frozenset(
                state for number in numbers for state in range(number, len(probabilities), squares)
            )

        edge = range(max(maze.size - corner_region, 0), maze.size)
        return cls(
            probabilities / probabilities.sum(axis=1, keepdims=True),
            leads_to,
            states([] if maze.cheese is None else [maze.cheese]),
            states(Square(row, col) for row in edge for col in edge),
        )

    def __len__(self) -> int:
        return len(self.probabilities)

    def ending_in(self, targets: Iterable[int]) -> Float[np.ndarray, "state move"]:
        """The probabilities, where the mouse stays at the targets."""
        probabilities = self.probabilities.copy()
        for target in targets:
            probabilities[target] = 0.0
            probabilities[target, STAY] = 1.0
            # To stay keeps the facing, so a target leads to itself.
        return probabilities

    def eliminate(self, targets: frozenset[int]) -> Elimination:
        """The chain that ends at the targets, ready to be solved."""
        return eliminate(self.ending_in(targets), self.leads_to, targets)


@dataclass(frozen=True, eq=False)
class _Parts:
    """What both methods compute; weighted_steps is E[steps to the cheese; it is reached]."""

    cheese: Float[np.ndarray, " state"]
    weighted_steps: Float[np.ndarray, " state"]
    episode_steps: Float[np.ndarray, " state"]
    corner_first: Float[np.ndarray, " state"]
    cheese_first: Float[np.ndarray, " state"]
    neither: Float[np.ndarray, " state"]

    def first(self, count: int) -> _Parts:
        """The parts of the first states."""
        return _Parts(**{part.name: getattr(self, part.name)[:count] for part in fields(self)})


def _limited(chain: _Chain, steps: int) -> _Parts:
    """Backward iteration, one step of the chain at a time, for every start at once."""
    states = len(chain)
    cheese, corner = sorted(chain.cheese), sorted(chain.corner - chain.cheese)
    endings = (chain.cheese, chain.cheese | chain.corner)
    probabilities = np.concatenate([chain.ending_in(targets) for targets in endings])
    leads_to = np.concatenate([chain.leads_to, chain.leads_to + states])
    rows = np.arange(2 * states + 1) * len(MOVES)
    one_step = sparse.csr_array((probabilities.ravel(), leads_to.ravel(), rows))
    one_step.sum_duplicates()

    # Two chains below each other. In the first only the cheese ends the episode; its columns are
    # the chance of the cheese, E[steps; cheese], and the mean length. In the second the corner
    # ends it too; its columns are the chances of cheese first, corner first, neither.
    columns = np.zeros((2 * states, 3))
    upper, lower = columns[:states], columns[states:]
    lower[:, 2] = 1.0
    lower[corner] = (0.0, 1.0, 0.0)
    going_on = np.ones(states)
    upper[cheese] = lower[cheese] = (1.0, 0.0, 0.0)
    going_on[cheese] = 0.0
    for _ in range(steps):
        columns = one_step @ columns
        columns[:states, 1] += going_on * columns[:states, 0]
        columns[:states, 2] += going_on
    upper, lower = columns[:states].T, columns[states:].T
    return _Parts(
        cheese=upper[0],
        weighted_steps=upper[1],
        episode_steps=upper[2],
        cheese_first=lower[0],
        corner_first=lower[1],
        neither=lower[2],
    )


def _limitless(chain: _Chain) -> _Parts:
    to_cheese = chain.eliminate(chain.cheese)
    reached = to_cheese.chance_of(chain.cheese)
    # steps(s) = sum over s' of P(s, s') (steps(s') + reached(s')), from the first step.
    weighted_steps = to_cheese.solve({}, source=reached)
    first = chain.eliminate(chain.cheese | chain.corner)
    return _Parts(
        cheese=reached,
        weighted_steps=weighted_steps,
        # Where the cheese is reached with certainty the two means are the same.
        episode_steps=np.where(to_cheese.may_be_trapped, inf, weighted_steps),
        corner_first=first.chance_of(chain.corner - chain.cheese),
        cheese_first=first.chance_of(chain.cheese),
        neither=first.chance_of({first.trap}),
    )
