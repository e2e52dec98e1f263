"""The claims about the cheese vector, and the rules that decide them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from procgen_tools.statistics.intervals import (
    Estimate,
    correlation,
    mean_of_agents,
    median_over_agents,
    median_over_levels,
    paired_over_levels,
)
from procgen_tools.statistics.tables import where
from procgen_tools.studies.base import Claim, measured, over_levels
from procgen_tools.studies.cheese_vector.measure import (
    ELSEWHERE,
    RANDOM,
    REMOVED,
    SAME_SQUARE,
    SUBTRACTED,
)
from procgen_tools.studies.measuring import change
from procgen_tools.studies.rules import ALL_AGENTS, Rule, lower, upper, value

WHEN = ("before", "after")


def all_claims(effects: pd.DataFrame) -> tuple[Claim, ...]:
    """Every claim, with the estimates of an effects table."""
    subtracted, removed = (where(effects, edit=edit) for edit in (SUBTRACTED, REMOVED))
    return (
        *_subtracted(subtracted, removed),
        *_controls(effects),
        _floor_claim(subtracted, removed),
    )


def _subtracted(effects: pd.DataFrame, removed: pd.DataFrame) -> tuple[Claim, ...]:
    decided = [f"decision_cheese_{when}" for when in WHEN]
    medians = [_medians(effects, column) for column in decided]
    means = [over_levels(effects, column) for column in decided]
    reached = [over_levels(effects, f"cheese_{when}") for when in WHEN]
    rises = over_levels(effects, lambda t: (t[decided[1]] - t[decided[0]] > 0.01).astype(float))
    return (
        Claim(
            statement="Subtracting the cheese vector takes P(towards the cheese at the decision "
            "square) away",
            published="median .81 → .03 (mean .619 → .093)",
            rule=Rule.that(upper("mean after") < 0.5 * value("mean before")),
            measured=measured(
                median_before=medians[0],
                median_after=medians[1],
                mean_before=means[0],
                mean_after=means[1],
                mean_without_cheese=over_levels(removed, decided[1]),
            ),
        ),
        Claim(
            statement="It rises in few mazes",
            published="in 1 of 100",
            rule=Rule.that(
                value("share that rise", "the share of mazes with a rise of more than .01") <= 0.05
            ),
            measured=measured(share_that_rise=rises),
        ),
        Claim(
            statement="The agent then reaches the cheese less often at all (exact, within 500 "
            "steps)",
            rule=Rule.that(upper("after") < lower("before")),
            measured=measured(
                before=reached[0],
                after=reached[1],
                without_cheese=over_levels(removed, "cheese_after"),
            ),
            comment="Without cheese: it is not in the picture, and still ends the episode.",
        ),
    )


def _controls(effects: pd.DataFrame) -> tuple[Claim, ...]:
    def moved(edit: str, goal: str = "cheese") -> dict[str, Estimate]:
        return change(effects, edit, f"decision_{goal}")

    return (
        Claim(
            statement="Adding the vector does about nothing",
            published="about nothing",
            rule=Rule.that(value("change of P") > -0.1, value("change of P") < 0.1),
            measured=measured(change_of_P=moved("coefficient 1")),
        ),
        Claim(
            statement="A random direction of the same norm breaks the policy instead",
            published="breaks it",
            rule=Rule.that(
                lower("change of P other", "the change of P(neither way at the decision square)")
                > 0.1
            ),
            measured=measured(
                change_of_P_other=moved(RANDOM, "other"), change_of_P_cheese=moved(RANDOM)
            ),
        ),
        Claim(
            statement="The vector of another maze works only if its cheese lies at the same square",
            published="only at the same cheese position",
            rule=Rule.that(
                value("same square") < 0.5 * value("own"),
                value("elsewhere") > 0.5 * value("same square"),
            ),
            measured=measured(
                own=moved(SUBTRACTED), same_square=moved(SAME_SQUARE), elsewhere=moved(ELSEWHERE)
            ),
        ),
    )


def _medians(effects: pd.DataFrame, column: str) -> dict[str, Estimate]:
    """The median of each agent over levels, and of all agents and levels together."""
    grid = effects.pivot(index="agent", columns="level", values=column)
    numbers = grid.loc[effects["agent"].unique()].to_numpy(np.float64)
    alone = {
        str(agent): median_over_levels(row)
        for agent, row in zip(effects["agent"].unique(), numbers, strict=True)
    }
    return {**alone, ALL_AGENTS: median_over_agents(numbers)}


def _floor_claim(subtracted: pd.DataFrame, removed: pd.DataFrame) -> Claim:
    keys = ["agent", "level"]
    both = subtracted.merge(removed, on=keys, suffixes=("", "_removed"))
    before, after, floor = (both[f"decision_cheese_{name}"] for name in (*WHEN, "after_removed"))
    drops = both[keys].assign(vector=before - after, removal=before - floor)
    remains = both[keys].assign(vector=after, removal=floor)
    return Claim(
        statement="It does to the decision what taking the cheese out of the picture does, and in "
        "the same mazes",
        rule=Rule.that(
            value("share of the removal", "the vector's drop, as a share of the removal's,") >= 0.8,
            value("share of the removal") <= 1.2,
            value("correlation", "the correlation of what remains over mazes") >= 0.8,
        ),
        measured=measured(
            share_of_the_removal=_of_both(drops, _ratio),
            correlation=_of_both(remains, correlation),
            drop_by_removal=over_levels(drops, "removal"),
            drop_by_the_vector=over_levels(drops, "vector"),
        ),
    )


def _of_both(rows: pd.DataFrame, statistic: Callable[..., Any]) -> dict[str, Estimate]:
    """A statistic of `vector` and `removal` for each agent, and the mean over agents."""
    alone = {
        str(agent): paired_over_levels(
            part["vector"].to_numpy(), part["removal"].to_numpy(), statistic
        )
        for agent, part in rows.groupby("agent", sort=False)
    }
    return {**alone, ALL_AGENTS: mean_of_agents([estimate.value for estimate in alone.values()])}


def _ratio(first: np.ndarray, second: np.ndarray, axis: int) -> Any:
    return first.mean(axis=axis) / second.mean(axis=axis)
