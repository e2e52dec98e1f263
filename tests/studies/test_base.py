"""What every study takes and returns: means over levels and agents, levels, scopes and agents."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from procgen_tools import maze, studies
from procgen_tools.catalogue import find_agent
from procgen_tools.models import ImpalaPolicy, RecurrentPolicy, save_policy
from procgen_tools.statistics.intervals import mean_of_agents, median_over_levels
from procgen_tools.studies.base import (
    PUBLISHED_RUN,
    Scope,
    Settings,
    decision_levels,
    over_levels,
)
from procgen_tools.studies.rules import ALL_AGENTS


@pytest.fixture
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        [
            {"agent": agent, "level": level, "before": rng.random(), "after": rng.random()}
            for agent in ("b", "a")
            for level in (9, 3, 5, 7)
        ]
    )


def test_means_by_agent(table: pd.DataFrame) -> None:
    means = over_levels(table, "before")
    assert list(means) == ["b", "a", ALL_AGENTS]
    for agent in ("a", "b"):
        rows = table[table["agent"] == agent]
        assert means[agent].value == pytest.approx(rows["before"].mean())
    assert means[ALL_AGENTS].value == pytest.approx(table["before"].mean())
    change = over_levels(table, lambda t: t["after"] - t["before"])
    assert change["a"].value == pytest.approx(
        over_levels(table, "after")["a"].value - means["a"].value
    )
    median = over_levels(table, "before", median_over_levels)
    of_agents = table.groupby("agent", sort=False)["before"].median().to_numpy()
    assert median[ALL_AGENTS] == mean_of_agents(of_agents)
    assert median[ALL_AGENTS].low < min(of_agents) < max(of_agents) < median[ALL_AGENTS].high


def test_tables_that_cannot_be_averaged(table: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="several rows for one level"):
        over_levels(pd.concat([table, table.head(1)]), "before")
    with pytest.raises(ValueError, match="missing for some agents and levels"):
        over_levels(table.iloc[1:], "before")


def test_levels_with_a_decision_square() -> None:
    levels = decision_levels(6)
    assert len(levels) == 6
    assert all(maze.decision_square(level) is not None for level in levels.values())
    left_out = set(range(max(levels))) - set(levels)
    assert all(maze.decision_square(maze.make_level(seed)) is None for seed in left_out)


@pytest.mark.parametrize(
    ("settings", "scope"),
    [
        (Settings(), PUBLISHED_RUN),
        (Settings(fast=True), Scope("a small run", small=True)),
        (Settings(mazes=1), Scope("a small run (1 maze)", small=True)),
        (Settings(mazes=1000), Scope("another run (1,000 mazes)", small=False)),
        (Settings(agents=(Path("a.pth"),)), Scope("another run (other agents)", small=False)),
        (Settings(seed=2, mazes=5), Scope("a small run (5 mazes, seed 2)", small=True)),
    ],
)
def test_scopes(settings: Settings, scope: Scope) -> None:
    assert settings.scope(100) == scope
    assert settings.scope(100).published == (settings == Settings())
    assert settings.scope(100, reduced=True).small


def test_agents_of_an_experiment(tmp_path: Path) -> None:
    plain, remembers = tmp_path / "plain.pth", tmp_path / "remembers.pth"
    save_policy(ImpalaPolicy(seed=1), plain)
    save_policy(RecurrentPolicy(seed=1), remembers)
    assert list(Settings(agents=(plain,)).load_agents()) == ["plain"]
    with pytest.raises(ValueError, match="has a memory"):
        Settings(agents=(remembers,)).load_agents()
    with pytest.raises(ValueError, match="was trained to reach a yellow line"):
        Settings(agents=(find_agent("black_same_data_seed_0"),)).load_agents()
    assert Settings(fast=True).count(100, fast=4) == 4
    assert Settings().count(100, fast=4) == 100
    assert Settings(fast=True, mazes=9).count(100, fast=4) == 9
    with pytest.raises(ValueError, match="mazes is 0"):
        Settings(mazes=0)
    with pytest.raises(ValueError, match="seed is -1"):
        Settings(seed=-1)


@pytest.mark.parametrize("name", ["attribution", "receptive_fields", "value_head"])
def test_a_seed_is_refused_where_nothing_is_random(name: str) -> None:
    with pytest.raises(ValueError, match=f"nothing is random in {name}: leave --seed 7 out"):
        studies.load(name).run(Settings(seed=7, fast=True))
