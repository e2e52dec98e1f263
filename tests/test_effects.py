"""Effects: the same numbers as by hand, whatever passes are shared."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from procgen_tools import chains, hooks, maze, vfield
from procgen_tools.effects import Effect, measure, measure_each, resume_point
from procgen_tools.interventions import (
    NOTHING,
    ActivationVector,
    Add,
    Clamp,
    Intervention,
    Scale,
    Zero,
    cheese_vector,
)
from procgen_tools.models import RESUME_POINTS, ImpalaPolicy

LAYER = "embedder.block2.res1.resadd_out"


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    """Untrained, with heads that prefer some moves clearly."""
    policy = ImpalaPolicy(seed=1)
    with torch.no_grad():
        policy.fc_policy.weight *= 200
    return policy.eval()


@pytest.fixture(scope="module")
def level() -> maze.Maze:
    return maze.make_level(26)  # 7 x 7, which is quick, with a decision square


def by_hand(policy: ImpalaPolicy, level: maze.Maze, intervention: Intervention) -> Effect:
    """From whole passes alone."""
    before = vfield.vector_field(level, policy)
    with intervention.on(policy):
        after = vfield.vector_field(level, policy)
    decisions = [chains.decision(field) for field in (before, after)]
    chances = [chains.chances(field, None, 500, corner_region=5) for field in (before, after)]
    return Effect(intervention, before, after, *decisions, *chances)


def assert_equal(ours: Effect, expected: Effect) -> None:
    row, wanted = ours.row(), expected.row()
    assert row.keys() == wanted.keys()
    for name, value in wanted.items():
        assert row[name] == (
            value if isinstance(value, str | None) else pytest.approx(value, abs=1e-5)
        )
    for mine, theirs in ((ours.before, expected.before), (ours.after, expected.after)):
        np.testing.assert_allclose(mine.probabilities, theirs.probabilities, atol=1e-5)
        np.testing.assert_allclose(mine.values, theirs.values, atol=1e-4)
        assert mine.flipped_probabilities is not None
        assert theirs.flipped_probabilities is not None
        np.testing.assert_allclose(
            mine.flipped_probabilities, theirs.flipped_probabilities, atol=1e-5
        )


def kinds(policy: ImpalaPolicy, level: maze.Maze) -> Sequence[Intervention]:
    return (
        Add(cheese_vector(policy, level, LAYER), -3.0),
        Scale("embedder.block1.conv", 1.5),
        Zero("embedder.relu3", channels=[1, 2]),
        Zero("fc_policy", channels=[7]),
        Clamp(LAYER, 20.0, level, level.open_squares()),
        Add(cheese_vector(policy, level, LAYER), -3.0) + Scale("embedder.block3.conv", 0.5),
        NOTHING,
    )


def test_as_by_whole_passes(policy: ImpalaPolicy, level: maze.Maze) -> None:
    for intervention in kinds(policy, level):
        ours = measure(policy, level, intervention)
        assert_equal(ours, by_hand(policy, level, intervention))
        assert (ours.difference.total_variation.max() > 1e-3) == (intervention is not NOTHING)


def test_several_share_what_comes_before(policy: ImpalaPolicy, level: maze.Maze) -> None:
    together = list(measure_each(policy, level, kinds(policy, level)))
    for effect, intervention in zip(together, kinds(policy, level), strict=True):
        assert_equal(effect, by_hand(policy, level, intervention))


def test_active_patches_stay_active(policy: ImpalaPolicy, level: maze.Maze) -> None:
    vector = cheese_vector(policy, level, LAYER)
    with hooks.patched(policy, {LAYER: lambda x: 0.5 * x}):
        ours = measure(policy, level, Add(vector, 1.0))
        expected = by_hand(policy, level, Add(vector, 1.0))
    assert_equal(ours, expected)
    plain = measure(policy, level, Add(vector, 1.0))
    assert abs(plain.before.probabilities - ours.before.probabilities).max() > 1e-3


def test_where_passes_go_on(policy: ImpalaPolicy, level: maze.Maze) -> None:
    vector = ActivationVector(LAYER, torch.zeros(32, 16, 16), "zero vector")
    assert resume_point(policy, [Add(vector)]) == LAYER
    assert resume_point(policy, [Zero("embedder.block2.res2.conv1")]) == LAYER
    assert resume_point(policy, [Zero("fc_value")]) == RESUME_POINTS[-1]
    assert resume_point(policy, [Zero("fc_value"), Add(vector)]) == LAYER
    assert resume_point(policy, [Zero("embedder.block1.maxpool"), Add(vector)]) is None

    class Idle(Zero):
        """An intervention that names its layer in the short way."""

        @property
        def layers(self) -> tuple[str, ...]:
            return ("embedder.block2.res2.conv1",)

    assert resume_point(policy, [Idle("fc_value")]) == LAYER


def test_without_a_decision_square(policy: ImpalaPolicy, level: maze.Maze) -> None:
    effect = measure(policy, maze.remove_cheese(level), Scale(LAYER, 2.0))
    assert effect.decision_before is effect.decision_after is None
    assert effect.row()["decision_cheese_before"] is None
    assert effect.chances_before.cheese == 0


def test_all_are_checked_before_any_runs(policy: ImpalaPolicy, level: maze.Maze) -> None:
    effects = measure_each(policy, level, [NOTHING, Zero(LAYER, channels=[99])])
    with pytest.raises(ValueError, match="no channel 99"):
        next(effects)
    with pytest.raises(ValueError, match="step_limit is -1"):
        measure(policy, level, NOTHING, step_limit=-1)
    with pytest.raises(ValueError, match="for 2 observations per pass"):
        measure(policy, level, Clamp(LAYER, 1.0, level, [(0, 0), (0, 1)]))


def test_a_vector_of_other_worlds_is_said_to_be_misplaced(policy: ImpalaPolicy) -> None:
    small, hard = maze.make_level(0, maze.LevelRule(15, None, maze_size=5)), maze.make_level(3)
    vector = cheese_vector(policy, small, LAYER)
    assert vector.world_size == 15
    with pytest.warns(UserWarning, match=r"made in worlds of 15 x 15 squares.*world_size=None"):
        measure(policy, hard, Add(vector) + Zero(LAYER, channels=[0]))
    clamp = Clamp(LAYER, 9.0, small, [(0, 0)])
    with pytest.warns(UserWarning, match=r"maze of 5 x 5 in a world of 15, but this maze has"):
        measure(policy, hard, clamp)
    rows = cheese_vector(policy, small, "embedder.fc")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        measure(policy, small, Add(vector))
        measure(policy, hard, Add(dataclasses.replace(vector, world_size=None)))
        measure(policy, hard, Add(rows))  # without positions
        measure(policy, small, clamp)
