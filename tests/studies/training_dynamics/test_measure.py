"""Runs with checkpoints: trained once, and the beginning of a shipped run."""

from __future__ import annotations

from pathlib import Path

import torch

from procgen_tools.models import ImpalaPolicy, load_policy
from procgen_tools.studies.training_dynamics.measure import Plan, train
from procgen_tools.training.settings import ImitationSettings


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
