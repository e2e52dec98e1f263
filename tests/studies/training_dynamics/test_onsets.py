"""Onsets of planted curves, and intervals that know how much levels differ."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools.studies.training_dynamics.onsets import half_way_onset, over_resampled_levels

DONE = np.arange(0, 100, 10)


def rising(at: int, height: float = 1.0) -> np.ndarray:
    """0 before a checkpoint, and `height` from it on."""
    return np.where(np.arange(10) >= at, height, 0.0)


def test_a_step_begins_where_it_is() -> None:
    assert [half_way_onset(DONE, rising(at)) for at in (1, 4, 9)] == [10, 40, 90]
    assert half_way_onset(DONE, np.linspace(0, 1, 10)) == 50
    assert half_way_onset(DONE, 3 + 2 * rising(4)) == 40


def test_what_falls_back_has_not_begun() -> None:
    curve = rising(6)
    curve[2] = 1.0
    assert half_way_onset(DONE, curve) == 60
    assert half_way_onset(DONE, -rising(4)) == 90  # never
    with pytest.raises(ValueError, match="9 numbers at 10 checkpoints"):
        half_way_onset(DONE, np.zeros(9))


def test_levels_are_resampled() -> None:
    early, late = rising(2), rising(8, 1.2)
    alike = np.stack([early] * 20)[None]
    mean = over_resampled_levels(lambda curve: half_way_onset(DONE, curve), alike)
    assert (mean.value, mean.low, mean.high) == (20, 20, 20)
    mixed = np.stack([early] * 10 + [late] * 10)[None]
    mean = over_resampled_levels(lambda curve: half_way_onset(DONE, curve), mixed)
    assert (mean.value, mean.low, mean.high) == (80, 20, 80)


def test_several_runs_are_averaged_and_curves_drawn_together() -> None:
    first = np.stack([np.stack([rising(at)] * 5) for at in (2, 4)])
    second = np.stack([np.stack([rising(at)] * 5) for at in (5, 7)])

    def later(one: np.ndarray, two: np.ndarray) -> float:
        return half_way_onset(DONE, two) - half_way_onset(DONE, one)

    mean = over_resampled_levels(later, first, second)
    assert (mean.value, mean.low, mean.high) == (30, 30, 30)
    both = over_resampled_levels(lambda curve: half_way_onset(DONE, curve), first)
    assert (both.value, both.low, both.high) == (30, 20, 40)
    with pytest.raises(ValueError, match="give at least one"):
        over_resampled_levels(later, first, second[:1])
