"""The claims about the top-right vector, and the rules that decide them."""

from __future__ import annotations

import pandas as pd

from procgen_tools.statistics.intervals import Estimate
from procgen_tools.statistics.tables import where
from procgen_tools.studies.base import Claim, measured, over_levels
from procgen_tools.studies.measuring import change
from procgen_tools.studies.rules import Rule, lower, value
from procgen_tools.studies.top_right_vector.measure import (
    ADDED,
    BOTH,
    CHEESE,
    OTHER_SIZE,
    RANDOM,
    SAME_SIZE,
    SHUFFLED,
    SUBTRACTED,
)


def all_claims(effects: pd.DataFrame) -> tuple[Claim, ...]:
    """Every claim, with the estimates of an effects table."""

    def moved(edit: str) -> dict[str, Estimate]:
        return change(effects, edit, "decision_top_right")

    added = moved(ADDED)
    return (
        _addition(effects, added),
        Claim(
            statement="That is the vector's direction and place, not its size",
            rule=Rule.that(
                value("random direction") < 0.5 * value("own"),
                value("shuffled positions") < 0.5 * value("own"),
            ),
            measured=measured(
                own=added, random_direction=moved(RANDOM), shuffled_positions=moved(SHUFFLED)
            ),
        ),
        Claim(
            statement="Subtracting it does about nothing",
            published="about nothing",
            rule=Rule.that(value("change of P") > -0.1, value("change of P") < 0.1),
            measured=measured(change_of_P=moved(SUBTRACTED)),
        ),
        _composition(effects),
        Claim(
            statement="The vector of another maze does the same",
            published="it transfers (no number)",
            rule=Rule.that(value("same size") >= 0.5 * value("own"), value("own") > 0),
            measured=measured(
                own=added, same_size=moved(SAME_SIZE), another_size=moved(OTHER_SIZE)
            ),
        ),
    )


def _addition(effects: pd.DataFrame, added: dict[str, Estimate]) -> Claim:
    before = over_levels(where(effects, edit=ADDED), "decision_top_right_before")
    first = change(effects, ADDED, "corner_first")
    rise = value("change of P", "the mean rise of P(towards the top right at the decision square)")
    return Claim(
        statement="Adding the top-right vector draws the agent to the top right",
        published="it does (no number)",
        rule=Rule.that(rise > 0.05, lower("change of P") > 0),
        measured=measured(
            P_before=before,
            change_of_P=added,
            change_of_P_corner_first=first,
        ),
    )


def _composition(effects: pd.DataFrame) -> Claim:
    def after(edit: str, goal: str = "top_right") -> dict[str, Estimate]:
        return over_levels(where(effects, edit=edit), f"decision_{goal}_after")

    both = value("both", "P(towards the top right at the decision square) with both")
    return Claim(
        statement="It composes with the cheese vector: added while that is subtracted, the "
        "agent turns to the top right more often than with either alone",
        published="it does (no number)",
        rule=Rule.that(both > value("top right added"), both > value("cheese subtracted")),
        measured=measured(
            top_right_added=after(ADDED),
            cheese_subtracted=after(CHEESE),
            both=after(BOTH),
            cheese_with_both=after(BOTH, "cheese"),
        ),
    )
