"""The claim about pictures of activations, and the rule that decides it."""

from __future__ import annotations

import pandas as pd

from procgen_tools.statistics.intervals import Share
from procgen_tools.studies.base import LAYER, Claim, measured, over_levels
from procgen_tools.studies.rules import ALL_AGENTS, Rule, upper, value
from procgen_tools.studies.untrained import null_of, over_untrained
from procgen_tools.studies.visualize_activations.measure import (
    OFTEN,
    channels_at_cheese,
    shares_at_cheese,
)

PUBLISHED_SHARE = 11 / 128


def all_claims(peaks: pd.DataFrame, untrained: pd.DataFrame) -> tuple[Claim, ...]:
    """The claim, with the estimates of tables of where each channel changes most.

    Args:
        peaks: of the agents.
        untrained: of untrained networks, in the same mazes.
    """
    shares = channels_at_cheese(peaks)
    often = shares.assign(often=shares["share"] >= OFTEN)
    channels = {
        str(agent): Share.of(rows["often"].to_numpy()).estimate
        for agent, rows in often.groupby("agent", sort=False)
    }
    channels[ALL_AGENTS] = Share.of(often["often"].to_numpy()).estimate
    null_shares = shares_at_cheese(untrained).xs(LAYER, level="layer")
    null = null_of({str(name): float(share) for name, share in null_shares.items()}, channels)
    by_level = _near_by_level(peaks)
    share = value(
        "share of channels",
        f"the share of channels that change most within one cell of the cheese in {OFTEN:.0%} of "
        "the mazes",
    )
    return (
        Claim(
            statement=f"More channels of {LAYER} show the cheese where it lies than in untrained "
            "networks of this architecture, and at least the published share",
            published="11 of 128 (.086), chosen by eye; no untrained network",
            rule=Rule.that(
                share >= PUBLISHED_SHARE, share > upper("untrained", "the mean of these networks")
            ),
            measured=measured(
                share_of_channels=channels,
                untrained=null,
                mean_over_all_channels=over_levels(by_level, "near"),
                more_than_untrained=over_untrained(by_level, _near_by_level(untrained), "near"),
            ),
            comment="Intervals of the first number are over channels, of the second over networks. "
            "The mean over all channels is the share of channels and mazes.",
        ),
    )


def _near_by_level(peaks: pd.DataFrame) -> pd.DataFrame:
    """The share of channels of LAYER that change most at the cheese, in each maze."""
    chosen = peaks[peaks["layer"] == LAYER]
    near = chosen.assign(near=(chosen["steps"] <= 1).astype(float))
    return near.groupby(["agent", "level"], sort=False, as_index=False)["near"].mean()
