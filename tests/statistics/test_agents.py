"""Statistics over agents: intervals that cover, lines that are found, p that is uniform."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import linregress

from procgen_tools.statistics.agents import (
    UNBOUNDED,
    largest_difference,
    line_through,
    ratio_of_spreads,
    spread,
)


def test_the_spread_has_an_interval() -> None:
    values = np.random.default_rng(0).normal(0.5, 0.1, 40)
    found = spread(values)
    assert 0.05 < found.low < found.value < found.high < 0.15
    assert found.value == pytest.approx(np.std(values, ddof=1))
    assert spread(values[:1]).value == 0


def test_two_agents_bound_nothing() -> None:
    values = np.array([0.2, 0.4])
    assert spread(values).interval == (0, 1)
    assert ratio_of_spreads(values, 3 * values).interval == (-UNBOUNDED, UNBOUNDED)
    assert line_through(values, values)["slope"].interval == (-UNBOUNDED, UNBOUNDED)


def test_a_ratio_of_spreads_covers_the_true_one() -> None:
    rng = np.random.default_rng(0)
    found = [ratio_of_spreads(rng.normal(0, 2, 30), rng.normal(0, 1, 30)) for _ in range(25)]
    assert sum(each.low < 2 < each.high for each in found) >= 20
    assert sum(each.low > 1 for each in found) >= 20
    assert ratio_of_spreads(rng.normal(size=9), np.ones(9)).value == UNBOUNDED


def test_the_line_is_that_of_least_squares() -> None:
    rng = np.random.default_rng(0)
    given = rng.normal(size=30)
    found = 3 * given - 1 + rng.normal(size=30)
    line, expected = line_through(given, found), linregress(given, found)
    assert line["slope"].value == pytest.approx(expected.slope)
    assert line["intercept"].value == pytest.approx(expected.intercept)
    assert line["R²"].value == pytest.approx(expected.rvalue**2)
    assert line["slope"].low < 3 < line["slope"].high
    flat = line_through(np.ones(5), found[:5])
    assert flat["slope"].value == flat["R²"].value == 0


def test_the_largest_difference_is_found_in_its_own_units() -> None:
    numbers = np.random.default_rng(2).normal(size=(20, 4))
    numbers[:6, 1] += 5
    found = largest_difference(numbers, np.arange(20) < 6, draws=999)
    assert found.column == 1
    assert found.difference == pytest.approx(numbers[:6, 1].mean() - numbers[6:, 1].mean())
    assert found.p == pytest.approx(1 / 1000)


def test_p_is_uniform_for_agents_of_one_kind() -> None:
    rng = np.random.default_rng(1)
    chances = [
        largest_difference(rng.normal(size=(12, 5)), np.arange(12) < 4, draws=99).p
        for _ in range(200)
    ]
    assert np.mean(np.array(chances) <= 0.1) == pytest.approx(0.1, abs=0.06)


def test_equal_numbers_have_no_spread_and_no_slope() -> None:
    """.1 is no binary fraction, so its mean differs from it by rounding."""
    found = np.random.default_rng(7).normal(size=7)
    line = line_through(np.full(7, 0.1), found)
    assert line["slope"].value == line["R²"].value == 0
    assert line["intercept"].value == pytest.approx(found.mean())
    assert ratio_of_spreads(np.array([1.0, 2.0, 3.0]), np.full(3, 0.1)).value == UNBOUNDED
