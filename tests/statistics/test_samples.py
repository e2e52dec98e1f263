"""Samples: what a regression works on is checked, and every refusal says what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from procgen_tools.statistics.samples import take_sample


@pytest.fixture(scope="module")
def features() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(rng.normal(size=(2000, 3)), columns=["near", "far", "idle"])


@pytest.fixture(scope="module")
def got_cheese(features: pd.DataFrame) -> np.ndarray:
    return np.random.default_rng(1).random(len(features)) < 0.7


def test_a_sample_holds_the_chosen_columns(features: pd.DataFrame, got_cheese: np.ndarray) -> None:
    sample = take_sample(features, got_cheese, ["far", "near"])
    assert sample.names == ("far", "near")
    assert np.array_equal(sample.inputs, features[["far", "near"]].to_numpy())
    assert np.array_equal(sample.outcomes, got_cheese)
    opposite = take_sample(features, ~got_cheese)
    assert sample.base_rate == pytest.approx(opposite.base_rate) == pytest.approx(got_cheese.mean())


def with_gaps(table: pd.DataFrame) -> pd.DataFrame:
    table = table.copy()
    table.iloc[:5, 0] = np.nan
    table.iloc[5, 1] = np.inf
    return table


ERRORS: dict[str, tuple[Callable[[pd.DataFrame, np.ndarray], Any], str]] = {
    "all equal": (
        lambda x, y: take_sample(x, y | True),
        "all 2000 outcomes are 1.*different outcomes",
    ),
    "gaps": (
        lambda x, y: take_sample(with_gaps(x), y),
        r"6 of 2000 rows have missing or infinite features \(near, far\).*np.isfinite",
    ),
    "typing error": (
        lambda x, y: take_sample(x, y, ["nera"]),
        "no feature 'nera'.*did you mean 'near'",
    ),
    "unknown": (lambda x, y: take_sample(x, y, ["zzz"]), "choose from near, far, idle"),
    "no names": (lambda x, y: take_sample(x, y, []), "name at least one"),
    "twice": (lambda x, y: take_sample(x, y, ["far", "far"]), "'far' is named 2 times"),
    "few rows": (lambda x, y: take_sample(x[:39], y[:39]), "39 rows are too few.*at least 40"),
    "constant": (lambda x, y: take_sample(x.assign(far=2.0), y), "'far' is 2 in all rows"),
    "words": (lambda x, y: take_sample(x.assign(far="b"), y), "'far' has type .*: give a column"),
    "lengths": (lambda x, y: take_sample(x, y[:-1]), "but there are 2000 rows of features"),
    "percent": (lambda x, y: take_sample(x, y * 100.0), r"not between 0 and 1 \(the first is 100"),
    "no outcome": (
        lambda x, y: take_sample(x, np.where(np.arange(2000) == 3, np.nan, y)),
        "1 of 2000 outcomes .* is nan in row 3",
    ),
    "other rows": (
        lambda x, y: take_sample(x, pd.Series(y, index=np.arange(2000)[::-1])),
        "the index of the outcomes differs",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors(case: str, features: pd.DataFrame, got_cheese: np.ndarray) -> None:
    call, message = ERRORS[case]
    with pytest.raises(ValueError, match=message):
        call(features, got_cheese)


def test_the_remedies_work(features: pd.DataFrame, got_cheese: np.ndarray) -> None:
    table = with_gaps(features)
    rows = np.isfinite(table).all(axis=1)
    sample = take_sample(table[rows], got_cheese[rows])
    assert sample.inputs.shape == (1994, 3)
    outcomes = pd.Series(got_cheese, index=features.index)
    with pytest.raises(ValueError, match=r"outcomes\.loc\[features\.index\]"):
        take_sample(table[rows], outcomes)
    kept = table[rows]
    assert np.array_equal(take_sample(kept, outcomes.loc[kept.index]).outcomes, sample.outcomes)
