"""Figures of causal scrubbing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.plots import marks, style
from procgen_tools.statistics.intervals import Estimate, mean_over_levels
from procgen_tools.statistics.tables import where

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LOOKS = (style.Look(style.PICKED.colour, "o"), style.Look(style.RANDOM.colour, "s"))
"""Of the channels that were found, and of random ones."""


def plot_arms(
    changes: pd.DataFrame,
    column: str,
    arms: Sequence[str],
    label: str,
    *,
    before: str | None = None,
    compared: tuple[str, str] | None = None,
) -> Figure:
    """A column in each arm, for each set of channels: every maze, and means with 95% intervals.

    Args:
        changes: one row per agent, level, set of channels (column `channels`) and `arm`.
        column: what to draw.
        arms: in the order of drawing, from the top.
        label: what the column is, under the axis.
        before: a column with the same without any change. If it is given, each maze's difference
            from it is drawn.
        compared: two arms; the title says by how much the first exceeds the second within the
            same mazes. Defaults to the third arm and the first.
    """
    sets = list(changes["channels"].unique())
    shown = changes.assign(drawn=changes[column] - (0 if before is None else changes[before]))
    height = 0.62 * len(arms) + 2.1
    figure, panels = style.agent_panels(shown, width=3.4, extra=3.4, height=height, sharex=True)
    for ax, _, rows in panels:
        series = {}
        for name, look in zip(sets, _LOOKS, strict=False):
            of_set = where(rows, channels=name)
            mazes = [where(of_set, arm=arm)["drawn"].to_numpy() for arm in arms]
            series[name] = (look, [mean_over_levels(values) for values in mazes])
            for place, values in enumerate(mazes):
                shift = 0.36 * (sets.index(name) - (len(sets) - 1) / 2)
                aside = 0.07 * (np.arange(len(values)) % 3 - 1)
                marks.draw_small_marks(ax, values, place + shift + aside, look)
        style.draw_estimates(ax, series, arms, step=0.36)
        marks.zero_line(ax)
        ax.set_xlabel(label, fontsize=9)
    more, less = compared or (arms[2], arms[0])
    found = [f"{name} {paired(shown, name, more, less):+.3f}" for name in sets]
    style.headline(
        figure,
        f"'{more}' minus '{less}': {'; '.join(found)}".replace("-", "−"),
        f"{style.sample(changes)}; small marks: mazes; large ones: means with "
        f"{style.LEVELS_INTERVAL}. The differences in the title are taken within mazes.",
        legend=4,
    )
    return figure


def paired(changes: pd.DataFrame, channels: str, more: str, less: str) -> Estimate:
    """By how much the column `drawn` is larger in one arm than in another, within mazes.

    Agents are averaged in each maze first.
    """
    chosen = where(changes, channels=channels)
    grid = chosen.pivot_table(index="level", columns="arm", values="drawn")
    return mean_over_levels((grid[more] - grid[less]).to_numpy())
