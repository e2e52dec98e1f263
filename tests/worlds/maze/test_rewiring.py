"""Rewirings keep a maze a tree, change one route by what they say, and leave the others."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools import maze
from procgen_tools.worlds.maze.edit import is_on_distribution, open_square
from procgen_tools.worlds.maze.grid import Maze, Square
from procgen_tools.worlds.maze.paths import decision_square, shortest_path
from procgen_tools.worlds.maze.rewiring import Rewiring, reroutings, rewirings_elsewhere

LEVELS = [
    level
    for seed in range(40)
    if (level := maze.make_level(seed)).size >= 11
    and decision_square(level) not in (None, level.mouse)
][:6]


def routes(level: Maze) -> tuple[list[Square], list[Square], list[Square]]:
    """From the decision square to the cheese, the corner and the mouse."""
    square = decision_square(level)
    assert square is not None
    assert level.cheese is not None
    found = [shortest_path(level, square, goal) for goal in (level.cheese, level.corner, (0, 0))]
    to_cheese, to_corner, to_mouse = (route or [] for route in found)
    return to_cheese, to_corner, to_mouse


def sample(edits: list[Rewiring], count: int = 6) -> list[Rewiring]:
    return edits[:: max(1, len(edits) // count)]


def test_a_rerouting_changes_one_route_by_what_it_says() -> None:
    seen = set()
    for level in LEVELS:
        square = decision_square(level)
        assert square is not None
        assert level.cheese is not None
        to_cheese, *others = routes(level)
        for edit in sample(reroutings(level, square, level.cheese), 20):
            other = edit.of(level)
            assert is_on_distribution(other)
            changed, *kept = routes(other)
            assert kept == others
            assert changed[:2] == to_cheese[:2]
            assert changed != to_cheese
            assert len(changed) - len(to_cheese) == edit.change
            seen.add(np.sign(edit.change))
    assert seen == {-1, 0, 1}


def test_all_reroutings_are_found() -> None:
    """Against every opened wall with every closed passage, tried one by one."""
    level = maze.make_level(51, maze.LevelRule(maze_size=9))
    start, goal = Square(0, 0), level.corner
    route = shortest_path(level, start, goal)
    assert route is not None
    expected = set()
    odd = [Square(r, c) for r, c in np.ndindex(9, 9) if (r + c) % 2]
    for opened in (each for each in odd if level.walls[each]):
        for closed in (each for each in odd if not level.walls[each] and each != level.cheese):
            other = Rewiring(opened, closed, 0).of(level)
            if not is_on_distribution(other):
                continue
            way = shortest_path(other, start, goal)
            assert way is not None
            if way != route and way[1] == route[1]:
                expected.add(Rewiring(opened, closed, len(way) - len(route)))
    assert expected
    assert set(reroutings(level, start, goal)) == expected


def test_rewirings_elsewhere_leave_all_routes() -> None:
    for level in LEVELS:
        square = decision_square(level)
        assert square is not None
        assert level.cheese is not None
        edits = rewirings_elsewhere(level, square, level.cheese, level.corner, level.mouse)
        assert len(edits) > 10
        for edit in sample(edits):
            other = edit.of(level)
            assert is_on_distribution(other)
            assert (level.walls ^ other.walls).sum() == 2
            assert routes(other) == routes(level)


def test_what_has_no_route_is_refused() -> None:
    level = LEVELS[0]
    with pytest.raises(ValueError, match="not a tree"):
        reroutings(open_square(level, (1, 1)), Square(0, 0), level.corner)
    with pytest.raises(ValueError, match=r"from \(0, 0\) to itself"):
        reroutings(level, Square(0, 0), Square(0, 0))
