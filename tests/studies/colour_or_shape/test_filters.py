"""Filters of the first layer: which are opponent, and what is measured without them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from procgen_tools.evaluation.preferences import distinct
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.colour_or_shape import filters
from procgen_tools.worlds.two_objects.levels import make_levels, variant


def weights() -> torch.Tensor:
    made = torch.zeros(16, 3, 3, 3)
    made[3, filters.GREEN], made[3, filters.RED] = 1.0, -1.0
    made[5, filters.GREEN] = 1.0
    made[9, filters.RED] = -0.5
    made[11] = 7.0  # the same for all colours
    return made


def test_opponent_filters_come_first() -> None:
    chosen = filters.chosen_filters(weights(), draws=2, seed=0)
    assert chosen["opponent"] == [3, 5, 9]
    assert [len(each) for each in chosen.values()] == [0, 3, 3, 3]
    assert chosen["random 0"] != chosen["random 1"]
    assert len(set(chosen["random 0"])) == 3


def test_a_layer_that_reads_one_colour_has_no_balance() -> None:
    only = torch.zeros(16, 3, 3, 3)
    only[:, filters.GREEN] = 1.0
    assert filters.balance(only) == 1.0
    assert filters.balance(only[:, [filters.GREEN, filters.RED, 2]]) == -1.0


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    levels = distinct(make_levels(range(2), background="black")).with_objects(*filters.PAIR)
    training = distinct(make_levels(range(2), variant("maze_pure_yellowline"), background="black"))
    policy = ImpalaPolicy(seed=1)
    with torch.no_grad():
        policy.fc_policy.weight *= 300  # so that what it sees decides
    return filters.filter_rows(policy, levels, training, draws=1)


def test_filters_are_set_to_zero_while_it_is_measured(rows: pd.DataFrame) -> None:
    assert rows["filters"].tolist() == ["none", "opponent", "random 0"]
    assert rows["preference"].nunique() == 3


def test_kept_rows_are_not_measured_again(tmp_path: Path, rows: pd.DataFrame) -> None:
    path = tmp_path / "agent.parquet"
    kept = rows.assign(agent="a", population="p", balance=0.1, initial_balance=0.2)
    kept[list(filters.COLUMNS)].to_parquet(path)

    def load() -> ImpalaPolicy:
        raise AssertionError

    levels = distinct(make_levels(range(1)))
    again = filters.kept_rows("a", "p", load, load, path, levels, levels)
    assert again["preference"].tolist() == rows["preference"].tolist()


def test_the_table_compares_opponent_with_random_filters() -> None:
    names = ("none", "opponent", "random 0", "random 1")
    rows = pd.DataFrame(
        {
            "agent": "a",
            "population": "p",
            "filters": names,
            "preference": (0.6, 0.2, 0.5, 0.8),
            "success": (1.0, 0.9, 0.8, 0.6),
            "steps": 4.0,
            "balance": 0.3,
            "initial_balance": 0.0,
        }
    )
    (row,) = filters.filter_table(rows).to_dict("records")
    assert row["preference"] == 0.6
    assert np.allclose([row["change"], row["change_random"]], [0.4, 0.15])
    assert np.allclose([row["success"], row["success_random"]], [0.9, 0.7])
