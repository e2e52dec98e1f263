"""Discoveries: few are false under any dependence, and true ones are found."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from procgen_tools.statistics.discoveries import RATE, discoveries, p_of_mean

TESTS = 20


def false_share(draws: np.ndarray, true: int = 0) -> float:
    """The mean share of false discoveries, in rows of normal numbers; the first are shifted."""
    shares = []
    for row in draws:
        shifted = row + np.where(np.arange(len(row)) < true, 4.0, 0.0)
        p_values = 2 * norm.sf(np.abs(shifted))
        found = discoveries({str(number): float(p) for number, p in enumerate(p_values)})
        wrong = sum(int(name) >= true for name in found)
        shares.append(wrong / max(1, len(found)))
    return float(np.mean(shares))


@pytest.mark.parametrize("shared", [0.0, 0.5, 0.99])
def test_few_discoveries_are_false_under_dependence(shared: float) -> None:
    rng = np.random.default_rng(0)
    common, own = rng.normal(size=(400, 1)), rng.normal(size=(400, TESTS))
    draws = np.sqrt(shared) * common + np.sqrt(1 - shared) * own
    draws[:, ::2] *= -1  # half of the tests go against the others
    assert false_share(draws) <= RATE
    assert false_share(draws, true=5) <= RATE


def test_the_bound_holds_where_the_other_procedure_fails() -> None:
    """The worst case of Guo and Rao (2008): one p-value at a time is as small as counts."""
    rng = np.random.default_rng(0)
    tests, rate, draws = 30, 0.2, 1500
    harmonic = 1 / np.arange(1, tests + 1)
    wrong, wrong_by_hochberg = 0, 0
    for _ in range(draws):
        # With probability rate / k, exactly k p-values lie in ((k - 1), k] * rate / tests.
        size = rng.choice(tests + 1, p=[1 - rate * harmonic.sum(), *(rate * harmonic)])
        p_values = np.ones(tests)
        p_values[rng.permutation(tests)[:size]] = (size - rng.random()) * rate / tests
        named = {str(number): float(p) for number, p in enumerate(p_values)}
        wrong += bool(discoveries(named, rate))
        ranks = np.arange(1, tests + 1)
        wrong_by_hochberg += bool((np.sort(p_values) <= ranks * rate / tests).any())
    assert wrong / draws <= rate
    assert wrong_by_hochberg / draws > 2 * rate


def test_true_effects_are_found_and_adjusted_by_the_harmonic_number() -> None:
    p_values = {"a": 1e-4, "b": 0.9, "c": 2e-4, "d": 0.04}
    found = discoveries(p_values)
    factor = 1 + 1 / 2 + 1 / 3 + 1 / 4
    assert found == {name: pytest.approx(4 * factor * 1e-4) for name in "ac"}
    assert list(discoveries(p_values, rate=0.1)) == ["a", "c"]
    wider = discoveries(p_values, rate=0.2)
    assert list(wider) == ["a", "c", "d"]
    assert wider["d"] == pytest.approx(4 / 3 * factor * 0.04)


def test_means_are_tested_by_students_t() -> None:
    rng = np.random.default_rng(1)
    null = [p_of_mean(rng.normal(size=5)) for _ in range(1000)]
    assert np.mean(np.array(null) < 0.05) == pytest.approx(0.05, abs=0.02)
    assert p_of_mean(np.zeros(3)) == 1
    assert p_of_mean(np.full(3, 0.2)) == 0
    assert p_of_mean(-np.array([1.0, 2.0, 3.0])) == p_of_mean(np.array([1.0, 2.0, 3.0]))


def test_bad_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="two numbers or more"):
        p_of_mean(np.array([1.0]))
    for wrong in ({}, {"a": 1.2}, {"a": float("nan")}):
        with pytest.raises(ValueError, match="numbers from 0 to 1"):
            discoveries(wrong)
    with pytest.raises(ValueError, match="rate is 0"):
        discoveries({"a": 0.5}, 0.0)
