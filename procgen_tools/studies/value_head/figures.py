"""Figures of value heads over many mazes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from procgen_tools.plots.style import agent_look, draw_interval, headline, sample, series_look

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
        decisions: a row an agent and maze, with the columns of `studies.value_head.measure.Fork`.
    """
    import matplotlib.pyplot as plt

    agents = list(decisions["agent"].unique())
    figure, axes = plt.subplots(1, len(agents), figsize=(3.6 * len(agents) + 1.4, 5.0),
                                sharey=True, squeeze=False, layout="constrained")  # fmt: skip
    policy = decisions["policy_cheese"] - decisions["policy_top_right"]
    value = decisions["value_cheese"] - decisions["value_top_right"]
    agree = (policy > 0) == (value > 0)
    for ax, agent in zip(axes[0], agents, strict=True):
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
    axes[0, 0].set_ylabel("value of the way to the cheese\nminus that to the top right")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2,
                  frameon=False, fontsize=9)  # fmt: skip
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
        agents = list(table["agent"].unique())
        for number, agent in enumerate(agents):
            rows = table[table["agent"] == agent]
            shift = 0.2 * (number - (len(agents) - 1) / 2)
            for place, column in enumerate(RETURNS):
                draw_interval(ax, rows[column].to_numpy(), place + shift,
                              agent_look(agent, number), None if place else agent)  # fmt: skip
        ax.axvline(0, color="#999999", linewidth=1, zorder=0)
        ax.set(xlim=(-0.6, 1.03), xlabel="correlation with the value, within a maze")
        ax.set_title(title, fontsize=10)
        ax.grid(axis="y", color="#EEEEEE")
        best = max(RETURNS, key=lambda column: float(table[column].mean()))
        found.append(f"{title}, {RETURNS[best]} ({table[best].mean():.2f})")
    axes[0, 0].set_yticks(range(len(RETURNS)), list(RETURNS.values()))
    axes[0, 0].set_ylim(len(RETURNS) - 0.5, -0.5)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3,
                  frameon=False, fontsize=9)  # fmt: skip
    sizes = " and ".join(dict.fromkeys(sample(table) for table in tables.values()))
    headline(figure, f"What values follow best: {'; '.join(found)}",
                f"{sizes}; bars: 95% intervals over mazes")  # fmt: skip
    return figure
