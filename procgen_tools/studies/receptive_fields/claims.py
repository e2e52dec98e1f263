"""The claims about receptive fields, and the rules that decide them."""

from __future__ import annotations

import pandas as pd

from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies.base import LAYER, Claim, measured, over_levels
from procgen_tools.studies.rules import ALL_AGENTS, Rule, upper, value

SIDE = 45
"""Of the theoretical field of LAYER, in pixels."""


def all_claims(fields: pd.DataFrame) -> tuple[Claim, ...]:
    """Every claim, with the estimates of a table of fields."""
    at_layer = fields[fields["layer"] == LAYER]
    excess = fields.assign(beyond=fields["seen"] - fields["theoretical"])
    return (
        Claim(
            statement=f"A cell of {LAYER} can see 45 x 45 pixels, 17 squares of the maze, and in "
            "some maze sees as far (side in pixels)",
            rule=Rule.that(
                value(
                    "most beyond theory",
                    "the most by which a gradient of any activation exceeds its theoretical field",
                )
                <= 0,
                value("farthest seen", "the largest side seen in a maze") >= SIDE,
            ),
            measured=measured(
                theoretical=over_levels(at_layer, "theoretical"),
                seen=over_levels(at_layer, "seen"),
                farthest_seen=_largest(at_layer, "seen"),
                most_beyond_theory=_largest(excess, "beyond"),
            ),
            form=".1f",
        ),
        Claim(
            statement="The effective field, where 90% of the gradient lies, is much smaller (side "
            "in pixels)",
            published="a fraction of the theoretical one in other networks (Luo et al., 2016)",
            rule=Rule.that(upper("ninety percent") <= SIDE * 2 / 3),
            measured=measured(
                ninety_percent=over_levels(at_layer, "gradient_90"),
                half=over_levels(at_layer, "gradient_50"),
            ),
            form=".1f",
        ),
        Claim(
            statement="The cheese changes activations where it lies: at most as far away as a "
            "field reaches (side in pixels; share within 2 cells)",
            published="eleven channels show the cheese where it lies (by eye)",
            rule=Rule.that(value("share within 2 cells") >= 0.5),
            measured=measured(
                ninety_percent=over_levels(at_layer, "cheese_90"),
                share_within_2_cells=over_levels(at_layer, "cheese_near"),
            ),
        ),
    )


def _largest(fields: pd.DataFrame, column: str) -> dict[str, Estimate]:
    """The largest number of a column for each agent and over all."""
    by_agent = fields.groupby("agent", sort=False)[column].max()
    largest = {str(agent): Estimate.exact(float(most)) for agent, most in by_agent.items()}
    return {**largest, ALL_AGENTS: Estimate.exact(float(by_agent.max()))}
