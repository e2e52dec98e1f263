"""Onsets: the first snapshot from which on a curve stays above its threshold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from procgen_tools.studies.goal_splits.onsets import Onset, mean_curves, onset, onset_table

DONE = np.array([0, 100, 200, 300])


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ([0.0, 0.1, 0.2, 0.3], Onset(200, reached=True)),
        ([0.0, 0.3, 0.1, 0.3], Onset(300, reached=True)),
        ([0.3, 0.3, 0.3, 0.1], Onset(300, reached=False)),
        ([0.2, 0.2, 0.2, 0.2], Onset(0, reached=True)),
    ],
)
def test_onset(curve: list[float], expected: Onset) -> None:
    assert onset(DONE, np.array(curve), 0.2) == expected


def test_the_corner_begins_above_the_untrained_and_the_pull_at_the_threshold() -> None:
    untrained = pd.DataFrame({"corner_without_cheese": [0.2, 0.4], "cheese_pull": [0.9, 0.9]})
    rows = [
        {
            "agent": agent, "cheese": "region", "shift": "on", "seed": seed, "samples": samples,
            "level": level, "corner_without_cheese": want + 0.05 * level,
            "cheese_pull": want - 0.3,
        }
        for seed, agent in enumerate(("a", "b"))
        for level in (-1, 1)
        for samples, want in zip(DONE, (0.3, 0.36, 0.41, 0.6), strict=True)
    ]  # fmt: skip
    curves = mean_curves(pd.DataFrame(rows))
    assert len(curves) == 2 * len(DONE)
    assert curves["corner_without_cheese"].tolist() == pytest.approx(2 * [0.3, 0.36, 0.41, 0.6])
    table = onset_table(curves, untrained)
    assert len(table) == 2 * 2 * 3
    assert table["reached"].all()
    corner = table[(table["want"] == "corner_without_cheese") & (table["agent"] == "b")]
    assert dict(zip(corner["threshold"], corner["done"], strict=True)) == {
        0.1: 200, 0.05: 100, 0.2: 300,
    }  # fmt: skip
    pull = table[(table["want"] == "cheese_pull") & (table["threshold"] == 0.1)]
    assert pull["done"].tolist() == [200, 200]
