"""The whole evaluation of an agent: conditions, report, family row, records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from procgen_tools.evaluation.agents import (
    AgentEvaluation,
    EvaluationSettings,
)
from procgen_tools.evaluation.conditions import Condition, held_out_mazes
from procgen_tools.evaluation.exact_scores import exact_scores
from procgen_tools.evaluation.rollouts import evaluate
from procgen_tools.training.settings import ANYWHERE
from procgen_tools.worlds.maze.levels import LevelRule
from tests.evaluation.conftest import METADATA, POLICY

RULE = LevelRule(15, 3, maze_size=5)


def test_each_condition_is_what_its_parts_give(whole: AgentEvaluation) -> None:
    assert [measured.condition for measured in whole.conditions] == list(Condition)
    assert whole.training_levels == 1280
    for measured in whole.conditions:
        rule = measured.condition.rule(RULE)
        assert measured.rule == rule
        mazes = [measured.condition.maze(maze) for maze in held_out_mazes(rule, 12)]
        episodes = evaluate(POLICY, mazes)
        assert np.array_equal(measured.episodes.steps, episodes.steps)
        assert measured.success == episodes.success
        assert measured.exact is not None
        assert np.array_equal(measured.exact.region, exact_scores(POLICY, mazes).region)
        assert measured.seen is not None
        assert measured.success_unseen is not None
        assert measured.success_unseen.total == (~measured.seen).sum()
    trained, empty = whole.of(Condition.IN_DISTRIBUTION), whole.of(Condition.NO_CHEESE)
    assert 0 < trained.seen.sum() < 12  # type: ignore[union-attr]
    assert np.array_equal(trained.seen, empty.seen)  # that of the levels, before the edit
    assert not empty.episodes.found.any()
    assert np.isnan(empty.exact.move_agreement).all()  # type: ignore[union-attr]


def test_regions_and_worlds_can_be_chosen() -> None:
    assert EvaluationSettings().rule({}) == LevelRule(25, 5)
    assert EvaluationSettings().rule(METADATA) == RULE
    for wanted, rule in (
        ({"rand_region": 0}, replace(RULE, rand_region=0)),
        ({"rand_region": ANYWHERE}, replace(RULE, rand_region=None)),
        ({"world_size": 25}, replace(RULE, world_size=25)),
    ):
        assert EvaluationSettings(**wanted).rule(METADATA) == rule


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"levels": 0}, "levels is 0"),
        ({"conditions": ()}, "no conditions"),
        ({"backend": "nativ"}, "unknown backend 'nativ'"),
        ({"rand_region": "corner"}, "rand_region is 'corner'"),
    ],
)
def test_bad_settings(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EvaluationSettings(**wrong)


# --- records
