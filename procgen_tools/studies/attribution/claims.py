"""The claims about attribution, and the rules that decide them."""

from __future__ import annotations

import pandas as pd

from procgen_tools.statistics.intervals import Estimate, median_over_levels
from procgen_tools.studies.base import LAYER, Claim, measured, over_levels
from procgen_tools.studies.rules import Rule, value

OVER_AGENTS = "For all agents, the mean of the agents' medians, with Student's interval."


def all_claims(scores: pd.DataFrame) -> tuple[Claim, ...]:
    """Every claim, with the estimates of a table of scores."""
    return (
        _completeness(scores),
        Claim(
            statement="They rank squares as real changes of the maze do (rank correlation within "
            "mazes)",
            rule=Rule.that(value("integrated gradients") >= 0.5),
            measured=measured(
                integrated_gradients=over_levels(scores, "agreement_black"),
                saliency=over_levels(scores, "agreement_saliency"),
            ),
        ),
        Claim(
            statement="They find the square that matters most",
            rule=Rule.that(
                value(
                    "same by integrated gradients",
                    "the share of mazes in which integrated gradients from black name the same "
                    "square as real changes",
                )
                >= 0.5
            ),
            measured=measured(
                same_by_integrated_gradients=over_levels(scores, "same_top_black"),
                same_by_saliency=over_levels(scores, "same_top_saliency"),
            ),
        ),
        _cheese_rank(scores),
        Claim(
            statement=f"Of channels of {LAYER}, integrated gradients tell what swapping each one "
            "does (correlation)",
            rule=Rule.that(value("correlation", "the mean correlation") >= 0.8),
            measured=measured(correlation=over_levels(scores, "channels")),
        ),
    )


def _cheese_rank(scores: pd.DataFrame) -> Claim:
    return Claim(
        statement="The cheese is among the squares that matter most (median rank among all "
        "squares)",
        rule=Rule.that(value("by real changes", "the median rank by real changes") <= 10),
        measured=measured(
            by_real_changes=_median(scores, "cheese_rank_real"),
            by_integrated_gradients=_median(scores, "cheese_rank_black"),
            by_saliency=_median(scores, "cheese_rank_saliency"),
        ),
        form=".1f",
        comment=OVER_AGENTS,
    )


def _completeness(scores: pd.DataFrame) -> Claim:
    names = ("black baseline", "maze without cheese", "layer")
    return Claim(
        statement="Integrated gradients are complete: they sum to the change of the log-odds "
        "(median error, as a share of it)",
        published="exactly, with infinitely many steps (Sundararajan et al., 2017)",
        rule=Rule.that(*(value(name) <= 0.05 for name in names)),
        measured=measured(
            black_baseline=_median(scores, "error_black"),
            maze_without_cheese=_median(scores, "error_no_cheese"),
            layer=_median(scores, "error_layer"),
        ),
        form=".4f",
        comment=OVER_AGENTS,
    )


def _median(scores: pd.DataFrame, column: str) -> dict[str, Estimate]:
    return over_levels(scores, column, median_over_levels)
