"""The penalised regression against the conditions of its minimum, and against scikit-learn."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from procgen_tools.statistics.logistic import fit_logistic


def correlated(rows: int, features: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Features that all lean on one another, and log odds from some of them."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(rows, 1)) * rng.uniform(0, 3) + rng.normal(size=(rows, features))
    log_odds = inputs @ (rng.normal(size=features) * (rng.random(features) < 0.6)) + rng.normal()
    return (inputs - inputs.mean(axis=0)) / inputs.std(axis=0), log_odds


def assert_minimum(
    inputs: np.ndarray, outcomes: np.ndarray, penalty: float, weights: np.ndarray
) -> None:
    """The loss pulls a coefficient exactly as hard as the penalty holds it; a zero, no harder."""
    *coefficients, intercept = weights
    wrong = outcomes - expit(inputs @ coefficients + intercept)
    pull = inputs.T @ wrong
    scale = 1e-6 * len(outcomes)
    assert abs(wrong.sum()) < scale
    for each, coefficient in zip(pull, coefficients, strict=True):
        if coefficient == 0:
            assert abs(each) <= penalty + scale
        else:
            assert each == pytest.approx(penalty * np.sign(coefficient), abs=scale)


@given(
    st.integers(0, 10**6),
    st.integers(1, 8),
    st.sampled_from([0.01, 1.0, 10.0, 1000.0]),
    st.booleans(),
)
def test_conditions_of_the_minimum(seed: int, features: int, penalty: float, chances: bool) -> None:
    inputs, log_odds = correlated(120, features, seed)
    rng = np.random.default_rng(seed + 1)
    outcomes = expit(log_odds) if chances else (rng.random(120) < expit(log_odds)).astype(float)
    if outcomes.min() == outcomes.max():
        outcomes[0] = 1 - outcomes[0]
    assert_minimum(inputs, outcomes, penalty, fit_logistic(inputs, outcomes, penalty))


@pytest.mark.parametrize("penalty", [0.1, 1.0, 30.0])
def test_equals_scikit_learn(penalty: float) -> None:
    inputs, log_odds = correlated(400, 5, seed=3)
    outcomes = (np.random.default_rng(0).random(400) < expit(log_odds)).astype(float)
    theirs = LogisticRegression(
        penalty="elasticnet", l1_ratio=1.0, C=1 / penalty, solver="saga", tol=1e-8, max_iter=100_000
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of a name that older versions need
        theirs.fit(inputs, outcomes)
    ours = fit_logistic(inputs, outcomes, penalty)
    assert ours == pytest.approx(np.append(theirs.coef_, theirs.intercept_), abs=1e-4)
    assert ((ours[:-1] == 0) == (theirs.coef_[0] == 0)).all()


def test_a_probability_is_a_share_of_a_success() -> None:
    """A row with outcome 1/4 weighs as four rows, one of which is a success, do together."""
    inputs, log_odds = correlated(60, 3, seed=5)
    quarters = np.round(expit(log_odds) * 4)
    repeated = np.repeat(inputs, 4, axis=0)
    single = (np.tile(np.arange(4), 60) < np.repeat(quarters, 4)).astype(float)
    assert fit_logistic(inputs, quarters / 4, 1.0) == pytest.approx(
        fit_logistic(repeated, single, 4.0), abs=1e-7
    )


def test_features_that_repeat_each_other() -> None:
    """Their coefficients are not unique, but the prediction is, and it is found."""
    inputs, log_odds = correlated(200, 2, seed=1)
    outcomes = (np.random.default_rng(1).random(200) < expit(log_odds)).astype(float)
    repeating = np.column_stack([inputs, inputs[:, 0], inputs.sum(axis=1), np.zeros(200)])
    weights = fit_logistic(repeating, outcomes, 1.0)
    assert_minimum(repeating, outcomes, 1.0, weights)
    assert weights[4] == 0
    twice = np.column_stack([inputs, inputs[:, 0]])
    twins = fit_logistic(twice, outcomes, 1.0)
    alone = fit_logistic(inputs, outcomes, 1.0)
    assert twice @ twins[:3] == pytest.approx(inputs @ alone[:2], abs=1e-6)


def test_separated_outcomes_have_a_finite_fit() -> None:
    inputs = np.linspace(-1, 1, 50)[:, None]
    outcomes = (inputs[:, 0] > 0).astype(float)
    weights = fit_logistic(inputs, outcomes, 0.01)
    assert_minimum(inputs, outcomes, 0.01, weights)
    assert weights[0] > 20


def test_a_heavy_penalty_leaves_the_intercept() -> None:
    inputs, _ = correlated(100, 4, seed=2)
    outcomes = (np.arange(100) < 30).astype(float)
    weights = fit_logistic(inputs, outcomes, 1e4)
    assert (weights[:-1] == 0).all()
    assert expit(weights[-1]) == pytest.approx(0.3)
