"""The claims about when the goal splits, and the rules that decide them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from procgen_tools.statistics.intervals import Estimate, mean_of_agents
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
    curves: pd.DataFrame, onsets: pd.DataFrame, untrained: pd.DataFrame
) -> tuple[Claim, ...]:
    """Every claim. Estimates are those of each seed, and means over seeds with Student's interval.

    Args:
        curves: as `onsets.mean_curves` makes them.
        onsets: as `onsets.onset_table` makes it.
        untrained: columns agent, level and WANTS.
    """
    order = [_order_claim(onsets, shift) for shift in (OFF, ON)]
    shift = [
        _shift_claim(onsets, cheese, later=later)
        for cheese in (REGION, FREE)
        for later in (True, False)
    ]
    region = [_region_claim(curves, untrained, shift) for shift in (OFF, ON)]
    return (*order, *shift, *region)


def _order_claim(onsets: pd.DataFrame, shift: str) -> Claim:
    def begins(want: str, threshold: float = THRESHOLD) -> pd.Series:
        return _begins(onsets, want, REGION, shift, threshold)

    return Claim(
        statement=f"{_start(REGION, shift)}, the agent wants the corner before it wants the "
        "cheese (thousands of examples)",
        published="never answered",
        rule=Rule.that(lower("cheese after corner") > 0, each=False),
        measured=_measured(
            {
                "corner": begins(CORNER),
                "cheese": begins(CHEESE),
                "cheese after corner": begins(CHEESE) - begins(CORNER),
                **{
                    f"the same at {threshold:g}": begins(CHEESE, threshold)
                    - begins(CORNER, threshold)
                    for threshold in OTHER_THRESHOLDS
                },
            }
        ),
        form=".0f",
        comment=_never(onsets, REGION, shift),
    )


def _shift_claim(onsets: pd.DataFrame, cheese: str, *, later: bool) -> Claim:
    def begins(shift: str, threshold: float = THRESHOLD) -> pd.Series:
        return _begins(onsets, CHEESE, cheese, shift, threshold)

    name = "with the shift − without it"
    return Claim(
        statement=f"{_start(cheese)}, the shift to large mazes {'delays' if later else 'hastens'} "
        "the wish for the cheese (thousands of examples)",
        published="never answered",
        rule=Rule.that(lower(name) > 0 if later else upper(name) < 0, each=False),
        measured=_measured(
            {
                "with the shift": begins(ON),
                "without it": begins(OFF),
                name: begins(ON) - begins(OFF),
                **{
                    f"the difference at {threshold:g}": begins(ON, threshold)
                    - begins(OFF, threshold)
                    for threshold in OTHER_THRESHOLDS
                },
            }
        ),
        form=".0f",
        comment=" ".join(filter(None, (_never(onsets, cheese, shift) for shift in (OFF, ON)))),
    )


def _region_claim(curves: pd.DataFrame, untrained: pd.DataFrame, shift: str) -> Claim:
    region, anywhere = (_at_the_end(curves, cheese, shift) for cheese in (REGION, FREE))
    null = mean_of_agents(untrained.groupby("agent")[CORNER].mean().to_numpy())
    numbers = _measured(
        {"region": region, "anywhere": anywhere, "region − anywhere": region - anywhere}
    )
    return Claim(
        statement=f"{_start(shift)}, agents with the cheese in the top-right 5 x 5 turn to the "
        "corner without cheese more often than agents with the cheese anywhere",
        published="never answered",
        rule=Rule.that(lower("region − anywhere") > 0, each=False),
        measured={who: {**each, "untrained": null} for who, each in numbers.items()},
    )


def _measured(numbers: Mapping[str, pd.Series]) -> dict[str, dict[str, Estimate]]:
    """Numbers by seed as estimates: of each seed, and the mean over seeds."""
    seeds = next(iter(numbers.values())).index
    of_seeds = {
        f"seed {seed}": {name: Estimate.exact(each[seed]) for name, each in numbers.items()}
        for seed in seeds
    }
    together = {name: mean_of_agents(each.to_numpy()) for name, each in numbers.items()}
    return {**of_seeds, ALL_AGENTS: together}


def _begins(
    onsets: pd.DataFrame, want: str, cheese: str, shift: str, threshold: float
) -> pd.Series:
    """Onsets in thousands of examples, by seed."""
    rows = _of(onsets, cheese, shift)
    rows = rows[(rows["want"] == want) & (rows["threshold"] == threshold)]
    return rows.set_index("seed")["done"].sort_index() / 1000


def _at_the_end(curves: pd.DataFrame, cheese: str, shift: str) -> pd.Series:
    """The wish for the corner at the last snapshot, by seed."""
    rows = _of(curves, cheese, shift)
    rows = rows[rows["samples"] == rows["samples"].max()]
    return rows.set_index("seed")[CORNER].sort_index()


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
