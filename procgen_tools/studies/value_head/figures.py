"""Figures of value heads over many mazes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from procgen_tools.plots import marks, style
from procgen_tools.statistics.intervals import mean_over_levels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RETURNS = {
    "own": "the agent's own return (exact)",
    "cheese": "the shortest way to the cheese",
    "corner": "the shortest way to the corner",
}
"""What values are correlated with, by column, in words."""


def plot_values_at_forks(decisions: pd.DataFrame) -> Figure:
    """Which way the policy turns and which way the value is higher: one dot per agent and maze.

    Args:
        decisions: one row per agent and maze, with the columns of `measure.Fork`.
    """
    figure, panels = style.agent_panels(decisions, width=3.6, height=5.0)
    policy = decisions["policy_cheese"] - decisions["policy_top_right"]
    value = decisions["value_cheese"] - decisions["value_top_right"]
    agree = (policy > 0) == (value > 0)
    for ax, agent, _ in panels:
        of_agent = decisions["agent"] == agent
        for chosen, look, name in (
            (of_agent & agree, style.series_look(0), "the heads agree"),
            (of_agent & ~agree, style.series_look(1), "they disagree"),
        ):
            marks.draw_dots(ax, policy[chosen], value[chosen], look, name)
        marks.zero_line(ax, "x")
        marks.zero_line(ax, "y")
        ax.set(xlim=(-1.08, 1.08), xlabel="P(cheese) − P(top right)")
        ax.set_title(f"{agent}: {agree[of_agent].mean():.0%} agree", fontsize=10)
    panels[0][0].set_ylabel("value of the way to the cheese\nminus that to the top right")
    style.headline(
        figure,
        f"At {agree.mean():.0%} of the decision squares the policy prefers the way of the higher "
        "value",
        f"{style.sample(decisions)}, cheese anywhere; one mark for each maze",
        legend=4,
    )
    return figure


def plot_value_correlations(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """What values correlate with within mazes: means over mazes with 95% intervals.

    Args:
        tables: by the name of the panel, rows with the columns of `measure.ValueFit`.
    """
    size = (3.4 * len(tables) + 2.6, 3.7)
    figure, axes = style.panels(1, len(tables), size, titles=tables, sharey=True)
    found = []
    for ax, (title, table) in zip(axes[0], tables.items(), strict=True):
        series = marks.agent_series(
            table, lambda rows: [mean_over_levels(rows[column].to_numpy()) for column in RETURNS]
        )
        style.draw_estimates(ax, series, list(RETURNS.values()))
        marks.zero_line(ax)
        ax.set(xlim=(-0.6, 1.03), xlabel="correlation with the value, within a maze")
        best = max(RETURNS, key=lambda column: float(table[column].mean()))
        found.append(f"{title}, {RETURNS[best]} ({table[best].mean():.2f})")
    sizes = " and ".join(dict.fromkeys(style.sample(table) for table in tables.values()))
    finding = f"What values follow best: {'; '.join(found)}"
    style.headline(figure, finding, f"{sizes}; bars: {style.LEVELS_INTERVAL}", legend=4)
    return figure
