"""Figures of value heads over many mazes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from procgen_tools.plots.style import (
    agent_look,
    agent_panels,
    draw_estimates,
    headline,
    legend_below,
    sample,
    series_look,
)
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
    figure, panels = agent_panels(decisions, width=3.6, height=5.0)
    policy = decisions["policy_cheese"] - decisions["policy_top_right"]
    value = decisions["value_cheese"] - decisions["value_top_right"]
    agree = (policy > 0) == (value > 0)
    for ax, agent, _ in panels:
        of_agent = decisions["agent"] == agent
        for chosen, look, name in (
            (of_agent & agree, series_look(0), "the heads agree"),
            (of_agent & ~agree, series_look(1), "they disagree"),
        ):
            ax.scatter(policy[chosen], value[chosen], s=26, alpha=0.7, color=look.colour,
                       marker=look.marker, edgecolor="none", label=name)  # fmt: skip
        for line in (ax.axhline, ax.axvline):
            line(0, color="#999999", linewidth=1, zorder=0)
        ax.set(xlim=(-1.08, 1.08), xlabel="P(cheese) − P(top right)")
        ax.set_title(f"{agent}: {agree[of_agent].mean():.0%} agree", fontsize=10)
    panels[0][0].set_ylabel("value of the way to the cheese\nminus that to the top right")
    legend_below(figure)
    headline(figure, f"At {agree.mean():.0%} of the decision squares the policy prefers the way "
                "of the higher value",
                f"{sample(decisions)}, cheese anywhere; one mark for each maze")  # fmt: skip
    return figure


def plot_value_correlations(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """What values correlate with within mazes: means over mazes with 95% intervals.

    Args:
        tables: by the name of the panel, rows with the columns of `measure.ValueFit`.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(tables), figsize=(3.4 * len(tables) + 2.6, 3.7),
                                sharey=True, squeeze=False, layout="constrained")  # fmt: skip
    found = []
    for ax, (title, table) in zip(axes[0], tables.items(), strict=True):
        series = {
            str(agent): (
                agent_look(str(agent), number),
                [mean_over_levels(rows[column].to_numpy()) for column in RETURNS],
            )
            for number, (agent, rows) in enumerate(table.groupby("agent", sort=False))
        }
        draw_estimates(ax, series, list(RETURNS.values()))
        ax.axvline(0, color="#999999", linewidth=1, zorder=0)
        ax.set(xlim=(-0.6, 1.03), xlabel="correlation with the value, within a maze")
        ax.set_title(title, fontsize=10)
        best = max(RETURNS, key=lambda column: float(table[column].mean()))
        found.append(f"{title}, {RETURNS[best]} ({table[best].mean():.2f})")
    legend_below(figure)
    sizes = " and ".join(dict.fromkeys(sample(table) for table in tables.values()))
    headline(figure, f"What values follow best: {'; '.join(found)}",
                f"{sizes}; bars: 95% intervals over mazes")  # fmt: skip
    return figure
