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
from procgen_tools.studies.goal_splits.measure import (
    WANTS,
    Forks,
    curves_of,
    untrained_wants,
    walks,
)
from procgen_tools.studies.training_dynamics.measure import wants
from procgen_tools.worlds.maze.paths import decision_square

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
    names = ["agent", "cheese", "shift", "seed", "precision", "samples", "level", *WANTS]
    assert list(table.columns) == names
    assert set(table["precision"]) == {"float32"}
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
    with pytest.raises(ValueError, match="is of 2 networks, not 3: move it away"):
        untrained_wants(3, forks, tmp_path)
    other = runs(tmp_path, fast=True)[1]
    (tmp_path / f"{run.job.name}.parquet").rename(tmp_path / f"{other.job.name}.parquet")
    with pytest.raises(ValueError, match="is of another design: move it away"):
        curves_of(other, forks, tmp_path)


def test_agents_are_those_of_the_design_with_all_snapshots(tmp_path: Path) -> None:
    forks = Forks.of(LEVELS)
    first, second, *_ = runs(tmp_path, fast=True)
    curves_of(first, forks, tmp_path / "measured")
    (first.job.folder / "model_32.pth").unlink()
    with pytest.raises(ValueError, match=r"model_32.pth is missing: move .* to train it again"):
        curves_of(first, forks, tmp_path / "again")
    second.job.agent.write_bytes(first.job.agent.read_bytes())
    with pytest.raises(ValueError, match=r"exists and was trained with seed=10, not 11"):
        curves_of(second, forks, tmp_path / "again")


def test_walks_choose_among_open_squares() -> None:
    found = walks(LEVELS)
    fork = LEVELS[min(LEVELS)]
    square = decision_square(fork)
    assert square is not None
    exits = sum(fork.neighbour(square, move) != square for move in range(5))
    ahead = exits - (square != fork.mouse)
    assert found.loc[0, "random"] == pytest.approx(1 / exits)
    assert found.loc[0, "forward"] == pytest.approx(1 / ahead)
    assert (found["forward"] >= found["random"]).all()
    assert found["forward"].between(1 / 3, 1).all()
