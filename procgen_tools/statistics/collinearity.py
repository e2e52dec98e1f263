"""Whether the coefficients of a regression may be trusted when its features are correlated.

Correlated features share what they explain among themselves, and the share of each, its sign
included, may be an accident of the rows. Variance inflation factors and correlations say how far
features can be told apart; sign flips say which coefficients point one way alone and another way
among the others.
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
"""From here on a variance inflation factor is usually taken as a warning."""

_SAME = 1e-7
"""Share of a feature that the others leave unexplained, under which they make it up entirely."""


@dataclass(frozen=True, eq=False)
class Collinearity:
    """How far features can be told apart.

    Attributes:
        inflation: variance inflation factor of each feature, 1 / (1 - R²) with R² the share of its
            variance that a linear regression on the others explains: 1 when it has nothing to do
            with them, infinite when they make it up. A coefficient's variance is so many times
            what it would be without the others.
        correlations: of each feature with each, between -1 and 1.
    """

    inflation: pd.Series
    correlations: pd.DataFrame

    __repr__ = brief


def collinearity(features: pd.DataFrame, names: Sequence[str] | None = None) -> Collinearity:
    """Variance inflation factors and correlations of the features `names` (all by default).

    Raises:
        ValueError: unknown, repeated or no names; features that are missing, infinite or the same
            in all rows; no more rows than features.
    """
    inputs = check_features(features, names)
    if len(inputs) <= inputs.shape[1] + 1:
        raise ValueError(
            f"{len(inputs)} rows cannot tell {inputs.shape[1]} features apart: give more rows"
        )
    design = sm.add_constant(_standardise(inputs.to_numpy()), prepend=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of features that make each other up: so says infinity
        factors = [variance_inflation_factor(design, i) for i in range(inputs.shape[1])]
    inflation = pd.Series(factors, index=inputs.columns, name="inflation")
    return Collinearity(
        inflation.mask((inflation > 1 / _SAME) | (inflation < 0), np.inf), inputs.corr()
    )


def likelihood_regression(
    features: pd.DataFrame, outcomes: Outcomes, names: Sequence[str] | None = None
) -> pd.DataFrame:
    """The logistic regression of all rows at once, by maximum likelihood and without a penalty.

    One row per feature, and the intercept; columns coefficient (change of the log odds per standard
    deviation of the feature), low and high (95% confidence, for other mazes of the same kind) and
    p (chance of so large a coefficient if the true one were 0). Intervals are robust (HC0), so
    that they hold for probabilities as outcomes, too.

    Raises:
        ValueError: see `take_sample`; features of which one is made up of the others; features
            that tell outcomes apart without error, so that no coefficients fit best.
    """
    sample = take_sample(features, outcomes, names)
    factors = collinearity(features, sample.names).inflation
    if np.isinf(factors).any():
        raise ValueError(
            f"the features {', '.join(factors.index[np.isinf(factors)])} make each other up, and "
            "their coefficients have no single answer: leave one of them out"
        )
    return _likelihood(sample)


def sign_flips(
    features: pd.DataFrame, outcomes: Outcomes, names: Sequence[str] | None = None
) -> pd.DataFrame:
    """Which coefficients change sign between the regression on one feature and that on all.

    One row per feature; columns alone, alone_low, alone_high and joint, joint_low, joint_high (see
    `likelihood_regression`), flips (whether the signs differ) and clear (whether neither
    interval contains 0; a flip that is not clear may be noise).

    Raises:
        ValueError: as for `likelihood_regression`.
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
            f"the features {', '.join(sample.names)} tell outcomes apart without error, so that "
            "no finite coefficients fit best: use `regression`, whose penalty bounds them"
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
    """Whether the likelihood grows for ever in some direction (Konis, 2007).

    Along such a direction the log odds fall for no success, rise for no failure, and stay for
    probabilities in between. A linear programme looks for one along which they move at all.
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
    """In standard deviations from the mean. All rows take part: nothing is held out here."""
    return (inputs - inputs.mean(axis=0)) / inputs.std(axis=0)
