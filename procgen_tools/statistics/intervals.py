"""Numbers with their 95% intervals: shares, means over levels, means over agents and levels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import nan
from typing import Any

import numpy as np
from jaxtyping import Bool, Shaped
from scipy import stats
from scipy.stats import t as student

RESAMPLES = 9999
_NUMBERS_AT_ONCE = 4_000_000
"""How many resampled numbers are held in memory at a time."""
_NUMBERS_KEPT = 10_000_000
"""How many are kept for the next interval over as many agents and levels."""


@dataclass(frozen=True)
class Estimate:
    """A number, such as a mean or a median, with its 95% interval.

    A format such as '.1%' applies to all three numbers.

    Example:
        >>> f"{Estimate(0.5, 0.41, 0.59):.1f}"
        '0.5 [0.4, 0.6]'
    """

    value: float
    low: float
    high: float

    @classmethod
    def exact(cls, number: float) -> Estimate:
        """A number without uncertainty: both ends of its interval are the number itself."""
        return cls(float(number), float(number), float(number))

    @property
    def interval(self) -> tuple[float, float]:
        return self.low, self.high

    def __format__(self, form: str) -> str:
        return f"{self.value:{form}} [{self.low:{form}}, {self.high:{form}}]"


@dataclass(frozen=True)
class Share:
    """A share of `total` with its 95% Wilson interval; NaN when the total is 0."""

    count: int
    total: int

    @classmethod
    def of(cls, events: Bool[np.ndarray, " event"]) -> Share:
        """The share of True."""
        return cls(int(events.sum()), len(events))

    @property
    def value(self) -> float:
        return self.count / self.total if self.total else nan

    @property
    def interval(self) -> tuple[float, float]:
        if not self.total:
            return nan, nan
        bounds = stats.binomtest(self.count, self.total).proportion_ci(0.95, method="wilson")
        return float(bounds.low), float(bounds.high)

    @property
    def estimate(self) -> Estimate:
        """The share with its interval."""
        return Estimate(self.value, *self.interval)

    def __str__(self) -> str:
        if not self.total:
            return "of none"
        low, high = self.interval
        return f"{self.value:.1%} [{low:.1%}, {high:.1%}] ({self.count}/{self.total})"


def mean_over_levels(
    values: Shaped[np.ndarray, " level"] | Sequence[float], *, seed: int = 0
) -> Estimate:
    """The mean with the 95% percentile interval of its bootstrap over levels.

    Equal values, or a single one, give a zero-width interval. A NaN among the values makes all
    three numbers NaN.

    Args:
        values: (level,) one number per level.
        seed: of the resampling.

    Raises:
        ValueError: no values, or something other than one number per level.
    """
    return _over_levels(values, np.mean, seed)


def median_over_levels(
    values: Shaped[np.ndarray, " level"] | Sequence[float], *, seed: int = 0
) -> Estimate:
    """The median with the 95% percentile interval of its bootstrap; see `mean_over_levels`."""
    return _over_levels(values, np.median, seed)


def _over_levels(values: Any, statistic: Callable[..., Any], seed: int) -> Estimate:
    values = np.asarray(values)
    if values.ndim != 1 or values.dtype.kind not in "biuf":
        raise ValueError(
            f"values of shape {values.shape} and type {values.dtype} are not one number per level: "
            "give a list or an array of numbers"
        )
    if not len(values):
        raise ValueError("an interval over levels needs at least one level")
    values = values.astype(np.float64)
    if (values == values[0]).all() or np.isnan(values).any():
        constant = float(values[0]) if (values == values[0]).all() else nan
        return Estimate(constant, constant, constant)
    bounds = stats.bootstrap(
        (values,),
        statistic,
        n_resamples=RESAMPLES,
        method="percentile",
        batch=max(1, _NUMBERS_AT_ONCE // len(values)),
        random_state=np.random.default_rng(seed),
    ).confidence_interval
    return Estimate(float(statistic(values)), float(bounds.low), float(bounds.high))


def mean_over_agents(values: Shaped[np.ndarray, "agent level"], *, seed: int = 0) -> Estimate:
    """The mean over agents and levels, with a 95% interval over both.

    All agents are measured on the same levels, so agents and levels are resampled independently
    (Owen, 2007, "The pigeonhole bootstrap"). With few agents the interval is rough: it shows how
    far these agents differ, and says nothing about other kinds of agents.

    Raises:
        ValueError: no values.
    """
    if not values.size:
        raise ValueError("an interval over agents and levels needs at least one of both")
    agents, levels = values.shape
    draw = _kept_draws if RESAMPLES * levels <= _NUMBERS_KEPT else _draws
    drawn_agents, drawn_levels = draw(agents, levels, seed)
    means = np.einsum("ra,al,rl->r", drawn_agents, values, drawn_levels, optimize=True)
    low, high = np.percentile(means, [2.5, 97.5])
    return Estimate(float(values.mean()), float(low), float(high))


def _draws(agents: int, levels: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """How often each agent and level is drawn in each resample, of which a mean depends alone.

    Returns:
        (resample, agent) and (resample, level): shares.
    """
    rng = np.random.default_rng(seed)
    drawn_agents = rng.multinomial(agents, np.full(agents, 1 / agents), RESAMPLES) / agents
    drawn_levels = rng.multinomial(levels, np.full(levels, 1 / levels), RESAMPLES) / levels
    return drawn_agents, drawn_levels


_kept_draws = lru_cache(maxsize=2)(_draws)


def median_over_agents(values: Shaped[np.ndarray, "agent level"], *, seed: int = 0) -> Estimate:
    """The median over all agents and levels, with a 95% interval over both.

    Agents and levels are resampled independently, as for `mean_over_agents`.

    Raises:
        ValueError: no values.

    Example:
        >>> median_over_agents(np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 1.0]])).value
        0.5
    """
    if not values.size:
        raise ValueError("an interval over agents and levels needs at least one of both")
    agents, levels = values.shape
    rng = np.random.default_rng(seed)
    drawn_agents = rng.integers(agents, size=(RESAMPLES, agents, 1))
    drawn_levels = rng.integers(levels, size=(RESAMPLES, 1, levels))
    medians = np.median(values[drawn_agents, drawn_levels], axis=(1, 2))
    low, high = np.percentile(medians, [2.5, 97.5])
    return Estimate(float(np.median(values)), float(low), float(high))


def paired_over_levels(
    first: Shaped[np.ndarray, " level"],
    second: Shaped[np.ndarray, " level"],
    statistic: Callable[..., Any],
    *,
    seed: int = 0,
) -> Estimate:
    """A statistic of two numbers per level, with the interval of its bootstrap over levels.

    Args:
        first, second: one number per level, in the same order.
        statistic: takes both and an `axis`, such as a ratio of means or `correlation`.
        seed: of the resampling.

    Raises:
        ValueError: different numbers of levels, or no levels.

    Example:
        >>> f"{paired_over_levels(np.arange(9), 2 * np.arange(9), correlation):.1f}"
        '1.0 [1.0, 1.0]'
    """
    if len(first) != len(second) or not len(first):
        raise ValueError(
            f"there are {len(first)} and {len(second)} numbers: give one of each for every level, "
            "and at least one level"
        )
    drawn = np.random.default_rng(seed).integers(len(first), size=(RESAMPLES, len(first)))
    # A resample of one level over and over has no ratio or correlation.
    with np.errstate(invalid="ignore", divide="ignore"):
        numbers = np.asarray(statistic(first[drawn], second[drawn], axis=-1))
        found = float(statistic(first, second, axis=-1))
    low, high = np.nanpercentile(numbers, [2.5, 97.5]) if np.isfinite(found) else (nan, nan)
    return Estimate(found, float(low), float(high))


def correlation(
    first: Shaped[np.ndarray, "*other level"],
    second: Shaped[np.ndarray, "*other level"],
    axis: int = -1,
) -> Any:
    """Pearson's correlation along an axis; NaN where one of them does not vary.

    Example:
        >>> float(correlation(np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0])).round(6))
        -1.0
    """
    apart = first - first.mean(axis=axis, keepdims=True)
    other = second - second.mean(axis=axis, keepdims=True)
    size = np.sqrt((apart**2).sum(axis=axis) * (other**2).sum(axis=axis))
    # Rounding may leave something of equal numbers.
    vary = (np.ptp(first, axis=axis) > 0) & (np.ptp(second, axis=axis) > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(vary, (apart * other).sum(axis=axis) / size, np.nan)[()]


def mean_of_agents(values: Shaped[np.ndarray, " agent"] | Sequence[float]) -> Estimate:
    """The mean of one number per agent, with Student's 95% interval over agents.

    Resampling a handful of agents gives intervals that are too short; this one assumes that the
    agents' numbers are about normal. A single agent says nothing about others: its interval has
    no width.

    Raises:
        ValueError: no agents.

    Example:
        >>> f"{mean_of_agents([1.0, 2.0, 3.0]):.1f}"
        '2.0 [-0.5, 4.5]'
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or not len(numbers):
        raise ValueError(f"values have shape {numbers.shape}: give one number per agent")
    mean, count = float(numbers.mean()), len(numbers)
    if count == 1:
        return Estimate.exact(mean)
    half = float(student.ppf(0.975, count - 1) * numbers.std(ddof=1) / np.sqrt(count))
    return Estimate(mean, mean - half, mean + half)
