"""What a value head says at every square of a maze, beside what the policy head does there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from procgen_tools.chains import decision
from procgen_tools.models import ImpalaPolicy
from procgen_tools.returns import DISCOUNT, discounted_returns, shortest_way_returns
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
        own_error, cheese_error: mean absolute differences to the first two.
    """

    own: float
    cheese: float
    corner: float
    own_error: float
    cheese_error: float


def value_fit(field: VectorField, discount: float = DISCOUNT) -> ValueFit:
    """Compare values with returns.

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
    return float(np.corrcoef(first, second)[0, 1])


def heads(policy: ImpalaPolicy, _: int, maze: Maze) -> list[dict[str, Any]]:
    """Both heads at the decision square, and values over the maze, in one row.

    Columns: size, those of `Fork` without the square, peak_at_cheese, those of `ValueFit`, and
    values at the start and on average, with the cheese and without.
    """
    field = vector_field(maze, policy)
    without = vector_field(remove_cheese(maze), policy, both_facings=False)
    ways = fork(field)
    assert ways is not None
    start = field.index(maze.mouse)
    return [
        {
            "size": maze.size,
            "policy_cheese": ways.policy_cheese,
            "policy_top_right": ways.policy_top_right,
            "value_cheese": ways.value_cheese,
            "value_top_right": ways.value_top_right,
            "peak_at_cheese": peak_is_at_cheese(field),
            **vars(value_fit(field)),
            "start_value": field.values[start],
            "start_value_without": without.values[start],
            "mean_value": field.values.mean(),
            "mean_value_without": without.values.mean(),
        }
    ]


def fits(policy: ImpalaPolicy, _: int, maze: Maze) -> list[dict[str, Any]]:
    """The columns of `ValueFit`, in one row."""
    return [vars(value_fit(vector_field(maze, policy)))]
