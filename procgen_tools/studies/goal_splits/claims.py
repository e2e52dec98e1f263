"""The claims about when the goal splits, and the rules that decide them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Float

from procgen_tools.statistics.intervals import mean_of_agents
from procgen_tools.studies.base import Claim
from procgen_tools.studies.goal_splits.design import FREE, OFF, ON, REGION
from procgen_tools.studies.goal_splits.onsets import (
    CHEESE,
    CORNER,
    OTHER_THRESHOLDS,
    THRESHOLD,
)
from procgen_tools.studies.rules import ALL_AGENTS, Rule, lower, upper

IN_WORDS = {
    REGION: "with the cheese in the top-right 5 x 5",
    FREE: "with the cheese anywhere",
    ON: "with the shift to large mazes",
    OFF: "without the shift",
}


def all_claims(
    snapshots: pd.DataFrame, onsets: pd.DataFrame, untrained: pd.DataFrame
) -> tuple[Claim, ...]:
    """Every claim. All estimates are means over seeds with Student's interval.

    Args:
        snapshots: of all agents, as `measure.curves_of` makes them.
        onsets: as `onsets.onset_table` makes it.
        untrained: columns level and WANTS.
    """
    order = [_order_claim(onsets, shift) for shift in (OFF, ON)]
    shift = [
        _shift_claim(onsets, cheese, later=later)
        for cheese in (REGION, FREE)
        for later in (True, False)
    ]
    region = [_region_claim(snapshots, untrained, shift) for shift in (OFF, ON)]
    return (*order, *shift, *region)


def _order_claim(onsets: pd.DataFrame, shift: str) -> Claim:
    corner, cheese = (_begins(onsets, want, REGION, shift) for want in (CORNER, CHEESE))
    others = {
        f"the same at {threshold:g}": mean_of_agents(
            _begins(onsets, CHEESE, REGION, shift, threshold)
            - _begins(onsets, CORNER, REGION, shift, threshold)
        )
        for threshold in OTHER_THRESHOLDS
    }
    return Claim(
        statement=f"{_start(REGION, shift)}, the agent wants the corner before it wants the "
        "cheese (thousands of examples)",
        published="never answered",
        rule=Rule.that(lower("cheese after corner") > 0, each=False),
        measured={
            ALL_AGENTS: {
                "corner": mean_of_agents(corner),
                "cheese": mean_of_agents(cheese),
                "cheese after corner": mean_of_agents(cheese - corner),
                **others,
            }
        },
        form=".0f",
        comment=_never(onsets, REGION, shift),
    )


def _shift_claim(onsets: pd.DataFrame, cheese: str, *, later: bool) -> Claim:
    on, off = (_begins(onsets, CHEESE, cheese, shift) for shift in (ON, OFF))
    name = "with the shift − without it"
    return Claim(
        statement=f"{_start(cheese)}, the shift to large mazes {'delays' if later else 'hastens'} "
        "the wish for the cheese (thousands of examples)",
        published="never answered",
        rule=Rule.that(lower(name) > 0 if later else upper(name) < 0, each=False),
        measured={
            ALL_AGENTS: {
                "with the shift": mean_of_agents(on),
                "without it": mean_of_agents(off),
                name: mean_of_agents(on - off),
                **{
                    f"the difference at {threshold:g}": mean_of_agents(
                        _begins(onsets, CHEESE, cheese, ON, threshold)
                        - _begins(onsets, CHEESE, cheese, OFF, threshold)
                    )
                    for threshold in OTHER_THRESHOLDS
                },
            }
        },
        form=".0f",
        comment=" ".join(filter(None, (_never(onsets, cheese, shift) for shift in (OFF, ON)))),
    )


def _region_claim(snapshots: pd.DataFrame, untrained: pd.DataFrame, shift: str) -> Claim:
    region, anywhere = (_at_the_end(snapshots, cheese, shift) for cheese in (REGION, FREE))
    networks = untrained.groupby("agent")[CORNER].mean().to_numpy()
    return Claim(
        statement=f"{_start(shift)}, agents with the cheese in the top-right 5 x 5 turn to the "
        "corner without cheese more often than agents with the cheese anywhere",
        published="never answered",
        rule=Rule.that(lower("region − anywhere") > 0, each=False),
        measured={
            ALL_AGENTS: {
                "region": mean_of_agents(region),
                "anywhere": mean_of_agents(anywhere),
                "region − anywhere": mean_of_agents(region - anywhere),
                "untrained": mean_of_agents(networks),
            }
        },
    )


def _begins(
    onsets: pd.DataFrame, want: str, cheese: str, shift: str, threshold: float = THRESHOLD
) -> Float[np.ndarray, " seed"]:
    """Onsets in thousands of examples, in the order of the seeds."""
    rows = _of(onsets, cheese, shift)
    rows = rows[(rows["want"] == want) & (rows["threshold"] == threshold)].sort_values("seed")
    return rows["done"].to_numpy(np.float64) / 1000


def _at_the_end(snapshots: pd.DataFrame, cheese: str, shift: str) -> Float[np.ndarray, " seed"]:
    """The wish for the corner at the last snapshot, in the order of the seeds."""
    rows = _of(snapshots, cheese, shift)
    rows = rows[rows["samples"] == rows["samples"].max()]
    return rows.groupby("seed")[CORNER].mean().sort_index().to_numpy(np.float64)


def _of(table: pd.DataFrame, cheese: str, shift: str) -> pd.DataFrame:
    return table[(table["cheese"] == cheese) & (table["shift"] == shift)]


def _start(*conditions: str) -> str:
    text = " and ".join(IN_WORDS[each] for each in conditions)
    return text[0].upper() + text[1:]


def _never(onsets: pd.DataFrame, cheese: str, shift: str) -> str:
    """How many runs never get there at the threshold of the rules; empty if all do."""
    rows = _of(onsets, cheese, shift)
    rows = rows[(rows["threshold"] == THRESHOLD) & ~rows["reached"]]
    names = {CORNER: "the corner", CHEESE: "the cheese"}
    counts = [f"{names[want]} in {len(each)}" for want, each in rows.groupby("want", sort=False)]
    if not counts:
        return ""
    seeds = _of(onsets, cheese, shift)["seed"].nunique()
    return f"{_start(cheese, shift)}, never wanted: {' and '.join(counts)} of {seeds} runs."
