"""Figures of value heads over many mazes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from procgen_tools.intervals import mean_over_levels
from procgen_tools.plots.mazes import MARK_COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RETURNS = {
    "own": "the agent's own return (exact)",
    "cheese": "the shortest way to the cheese",
    "corner": "the shortest way to the corner",
}
"""What values are correlated with, by column, in words."""


def plot_values_at_forks(decisions: pd.DataFrame) -> Figure:
    """Which way the policy turns and which way the value is higher, a dot a maze, for each agent.

    Args:
        decisions: a row an agent and maze, with the columns of `behaviour.value_heads.Fork`.
    """
    from matplotlib import pyplot as plt

    agents = list(decisions["agent"].unique())
    figure = plt.figure(figsize=(3.6 * len(agents) + 0.5, 4.0), layout="constrained")
    axes = figure.subplots(1, len(agents), sharey=True, squeeze=False)
    for ax, agent in zip(axes[0], agents, strict=True):
        rows = decisions[decisions["agent"] == agent]
        policy = rows["policy_cheese"] - rows["policy_top_right"]
        value = rows["value_cheese"] - rows["value_top_right"]
        agree = (policy > 0) == (value > 0)
        for chosen, colour, name in (
            (agree, "#0072B2", "agree"), (~agree, "#D55E00", "disagree")
        ):  # fmt: skip
            ax.scatter(policy[chosen], value[chosen], s=20, alpha=0.7, color=colour,
                       edgecolor="none", label=f"{name}: {chosen.sum()}")  # fmt: skip
        for line in (ax.axhline, ax.axvline):
            line(0, color="#BBBBBB", linewidth=1, zorder=0)
        ax.set(xlim=(-1.08, 1.08), xlabel="P(cheese) − P(top right)", title=agent)
        ax.title.set_fontsize(10)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2, fontsize=8,
                  frameon=False)  # fmt: skip
    axes[0, 0].set_ylabel("value of the way to the cheese\nminus that to the top right")
    figure.suptitle("Policy and value at the decision square", fontsize=11)
    return figure


def plot_value_correlations(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """What values correlate with within mazes: means over mazes with 95% intervals.

    Args:
        tables: by the name of the panel, rows with the columns of `behaviour.value_heads.ValueFit`.
    """
    from matplotlib import pyplot as plt

    figure = plt.figure(figsize=(3.4 * len(tables) + 2.2, 2.6), layout="constrained")
    axes = figure.subplots(1, len(tables), sharey=True, squeeze=False)
    for ax, (title, table) in zip(axes[0], tables.items(), strict=True):
        agents = list(table["agent"].unique())
        for number, agent in enumerate(agents):
            shift = 0.18 * (number - (len(agents) - 1) / 2)
            for place, column in enumerate(RETURNS):
                mean = mean_over_levels(table.loc[table["agent"] == agent, column].to_numpy())
                colour = MARK_COLOURS[number]
                ax.plot([mean.low, mean.high], [place + shift] * 2, color=colour, linewidth=2)
                ax.plot(mean.value, place + shift, "o", color=colour, markersize=5,
                        label=None if place else agent)  # fmt: skip
        ax.axvline(0, color="#BBBBBB", linewidth=1, zorder=0)
        ax.set(xlim=(-0.6, 1.03), xlabel="correlation with the value", title=title)
        ax.title.set_fontsize(10)
    axes[0, 0].set_yticks(range(len(RETURNS)), list(RETURNS.values()))
    axes[0, 0].invert_yaxis()
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return figure
