"""The claim about activations: channels that change most at the cheese, beside untrained ones."""

from __future__ import annotations

import pandas as pd
import pytest

from procgen_tools.studies.base import LAYER
from procgen_tools.studies.visualize_activations.claims import all_claims


def peaks(near: int, mazes: int = 10, missed: int = 0, agents: str = "ab") -> pd.DataFrame:
    """Of ten channels, `near` change most beside the cheese in all mazes but `missed`."""
    return pd.DataFrame(
        {
            "agent": agent,
            "layer": layer,
            "level": level,
            "channel": channel,
            "steps": 1 if channel < near and level >= missed and layer == LAYER else 7,
        }
        for agent in agents
        for layer in (LAYER, "other")
        for level in range(mazes)
        for channel in range(10)
    )


@pytest.mark.parametrize(("near", "missed", "share"), [(2, 0, 0.2), (2, 1, 0.2), (2, 2, 0.0)])
def test_channels_count_that_are_near_in_nine_of_ten_mazes(
    near: int, missed: int, share: float
) -> None:
    (claim,) = all_claims(peaks(near, missed=missed), peaks(1, agents="xyz"))
    for numbers in claim.measured.values():
        assert numbers["share of channels"].value == pytest.approx(share)
        assert numbers["untrained"].value == pytest.approx(0.1)
        mean = 0.2 * (1 - missed / 10)
        assert numbers["mean over all channels"].value == pytest.approx(mean)
        assert numbers["more than untrained"].value == pytest.approx(mean - 0.1)
    assert claim.holds == (share > 0)


def test_untrained_networks_with_as_many_channels_decide_against_the_claim() -> None:
    (claim,) = all_claims(peaks(2), peaks(2, agents="xyz"))
    assert claim.holds is False
    (claim,) = all_claims(peaks(2), peaks(8, agents="xyz"))
    assert claim.holds is False
