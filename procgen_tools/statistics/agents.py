"""Statistics over a handful of agents: their spread, lines through them, and two groups compared.

Intervals are 95% percentile intervals of the bootstrap over agents. With fewer than three agents
nothing can be said about others, and the interval is unbounded: from -`UNBOUNDED` to `UNBOUNDED`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from scipy import stats

from procgen_tools.statistics.intervals import RESAMPLES, Estimate

UNBOUNDED = 99.0
FEWEST = 3
"""The fewest agents with a bounded interval."""


def resampled(
    samples: tuple[np.ndarray, ...], statistic: Callable[..., Any], *, paired: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """The lower and upper ends of a statistic's interval over agents.

    Args:
        samples: one array per argument of `statistic`, each with one number per agent.
        statistic: takes the samples and an `axis`, as for `scipy.stats.bootstrap`.
        paired: whether the samples are of the same agents.
    """
    if min(map(len, samples)) < FEWEST:
        shape = np.shape(statistic(*samples))
        return np.full(shape, -UNBOUNDED), np.full(shape, UNBOUNDED)
    bounds = stats.bootstrap(
        samples,
        statistic,
        paired=paired,
        n_resamples=RESAMPLES,
        method="percentile",
        random_state=np.random.default_rng(0),
    ).confidence_interval
    return np.asarray(bounds.low), np.asarray(bounds.high)


def spread(values: Float[np.ndarray, " agent"]) -> Estimate:
    """The standard deviation over agents; 0 for one agent.

    With fewer than three agents the interval is [0, 1], whatever the values.

    Example:
        >>> f"{spread(np.array([0.2, 0.4, 0.6])):.2f}"
        '0.20 [0.00, 0.23]'
    """
    found = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    low, high = resampled((values,), partial(np.std, ddof=1)) if len(values) >= FEWEST else (0, 1)
    return Estimate(found, float(low), float(high))


def _varied(numbers: np.ndarray, axis: int) -> np.ndarray:
    """The sum of squared differences from the mean; exactly 0 where all numbers are equal."""
    apart = ((numbers - numbers.mean(axis=axis, keepdims=True)) ** 2).sum(axis=axis)
    return np.where(np.ptp(numbers, axis=axis) > 0, apart, 0.0)


def ratio_of_spreads(
    first: Float[np.ndarray, " agent"], second: Float[np.ndarray, " other_agent"]
) -> Estimate:
    """How many times as large the standard deviation of one group is as that of another.

    Example:
        >>> ratio_of_spreads(np.array([0.0, 2.0, 4.0]), np.array([0.0, 1.0, 2.0])).value
        2.0
    """

    def ratio(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
        above, below = (np.sqrt(_varied(each, axis) / (each.shape[axis] - 1)) for each in (x, y))
        return np.divide(above, below, out=np.full_like(above, UNBOUNDED), where=below > 0)

    low, high = resampled((first, second), ratio)
    return Estimate(float(ratio(first, second)), float(low), float(high))


def line_through(
    given: Float[np.ndarray, " agent"], found: Float[np.ndarray, " agent"]
) -> dict[str, Estimate]:
    """The least-squares line of `found` on `given`: "slope", "intercept" and "R²".

    If `given` is the same for all agents, slope and R² are 0, and the intercept is the mean of
    `found`.

    Example:
        >>> line = line_through(np.array([0.0, 0.5, 1.0, 0.2]), np.array([1.0, 2.0, 3.0, 1.4]))
        >>> round(line["slope"].value, 6), round(line["R²"].value, 6)
        (2.0, 1.0)
    """

    def line(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
        centred_x, centred_y = (each - each.mean(axis=axis, keepdims=True) for each in (x, y))
        covariance = (centred_x * centred_y).sum(axis=axis)
        of_x, of_y = (_varied(each, axis) for each in (x, y))
        slope = np.divide(covariance, of_x, out=np.zeros_like(covariance), where=of_x > 0)
        both = of_x * of_y
        fit = np.divide(covariance**2, both, out=np.zeros_like(covariance), where=both > 0)
        return np.stack([slope, y.mean(axis=axis) - slope * x.mean(axis=axis), fit])

    fitted = line(given, found)
    low, high = resampled((given, found), line, paired=True)
    return {
        name: Estimate(float(fitted[k]), float(low[k]), float(high[k]))
        for k, name in enumerate(("slope", "intercept", "R²"))
    }


@dataclass(frozen=True)
class LargestDifference:
    """The column in which two groups of agents differ most.

    Attributes:
        column: its number.
        difference: the mean of the chosen agents minus that of the others, in that column.
        p: the share of random divisions of all agents into two such groups whose largest
            difference, in standard deviations over agents, is as large.
    """

    column: int
    difference: float
    p: float


def largest_difference(
    numbers: Float[np.ndarray, "agent column"],
    chosen: Bool[np.ndarray, " agent"],
    draws: int = 20_000,
) -> LargestDifference:
    """Where two groups of agents differ most, by a permutation test.

    The largest of all columns is compared with the largest of all columns of other divisions of the
    agents, so p needs no correction for the number of columns (Westfall and Young, 1993).

    Args:
        numbers: what was measured.
        chosen: which agents are in the first group.
        draws: random divisions.

    Example:
        >>> numbers = np.random.default_rng(0).normal(size=(20, 3))
        >>> numbers[:5, 2] += 9
        >>> largest_difference(numbers, np.arange(20) < 5).column
        2
    """
    deviation = numbers.std(axis=0, ddof=1)
    scaled = np.divide(numbers, deviation, out=np.zeros_like(numbers), where=deviation > 0)

    def difference(group: np.ndarray) -> np.ndarray:
        return np.asarray(scaled[group].mean(axis=0) - scaled[~group].mean(axis=0))

    rng = np.random.default_rng(0)
    own = difference(chosen)
    others = [np.abs(difference(rng.permutation(chosen))).max() for _ in range(draws)]
    column = int(np.abs(own).argmax())
    p = (1 + np.sum(np.array(others) >= np.abs(own[column]) - 1e-12)) / (1 + draws)
    return LargestDifference(column, float(own[column] * deviation[column]), float(p))
