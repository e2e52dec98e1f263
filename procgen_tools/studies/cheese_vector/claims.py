"""The claims about the cheese vector, and the rules that decide them."""

from __future__ import annotations

import pandas as pd

from procgen_tools.statistics.intervals import Estimate, median_over_levels
from procgen_tools.studies.base import Claim, measured, over_levels
from procgen_tools.studies.cheese_vector.measure import ELSEWHERE, RANDOM, SAME_SQUARE, SUBTRACTED
from procgen_tools.studies.measuring import change
from procgen_tools.studies.rules import Rule, lower, upper, value

WHEN = ("before", "after")


def all_claims(effects: pd.DataFrame) -> tuple[Claim, ...]:
    """Every claim, with the estimates of an effects table."""
    return (*_subtracted(effects[effects["edit"] == SUBTRACTED]), *_controls(effects))


def _subtracted(effects: pd.DataFrame) -> tuple[Claim, ...]:
    decided = [f"decision_cheese_{when}" for when in WHEN]
    medians = [over_levels(effects, column, median_over_levels) for column in decided]
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
            measured=measured(before=reached[0], after=reached[1]),
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
