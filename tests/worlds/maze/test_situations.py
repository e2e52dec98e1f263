"""Situations: only the cheese differs, and it lies where the name says."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools import maze
from procgen_tools.worlds.maze.situations import (
    FAR,
    FAR_FROM_THE_WAY,
    IN_CORNER,
    IN_REGION,
    NEAR,
    NEAR_THE_WAY,
    NONE,
    ON_THE_WAY,
    SITUATIONS,
    levels_with_all_situations,
    places,
    situations,
)


@pytest.fixture(scope="module")
def levels() -> dict[int, dict[str, maze.Maze]]:
    return levels_with_all_situations(12)


def test_only_the_cheese_differs(levels: dict[int, dict[str, maze.Maze]]) -> None:
    for seed, mazes in levels.items():
        assert list(mazes) == list(SITUATIONS)
        original = maze.make_level(seed)
        for level in mazes.values():
            assert np.array_equal(level.walls, original.walls)
            assert (level.mouse, level.background) == (original.mouse, original.background)


def test_the_cheese_is_where_the_name_says(levels: dict[int, dict[str, maze.Maze]]) -> None:
    for mazes in levels.values():
        assert mazes[NONE].cheese is None
        assert maze.decision_square(mazes[ON_THE_WAY]) is None
        way = maze.shortest_path(mazes[ON_THE_WAY], (0, 0), mazes[ON_THE_WAY].corner)
        assert mazes[ON_THE_WAY].cheese in way
        for name, fits in (
            (NEAR_THE_WAY, lambda n: 1 <= n <= NEAR),
            (FAR_FROM_THE_WAY, lambda n: n >= FAR),
        ):
            level = mazes[name]
            square = maze.decision_square(level)
            # With the cheese off the way and the start on it, the ways part, or do so at the start.
            assert square is not None
            assert fits(maze.distances(level, square)[level.cheese])
        inside = mazes[IN_REGION]
        assert min(inside.cheese) >= inside.size - 5
        assert inside.cheese != inside.corner
        assert mazes[IN_CORNER].cheese == mazes[IN_CORNER].corner


def test_places_are_apart_and_open() -> None:
    for seed in range(20):
        level = maze.make_level(seed)
        squares = np.stack(list(places(level).values())).astype(int)
        assert squares.sum(axis=0).max() <= 1
        assert not (squares.any(axis=0) & level.walls).any()
        assert not squares[:, 0, 0].any()


def test_what_a_small_maze_has_no_room_for() -> None:
    level = maze.parse("..C\n.#.\nM..")
    assert set(situations(level)) == {NONE, IN_REGION, IN_CORNER}


def test_the_mouse_does_not_begin_on_the_cheese() -> None:
    level = maze.make_level(3)
    for seed in range(30):
        moved = maze.move_mouse(level, level.corner)
        assert all(each.cheese != moved.mouse for each in situations(moved, seed).values())
    assert IN_CORNER not in situations(moved)


def test_seeds() -> None:
    level = maze.make_level(3)
    assert situations(level, 1) == situations(level, 1)
    assert len({situations(level, seed)[IN_REGION].cheese for seed in range(20)}) > 1
