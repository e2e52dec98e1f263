"""When something begins in a curve over training, with an interval over levels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Shaped

from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies.onsets import lasting_onset

RESAMPLES = 1999


def half_way_onset(
    done: Shaped[np.ndarray, " checkpoint"], curve: Float[np.ndarray, " number"]
) -> float:
    """When a curve has risen half-way from its first to its last number for good.

    The first checkpoint from which on it stays at or above the middle between the two.

    Args:
        done: samples or steps at each checkpoint, growing.
        curve: the number there.

    Returns:
        One of `done`; the last if the curve ends no higher than it begins.

    Raises:
        ValueError: see `lasting_onset`.
    """
    middle = (curve[0] + curve[-1]) / 2 if len(curve) else 0.0
    found = lasting_onset(done, curve, middle)
    return float(found.done if curve[-1] > curve[0] else done[-1])


def over_resampled_levels(
    statistic: Callable[..., float],
    *curves: Float[np.ndarray, "_run _level _checkpoint"],
    seed: int = 0,
) -> Estimate:
    """A statistic of curves that are means over levels, with its 95% bootstrap interval.

    Runs and levels are resampled apart from each other, alike for all curves; a single run stays.
    With several runs the statistic is the mean of what it is for each.

    Args:
        statistic: of as many (checkpoint,) arrays as there are curves.
        curves: measured on the same runs and levels.
        seed: of the resampling.

    Raises:
        ValueError: no curves, or curves of different shapes.
    """
    if not curves or len({curve.shape for curve in curves}) != 1:
        raise ValueError(
            f"curves of shapes {[curve.shape for curve in curves]}: give at least one, and all of "
            "the same runs, levels and checkpoints"
        )
    runs, levels, _ = curves[0].shape
    rng = np.random.default_rng(seed)

    def of(weights: Float[np.ndarray, " level"], chosen: Shaped[np.ndarray, " run"]) -> float:
        means = [np.einsum("l,rlc->rc", weights, curve) for curve in curves]
        return float(np.mean([statistic(*(mean[run] for mean in means)) for run in chosen]))

    evenly = np.full(levels, 1 / levels)
    value = of(evenly, np.arange(runs))
    drawn = [
        of(rng.multinomial(levels, evenly) / levels, np.asarray(rng.integers(runs, size=runs)))
        for _ in range(RESAMPLES)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Estimate(value, float(low), float(high))
