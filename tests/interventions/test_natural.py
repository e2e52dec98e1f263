"""Natural activations: percentiles, and how unusual an edit is."""

from __future__ import annotations

import pytest

from procgen_tools import maze
from procgen_tools.interventions import (
    NOTHING,
    NaturalActivations,
    Scale,
    Zero,
    activations_of,
    unusualness,
)
from procgen_tools.models import ImpalaPolicy
from tests.interventions.conftest import LAYER


def test_percentiles_against_counting(policy: ImpalaPolicy, levels: list[maze.Maze]) -> None:
    natural = NaturalActivations.of(policy, levels, LAYER)
    x = activations_of(policy, levels, LAYER)
    percentiles = natural.percentiles(x)
    assert percentiles.shape == x.shape
    for item, channel, row, col in [(0, 0, 0, 0), (2, 7, 8, 3), (4, 31, 15, 15)]:
        value, all_values = x[item, channel, row, col], x[:, channel]
        expected = 100 * float(
            (all_values < value).float().mean() + (all_values == value).float().mean() / 2
        )
        assert float(percentiles[item, channel, row, col]) == pytest.approx(expected, abs=1e-3)
    assert float(percentiles.mean()) == pytest.approx(50, abs=1e-3)  # of themselves


def test_unusualness(policy: ImpalaPolicy, levels: list[maze.Maze]) -> None:
    natural = NaturalActivations.of(policy, levels, LAYER)
    wild = unusualness(policy, Scale(LAYER, 1000.0), levels, natural)
    assert wild.outside > 0.9
    assert wild.beyond_all > 0.9
    mild = unusualness(policy, Scale(LAYER, 1.0001), levels, natural)
    assert mild.outside < 0.01
    assert mild.median == pytest.approx(25, abs=1)
    assert unusualness(policy, Zero(LAYER, channels=[4]), levels[0], natural).edited <= 256
    with pytest.raises(ValueError, match="'nothing' changes nothing"):
        unusualness(policy, NOTHING, levels, natural)
