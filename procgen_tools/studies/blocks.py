"""Intervals over thousands of levels: blocks of levels are resampled, which saves memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies.base import over_levels
from procgen_tools.studies.rules import ALL_AGENTS

BLOCKS = 500


def over_many_levels(
    table: pd.DataFrame, column: str | Callable[[pd.DataFrame], pd.Series], blocks: int = BLOCKS
) -> dict[str, Estimate]:
    """`base.over_levels` for any number of levels: the same means, nearly the same intervals.

    Levels are independent draws, so the means of blocks vary as they should, whichever levels a
    block holds. Block sizes differ by one level at most.

    Args:
        table: with columns `agent` and `level`, one row for each pair.
        column: the column's name, or a function that computes it from the table.
        blocks: how many. With fewer levels, nothing is grouped.

    Raises:
        ValueError: as for `base.over_levels`.
    """
    values = table[column] if isinstance(column, str) else column(table)
    plain = table[["agent", "level"]].assign(value=values.astype(np.float64))
    levels = np.unique(plain["level"])
    if len(levels) <= blocks:
        return over_levels(plain, "value")
    agents = plain["agent"].unique()
    if len(plain) != len(agents) * len(levels) or plain.duplicated(["agent", "level"]).any():
        raise ValueError("agents were measured on different levels, or twice on one: choose others")
    if plain["value"].isna().any():
        raise ValueError("numbers are missing for some agents and levels: leave these levels out")
    block = np.searchsorted(levels, plain["level"]) * blocks // len(levels)
    grouped = plain.assign(level=block).groupby(["agent", "level"], sort=False, as_index=False)
    intervals = over_levels(grouped["value"].mean(), "value")
    exact = {
        str(agent): float(plain.loc[plain["agent"] == agent, "value"].mean()) for agent in agents
    } | {ALL_AGENTS: float(plain["value"].mean())}
    # Blocks that differ by a level shift the mean a little.
    return {
        agent: Estimate(
            exact[agent],
            mean.low + exact[agent] - mean.value,
            mean.high + exact[agent] - mean.value,
        )
        for agent, mean in intervals.items()
    }
