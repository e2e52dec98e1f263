"""Figures of causal scrubbing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from procgen_tools.intervals import mean_over_levels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7")


def plot_arms(
    changes: pd.DataFrame,
    column: str,
    arms: Sequence[str],
    label: str,
    *,
    before: str | None = None,
) -> Figure:
    """The mean of a column in each arm, with 95% intervals over mazes, for each set of channels.

    Args:
        changes: a row for each agent, level, set of channels (column `channels`) and `arm`.
        column: what to draw.
        arms: in the order of drawing, from the top.
        label: what the column is, under the axis.
        before: a column that says what it is without any change, drawn as a line.
    """
    from matplotlib import pyplot as plt

    agents = list(changes["agent"].unique())
    sets = list(changes["channels"].unique())
    figure = plt.figure(
        figsize=(3.4 * len(agents) + 2.9, 0.46 * len(arms) + 1.6), layout="constrained"
    )
    axes = figure.subplots(1, len(agents), sharey=True, sharex=True, squeeze=False)
    for ax, agent in zip(axes[0], agents, strict=True):
        rows = changes[changes["agent"] == agent]
        for number, name in enumerate(sets):
            shift = 0.2 * (number - (len(sets) - 1) / 2)
            for place, arm in enumerate(arms):
                chosen = rows[(rows["channels"] == name) & (rows["arm"] == arm)]
                mean = mean_over_levels(chosen[column].to_numpy())
                colour = _COLOURS[number]
                ax.plot([mean.low, mean.high], [place + shift] * 2, color=colour, linewidth=2)
                ax.plot(mean.value, place + shift, "o", color=colour, markersize=5,
                        label=name if place == 0 else None)  # fmt: skip
        if before is not None:
            ax.axvline(rows[before].mean(), color="#111111", linestyle="--", linewidth=1,
                       label="unchanged")  # fmt: skip
        ax.grid(axis="y", color="#EEEEEE")
        ax.set_axisbelow(True)
        ax.set_title(agent, fontsize=10)
        ax.set_xlabel(label, fontsize=9)
    axes[0, 0].set_yticks(range(len(arms)), arms)
    axes[0, 0].invert_yaxis()
    axes[0, 0].set_xlim(left=0)  # of all, and once all are drawn
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return figure
