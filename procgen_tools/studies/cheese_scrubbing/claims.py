"""The claims about scrubbing the cheese channels, and the rules that decide them."""

from __future__ import annotations

import pandas as pd

from procgen_tools.statistics.intervals import Estimate
from procgen_tools.statistics.tables import where
from procgen_tools.studies.base import Claim, measured, over_levels
from procgen_tools.studies.cheese_scrubbing.measure import (
    ELSEWHERE,
    ELSEWHERE_ANYWHERE,
    MEAN,
    SAME,
    SAME_ANYWHERE,
)
from procgen_tools.studies.rules import Rule, lower, upper, value

CHEESE, RANDOM = "cheese channels", "as many random channels"


def all_claims(changes: pd.DataFrame) -> tuple[Claim, ...]:
    """Every claim, with the estimates of a table of changes."""
    by_mean = normalised(changes, MEAN)
    gap, random_gap = (_gap(by_mean, each, SAME, ELSEWHERE) for each in (CHEESE, RANDOM))
    same, elsewhere = (_mean(changes, CHEESE, arm) for arm in (SAME, ELSEWHERE))
    return (
        Claim(
            statement="Cheese channels of another maze change less if its cheese is at the same "
            "square than if it is elsewhere",
            published="mean change .026 against .078",
            rule=Rule.that(lower("share of the change") > 0),
            measured=measured(same=same, elsewhere=elsewhere, share_of_the_change=gap),
            form=".3f",
        ),
        Claim(
            statement="As many random channels depend less on where the cheese is",
            published=".031 against .052",
            rule=Rule.that(
                value("same", per="elsewhere")
                > value("cheese channels, same", per="cheese channels, elsewhere")
            ),
            measured=measured(
                same=_mean(changes, RANDOM, SAME),
                elsewhere=_mean(changes, RANDOM, ELSEWHERE),
                **{"cheese channels, same": same, "cheese channels, elsewhere": elsewhere},
            ),
            form=".3f",
        ),
        Claim(
            statement="That holds, too, when each set is measured by what it does at all (the "
            "change when its channels get their mean)",
            rule=Rule.that(lower("cheese channels") > upper("random channels")),
            measured=measured(cheese_channels=gap, random_channels=random_gap),
        ),
        _recovery(changes),
        _decision(changes),
    )


def _recovery(changes: pd.DataFrame) -> Claim:
    recovered = {
        name: _gap(normalised(changes, worst), channels, best, worst)
        for name, channels, best, worst in (
            ("cheese", CHEESE, SAME, ELSEWHERE),
            ("cheese_mouse_anywhere", CHEESE, SAME_ANYWHERE, ELSEWHERE_ANYWHERE),
            ("random", RANDOM, SAME, ELSEWHERE),
        )
    }
    return Claim(
        statement="Cheese channels matter through the cheese's position alone: with it right, all "
        "else that they have may come from another maze",
        published="two thirds of the change are gone (1 − .026 / .078); of random channels, two "
        "fifths",
        rule=Rule.that(
            value(
                "cheese",
                "the share of the change with the cheese elsewhere that is gone with it at the "
                "same square",
            )
            >= 0.5
        ),
        measured=measured(**recovered),
    )


def _decision(changes: pd.DataFrame) -> Claim:
    same = value("before") - value("same")
    elsewhere = value("before") - value("elsewhere")
    return Claim(
        statement="Told of another place by these channels alone, the agent turns to the cheese "
        "less often at the decision square; told of the same place, as often",
        # With the same square, turns may become neither much rarer nor much more frequent.
        rule=Rule.that(elsewhere > 3 * same, elsewhere > -3 * same, elsewhere > 0),
        measured=measured(
            before=_mean(changes, CHEESE, SAME, "decision_cheese_before"),
            same=_mean(changes, CHEESE, SAME, "decision_cheese_after"),
            elsewhere=_mean(changes, CHEESE, ELSEWHERE, "decision_cheese_after"),
        ),
    )


def _mean(
    changes: pd.DataFrame, channels: str, arm: str, column: str = "change"
) -> dict[str, Estimate]:
    return over_levels(_rows(changes, channels, arm), column)


def _rows(changes: pd.DataFrame, channels: str, arm: str) -> pd.DataFrame:
    chosen = where(changes, channels=channels, arm=arm)
    return chosen.reset_index(drop=True)


def _gap(shares: pd.DataFrame, channels: str, less: str, more: str) -> dict[str, Estimate]:
    """By how much the share in one arm exceeds that in another."""
    smaller = _rows(shares, channels, less)["share"]
    return over_levels(_rows(shares, channels, more), lambda table: table["share"] - smaller)


def normalised(changes: pd.DataFrame, arm: str) -> pd.DataFrame:
    """`changes` with a column `share`: the change, divided by the mean change in an arm.

    The mean is over levels, for the same agent and channels. If nothing changes there, the share
    is 0.
    """
    keys = ["agent", "channels"]
    sizes = where(changes, arm=arm).groupby(keys)["change"].mean().rename("size")
    joined = changes.join(sizes, on=keys)
    share = (joined["change"] / joined["size"]).where(joined["size"] > 0, 0.0)
    return joined.assign(share=share).drop(columns="size")
