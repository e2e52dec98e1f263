"""The outcomes of an episode: three chances that sum to one, as the chain has them."""

from __future__ import annotations

import pytest

from procgen_tools import chains, maze, vfield
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.behavioral_demos.measure import outcome


@pytest.mark.parametrize("cheese", [True, False])
def test_outcomes_sum_to_one(cheese: bool) -> None:
    policy = ImpalaPolicy(seed=1).eval()
    level = maze.make_level(2, maze.LevelRule(maze_size=9))
    level = level if cheese else maze.remove_cheese(level)
    found = outcome(policy, level)
    assert found["cheese"] + found["top_right_only"] + found["neither"] == pytest.approx(1)
    exact = chains.chances(vfield.vector_field(level, policy), step_limit=500, corner_region=5)
    assert found["cheese"] == exact.cheese
    if cheese:
        assert 0 < found["cheese"] < 1
    else:
        assert found["cheese"] == 0
        assert found["top_right_only"] == pytest.approx(exact.corner)
        assert found["decision_cheese"] is None
