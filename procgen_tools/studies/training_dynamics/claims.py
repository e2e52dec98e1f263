"""The claims about training dynamics, and the rules that decide them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies.base import Claim, measured, over_levels
from procgen_tools.studies.rules import ALL_AGENTS, Rule, lower, value
from procgen_tools.studies.training_dynamics.onsets import half_way_onset, over_resampled_levels


def all_claims(checkpoints: pd.DataFrame) -> tuple[Claim, ...]:
    """Every claim, with the estimates of all checkpoints.

    That the effect of the cheese vector and the pull of the cheese grow together is no claim: the
    vector takes the cheese out of the picture, so they are nearly the same number.
    """
    last = checkpoints[checkpoints["samples"] == checkpoints["samples"].max()]
    pull = over_levels(last, "cheese_pull")
    return (
        _order_claim(checkpoints, pull),
        Claim(
            statement="At the end of the runs the cheese, anywhere, is wanted less than the top "
            "right",
            published="never answered",
            rule=Rule.that(value("P top right") > value("P cheese"), unit="run", average=False),
            measured=measured(
                P_cheese=over_levels(last, "cheese"),
                P_top_right=over_levels(last, "top_right"),
                pull_of_the_cheese=pull,
            ),
        ),
    )


def _order_claim(checkpoints: pd.DataFrame, pull: dict[str, Estimate]) -> Claim:
    done = np.sort(checkpoints["samples"].unique())

    def begins(curve: np.ndarray) -> float:
        return half_way_onset(done, curve) / 1000

    def later(first: np.ndarray, second: np.ndarray) -> float:
        return begins(second) - begins(first)

    return Claim(
        statement="In this run the agent wants the corner before it wants the cheese (thousands of "
        "examples until half of the final effect); the order is confounded, because the mazes grow "
        "from 200,000 examples on and the pull of the cheese still rises at the end",
        published="never answered",
        rule=Rule.that(
            lower("cheese after corner") > 0, value("pull at the end") >= 0.1, unit="run"
        ),
        measured=measured(
            corner_without_cheese=_of_runs(checkpoints, begins, "corner_without_cheese"),
            pull_of_the_cheese=_of_runs(checkpoints, begins, "cheese_pull"),
            cheese_after_corner=_of_runs(
                checkpoints, later, "corner_without_cheese", "cheese_pull"
            ),
            right_moves=_of_runs(checkpoints, begins, "agreement"),
            pull_at_the_end=pull,
        ),
        form=".3g",
    )


def _of_runs(
    checkpoints: pd.DataFrame, statistic: Callable[..., float], *columns: str
) -> dict[str, Estimate]:
    """A statistic of curves over training, for each run and for all."""
    return {
        agent or ALL_AGENTS: over_resampled_levels(
            statistic, *(curves(checkpoints, column, agent) for column in columns)
        )
        for agent in [*map(str, checkpoints["agent"].unique()), None]
    }


def curves(checkpoints: pd.DataFrame, column: str, agent: str | None = None) -> np.ndarray:
    """A column as (run, level, checkpoint), of one run or of all."""
    chosen = checkpoints if agent is None else checkpoints[checkpoints["agent"] == agent]
    return np.stack(
        [
            rows.pivot(index="level", columns="samples", values=column).to_numpy()
            for _, rows in chosen.groupby("agent", sort=False)
        ]
    )
