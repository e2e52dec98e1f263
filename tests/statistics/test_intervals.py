"""Intervals against distributions that are known in closed form."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest
from scipy.stats import binom

from procgen_tools.statistics import intervals
from procgen_tools.statistics.intervals import (
    Estimate,
    Share,
    correlation,
    mean_of_agents,
    mean_over_agents,
    mean_over_levels,
    median_over_agents,
    median_over_levels,
    paired_over_levels,
)


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
    assert mean_over_levels(np.full(5, 3.5)) == Estimate(3.5, 3.5, 3.5)
    assert mean_over_levels(np.array([2])) == Estimate(2.0, 2.0, 2.0)


def test_nothing_known_is_nan() -> None:
    assert isnan(mean_over_levels(np.array([1.0, np.nan])).low)
    with pytest.raises(ValueError, match="at least one level"):
        mean_over_levels(np.array([]))


def test_a_format_applies_to_all_three() -> None:
    assert f"{Estimate(0.5, 0.25, 1.0):.1%}" == "50.0% [25.0%, 100.0%]"


def test_a_median_and_its_interval() -> None:
    values = np.concatenate([np.zeros(60), np.full(41, 10.0)])
    median = median_over_levels(values)
    assert (median.value, median.low) == (0.0, 0.0)
    assert median_over_levels(values[:99]).high == 0.0 or median.high == 10.0


def test_agents_that_agree_leave_the_levels() -> None:
    """Equal agents give the interval over levels alone; equal levels that over agents alone."""
    values = np.random.default_rng(0).random(200)
    both = mean_over_agents(np.stack([values] * 3))
    alone = mean_over_levels(values)
    assert both.value == pytest.approx(alone.value)
    assert both.interval == pytest.approx(alone.interval, abs=0.004)
    apart = mean_over_agents(np.repeat([[0.0], [0.3], [0.9]], 200, axis=1))
    assert apart.value == pytest.approx(0.4)
    assert apart.low < 0.15  # three times the lowest has chance 1/27
    assert apart.high > 0.65


def test_agents_against_drawing_them_one_by_one() -> None:
    rng = np.random.default_rng(1)
    values = rng.random((3, 50)) + np.array([[0.0], [0.2], [0.5]])
    drawn = [
        values[np.ix_(rng.integers(3, size=3), rng.integers(50, size=50))].mean()
        for _ in range(4000)
    ]
    assert mean_over_agents(values).interval == pytest.approx(
        tuple(np.percentile(drawn, [2.5, 97.5])), abs=0.02
    )
    with pytest.raises(ValueError, match="at least one of both"):
        mean_over_agents(np.zeros((0, 5)))


@pytest.mark.usefixtures("unchecked")
def test_lists_are_numbers_too() -> None:
    assert mean_over_levels([0.1, 0.2, 0.4]) == mean_over_levels(np.array([0.1, 0.2, 0.4]))
    for wrong in ([[0.1, 0.2]], ["a"]):
        with pytest.raises(ValueError, match=r"are not one number per level: give a list"):
            mean_over_levels(wrong)  # type: ignore[arg-type]


def test_intervals_over_a_few_agents_cover_the_mean_as_often_as_they_say() -> None:
    """The bootstrap over three agents covers it in about 75% of cases, Student's in 95%."""
    rng = np.random.default_rng(0)
    drawn = rng.normal(3.0, 2.0, (2000, 3))
    found = [mean_of_agents(each) for each in drawn]
    covered = np.mean([each.low < 3.0 < each.high for each in found])
    assert 0.935 < covered < 0.965
    assert found[0].value == pytest.approx(drawn[0].mean())
    assert found[0].high - found[0].value == pytest.approx(found[0].value - found[0].low)


def test_one_agent_says_nothing_about_others() -> None:
    assert mean_of_agents([0.3]) == Estimate(0.3, 0.3, 0.3)
    with pytest.raises(ValueError, match="one number per agent"):
        mean_of_agents([])


def test_a_median_over_agents_lies_between_theirs() -> None:
    values = np.random.default_rng(2).random((3, 60)) + np.array([[0.0], [1.0], [2.0]])
    medians = np.median(values, axis=1)
    found = median_over_agents(values)
    assert found.value == np.median(values)
    assert medians.min() - 0.2 < found.low < medians[0] + 0.2  # three times the first has 1/27
    assert medians[2] - 0.2 < found.high < medians.max() + 0.2
    same = median_over_agents(np.stack([values[0]] * 3))
    alone = median_over_levels(values[0])
    assert same.value == alone.value
    assert same.interval == pytest.approx(alone.interval, abs=0.03)
    with pytest.raises(ValueError, match="at least one of both"):
        median_over_agents(np.zeros((3, 0)))


def test_pairs_are_resampled_together() -> None:
    """A correlation as numpy gives it, with the interval of Fisher's transformation."""
    rng = np.random.default_rng(3)
    first = rng.normal(size=300)
    second = 0.6 * first + 0.8 * rng.normal(size=300)
    found = paired_over_levels(first, second, correlation)
    assert found.value == pytest.approx(np.corrcoef(first, second)[0, 1])
    half = 1.96 / np.sqrt(297)
    fisher = tuple(np.tanh(np.arctanh(found.value) + np.array([-half, half])))
    assert found.interval == pytest.approx(fisher, abs=0.03)


@pytest.mark.usefixtures("unchecked")
def test_pairs_are_needed() -> None:
    with pytest.raises(ValueError, match="3 and 2 numbers"):
        paired_over_levels(np.zeros(3), np.zeros(2), correlation)


def test_a_correlation_with_a_constant_is_unknown() -> None:
    assert isnan(correlation(np.zeros(4), np.arange(4.0)))
    assert isnan(paired_over_levels(np.zeros(4), np.arange(4.0), correlation).low)


def test_draws_that_are_kept_change_no_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).random((3, 20))
    kept = [intervals.mean_over_agents(values, seed=seed) for seed in (1, 2, 1)]
    monkeypatch.setattr(intervals, "_NUMBERS_KEPT", 0)
    assert kept == [intervals.mean_over_agents(values, seed=seed) for seed in (1, 2, 1)]
    assert kept[0] != kept[1]


def test_what_does_not_vary_correlates_with_nothing() -> None:
    found = np.random.default_rng(7).normal(size=(2, 7))
    assert isnan(correlation(np.full(7, 0.1), found[0]))
    rows = correlation(np.stack([np.full(7, 0.1), found[1]]), np.stack([found[0]] * 2))
    assert np.isnan(rows).tolist() == [True, False]
