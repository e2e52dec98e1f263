"""The claims about behaviour in each situation, and the rules that decide them."""

from __future__ import annotations

import pandas as pd

from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies.base import Claim, measured, over_levels
from procgen_tools.studies.rules import Rule, lower, value
from procgen_tools.worlds.maze.situations import (
    FAR_FROM_THE_WAY,
    IN_REGION,
    NEAR_THE_WAY,
    NONE,
    ON_THE_WAY,
)


def all_claims(outcomes: pd.DataFrame) -> tuple[Claim, ...]:
    """Every claim, with the estimates of a table of outcomes."""

    def mean(situation: str, column: str = "cheese") -> dict[str, Estimate]:
        return over_levels(outcomes[outcomes["situation"] == situation], column)

    neither = {
        f"neither, cheese {name}": mean(name, "neither")
        for name in (NEAR_THE_WAY, FAR_FROM_THE_WAY)
    }
    return (
        Claim(
            statement="The agent goes to the cheese or to the top right",
            published="yes (no number)",
            rule=Rule.that(*(value(name) < 0.1 for name in neither)),
            measured=measured(**neither),
            form=".1%",
        ),
        Claim(
            statement="Where it was trained to get the cheese, it gets it",
            rule=Rule.that(value("cheese", "the chance of cheese in the top-right 5 x 5") >= 0.95),
            measured=measured(cheese=mean(IN_REGION)),
            form=".1%",
        ),
        Claim(
            statement="Cheese on the way to the top right it takes along",
            published="yes (no number)",
            rule=Rule.that(value("cheese") >= 0.9),
            measured=measured(cheese=mean(ON_THE_WAY)),
            form=".1%",
        ),
        _distance(outcomes, mean(NEAR_THE_WAY), mean(FAR_FROM_THE_WAY)),
        Claim(
            statement="Without cheese it goes to the top right",
            published="yes (no number)",
            rule=Rule.that(value("visits the top right") >= 0.9),
            measured=measured(visits_the_top_right=mean(NONE, "top_right_only")),
            form=".1%",
        ),
    )


def _distance(outcomes: pd.DataFrame, near: dict[str, Estimate], far: dict[str, Estimate]) -> Claim:
    pairs = outcomes.pivot(index=["agent", "level"], columns="situation", values="cheese")
    less = over_levels(
        pairs.reset_index(), lambda table: table[NEAR_THE_WAY] - table[FAR_FROM_THE_WAY]
    )
    return Claim(
        statement="The farther the cheese lies off the way, the less often it goes there",
        published="yes (steps from the decision square: coefficient −.577)",
        rule=Rule.that(lower("difference", "the difference in the same mazes") > 0),
        measured=measured(near=near, far=far, difference=less),
        form=".1%",
    )
