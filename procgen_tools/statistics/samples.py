"""The data of a regression: features and outcomes of many mazes, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float, Shaped

from procgen_tools.names import did_you_mean
from procgen_tools.shown import brief

ROWS_A_COEFFICIENT = 10
"""The fewest rows per coefficient, including the intercept, for a meaningful regression."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Features and outcomes of many mazes.

    Attributes:
        names: the names of the features.
        inputs: (row, feature) finite numbers. No feature is constant.
        outcomes: (row,) numbers in [0, 1], not all equal.
    """

    names: tuple[str, ...]
    inputs: Float[np.ndarray, "row feature"]
    outcomes: Float[np.ndarray, " row"]

    __repr__ = brief

    @property
    def base_rate(self) -> float:
        """The accuracy of always predicting the more frequent outcome."""
        return float(max(self.outcomes.mean(), 1 - self.outcomes.mean()))


def take_sample(
    features: pd.DataFrame,
    outcomes: Sequence[float | int] | Shaped[np.ndarray, " row"] | pd.Series,
    names: Sequence[str] | None = None,
) -> Sample:
    """Check features and outcomes, and put them into a `Sample`.

    Args:
        features: one row per maze, such as from `feature_table`.
        outcomes: (row,) whether the agent got the cheese, or the probability that it does.
        names: the columns of `features` to use; defaults to all.

    Raises:
        ValueError: no names, or unknown or repeated ones; features that are missing, infinite, not
            numeric or constant; outcomes whose rows differ from those of `features`, that are
            outside [0, 1], or that are all equal; fewer than ten rows per coefficient.

    Example:
        >>> table = pd.DataFrame({"steps": range(30)})
        >>> take_sample(table, [step < 20 for step in range(30)]).base_rate
        0.6666666666666666
    """
    inputs = check_features(features, names)
    if isinstance(outcomes, pd.Series) and not outcomes.index.equals(features.index):
        raise ValueError(
            "the index of the outcomes differs from that of the features: select the same rows of "
            "both, for instance outcomes.loc[features.index]"
        )
    values = np.asarray(outcomes, dtype=np.float64)
    if values.shape != (len(features),):
        raise ValueError(
            f"outcomes have shape {values.shape}, but there are {len(features)} rows of features: "
            "give one outcome per row"
        )
    wrong = np.flatnonzero(~((values >= 0) & (values <= 1)))
    if len(wrong):
        raise ValueError(
            f"{len(wrong)} of {len(values)} outcomes are not between 0 and 1 (the first is "
            f"{values[wrong[0]]} in row {wrong[0]}): give True, False or probabilities"
        )
    needed = ROWS_A_COEFFICIENT * (inputs.shape[1] + 1)
    if len(values) < needed:
        raise ValueError(
            f"{len(values)} rows are too few for {inputs.shape[1]} features: give at least "
            f"{needed}, {ROWS_A_COEFFICIENT} per coefficient, or fewer features"
        )
    if values.min() == values.max():
        raise ValueError(
            f"all {len(values)} outcomes are {values[0]:g}: give mazes with different outcomes"
        )
    return Sample(tuple(inputs.columns), inputs.to_numpy(), values)


def check_features(features: pd.DataFrame, names: Sequence[str] | None = None) -> pd.DataFrame:
    """The columns `names` of `features` as floats, checked to be finite and not constant.

    `names` defaults to all columns.

    Raises:
        ValueError: see `take_sample`.
    """
    chosen = list(features.columns) if names is None else list(names)
    if not chosen:
        raise ValueError("no features: name at least one")
    for name in chosen:
        if name not in features.columns:
            known = [str(column) for column in features.columns]
            raise ValueError(
                f"the table has no feature {name!r}: choose from {', '.join(known)}"
                f"{did_you_mean(name, known)}"
            )
        if chosen.count(name) > 1:
            raise ValueError(f"feature {name!r} is named {chosen.count(name)} times: name it once")
        if not pd.api.types.is_numeric_dtype(features[name]):
            raise ValueError(
                f"feature {name!r} has type {features[name].dtype}: give a column of numbers"
            )
    inputs = features[chosen].astype(np.float64)
    finite = np.isfinite(inputs)
    if not finite.all(axis=None):
        columns = [name for name in chosen if not finite[name].all()]
        raise ValueError(
            f"{(~finite.all(axis=1)).sum()} of {len(inputs)} rows have missing or infinite "
            f"features ({', '.join(columns)}), for instance because a maze has no decision square: "
            "select the other rows and their outcomes with "
            "rows = np.isfinite(features).all(axis=1)"
        )
    for name in chosen:
        if len(inputs) and inputs[name].min() == inputs[name].max():
            raise ValueError(
                f"feature {name!r} is {inputs[name].iloc[0]:g} in all rows, so it explains "
                "nothing: leave it out"
            )
    return inputs
