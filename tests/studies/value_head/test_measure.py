"""Both heads on planted fields: forks, peaks, and what values go with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from procgen_tools import maze
from procgen_tools.returns import shortest_way_returns
from procgen_tools.studies.value_head.measure import (
    correlation,
    fork,
    peak,
    peak_is_at_cheese,
    typical_returns,
    value_fit,
)
from procgen_tools.vfield import VectorField
from procgen_tools.worlds.maze.grid import MOVES, RIGHT, UP, Square
from procgen_tools.worlds.maze.paths import next_moves

LEVEL = maze.parse(
    """
    ..#..
    .##.#
    .....
    .###.
    M###C
    """
)
"""The ways part at (2, 3): up to the corner, right (and down) to the cheese."""


def planted(values: np.ndarray, goal: tuple[int, int]) -> VectorField:
    """A policy that goes the shortest way to a goal, with these values."""
    best = next_moves(LEVEL, goal)[~LEVEL.walls]
    return VectorField(LEVEL, np.eye(len(MOVES))[best], values)


def test_a_fork_reads_the_squares_ahead() -> None:
    assert LEVEL.cheese is not None
    values = np.arange(len(LEVEL.open_squares()), dtype=float)
    field = planted(values, LEVEL.cheese)
    ways = fork(field)
    assert ways is not None
    assert ways.square == maze.decision_square(LEVEL) == (2, 3)
    assert (ways.policy_cheese, ways.policy_top_right) == (1, 0)
    assert ways.value_cheese == values[field.index(LEVEL.neighbour((2, 3), RIGHT))]
    assert ways.value_top_right == values[field.index(LEVEL.neighbour((2, 3), UP))]
    plain = maze.remove_cheese(LEVEL)
    assert fork(VectorField(plain, field.probabilities, values)) is None


def test_a_perfect_head_fits_its_policy_and_a_corner_head_the_corner() -> None:
    assert LEVEL.cheese is not None
    right = planted(shortest_way_returns(LEVEL, LEVEL.cheese), LEVEL.cheese)
    fit = value_fit(right)
    assert fit.own == pytest.approx(1)
    assert fit.cheese == pytest.approx(1)
    assert fit.own_error == pytest.approx(0, abs=1e-9)
    assert fit.corner < 0.9
    wrong = planted(shortest_way_returns(LEVEL, LEVEL.corner), LEVEL.corner)
    fit = value_fit(wrong)
    assert fit.corner == pytest.approx(1)
    assert fit.corner_error == pytest.approx(0, abs=1e-9)
    assert fit.cheese_error > 0.1
    assert fit.own == 0  # who goes to the corner never earns anything
    elsewhere = np.delete(wrong.values, wrong.index(LEVEL.cheese))
    assert fit.own_error == pytest.approx(elsewhere.mean())
    with pytest.raises(ValueError, match="without cheese there are no returns"):
        value_fit(VectorField(maze.remove_cheese(LEVEL), right.probabilities, right.values))


def test_a_head_that_knows_the_size_alone_fits_a_constant() -> None:
    """The mean return of the ways to the cheese, over mazes of one size."""
    other = maze.move_cheese(LEVEL, (4, 4))
    typical = typical_returns([LEVEL, other])
    assert list(typical) == [5]
    assert LEVEL.cheese is not None
    means = []
    for level, cheese in ((LEVEL, LEVEL.cheese), (other, (4, 4))):
        returns = shortest_way_returns(level, cheese)
        means.append(np.delete(returns, level.open_squares().index(cheese)).mean())
    assert typical[5] == pytest.approx(np.mean(means))
    constant = planted(np.full(len(LEVEL.open_squares()), typical[5]), LEVEL.cheese)
    fit = value_fit(constant, typical=typical[5])
    assert fit.size_error == pytest.approx(0, abs=1e-9)
    assert fit.cheese_error > 0.1
    assert np.isnan(value_fit(constant).size_error)
    with pytest.raises(ValueError, match="no way to it earns anything"):
        typical_returns([maze.remove_cheese(LEVEL)])


def test_the_peak_leaves_the_square_of_the_cheese_out() -> None:
    assert LEVEL.cheese is not None
    values = np.zeros(len(LEVEL.open_squares()))
    field = planted(values, LEVEL.cheese)
    values[field.index(LEVEL.cheese)] = 9
    values[field.index((1, 4))] = 5
    near_cheese = replace(field, values=values)
    assert peak(near_cheese) == Square(1, 4)
    assert peak_is_at_cheese(near_cheese)
    values[field.index((4, 3))] = 6
    assert not peak_is_at_cheese(replace(field, values=values))


def test_what_does_not_vary_correlates_with_nothing() -> None:
    assert correlation(np.zeros(4), np.arange(4.0)) == 0
    assert correlation(np.arange(4.0), -np.arange(4.0)) == pytest.approx(-1)
