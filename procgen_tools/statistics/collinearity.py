"""Whether the coefficients of a regression can be trusted when its features are correlated.

Correlated features explain partly the same variance. How a regression divides it among them, even
the signs of their coefficients, may be an accident of the rows. Variance inflation factors and
correlations measure how well the features can be separated. `sign_flips` lists coefficients whose
sign differs between a regression on one feature and the regression on all.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from jaxtyping import Float
from scipy.optimize import linprog
from statsmodels.stats.outliers_influence import variance_inflation_factor
from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

from procgen_tools.shown import brief
from procgen_tools.statistics.regressions import INTERCEPT, Outcomes
from procgen_tools.statistics.samples import Sample, check_features, take_sample

VIF_WARNING = 4.0
"""The variance inflation factor from which on collinearity is commonly considered a problem."""

_SAME = 1e-7
"""Below this unexplained share of its variance, a feature counts as a combination of the others."""


@dataclass(frozen=True, eq=False)
class Collinearity:
    """How well features can be separated.

    Attributes:
        inflation: (feature,) the variance inflation factors 1 / (1 - R²), where R² is the share of
            the feature's variance that a linear regression on the other features explains. The
            variance of the feature's coefficient is this many times what it would be if the
            feature were uncorrelated with the others. Infinite for a linear combination of the
            others.
        correlations: (feature, feature) the correlation of each pair of features.
    """

    inflation: pd.Series
    correlations: pd.DataFrame

    __repr__ = brief


def collinearity(features: pd.DataFrame, names: Sequence[str] | None = None) -> Collinearity:
    """Variance inflation factors and correlations of features.

    Args:
        features: one row per maze.
        names: the columns to use; defaults to all.

    Raises:
        ValueError: no names, or unknown or repeated ones; features that are missing, infinite or
            constant; too few rows for the number of features.

    Example:
        >>> table = pd.DataFrame({"a": [0, 0, 1, 1, 2], "b": [0, 1, 0, 1, 2]})
        >>> collinearity(table).inflation.round(2).to_dict()
        {'a': 1.7, 'b': 1.7}
    """
    inputs = check_features(features, names)
    if len(inputs) <= inputs.shape[1] + 1:
        raise ValueError(
            f"{len(inputs)} rows are too few to separate {inputs.shape[1]} features: give at least "
            f"{inputs.shape[1] + 2}"
        )
    design = sm.add_constant(_standardise(inputs.to_numpy()), prepend=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about linear combinations, which infinity reports
        factors = [variance_inflation_factor(design, i) for i in range(inputs.shape[1])]
    inflation = pd.Series(factors, index=inputs.columns, name="inflation")
    return Collinearity(
        inflation.mask((inflation > 1 / _SAME) | (inflation < 0), np.inf), inputs.corr()
    )


def likelihood_regression(
    features: pd.DataFrame, outcomes: Outcomes, names: Sequence[str] | None = None
) -> pd.DataFrame:
    """A logistic regression on all rows, by maximum likelihood without a penalty.

    Returns:
        One row per feature and one for the intercept. Columns: coefficient (change of the log odds
        per standard deviation of the feature); low and high (its 95% confidence interval over
        mazes); p (the probability of a coefficient at least as large if the true one is 0). The
        intervals are robust (HC0), so they are valid for outcomes that are probabilities, too.

    Raises:
        ValueError: see `take_sample`; a feature is a linear combination of the others; the
            features separate the outcomes perfectly, so the likelihood has no maximum.
    """
    sample = take_sample(features, outcomes, names)
    factors = collinearity(features, sample.names).inflation
    if np.isinf(factors).any():
        raise ValueError(
            f"the features {', '.join(factors.index[np.isinf(factors)])} are linear combinations "
            "of each other, so their coefficients are not unique: leave one of them out"
        )
    return _likelihood(sample)


def sign_flips(
    features: pd.DataFrame, outcomes: Outcomes, names: Sequence[str] | None = None
) -> pd.DataFrame:
    """Compare each feature's coefficient in a regression on it alone with that in the joint one.

    Returns:
        One row per feature. Columns: alone, alone_low and alone_high, and joint, joint_low and
        joint_high (see `likelihood_regression`); flips (whether the signs differ); clear (whether
        neither interval contains 0; a flip that is not clear may be noise).

    Raises:
        ValueError: see `likelihood_regression`.
    """
    joint = likelihood_regression(features, outcomes, names).drop(index=INTERCEPT)
    alone = pd.concat(
        likelihood_regression(features, outcomes, [name]).loc[[name]] for name in joint.index
    )
    table = pd.DataFrame(
        {
            f"{label}{end}": of[column]
            for label, of in (("alone", alone), ("joint", joint))
            for end, column in (("", "coefficient"), ("_low", "low"), ("_high", "high"))
        }
    )
    clear = [(each["low"] * each["high"]) > 0 for each in (alone, joint)]
    return table.assign(
        flips=np.sign(table["alone"]) != np.sign(table["joint"]), clear=clear[0] & clear[1]
    )


def _likelihood(sample: Sample) -> pd.DataFrame:
    design = sm.add_constant(_standardise(sample.inputs), prepend=False)
    if _separates(design, sample.outcomes):
        raise ValueError(
            f"the features {', '.join(sample.names)} separate the outcomes perfectly, so no finite "
            "coefficients maximise the likelihood: use `regression`, whose penalty bounds them"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PerfectSeparationWarning)  # also of a perfect fit
        fit = sm.GLM(sample.outcomes, design, family=sm.families.Binomial()).fit(cov_type="HC0")
    low, high = fit.conf_int().T
    return pd.DataFrame(
        {"coefficient": fit.params, "low": low, "high": high, "p": fit.pvalues},
        index=[*sample.names, INTERCEPT],
    )


def _separates(
    design: Float[np.ndarray, "row weight"], outcomes: Float[np.ndarray, " row"]
) -> bool:
    """Whether the likelihood has no maximum, because it grows forever in some direction.

    Along such a direction, the log odds fall for no success, rise for no failure, and do not change
    for outcomes in between, but change for some row. A linear programme searches for one (Konis,
    2007).
    """
    certain = (outcomes == 0) | (outcomes == 1)
    towards = design[certain] * np.where(outcomes[certain] == 1, 1.0, -1.0)[:, None]
    found = linprog(
        -towards.sum(axis=0),
        A_ub=-towards,
        b_ub=np.zeros(len(towards)),
        A_eq=design[~certain],
        b_eq=np.zeros((~certain).sum()),
        bounds=(-1, 1),
    )
    return bool(found.fun < -1e-6)


def _standardise(inputs: np.ndarray) -> np.ndarray:
    """Standardise features with the mean and standard deviation over all rows."""
    return (inputs - inputs.mean(axis=0)) / inputs.std(axis=0)
