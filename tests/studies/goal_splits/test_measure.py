"""What is wanted at decision squares, and what is kept of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from procgen_tools.maze import parse, remove_cheese
from procgen_tools.models import ImpalaPolicy, load_policy
from procgen_tools.studies.base import decision_levels
from procgen_tools.studies.goal_splits.design import runs
from procgen_tools.studies.goal_splits.measure import WANTS, Forks, curves_of, untrained_wants
from procgen_tools.studies.training_dynamics.measure import wants

LEVELS = decision_levels(2)


def test_wants_are_those_of_training_dynamics() -> None:
    policy = load_policy("rand_region_5")
    assert isinstance(policy, ImpalaPolicy)
    ours = Forks.of(LEVELS).wants(policy)
    assert ours["level"].tolist() == list(LEVELS)
    for (_, row), maze in zip(ours.iterrows(), LEVELS.values(), strict=True):
        theirs = wants(policy, maze)
        for want in WANTS:
            assert float(row[want]) == pytest.approx(theirs[want], abs=1e-5)
    assert ours["corner_without_cheese"].max() > 0.5


def test_levels_without_a_fork_are_refused() -> None:
    for level in (remove_cheese(LEVELS[min(LEVELS)]), parse("###\n###\nM.C")):
        with pytest.raises(ValueError, match="level 7 has no decision square: choose another"):
            Forks.of({7: level})
    with pytest.raises(ValueError, match="there are no levels"):
        Forks.of({})


def test_what_was_measured_is_kept_without_its_agent(tmp_path: Path) -> None:
    run, forks = runs(tmp_path, fast=True)[0], Forks.of(LEVELS)
    table = curves_of(run, forks, tmp_path)
    assert list(table.columns) == ["agent", "cheese", "shift", "seed", "samples", "level", *WANTS]
    assert table["samples"].unique().tolist() == [0, 32, 64]
    assert len(table) == 3 * len(LEVELS)
    first = table[table["samples"] == 0]
    expected = forks.wants(ImpalaPolicy(seed=run.seed).eval())
    np.testing.assert_allclose(first[list(WANTS)], expected[list(WANTS)], atol=1e-3)  # halves
    shutil.rmtree(run.job.folder)
    run.job.agent.unlink()
    pd.testing.assert_frame_equal(curves_of(run, forks, tmp_path), table)
    assert not run.job.agent.exists()
    untrained = untrained_wants(2, forks, tmp_path)
    assert untrained["agent"].unique().tolist() == ["untrained 1000", "untrained 1001"]
    assert len(untrained) == 2 * len(LEVELS)
    others = Forks.of(decision_levels(3))
    with pytest.raises(ValueError, match=r"measured in other levels: .* as it has \(2\)"):
        curves_of(run, others, tmp_path)
    with pytest.raises(ValueError, match=r"untrained.parquet was measured in other levels"):
        untrained_wants(2, others, tmp_path)
