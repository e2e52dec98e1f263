"""Collinearity against its definitions, and flips of signs that were planted."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from procgen_tools.statistics.collinearity import collinearity, likelihood_regression, sign_flips
from procgen_tools.statistics.regressions import Splits, regression
from procgen_tools.worlds.maze.features import feature_table
from procgen_tools.worlds.maze.levels import make_bank


@pytest.fixture(scope="module")
def features() -> pd.DataFrame:
    """`steps` leans on `straight`; `corner` stands apart."""
    rng = np.random.default_rng(0)
    straight = rng.gamma(2.0, 2.0, 3000)
    return pd.DataFrame(
        {
            "straight": straight,
            "steps": 1.5 * straight + rng.gamma(1.0, 2.0, 3000),
            "corner": rng.normal(10, 3, 3000),
        }
    )


def chances(features: pd.DataFrame, coefficients: list[float]) -> np.ndarray:
    scaled = (features - features.mean()) / features.std(ddof=0)
    return expit(scaled.to_numpy() @ coefficients + 0.5)


def test_inflation_by_least_squares(features: pd.DataFrame) -> None:
    found = collinearity(features)
    for name in features:
        others = np.column_stack([features.drop(columns=name), np.ones(len(features))])
        values = features[name].to_numpy()
        residual = values - others @ np.linalg.lstsq(others, values, rcond=None)[0]
        assert found.inflation[name] == pytest.approx(values.var() / residual.var(), rel=1e-9)
    assert found.inflation["steps"] > 4
    assert found.inflation["corner"] == pytest.approx(1, abs=0.01)


def test_two_features_inflate_each_other_alike(features: pd.DataFrame) -> None:
    found = collinearity(features, ["straight", "steps"])
    correlation = np.corrcoef(features["straight"], features["steps"])[0, 1]
    assert found.correlations.loc["straight", "steps"] == pytest.approx(correlation)
    assert found.inflation.to_numpy() == pytest.approx([1 / (1 - correlation**2)] * 2)


def test_features_that_make_each_other_up(features: pd.DataFrame) -> None:
    doubled = features.assign(total=features["straight"] + features["steps"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        inflation = collinearity(doubled).inflation
    assert np.isinf(inflation[["straight", "steps", "total"]]).all()
    assert inflation["corner"] < 2
    outcomes = features["corner"] > 10
    with pytest.raises(
        ValueError, match=r"straight, steps, total are linear combinations.*leave one"
    ):
        likelihood_regression(doubled, outcomes)


def test_steps_of_mazes_add_up() -> None:
    """All sixteen features together always hold this trap."""
    inflation = collinearity(feature_table(make_bank(range(100))).dropna()).inflation
    assert set(inflation.index[np.isinf(inflation)]) == {
        "steps(decision square, cheese)",
        "steps(cheese, top right)",
        "steps(decision square, top right)",
    }


def test_likelihood_regression_recovers_coefficients(features: pd.DataFrame) -> None:
    """From probabilities exactly; from outcomes, inside nineteen intervals of twenty."""
    true = [-1.0, 0.5, 0.0]
    exact = likelihood_regression(features, chances(features, true))
    assert exact["coefficient"].to_numpy() == pytest.approx([*true, 0.5], abs=1e-6)
    inside = []
    for seed in range(40):
        outcomes = np.random.default_rng(seed).random(3000) < chances(features, true)
        found = likelihood_regression(features, outcomes)
        inside.append((found["low"] < [*true, 0.5]) & (found["high"] > [*true, 0.5]))
    assert 0.9 < np.mean(inside) < 0.99


def test_intervals_are_robust(features: pd.DataFrame) -> None:
    """The sandwich, layer by layer: probabilities scatter less than outcomes would."""
    noise = np.random.default_rng(1).normal(size=3000)
    outcomes = expit(2 * noise * (features["corner"] > 10) + 0.5)
    found = likelihood_regression(features, outcomes)
    scaled = (features - features.mean()) / features.std(ddof=0)
    design = np.column_stack([scaled, np.ones(3000)])
    fitted = expit(design @ found["coefficient"])
    bread = np.linalg.inv(design.T @ (design * (fitted * (1 - fitted))[:, None]))
    filling = design.T @ (design * ((outcomes - fitted) ** 2).to_numpy()[:, None])
    error = np.sqrt(np.diag(bread @ filling @ bread))
    assert (found["high"] - found["low"]).to_numpy() / 2 == pytest.approx(1.959964 * error)


def test_a_light_penalty_gives_the_same_coefficients(features: pd.DataFrame) -> None:
    outcomes = np.random.default_rng(0).random(3000) < chances(features, [-1.0, 0.5, 0.3])
    likelihood = likelihood_regression(features, outcomes)["coefficient"].to_numpy()
    fitted = regression(features, outcomes, splits=Splits(40, test_share=0.05), penalty=1e-6)
    means = fitted.coefficient_table()["mean"].to_numpy()
    assert means == pytest.approx(likelihood, abs=0.03)


def test_a_planted_flip(features: pd.DataFrame) -> None:
    """Steps drive the outcome up, but less than the straight distance they lean on drives it down.

    Alone, each stands for the other, too: its sign is that of the stronger one.
    """
    outcomes = np.random.default_rng(3).random(3000) < chances(features, [-2.0, 1.0, 0.5])
    table = sign_flips(features, outcomes)
    assert table["flips"].to_dict() == {"straight": False, "steps": True, "corner": False}
    assert table["clear"].all()
    assert table.loc["steps", "alone"] < 0 < table.loc["steps", "joint"]
    alone = likelihood_regression(features, outcomes, ["steps"]).loc["steps"]
    assert table.loc["steps", ["alone", "alone_low", "alone_high"]].tolist() == (
        alone[["coefficient", "low", "high"]].tolist()
    )


def test_a_flip_that_may_be_noise_is_not_clear(features: pd.DataFrame) -> None:
    outcomes = np.random.default_rng(0).random(3000) < chances(features, [-1.0, 0.0, 0.0])
    table = sign_flips(features, outcomes)
    assert table.loc["straight", "clear"]
    assert not table.loc[["steps", "corner"], "clear"].any()


def test_outcomes_told_apart_without_error(features: pd.DataFrame) -> None:
    """Entirely, or by a feature that only successes have: in both cases no coefficient is best."""
    message = "separate the outcomes perfectly.*use `regression`"
    with pytest.raises(ValueError, match=message):
        likelihood_regression(features, features["corner"] > 10)
    rng = np.random.default_rng(0)
    rare = np.arange(3000) < 40
    outcomes = rare | (rng.random(3000) < 0.5)
    with pytest.raises(ValueError, match=message):
        likelihood_regression(features.assign(rare=rare.astype(float)), outcomes)
    # One probability in between is evidence enough for an end.
    softened = np.where(np.arange(3000) == 0, 0.9, outcomes)
    assert np.isfinite(
        likelihood_regression(features.assign(rare=rare.astype(float)), softened)
    ).all(axis=None)


def test_too_few_rows(features: pd.DataFrame) -> None:
    with pytest.raises(
        ValueError, match="4 rows are too few to separate 3 features: give at least 5"
    ):
        collinearity(features[:4])
