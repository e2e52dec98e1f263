"""Linear probes of a number, and how well guesses do, with intervals over levels.

Rows of one level resemble each other. So penalties are chosen on levels that were left out, and
intervals come from drawing levels again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Num

from procgen_tools.shown import brief
from procgen_tools.statistics.intervals import Estimate
from procgen_tools.statistics.probes import varying

PENALTIES = (1.0, 10.0, 100.0, 1e3, 1e4, 1e5)
"""The ridge penalties (scikit-learn's alpha) to choose from."""

FOLDS = 4
RESAMPLES = 1000


@dataclass(frozen=True, eq=False)
class LinearProbe:
    """A weighted sum of activations.

    Attributes:
        weights: (feature,) of the raw activations.
        bias: added to the sum.
        penalty: that was chosen.
    """

    weights: Float[np.ndarray, " feature"]
    bias: float
    penalty: float

    __repr__ = brief

    def predict(self, inputs: Float[np.ndarray, "*row feature"]) -> Float[np.ndarray, "*row"]:
        """The guess for each row."""
        return inputs @ self.weights + self.bias


def fit_linear_probe(
    inputs: Num[np.ndarray, "row feature"],
    targets: Num[np.ndarray, " row"],
    levels: Int[np.ndarray, " row"],
    *,
    penalties: Sequence[float] = PENALTIES,
) -> LinearProbe:
    """Fit a ridge regression, with the penalty that does best on levels that are left out.

    Args:
        inputs: (row, feature). They are standardised, and constant features are left out.
        targets: (row,) the number to read, of at least two values.
        levels: (row,) the level of each row.
        penalties: to choose from.

    Raises:
        ValueError: fewer than two levels, equal targets, or inputs that are not finite or none of
            which varies.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> inputs = rng.normal(size=(200, 3))
        >>> probe = fit_linear_probe(inputs, 2 * inputs[:, 1] + 5, np.arange(200) // 10)
        >>> round(float(probe.weights[1]), 1), round(probe.bias)
        (2.0, 5)
    """
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import GroupKFold

    count = len(np.unique(levels))
    if count < 2:
        raise ValueError(f"the rows are of {count} level: give two or more, to choose a penalty")
    if len(targets) == 0 or targets.min() == targets.max():
        raise ValueError(f"all {len(targets)} targets are equal: give rows that differ")
    numbers = inputs.astype(np.float64)
    kept, mean, deviation = varying(numbers)
    standard = (numbers[:, kept] - mean) / deviation
    folds = list(GroupKFold(min(FOLDS, count)).split(standard, targets, levels))
    fitted = RidgeCV(alphas=penalties, cv=folds).fit(standard, targets.astype(np.float64))
    weights = np.zeros(inputs.shape[1])
    weights[kept] = fitted.coef_ / deviation
    bias = float(fitted.intercept_ - weights[kept] @ mean)
    return LinearProbe(weights, bias, float(fitted.alpha_))


def slope(
    inputs: Float[np.ndarray, "row feature"], targets: Num[np.ndarray, " row"]
) -> Float[np.ndarray, " feature"]:
    """How much each feature grows with the target: its slope in a regression on the target.

    For two values of the target, one apart, this is the difference of the means. A probe may read
    a number through features that merely cancel noise, whereas these slopes are how the number
    shows in the activations (Haufe et al., 2014).

    Raises:
        ValueError: equal targets.

    Example:
        >>> slope(np.array([[0.0, 5.0], [3.0, 5.0]]), np.array([1, 2]))
        array([3., 0.])
    """
    centred = targets - targets.mean()
    if not centred.any():
        raise ValueError(f"all {len(targets)} targets are equal: give rows that differ")
    return (inputs.T @ centred) / (centred @ centred)


def determination(
    targets: Num[np.ndarray, " row"],
    guesses: Num[np.ndarray, " row"],
    levels: Int[np.ndarray, " row"],
    *,
    seed: int = 0,
) -> Estimate:
    """R² of guesses: 1 - their squared error / that of the mean of these targets.

    Returns:
        The 95% percentile interval is over levels. All numbers are 0 for equal targets.

    Example:
        >>> numbers = np.arange(40.0)
        >>> f"{determination(numbers, numbers, np.arange(40) // 4):.1f}"
        '1.0 [1.0, 1.0]'
    """
    found = _share((targets - guesses) ** 2, targets, levels, seed, otherwise=1.0)
    return Estimate(1 - found.value, 1 - found.high, 1 - found.low)


def determination_gain(
    targets: Num[np.ndarray, " row"],
    guesses: Num[np.ndarray, " row"],
    others: Num[np.ndarray, " row"],
    levels: Int[np.ndarray, " row"],
    *,
    seed: int = 0,
) -> Estimate:
    """R² of guesses minus R² of other guesses, on the same draws of levels.

    Example:
        >>> numbers, levels = np.arange(40.0), np.arange(40) // 4
        >>> determination_gain(numbers, numbers, np.full(40, 19.5), levels).value
        1.0
    """
    gain = (targets - others) ** 2 - (targets - guesses) ** 2
    return _share(gain, targets, levels, seed, otherwise=0.0)


def ranking(
    labels: Bool[np.ndarray, " row"],
    scores: Num[np.ndarray, " row"],
    levels: Int[np.ndarray, " row"],
    *,
    resamples: int = 200,
    seed: int = 0,
) -> Estimate:
    """How often a True row scores above a False one: the area under the ROC curve.

    Returns:
        The 95% percentile interval is over levels. All numbers are .5 where labels are equal.

    Example:
        >>> labels = np.arange(40) % 2 == 0
        >>> f"{ranking(labels, labels * 1.0, np.arange(40) // 4):.1f}"
        '1.0 [1.0, 1.0]'
    """
    from scipy.stats import rankdata

    def of(rows: Int[np.ndarray, " chosen"]) -> float:
        chosen = labels[rows]
        positive, count = int(chosen.sum()), len(chosen)
        if positive in (0, count):
            return 0.5
        ranks = rankdata(scores[rows])[chosen].sum()
        return float((ranks - positive * (positive + 1) / 2) / (positive * (count - positive)))

    kinds = np.unique(levels)
    members = [np.flatnonzero(levels == kind) for kind in kinds]
    rng = np.random.default_rng(seed)
    drawn = [
        of(np.concatenate([members[k] for k in rng.integers(len(kinds), size=len(kinds))]))
        for _ in range(resamples)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Estimate(of(np.arange(len(labels))), float(low), float(high))


def _share(
    parts: Num[np.ndarray, " row"],
    targets: Num[np.ndarray, " row"],
    levels: Int[np.ndarray, " row"],
    seed: int,
    *,
    otherwise: float,
) -> Estimate:
    """The sum of parts as a share of the targets' squared deviations; `otherwise` if they are 0."""
    kinds, place = np.unique(levels, return_inverse=True)
    terms = (np.ones(len(targets)), targets, targets.astype(np.float64) ** 2, parts)
    sums = np.stack([np.bincount(place, term, len(kinds)) for term in terms], axis=1)

    def of(totals: Float[np.ndarray, "*draw 4"]) -> Float[np.ndarray, "*draw"]:
        count, total, squares, part = np.moveaxis(totals, -1, 0)
        spread = squares - total**2 / count
        enough = spread > 1e-9 * squares
        return np.where(enough, part / np.where(enough, spread, 1), otherwise)

    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(kinds), np.full(len(kinds), 1 / len(kinds)), RESAMPLES)
    low, high = np.percentile(of(drawn.astype(np.float64) @ sums), [2.5, 97.5])
    return Estimate(float(of(sums.sum(axis=0))), float(low), float(high))
