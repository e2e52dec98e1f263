"""The claim about pictures of activations, and the rule that decides it."""

from __future__ import annotations

import pandas as pd

from procgen_tools.statistics.intervals import Share
from procgen_tools.studies.base import LAYER, Claim, measured, over_levels
from procgen_tools.studies.rules import ALL_AGENTS, Rule, value
from procgen_tools.studies.visualize_activations.measure import OFTEN, channels_at_cheese

PUBLISHED_SHARE = 11 / 128


def all_claims(peaks: pd.DataFrame) -> tuple[Claim, ...]:
    """The claim, with the estimates of a table of where each channel changes most."""
    shares = channels_at_cheese(peaks)
    often = shares.assign(often=shares["share"] >= OFTEN)
    channels = {
        str(agent): Share.of(rows["often"].to_numpy()).estimate
        for agent, rows in often.groupby("agent", sort=False)
    }
    channels[ALL_AGENTS] = Share.of(often["often"].to_numpy()).estimate
    at_layer = peaks[peaks["layer"] == LAYER]
    near = at_layer.assign(near=(at_layer["steps"] <= 1).astype(float))
    by_level = near.groupby(["agent", "level"], sort=False, as_index=False)["near"].mean()
    share = value(
        "share of channels",
        f"the share of channels that change most within one cell of the cheese in {OFTEN:.0%} of "
        "the mazes",
    )
    return (
        Claim(
            statement=f"Some channels of {LAYER} show the cheese where it lies",
            published="11 of 128 (.086), chosen by eye",
            rule=Rule.that(share >= PUBLISHED_SHARE),
            measured=measured(
                share_of_channels=channels, mean_over_all_channels=over_levels(by_level, "near")
            ),
            comment="The intervals of the first number are over channels.",
        ),
    )
