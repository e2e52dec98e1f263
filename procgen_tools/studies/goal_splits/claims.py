"""The claims about when the goal splits, and the rules that decide them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from procgen_tools.statistics.intervals import Estimate, mean_of_agents
from procgen_tools.studies.base import Claim
from procgen_tools.studies.goal_splits.design import FREE, OFF, ON, REGION, SHIFT_FROM
from procgen_tools.studies.goal_splits.onsets import (
    ADDED,
    CHEESE,
    CORNER,
    OTHER_THRESHOLDS,
    THRESHOLD,
    of_condition,
)
from procgen_tools.studies.rules import ALL_AGENTS, Rule, lower

IN_WORDS = {
    REGION: "with the cheese in the top-right 5 x 5",
    FREE: "with the cheese anywhere",
    ON: "with the shift",
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
    return (
        *(_order_claim(onsets, shift, CORNER) for shift in (OFF, ON)),
        *(_order_claim(onsets, shift, ADDED) for shift in (OFF, ON)),
        *(_shift_claim(onsets, cheese) for cheese in (REGION, FREE)),
        *(_pull_claim(curves, untrained, cheese) for cheese in (REGION, FREE)),
        _region_claim(curves, untrained),
    )


def _order_claim(onsets: pd.DataFrame, shift: str, want: str) -> Claim:
    def begins(which: str, threshold: float = THRESHOLD) -> pd.Series:
        return _begins(onsets, which, REGION, shift, threshold)

    statement = {
        CORNER: f"{_start(REGION, shift)}, the agent turns to the corner 0.1 more often than "
        "untrained networks before the cheese pulls it",
        ADDED: "The region adds 0.1 to the turn to the corner, compared with the agent of the same "
        f"seed with the cheese anywhere, before the cheese pulls the agent, {IN_WORDS[shift]}",
    }[want]
    return Claim(
        statement=f"{statement} (thousands of examples)",
        published="never answered",
        rule=Rule.that(lower("cheese after corner") > 0, each=False),
        measured=_measured(
            {
                "corner": begins(want),
                "cheese": begins(CHEESE),
                "cheese after corner": begins(CHEESE) - begins(want),
                **{
                    f"the same at {threshold:g}": begins(CHEESE, threshold)
                    - begins(want, threshold)
                    for threshold in OTHER_THRESHOLDS
                },
            },
            {
                "runs without corner": _missing(onsets, want, REGION, shift),
                "runs without cheese": _missing(onsets, CHEESE, REGION, shift),
            },
        ),
        form=".0f",
    )


def _shift_claim(onsets: pd.DataFrame, cheese: str) -> Claim:
    def begins(shift: str, threshold: float = THRESHOLD) -> pd.Series:
        return _begins(onsets, CHEESE, cheese, shift, threshold)

    def difference(threshold: float = THRESHOLD) -> pd.Series:
        return begins(ON, threshold) - begins(OFF, threshold)

    without = {shift: _missing(onsets, CHEESE, cheese, shift) for shift in (OFF, ON)}
    before = (begins(ON) <= SHIFT_FROM / 1000) & (begins(OFF) <= SHIFT_FROM / 1000)
    equal = before | (without[ON] & without[OFF])
    sign = 1 if difference().mean() >= 0 else -1
    return Claim(
        statement=f"{_start(cheese)}, the shift changes when the cheese begins to pull (thousands "
        "of examples)",
        published="never answered",
        rule=Rule.that(lower("size of the difference") > 0, each=False),
        measured=_measured(
            {
                "with the shift": begins(ON),
                "without it": begins(OFF),
                "difference": difference(),
                "size of the difference": sign * difference(),
                **{
                    f"difference at {threshold:g}": difference(threshold)
                    for threshold in OTHER_THRESHOLDS
                },
            },
            {
                "pairs that could not differ": equal,
                "runs without cheese, shift": without[ON],
                "runs without cheese, no shift": without[OFF],
            },
        ),
        form=".0f",
    )


def _pull_claim(curves: pd.DataFrame, untrained: pd.DataFrame, cheese: str) -> Claim:
    on, off = (_at_the_end(curves, CHEESE, cheese, shift) for shift in (ON, OFF))
    return Claim(
        statement=f"{_start(cheese)}, the shift raises the pull of the cheese at the end",
        published="never answered",
        rule=Rule.that(lower("difference") > 0, each=False),
        measured=_with_null(
            _measured({"with the shift": on, "without it": off, "difference": on - off}),
            untrained,
            CHEESE,
        ),
        form=".3f",
    )


def _region_claim(curves: pd.DataFrame, untrained: pd.DataFrame) -> Claim:
    ends = {
        (cheese, shift): _at_the_end(curves, CORNER, cheese, shift)
        for cheese in (REGION, FREE)
        for shift in (OFF, ON)
    }
    added = {shift: ends[REGION, shift] - ends[FREE, shift] for shift in (OFF, ON)}
    return Claim(
        statement="At the end, without cheese, agents with the cheese in the top-right 5 x 5 turn "
        "to the corner more often than agents of the same seed with the cheese anywhere",
        published="never answered",
        rule=Rule.that(
            lower("difference without the shift") > 0,
            lower("difference with the shift") > 0,
            each=False,
        ),
        measured=_with_null(
            _measured(
                {
                    "region without the shift": ends[REGION, OFF],
                    "anywhere without the shift": ends[FREE, OFF],
                    "difference without the shift": added[OFF],
                    "region with the shift": ends[REGION, ON],
                    "anywhere with the shift": ends[FREE, ON],
                    "difference with the shift": added[ON],
                }
            ),
            untrained,
            CORNER,
        ),
    )


def _measured(
    numbers: Mapping[str, pd.Series], counted: Mapping[str, pd.Series] | None = None
) -> dict[str, dict[str, Estimate]]:
    """Numbers by seed as estimates: of each seed, and over all.

    Args:
        numbers: whose mean over seeds is estimated.
        counted: whether something is so, which is counted over seeds.
    """
    counted = counted or {}
    every = {**numbers, **counted}
    seeds = next(iter(numbers.values())).index
    of_seeds = {
        f"seed {seed}": {name: Estimate.exact(float(each[seed])) for name, each in every.items()}
        for seed in seeds
    }
    together = {name: mean_of_agents(each.to_numpy()) for name, each in numbers.items()}
    counts = {name: Estimate.exact(float(each.sum())) for name, each in counted.items()}
    return {**of_seeds, ALL_AGENTS: {**together, **counts}}


def _with_null(
    numbers: Mapping[str, Mapping[str, Estimate]], untrained: pd.DataFrame, want: str
) -> dict[str, dict[str, Estimate]]:
    null = mean_of_agents(untrained.groupby("agent")[want].mean().to_numpy())
    return {who: {**each, "untrained": null} for who, each in numbers.items()}


def _begins(
    onsets: pd.DataFrame, want: str, cheese: str, shift: str, threshold: float
) -> pd.Series:
    """Onsets in thousands of examples, by seed."""
    return _rows(onsets, want, cheese, shift, threshold)["done"] / 1000


def _missing(onsets: pd.DataFrame, want: str, cheese: str, shift: str) -> pd.Series:
    """Whether a run is below the threshold of the rules at its end, by seed."""
    return ~_rows(onsets, want, cheese, shift, THRESHOLD)["reached"].astype(bool)


def _rows(
    onsets: pd.DataFrame, want: str, cheese: str, shift: str, threshold: float
) -> pd.DataFrame:
    rows = of_condition(onsets, cheese, shift)
    rows = rows[(rows["want"] == want) & (rows["threshold"] == threshold)]
    return rows.set_index("seed").sort_index()


def _at_the_end(curves: pd.DataFrame, want: str, cheese: str, shift: str) -> pd.Series:
    """A column at the last snapshot, by seed."""
    rows = of_condition(curves, cheese, shift)
    rows = rows[rows["samples"] == rows["samples"].max()]
    return rows.set_index("seed")[want].sort_index()


def _start(*conditions: str) -> str:
    text = " and ".join(IN_WORDS[each] for each in conditions)
    return text[0].upper() + text[1:]
