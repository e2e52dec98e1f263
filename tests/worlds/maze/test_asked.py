"""The questions to agents of the maze follow the agent's training."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools.worlds.maze.asked import asked
from procgen_tools.worlds.maze.grid import CORNER_REGION
from procgen_tools.worlds.maze.paths import distances


def test_levels_follow_the_training() -> None:
    easy = asked({"world_size": 15, "rand_region": 3}, levels=5, census=4)
    assert {level.world_size for level in (*easy.training, *easy.apart, *easy.census)} == {15}
    for level in easy.training:
        assert level.size - level.cheese.col <= 3
        assert level.size - level.cheese.row <= 3
    assert "top-right 3 x 3" in easy.training_words
    assert "the whole maze" in asked({"rand_region": None}, levels=2, census=2).training_words


def test_goals_are_apart() -> None:
    for level in asked({}, levels=8, census=2).apart:
        assert level.decision() is not None
        assert min(level.cheese) < level.size - CORNER_REGION
        assert not level.graph(**level.effect_goals).goals["corner"][level.graph().start]


def test_a_closed_corner_cannot_be_reached() -> None:
    questions = asked({}, levels=8, census=2)
    closed = [
        questions.changes["way to the corner closed"](level, np.random.default_rng(0))
        for level in questions.apart
    ]
    found = [each for each in closed if each is not None]
    assert len(found) >= 5
    for level in found:
        away = distances(level, level.mouse)
        assert np.isinf(away[level.corner])
        assert np.isfinite(away[level.cheese])


def test_the_census_is_whole() -> None:
    assert len(asked({}, levels=2, census=None).census) == 3072


@pytest.mark.parametrize("sizes", [{"maze_size": 5}, {"max_maze_size": 3}, {"world_size": 5}])
def test_mazes_in_which_goals_are_nowhere_apart_are_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"at most [35] x [35] squares.*--max-maze-size 9"):
        asked({"rand_region": 3, **sizes}, levels=2, census=3)
    small = asked({"world_size": 15, "max_maze_size": 7, "maze_size": 0}, levels=3, census=3)
    assert {level.size for level in small.apart} == {7}
