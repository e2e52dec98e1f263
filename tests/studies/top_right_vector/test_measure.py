"""Levels for top-right vectors: the mazes leave a margin."""

from __future__ import annotations

from procgen_tools.interventions import top_right_vector
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.base import LAYER
from procgen_tools.studies.top_right_vector.measure import levels_with_margin
from procgen_tools.worlds.maze.paths import decision_square


def test_top_right_vectors_exist_in_mazes_with_a_margin() -> None:
    levels = levels_with_margin(12)
    assert len(levels) == 12
    assert list(levels) == sorted(levels)
    policy = ImpalaPolicy(seed=0).eval()
    for maze in list(levels.values())[:4]:
        assert maze.size < maze.world_size
        assert decision_square(maze) is not None
        assert top_right_vector(policy, maze, LAYER).norm > 0
