"""Intervals against distributions that are known in closed form."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest
from scipy.stats import binom

from procgen_tools.intervals import Mean, Share, mean_over_levels


def test_share() -> None:
    share = Share(8, 10)
    assert share.value == 0.8
    assert share.interval == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert str(share).startswith("80.0% [49.0%, 94.3%]")
    assert Share.of(np.array([True] * 8 + [False] * 2)) == share


def test_a_share_of_nothing_is_unknown() -> None:
    share = Share(0, 0)
    assert isnan(share.value)
    assert all(map(isnan, share.interval))
    assert str(share) == "of none"


def test_bootstrap_of_zeros_and_ones_is_binomial() -> None:
    """A resample of n values with share p has a binomial number of ones."""
    mean = mean_over_levels(np.arange(200) < 150)
    assert mean.value == 0.75
    assert mean.interval == pytest.approx(binom.ppf([0.025, 0.975], 200, 0.75) / 200, abs=0.0051)


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(0).random(40)
    first, again, other = (mean_over_levels(values, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.interval != other.interval
    assert first.low < values.mean() == first.value < first.high


def test_equal_values_have_no_width() -> None:
    assert mean_over_levels(np.full(5, 3.5)) == Mean(3.5, 3.5, 3.5)
    assert mean_over_levels(np.array([2])) == Mean(2.0, 2.0, 2.0)


def test_nothing_known_is_nan() -> None:
    assert isnan(mean_over_levels(np.array([1.0, np.nan])).low)
    with pytest.raises(ValueError, match="at least one level"):
        mean_over_levels(np.array([]))


def test_a_format_applies_to_all_three() -> None:
    assert f"{Mean(0.5, 0.25, 1.0):.1%}" == "50.0% [25.0%, 100.0%]"
