"""Coefficients of several agents' regressions on the same mazes, with intervals over mazes.

Splits of one set of mazes say how much a coefficient depends on the split. Here mazes (and agents)
are drawn again with replacement, so that intervals are for other mazes of the same kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float
from tqdm import tqdm

from procgen_tools.statistics.logistic import fit_logistic
from procgen_tools.statistics.regressions import Outcomes
from procgen_tools.statistics.samples import check_features, take_sample

RESAMPLES = 1000


def coefficients_with_intervals(
    features: pd.DataFrame,
    outcomes: Mapping[str, Outcomes],
    names: Sequence[str] | None = None,
    *,
    together: str,
    penalty: float = 1.0,
    resamples: int = RESAMPLES,
    seed: int = 0,
    progress_bar: bool = False,
) -> pd.DataFrame:
    """The coefficients of all rows at once, for each agent and on average over agents.

    Args:
        features: one row per maze, the same for all agents.
        outcomes: by agent, of these rows.
        names: columns of `features`; defaults to all.
        together: the name of the average over agents in the result. Its interval is over agents
            and mazes, both of which are resampled.
        penalty: as for `regressions.regression`.
        resamples: number of resamples.
        seed: seed of the resampling.

    Returns:
        One row per feature for each agent and for the average. Columns: agent; feature; value, the
        change of the log odds per standard deviation of the feature; low and high, the ends of the
        95% percentile interval.

    Raises:
        ValueError: as for `samples.take_sample`, for any agent; a resample in which an agent has a
            single outcome.
    """
    samples = {agent: take_sample(features, of, names) for agent, of in outcomes.items()}
    first = next(iter(samples.values()))
    results = np.stack([sample.outcomes for sample in samples.values()])
    values = _fit_all(first.inputs, results, penalty)
    rng = np.random.default_rng(seed)
    count, agents = len(first.inputs), len(results)
    drawn = np.empty((resamples, agents, len(first.names)))
    shares = np.empty((resamples, agents))
    for i in tqdm(range(resamples), disable=not progress_bar, unit=" resamples"):
        rows = rng.integers(count, size=count)
        drawn[i] = _fit_all(first.inputs[rows], results[:, rows], penalty)
        shares[i] = rng.multinomial(agents, np.full(agents, 1 / agents)) / agents
    average = np.einsum("ra,raf->rf", shares, drawn)
    everything = np.concatenate([drawn, average[:, None]], axis=1)
    low, high = np.percentile(everything, [2.5, 97.5], axis=0)
    return pd.DataFrame(
        [
            {"agent": agent, "feature": name, "value": value, "low": low[a, f], "high": high[a, f]}
            for a, (agent, row) in enumerate(
                zip([*samples, together], [*values, values.mean(axis=0)], strict=True)
            )
            for f, (name, value) in enumerate(zip(first.names, row, strict=True))
        ]
    )


def inflation_with_intervals(
    features: pd.DataFrame,
    names: Sequence[str] | None = None,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> pd.DataFrame:
    """Variance inflation factors (see `collinearity.Collinearity`) with intervals over mazes.

    Returns:
        One row per feature: feature, value, low, high.

    Raises:
        ValueError: as for `collinearity.collinearity`; features of which one is made up of the
            others.
    """
    inputs = check_features(features, names)
    rng = np.random.default_rng(seed)
    count = len(inputs)
    numbers = inputs.to_numpy()
    value = _inflation(numbers)
    if not (np.isfinite(value).all() and (value > 0).all() and (value < 1e7).all()):
        raise ValueError(
            f"one of the features {', '.join(inputs.columns)} is made up of the others, and its "
            "factor is infinite: leave it out"
        )
    drawn = np.stack(
        [_inflation(numbers[rng.integers(count, size=count)]) for _ in range(resamples)]
    )
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    return pd.DataFrame({"feature": inputs.columns, "value": value, "low": low, "high": high})


def _fit_all(
    inputs: Float[np.ndarray, "row feature"],
    outcomes: Float[np.ndarray, "agent row"],
    penalty: float,
) -> Float[np.ndarray, "agent feature"]:
    deviation = inputs.std(axis=0)
    deviation[deviation == 0] = 1.0  # the same in all rows of a resample: coefficient 0
    standard = (inputs - inputs.mean(axis=0)) / deviation
    for each in outcomes:
        if each.max() == 0 or each.min() == 1:
            raise ValueError(
                f"all {len(each)} rows of a resample have outcome {each[0]:g}: give more mazes"
            )
    return np.stack([fit_logistic(standard, each, penalty)[:-1] for each in outcomes])


def _inflation(inputs: Float[np.ndarray, "row feature"]) -> Float[np.ndarray, " feature"]:
    """The diagonal of the inverse of the correlations, which is 1 / (1 - R²) of each feature."""
    correlations = np.corrcoef(inputs, rowvar=False).reshape(inputs.shape[1], inputs.shape[1])
    try:
        return np.diag(np.linalg.inv(correlations))
    except np.linalg.LinAlgError:
        return np.full(inputs.shape[1], np.inf)
