"""What a value head says at every square of a maze, beside what the policy head does there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from procgen_tools.chains import decision
from procgen_tools.models import ImpalaPolicy
from procgen_tools.returns import DISCOUNT, discounted_returns, shortest_way_returns
from procgen_tools.statistics import intervals
from procgen_tools.vfield import VectorField, vector_field
from procgen_tools.worlds.maze.edit import remove_cheese
from procgen_tools.worlds.maze.grid import Maze, Square
from procgen_tools.worlds.maze.paths import decision_square, distances, nearer_moves


@dataclass(frozen=True)
class Fork:
    """Policy and value head where the ways to the cheese and to the top right part.

    Attributes:
        square: the decision square.
        policy_cheese, policy_top_right: probabilities of the moves towards them.
        value_cheese, value_top_right: values of the squares where these moves lead.
    """

    square: Square
    policy_cheese: float
    policy_top_right: float
    value_cheese: float
    value_top_right: float


def fork(field: VectorField) -> Fork | None:
    """What both heads say at the decision square; None in a maze without one.

    Of several moves that lead nearer to one goal, the value is that of the best square.
    """
    maze = field.maze
    square, moves = decision_square(maze), decision(field)
    if square is None or moves is None or maze.cheese is None:
        return None

    def value(goal: Square) -> float:
        towards = np.flatnonzero(nearer_moves(maze, goal)[square])
        ahead = [maze.neighbour(square, int(move)) for move in towards]
        return max(float(field.values[field.index(each)]) for each in ahead)

    return Fork(square, moves.cheese, moves.top_right, value(maze.cheese), value(maze.corner))


@dataclass(frozen=True)
class ValueFit:
    """How values relate to three returns, over the open squares but the cheese's.

    Attributes:
        own, cheese, corner: Pearson correlations of the values with the agent's own discounted
            return (exact), with that of the shortest way to the cheese, and with what the
            shortest way to the top-right corner would earn, were the cheese there; 0 where
            either is the same at all squares.
        own_error, cheese_error, corner_error: mean absolute differences to these returns.
        size_error: that to what the shortest way to the cheese earns on average in mazes of this
            size, which says nothing about the square or the maze; NaN if that is not given.
    """

    own: float
    cheese: float
    corner: float
    own_error: float
    cheese_error: float
    corner_error: float
    size_error: float


def typical_returns(mazes: Iterable[Maze], discount: float = DISCOUNT) -> dict[int, float]:
    """What the shortest way to the cheese earns from an open square, on average, by maze size.

    Each maze counts alike. The cheese's own square is left out.

    Raises:
        ValueError: a maze without cheese.
    """
    means: dict[int, list[float]] = {}
    for maze in mazes:
        if maze.cheese is None:
            raise ValueError("a maze has no cheese, so no way to it earns anything: place a cheese")
        returns = shortest_way_returns(maze, maze.cheese, discount)
        squares = maze.open_squares()
        others = [number for number, square in enumerate(squares) if square != maze.cheese]
        means.setdefault(maze.size, []).append(float(returns[others].mean()))
    return {size: float(np.mean(of_size)) for size, of_size in means.items()}


def value_fit(
    field: VectorField, discount: float = DISCOUNT, *, typical: float = np.nan
) -> ValueFit:
    """Compare values with returns.

    Args:
        field: of a maze with cheese.
        discount: of the returns, per step.
        typical: the return of `typical_returns` for mazes of this size.

    Raises:
        ValueError: a maze without cheese.
    """
    maze = field.maze
    if maze.cheese is None:
        raise ValueError("without cheese there are no returns to compare with: place a cheese")
    elsewhere = np.arange(len(field.squares)) != field.index(maze.cheese)
    values = field.values[elsewhere]
    own = discounted_returns(field, discount)[elsewhere]
    cheese = shortest_way_returns(maze, maze.cheese, discount)[elsewhere]
    corner = shortest_way_returns(maze, maze.corner, discount)[elsewhere]
    return ValueFit(
        correlation(values, own),
        correlation(values, cheese),
        correlation(values, corner),
        float(np.abs(values - own).mean()),
        float(np.abs(values - cheese).mean()),
        float(np.abs(values - corner).mean()),
        float(np.abs(values - typical).mean()),
    )


def peak(field: VectorField) -> Square:
    """The open square with the highest value; the cheese's, where no episode stays, is left out."""
    values = field.values.copy()
    if field.maze.cheese is not None:
        values[field.index(field.maze.cheese)] = -np.inf
    return field.squares[int(values.argmax())]


def peak_is_at_cheese(field: VectorField) -> bool:
    """Whether the highest value lies fewer steps from the cheese than from the corner.

    Raises:
        ValueError: a maze without cheese.
    """
    maze = field.maze
    if maze.cheese is None:
        raise ValueError("without cheese no value lies near it: place a cheese")
    highest = peak(field)
    return bool(distances(maze, maze.cheese)[highest] < distances(maze, maze.corner)[highest])


def correlation(first: Float[np.ndarray, " n"], second: Float[np.ndarray, " n"]) -> float:
    """Pearson's; 0 where one of them does not vary."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(intervals.correlation(first, second))


def heads(policy: ImpalaPolicy, maze: Maze, typical: float) -> dict[str, Any]:
    """Both heads at the decision square, and values over the maze, in one row.

    Args:
        policy: whose.
        maze: with a decision square.
        typical: see `value_fit`.

    Columns: size, those of `Fork` without the square, peak_at_cheese, those of `ValueFit`, and
    values at the start and on average, with the cheese and without.
    """
    field = vector_field(maze, policy)
    without = vector_field(remove_cheese(maze), policy, both_facings=False)
    ways = fork(field)
    assert ways is not None
    start = field.index(maze.mouse)
    return {
        "size": maze.size,
        "policy_cheese": ways.policy_cheese,
        "policy_top_right": ways.policy_top_right,
        "value_cheese": ways.value_cheese,
        "value_top_right": ways.value_top_right,
        "peak_at_cheese": peak_is_at_cheese(field),
        **vars(value_fit(field, typical=typical)),
        "start_value": field.values[start],
        "start_value_without": without.values[start],
        "mean_value": field.values.mean(),
        "mean_value_without": without.values.mean(),
    }


def fits(policy: ImpalaPolicy, maze: Maze, typical: float) -> dict[str, Any]:
    """The columns of `ValueFit`, in one row; arguments as for `heads`."""
    return vars(value_fit(vector_field(maze, policy), typical=typical))
