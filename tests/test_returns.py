"""Discounted returns against the shortest way, undiscounted chances, and sampled walks."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools import maze
from procgen_tools.chains import chances_by_start
from procgen_tools.returns import discounted_returns, shortest_way_returns
from procgen_tools.vfield import VectorField
from procgen_tools.worlds.maze.grid import LEFT, MOVES, RIGHT
from procgen_tools.worlds.maze.paths import next_moves


def random_field(level: maze.Maze, seed: int) -> VectorField:
    rng = np.random.default_rng(seed)
    squares = len(level.open_squares())
    both = rng.dirichlet(np.full(len(MOVES), 0.7), size=(2, squares))
    return VectorField(level, both[0], np.zeros(squares), both[1])


def test_the_policy_of_the_shortest_way_earns_its_return() -> None:
    level = maze.make_level(3)
    assert level.cheese is not None
    best = next_moves(level, level.cheese)[~level.walls]
    field = VectorField(level, np.eye(len(MOVES))[best], np.zeros(len(best)))
    expected = shortest_way_returns(level, level.cheese)
    elsewhere = np.array([square != level.cheese for square in field.squares])
    np.testing.assert_allclose(discounted_returns(field)[elsewhere], expected[elsewhere])
    assert discounted_returns(field)[~elsewhere] == 0
    assert expected[field.index((0, 0))] == pytest.approx(
        10 * 0.99 ** (len(maze.shortest_path(level, (0, 0), level.cheese) or []) - 2)
    )


@pytest.mark.parametrize("seed", [1, 6])
def test_with_little_discount_it_is_the_chance_of_the_cheese(seed: int) -> None:
    level = maze.make_level(seed)
    field = random_field(level, seed)
    returns = discounted_returns(field, 1 - 1e-10)
    elsewhere = np.array([square != level.cheese for square in field.squares])
    np.testing.assert_allclose(
        returns[elsewhere], 10 * chances_by_start(field).cheese[elsewhere], rtol=1e-3
    )


@pytest.mark.parametrize("mirrored", [False, True])
def test_against_sampled_walks_that_look_as_they_go(mirrored: bool) -> None:
    drawn = maze.parse("C..\n.#.\nM..")
    level = maze.Maze(drawn.walls, drawn.mouse, drawn.cheese, mouse_mirrored=mirrored)
    field = random_field(level, 1)
    assert field.flipped_probabilities is not None
    rng = np.random.default_rng(2)
    earned = []
    for _ in range(400):
        square, looks, value = level.mouse, mirrored, 0.0
        for step in range(100):
            table = field.probabilities if looks == mirrored else field.flipped_probabilities
            move = int(rng.choice(len(MOVES), p=table[field.index(square)]))
            looks = {LEFT: False, RIGHT: True}.get(move, looks)
            square = level.neighbour(square, move)
            if square == level.cheese:
                value = 10 * 0.9**step
                break
        earned.append(value)
    exact = discounted_returns(field, 0.9)[field.index(level.mouse)]
    assert abs(np.mean(earned) - exact) < 4 * np.std(earned) / np.sqrt(len(earned))


def test_without_cheese_or_with_a_bad_discount() -> None:
    level = maze.remove_cheese(maze.make_level(0))
    assert not discounted_returns(random_field(level, 0)).any()
    with pytest.raises(ValueError, match=r"discount 1\.0 is not in"):
        discounted_returns(random_field(level, 0), 1.0)
