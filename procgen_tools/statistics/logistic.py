"""Logistic regression with an L1 penalty, for a few features and very many fits.

Newton's method: each step minimises the penalised quadratic that touches the log loss, and with a
handful of features that is a system of linear equations once it is known which coefficients are
zero and what signs the others have. A fit takes a few passes over the data whatever the
correlations of the features, its zeros are exact, and outcomes may be probabilities.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.special import expit, logit

_TOLERANCE = 1e-9
_ROUNDING = 1e-12
"""Of the loss: differences as small as this say nothing."""
_MOST_STEPS = 100
_MOST_TURNS = 100
_DAMPING = 1e-10
"""Of the mean curvature; equations can be solved with it when features repeat each other."""


def fit_logistic(
    inputs: Float[np.ndarray, "row feature"], outcomes: Float[np.ndarray, " row"], penalty: float
) -> Float[np.ndarray, " weight"]:
    """The coefficients that minimise log loss + penalty x their absolute sum; then the intercept.

    The loss is summed over rows and the intercept is not penalised; the penalty is 1 / C in
    scikit-learn's terms.

    Args:
        inputs: (row, feature), on comparable scales, or the penalty means something else for each.
        outcomes: (row,) between 0 and 1 and not all 0 or all 1; a number in between counts as
            that share of a success.
        penalty: greater than 0, so that a minimum exists in every case.

    Returns:
        (feature + 1,) coefficients in the order of the features, and the intercept.

    Raises:
        RuntimeError: Newton's method has not converged after 100 steps.
    """
    design = np.column_stack([inputs, np.ones(len(inputs))])
    penalties = np.append(np.full(inputs.shape[1], float(penalty)), 0.0)
    diagonal = np.diag_indices(len(penalties))
    weights = np.append(np.zeros(inputs.shape[1]), logit(outcomes.mean()))

    def loss(weights: np.ndarray) -> float:
        log_odds = design @ weights
        return float(
            np.logaddexp(0, log_odds).sum() - outcomes @ log_odds + penalties @ np.abs(weights)
        )

    current = loss(weights)
    for _ in range(_MOST_STEPS):
        chances = expit(design @ weights)
        gradient = design.T @ (chances - outcomes)
        curvature = design.T @ (design * (chances * (1 - chances))[:, None])
        curvature[diagonal] += _DAMPING * curvature.trace() / len(curvature)
        target = _minimise_quadratic(curvature, curvature @ weights - gradient, penalties, weights)
        step = target - weights
        if np.abs(step).max() <= _TOLERANCE * max(1.0, np.abs(weights).max()):
            return target
        # Far from the minimum the quadratic may reach too far: go a part of the way then.
        share, reached = 1.0, target
        while (value := loss(reached)) > current + _ROUNDING * abs(current):
            share /= 2
            reached = weights + share * step
        weights, current = reached, value
    raise RuntimeError(f"the regression had not settled after {_MOST_STEPS} steps: {weights}")


def _minimise_quadratic(
    curvature: Float[np.ndarray, "weight weight"],
    slope: Float[np.ndarray, " weight"],
    penalties: Float[np.ndarray, " weight"],
    start: Float[np.ndarray, " weight"],
) -> Float[np.ndarray, " weight"]:
    """The minimum over w of w @ curvature @ w / 2 - slope @ w + penalties @ |w|.

    Given the signs of the weights, the minimum solves a system of linear equations. On the way to
    this solution, the first weight that would change its sign is fixed at zero. At the solution,
    the zero weight whose gradient exceeds its penalty most is freed. Each step lowers the value,
    so no combination of signs occurs twice.
    """
    weights = start.copy()
    signs = np.sign(weights) * (penalties > 0)
    free = (weights != 0) | (penalties == 0)
    for _ in range(_MOST_TURNS * len(weights)):
        target = np.zeros(len(weights))
        target[free] = np.linalg.solve(
            curvature[np.ix_(free, free)], (slope - penalties * signs)[free]
        )
        crossing = np.flatnonzero((signs != 0) & (np.sign(target) != signs))
        if len(crossing):
            shares = weights[crossing] / (weights - target)[crossing]
            first = crossing[shares.argmin()]
            weights += shares.min() * (target - weights)
            weights[first], signs[first], free[first] = 0.0, 0.0, False
            continue
        weights = target
        pull = slope - curvature @ weights
        excess = np.where(free, -np.inf, np.abs(pull) - penalties)
        hardest = excess.argmax()
        if excess[hardest] <= _TOLERANCE * (1 + penalties[hardest]):
            break
        signs[hardest], free[hardest] = np.sign(pull[hardest]), True
    return weights
