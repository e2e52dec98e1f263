"""Tables of preferences: kept per agent, and the same from several processes."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from unittest import mock

import pytest

from procgen_tools import two_objects
from procgen_tools.evaluation.preference_tables import preference_table
from procgen_tools.evaluation.preferences import LevelSet, distinct
from procgen_tools.models import ImpalaPolicy, load_policy, save_policy

LEVELS = distinct(two_objects.make_levels(range(100_000, 100_002)))


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    return ImpalaPolicy(seed=3)


def test_finished_agents_are_not_measured_again(policy: ImpalaPolicy, tmp_path: Path) -> None:
    few = distinct(LEVELS.levels[:2])
    loaded = []

    def load() -> ImpalaPolicy:
        loaded.append(1)
        return policy

    pairs = [("red_line", "yellow_gem"), ("green_line", "red_line")]
    first = preference_table({"a": load}, few, pairs, tmp_path, tolerance=0.2)
    again = preference_table({"a": load, "b": load}, few, pairs, tmp_path, tolerance=0.2)
    with mock.patch.object(LevelSet, "with_graphs", side_effect=AssertionError):
        kept = preference_table({"a": load, "b": load}, few, pairs, tmp_path, tolerance=0.2)
    assert kept.equals(again)
    assert len(loaded) == 2
    assert again[again["agent"] == "a"].reset_index(drop=True).equals(first)
    with pytest.raises(ValueError, match="2 other pairs than those asked for"):
        preference_table({"a": load}, few, pairs[:1], tmp_path, tolerance=0.2)
    with pytest.raises(ValueError, match=r"measured with tolerance 0\.2, not 0\.0: name another"):
        preference_table({"a": load}, few, pairs, tmp_path)
    with pytest.raises(ValueError, match=r"measured with levels '[0-9a-f]{16}', not '"):
        preference_table({"a": load}, distinct(few.levels[:1]), pairs, tmp_path, tolerance=0.2)
    (tmp_path / "a.parquet").write_bytes(b"damaged")
    with pytest.raises(ValueError, match=r"a\.parquet cannot be read .* delete it"):
        preference_table({"a": load}, few, pairs, tmp_path)


def test_several_processes_measure_the_same(policy: ImpalaPolicy, tmp_path: Path) -> None:
    few, pairs = distinct(LEVELS.levels[:2]), [("red_line", "yellow_gem")]
    agents = {"a": policy, "b": ImpalaPolicy()}
    for name, agent in agents.items():
        save_policy(agent, tmp_path / f"{name}.pth")
    loads = {name: partial(load_policy, tmp_path / f"{name}.pth") for name in agents}
    one, two = (
        preference_table(loads, few, pairs, tmp_path / str(processes), processes=processes)
        for processes in (1, 2)
    )
    assert one[["agent", "first", "second"]].equals(two[["agent", "first", "second"]])
    numbers = ["preference", "capability", "timeouts"]
    # Convolutions in one thread and in several round differently.
    assert two[numbers].to_numpy() == pytest.approx(one[numbers].to_numpy(), rel=1e-3)
    assert list(one["agent"]) == ["a", "b"]
    assert one["preference"].nunique() == 2


def test_no_processes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="processes is 0: give a number from 1 up"):
        preference_table({}, LEVELS, [], tmp_path, processes=0)
