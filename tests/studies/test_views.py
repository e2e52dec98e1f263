"""What experiments about views of a network compute themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from procgen_tools.interventions import top_right_vector
from procgen_tools.models import ImpalaPolicy, load_policy
from procgen_tools.studies.base import LAYER
from procgen_tools.studies.measuring import change
from procgen_tools.studies.top_right_vector.measure import levels_with_margin
from procgen_tools.studies.training_dynamics.claims import curves
from procgen_tools.studies.training_dynamics.measure import Plan, train
from procgen_tools.studies.visualize_activations.measure import channels_at_cheese
from procgen_tools.training.settings import ImitationSettings
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


def test_changes_are_of_one_edit() -> None:
    effects = pd.DataFrame(
        {
            "agent": ["a", "a", "a", "a"],
            "level": [0, 1, 0, 1],
            "edit": ["x", "x", "y", "y"],
            "cheese_before": [0.5, 0.5, 0.5, 0.5],
            "cheese_after": [0.7, 0.9, 0.0, 0.0],
        }
    )
    assert change(effects, "x", "cheese")["a"].value == pytest.approx(0.3)
    assert change(effects, "y", "cheese")["all agents"].value == pytest.approx(-0.5)


def test_channels_are_counted_at_one_layer() -> None:
    peaks = pd.DataFrame(
        {
            "agent": "a",
            "layer": [LAYER] * 4 + ["other"],
            "level": [0, 1, 0, 1, 0],
            "channel": [0, 0, 1, 1, 0],
            "steps": [0, 5, 1, 0, 9],
        }
    )
    shares = channels_at_cheese(peaks)
    assert shares["channel"].tolist() == [1, 0]
    assert shares["share"].tolist() == [1.0, 0.5]


def test_a_run_leaves_its_checkpoints_and_is_not_trained_twice(tmp_path: Path) -> None:
    plan = Plan(samples=32, every=16, batch_size=16, precision="float32")
    paths = train(plan.settings(1), plan.every, tmp_path)
    assert list(paths) == [0, 16, 32]
    first, last = (load_policy(paths[done]).state_dict() for done in (0, 32))
    assert any(not torch.equal(first[name], last[name]) for name in first)
    for name, value in ImpalaPolicy(seed=1).state_dict().items():
        assert torch.equal(first[name], value)
    changed = paths[32].stat().st_mtime_ns
    assert train(plan.settings(1), plan.every, tmp_path) == paths
    assert paths[32].stat().st_mtime_ns == changed


def test_the_plan_is_the_beginning_of_a_shipped_run() -> None:
    """Nothing that decides a step differs from the settings of the shipped seeds 1 and 2."""
    ours = Plan().settings(2)
    shipped = ImitationSettings(
        seed=2, samples=2_500_000, batch_size=128, shift_from=200_000, shift_until=500_000
    )
    for done in range(0, Plan().samples, 12_800):
        assert ours.learning_rate_at(done) == shipped.learning_rate_at(done)
        assert ours.focus_at(done) == shipped.focus_at(done)


def test_curves_are_laid_out_by_run_level_and_checkpoint() -> None:
    rows = [
        {"agent": agent, "level": level, "samples": samples, "x": 100 * run + 10 * level + samples}
        for run, agent in enumerate(("a", "b"))
        for level in (3, 5)
        for samples in (2, 0, 1)
    ]
    table = pd.DataFrame(rows)
    both = curves(table, "x")
    assert both.shape == (2, 2, 3)
    np.testing.assert_array_equal(both[1], [[130, 131, 132], [150, 151, 152]])
    np.testing.assert_array_equal(curves(table, "x", "b"), both[1:])
