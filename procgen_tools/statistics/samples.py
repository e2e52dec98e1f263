"""What a regression works on: features and outcomes of many mazes, checked before it begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float, Shaped

from procgen_tools.names import did_you_mean
from procgen_tools.shown import brief

ROWS_A_COEFFICIENT = 10
"""Fewer rows for each coefficient (the intercept is one) and a regression means little."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Features and outcomes of many mazes.

    Attributes:
        names: of the features.
        inputs: (row, feature) finite numbers; no feature is the same in all rows.
        outcomes: (row,) between 0 and 1, not all equal.
    """

    names: tuple[str, ...]
    inputs: Float[np.ndarray, "row feature"]
    outcomes: Float[np.ndarray, " row"]

    __repr__ = brief

    @property
    def base_rate(self) -> float:
        """How often it is right to always name the outcome that is the more frequent one."""
        return float(max(self.outcomes.mean(), 1 - self.outcomes.mean()))


def take_sample(
    features: pd.DataFrame,
    outcomes: Sequence[float | int] | Shaped[np.ndarray, " row"] | pd.Series,
    names: Sequence[str] | None = None,
) -> Sample:
    """The columns `names` of `features` (all by default), with the outcomes of the same rows.

    Args:
        features: one row per maze, as `feature_table` makes them.
        outcomes: (row,) whether the agent got the cheese, or with what probability.
        names: columns of `features`.

    Raises:
        ValueError: unknown, repeated or no names; features that are missing, infinite, no numbers
            or the same in all rows; outcomes of other rows, outside [0, 1] or all equal; fewer
            rows than ten for each coefficient.
    """
    inputs = check_features(features, names)
    if isinstance(outcomes, pd.Series) and not outcomes.index.equals(features.index):
        raise ValueError(
            "the outcomes are indexed by other rows than the features: select the same rows of "
            "both, for instance outcomes.loc[features.index]"
        )
    values = np.asarray(outcomes, dtype=np.float64)
    if values.shape != (len(features),):
        raise ValueError(
            f"outcomes of shape {values.shape} for {len(features)} rows of features: "
            "give one outcome a row"
        )
    wrong = np.flatnonzero(~((values >= 0) & (values <= 1)))
    if len(wrong):
        raise ValueError(
            f"{len(wrong)} of {len(values)} outcomes are not between 0 and 1, the first is "
            f"{values[wrong[0]]} in row {wrong[0]}: give True, False or probabilities"
        )
    needed = ROWS_A_COEFFICIENT * (inputs.shape[1] + 1)
    if len(values) < needed:
        raise ValueError(
            f"{len(values)} rows are too few for {inputs.shape[1]} features: give at least "
            f"{needed}, {ROWS_A_COEFFICIENT} for each coefficient, or fewer features"
        )
    if values.min() == values.max():
        raise ValueError(
            f"all {len(values)} outcomes are {values[0]:g}, and nothing tells them apart: give "
            "mazes of both outcomes"
        )
    return Sample(tuple(inputs.columns), inputs.to_numpy(), values)


def check_features(features: pd.DataFrame, names: Sequence[str] | None = None) -> pd.DataFrame:
    """The columns `names` of `features` (all by default) as finite, varying floats.

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
            raise ValueError(f"feature {name!r} holds {features[name].dtype}: give it numbers")
    inputs = features[chosen].astype(np.float64)
    finite = np.isfinite(inputs)
    if not finite.all(axis=None):
        columns = [name for name in chosen if not finite[name].all()]
        raise ValueError(
            f"{(~finite.all(axis=1)).sum()} of {len(inputs)} rows have missing or infinite "
            f"features ({', '.join(columns)}), as mazes without decision square do: keep the "
            "others, and their outcomes, with rows = np.isfinite(features).all(axis=1)"
        )
    for name in chosen:
        if len(inputs) and inputs[name].min() == inputs[name].max():
            raise ValueError(
                f"feature {name!r} is {inputs[name].iloc[0]:g} in all rows and explains nothing: "
                "leave it out"
            )
    return inputs
