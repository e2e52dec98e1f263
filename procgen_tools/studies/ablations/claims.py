"""The claims about ablations, and the rules that decide them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from procgen_tools.statistics.intervals import Estimate
from procgen_tools.statistics.tables import where
from procgen_tools.studies.ablations.removal import CHANNELS, LEVELS, MOST_LOSS, VECTOR
from procgen_tools.studies.base import LAYER, Claim, measured, over_levels
from procgen_tools.studies.rules import Rule, upper, value

FOUND, RANDOM = "found cheese channels", "random channels"
BEST = "the best edit"


def all_claims(tables: Mapping[str, pd.DataFrame]) -> tuple[Claim, ...]:
    """Every claim, with the estimates of the study's tables."""
    sets, channels = tables["sets"], tables["channels"]
    found, random = (where(sets, set=name) for name in (FOUND, RANDOM))
    strongest = _strongest_channel(where(channels, layer=LAYER))
    return (
        Claim(
            statement="Cheese-seeking stands in the cheese channels: their mean without cheese "
            "removes part of it, that of as many random channels does not",
            published="none with mean ablation (for resampled channels, see cheese_scrubbing)",
            rule=Rule.that(
                value("removed by cheese channels") >= 2 * value("by random channels"),
                value("removed by cheese channels") >= 0,
            ),
            measured=measured(
                removed_by_cheese_channels=over_levels(found, "removed"),
                by_random_channels=over_levels(random, "removed"),
                loss_of_corner_seeking=over_levels(found, "loss"),
            ),
        ),
        Claim(
            statement="No single channel of the layer carries it",
            rule=Rule.that(upper("removed by the strongest channel") < 0.5),
            measured=measured(removed_by_the_strongest_channel=over_levels(strongest, "removed")),
            comment="The strongest is the strongest in these very mazes, which flatters it.",
        ),
        *_removal_claims(tables),
    )


def _strongest_channel(channels: pd.DataFrame) -> pd.DataFrame:
    """Each agent's rows of the channel whose mean ablation removes most cheese-seeking."""
    rows = where(channels, kind="mean")
    means = rows.groupby(["agent", "channel"])["removed"].mean().reset_index()
    best = means.loc[means.groupby("agent")["removed"].idxmax(), ["agent", "channel"]]
    return rows.merge(best, on=["agent", "channel"])


def _removal_claims(tables: Mapping[str, pd.DataFrame]) -> list[Claim]:
    """One claim per level of LEVELS, all with the same numbers of the chosen edits."""
    chosen = tables["chosen"]
    numbers = {
        **_numbers(tables, where(chosen, group=VECTOR), VECTOR),
        **_numbers(tables, where(chosen, group=CHANNELS), CHANNELS),
        **_numbers(tables, chosen[chosen["best"]], BEST),
    }
    comment = "Chosen: " + "; ".join(f"{row.edit} ({row.agent})" for row in chosen.itertuples())
    return [
        Claim(
            statement=f"At least {level:.0%} of cheese-seeking can be removed at no more than "
            f"{MOST_LOSS:.0%} loss of corner-seeking, in mazes that the edit was not chosen in",
            published="none (never answered)",
            rule=Rule.that(
                value(
                    f"removed by {BEST}",
                    "the share removed by the edit that did best in the search",
                )
                >= level,
                value(
                    f"turns to the corner lost by {BEST}",
                    "the share of turns to the corner that it loses",
                )
                <= MOST_LOSS,
                value(f"visits to the corner lost by {BEST}", "of visits") <= MOST_LOSS,
                average=False,
            ),
            measured=measured(**numbers),
            comment=f"{comment}.",
        )
        for level in LEVELS
    ]


def _numbers(
    tables: Mapping[str, pd.DataFrame], edits: pd.DataFrame, group: str
) -> dict[str, dict[str, Estimate]]:
    """What the edits of a group, one per agent, remove and lose."""
    decided, exact = (
        tables[name].merge(edits[["agent", "edit"]], on=["agent", "edit"])
        for name in ("held_out", "exact")
    )
    return {
        f"removed by {group}": over_levels(decided, "removed"),
        f"turns to the corner lost by {group}": over_levels(decided, "loss"),
        f"visits to the corner lost by {group}": over_levels(exact, _exact_loss),
    }


def _exact_loss(rows: pd.DataFrame) -> pd.Series:
    """The loss of visits to the top-right 5 x 5, divided by each agent's mean before."""
    mean = rows.groupby("agent")["region_before"].transform("mean")
    return (rows["region_before"] - rows["region_after"]) / mean
