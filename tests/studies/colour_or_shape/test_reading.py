"""What an agent reads: a known agent is found again, and its other pairs are predicted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from procgen_tools.studies.colour_or_shape.reading import (
    FEATURES,
    NUM_FITTED,
    PAIRS,
    features,
    fitted,
    model_table,
    nearness,
    predicted,
)


def preferences(weights: tuple[float, ...], agent: str = "a") -> pd.DataFrame:
    """The table of an agent with these weights on the features."""
    differences = np.array([features(one) - features(two) for one, two in PAIRS])
    return pd.DataFrame(
        {
            "agent": agent,
            "first": [one for one, _ in PAIRS],
            "second": [two for _, two in PAIRS],
            "preference": expit(differences @ np.array(weights)),
        }
    )


def test_pairs_are_distinct_and_visible_on_black() -> None:
    assert len({frozenset(pair) for pair in PAIRS}) == len(PAIRS) == 24
    assert not any("black" in name for pair in PAIRS for name in pair)


def test_the_channel_of_an_agent_is_found() -> None:
    """One agent reads red, one the shape; both are predicted, and the baselines are not."""
    table = model_table(pd.concat([preferences((3, 0, 0, 0), "red"),
                                   preferences((0, 0, 0, 2), "line")]))  # fmt: skip
    red, line = (table.set_index("agent").loc[name] for name in ("red", "line"))
    assert red[list(FEATURES)].astype(float).abs().idxmax() == "red"
    assert line[list(FEATURES)].astype(float).abs().idxmax() == "line"
    for row in (red, line):
        assert row["error"] < 0.06 < row["error_without_model"]
        assert row["error"] < row["error_of_distance"]


def test_an_agent_of_distance_is_predicted_by_distance() -> None:
    by_distance = np.array([nearness(one) - nearness(two) for one, two in PAIRS])
    found = expit(2 * by_distance[:, 0])
    weights = fitted(by_distance[:NUM_FITTED], found[:NUM_FITTED])
    assert np.abs(predicted(weights, by_distance[NUM_FITTED:]) - found[NUM_FITTED:]).max() < 0.06
    assert nearness("yellow_gem") == 0
    assert nearness("blue_line") == pytest.approx(-np.sqrt(3))
