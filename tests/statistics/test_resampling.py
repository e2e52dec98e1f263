"""Intervals over mazes and agents: those of a known truth, and of other ways to the same number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from procgen_tools.statistics.collinearity import collinearity, likelihood_regression
from procgen_tools.statistics.resampling import (
    coefficients_with_intervals,
    inflation_with_intervals,
)


@pytest.fixture(scope="module")
def features() -> pd.DataFrame:
    """Two features that are alike, and one apart."""
    rng = np.random.default_rng(0)
    first, other, apart = rng.normal(size=(3, 1500))
    return pd.DataFrame({"first": first, "second": first + 0.4 * other, "apart": 50 + 9 * apart})


@pytest.fixture(scope="module")
def outcomes(features: pd.DataFrame) -> dict[str, np.ndarray]:
    """Of two agents, one of whom does not mind what is apart."""
    rng = np.random.default_rng(1)
    apart = (features["apart"] - 50) / 9
    log_odds = {"a": 0.5 - features["first"] - 1.5 * apart, "b": 0.2 - features["first"]}
    return {name: rng.random(1500) < 1 / (1 + np.exp(-of)) for name, of in log_odds.items()}


@pytest.fixture(scope="module")
def table(features: pd.DataFrame, outcomes: dict[str, np.ndarray]) -> pd.DataFrame:
    return coefficients_with_intervals(
        features, outcomes, ["first", "apart"], together="both", resamples=100
    ).set_index(["agent", "feature"])


def test_the_truth_is_inside(table: pd.DataFrame) -> None:
    for place, truth in {("a", "first"): -1, ("a", "apart"): -1.5, ("b", "first"): -1}.items():
        assert table.loc[place, "low"] < truth < table.loc[place, "high"]
    low, high = table.loc[("b", "apart"), ["low", "high"]]
    assert low < 0 < high


def test_other_intervals_agree(
    table: pd.DataFrame, features: pd.DataFrame, outcomes: dict[str, np.ndarray]
) -> None:
    """Maximum likelihood with robust errors, where the penalty counts for little."""
    for agent, of in outcomes.items():
        theirs = likelihood_regression(features, of, ["first", "apart"])
        for name in ("first", "apart"):
            ours, other = table.loc[(agent, name)], theirs.loc[name]
            assert ours["value"] == pytest.approx(other["coefficient"], abs=0.03)
            width = ours["high"] - ours["low"]
            assert width == pytest.approx(other["high"] - other["low"], rel=0.2)


def test_agents_that_differ_widen_the_interval(table: pd.DataFrame) -> None:
    mean = (table.loc[("a", "apart"), "value"] + table.loc[("b", "apart"), "value"]) / 2
    both = table.loc[("both", "apart")]
    assert both["value"] == pytest.approx(mean)
    # One of four resamples has agent a twice, one of four agent b.
    assert both["low"] < -1.3
    assert both["high"] > -0.2


def test_seeds(features: pd.DataFrame, outcomes: dict[str, np.ndarray]) -> None:
    def drawn(seed: int) -> pd.DataFrame:
        return coefficients_with_intervals(
            features, outcomes, together="both", resamples=5, seed=seed
        )

    pd.testing.assert_frame_equal(drawn(1), drawn(1))
    assert not drawn(1)["low"].equals(drawn(2)["low"])
    assert drawn(1)["value"].equals(drawn(2)["value"])


def test_inflation(features: pd.DataFrame) -> None:
    table = inflation_with_intervals(features, resamples=100).set_index("feature")
    theirs = collinearity(features).inflation
    np.testing.assert_allclose(table["value"], theirs, rtol=1e-6)
    assert (table["low"] < theirs).all()
    assert (theirs < table["high"]).all()
    truth = 1 + 1 / 0.4**2
    assert table.loc["first", "low"] < truth < table.loc["first", "high"]


def test_errors(features: pd.DataFrame, outcomes: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="made up of the others"):
        inflation_with_intervals(features.assign(sum=features["first"] + features["second"]))
    rare = {"a": np.arange(1500) == 7}
    with pytest.raises(ValueError, match=r"resample have outcome 0: give more mazes"):
        coefficients_with_intervals(features, rare, together="all", resamples=20)
    with pytest.raises(ValueError, match=r"no feature 'frist'.*did you mean 'first'"):
        coefficients_with_intervals(features, outcomes, ["frist"], together="all")
