"""Figures of channels: how they rank, what they show, and what few of them do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.intervals import mean_over_levels
from procgen_tools.plots.mazes import MARK_COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FOUND, _OTHER = "#D55E00", "#8A8A8A"
_SHOWN = 8


def plot_channel_ranks(channels: pd.DataFrame) -> Figure:
    """How far each channel follows the cheese, and how much the agent listens to it.

    Args:
        channels: `behaviour.cheese_channels.CheeseChannels.table` of some agents, with a column
            `agent`.
    """
    from matplotlib import pyplot as plt

    agents = list(channels["agent"].unique())
    figure = plt.figure(figsize=(4.0 * len(agents) + 0.4, 3.9), layout="constrained")
    axes = figure.subplots(1, len(agents), sharey=True, squeeze=False)
    for ax, agent in zip(axes[0], agents, strict=True):
        rows = channels[channels["agent"] == agent]
        ax.axhline(1 / len(rows), color="#BBBBBB", linewidth=1, zorder=0, label="an even share")
        ax.axhline(0, color="#111111", linewidth=0.6, zorder=0)
        for found, colour, name in (
            (True, _FOUND, "cheese channel"),
            (False, _OTHER, "other channel"),
        ):
            some = rows[rows["found"] == found]
            ax.scatter(some["follows"], some["share"], s=30, color=colour, label=name)
        for _, row in rows[rows["found"]].iterrows():
            ax.annotate(
                f"{row['channel']}", (row["follows"], row["share"]), fontsize=8,
                xytext=(0, 5), textcoords="offset points", ha="center",
            )  # fmt: skip
        ax.set(title=agent, xlabel="follows: variance explained by\none picture at the cheese")
        ax.title.set_fontsize(10)
        ax.margins(y=0.12)
    axes[0, 0].set_ylabel("share of the evidence\n(log odds lost when resampled)")
    axes[0, 0].legend(fontsize=8, frameon=False, loc="upper left")
    return figure


def plot_channel_pictures(pictures: pd.DataFrame, channels: pd.DataFrame) -> Figure:
    """What the cheese adds to a channel around it, for the channels with the most evidence.

    Args:
        pictures: a row for each agent, channel and cell, with columns row and col (from the
            cheese's cell, row 1 below it) and change.
        channels: as for `plot_channel_ranks`.
    """
    from matplotlib import pyplot as plt

    agents = list(pictures["agent"].unique())
    figure = plt.figure(
        figsize=(1.25 * _SHOWN + 0.8, 1.55 * len(agents) + 0.4), layout="constrained"
    )
    axes = figure.subplots(len(agents), _SHOWN, squeeze=False)
    for line, agent in zip(axes, agents, strict=True):
        ranked = channels[channels["agent"] == agent].sort_values("evidence", ascending=False)
        best = ranked.head(_SHOWN)
        grids = {
            channel: rows.pivot_table(index="row", columns="col", values="change")
            for channel, rows in pictures[pictures["agent"] == agent].groupby("channel")
        }
        limit = max(float(grids[channel].abs().to_numpy().max()) for channel in best["channel"])
        reach = grids[0].index.max() + 0.5
        for ax, (_, row) in zip(line, best.iterrows(), strict=False):
            image = ax.imshow(
                grids[row["channel"]], cmap="PuOr_r", vmin=-limit, vmax=limit,
                extent=(-reach, reach, reach, -reach),
            )  # fmt: skip
            colour = _FOUND if row["found"] else "#333333"
            ax.set_title(f"{row['channel']}", fontsize=9, color=colour, pad=3,
                         fontweight="bold" if row["found"] else "normal")  # fmt: skip
            ax.set(xticks=[], yticks=[])
            for spine in ax.spines.values():
                spine.set(color=colour, linewidth=2.2 if row["found"] else 0.6)
        line[0].set_ylabel(agent.removeprefix("model_"), fontsize=8)
        bar = figure.colorbar(image, ax=line, shrink=0.75, aspect=14, pad=0.01)
        bar.ax.tick_params(labelsize=7)
        bar.set_label("change", fontsize=8)
    figure.suptitle(
        "Mean change around the cheese, channels with the most evidence first "
        "(framed: cheese channels)", fontsize=10,
    )  # fmt: skip
    return figure


def plot_by_number(effects: pd.DataFrame, whole: str) -> Figure:
    """How much of the vector's effect the best channels have, and random ones, by their number.

    Args:
        effects: rows of `experiments.measuring.effects_table` with the edits 'best N' and
            'random N'.
        whole: the edit that changes all channels.
    """
    from matplotlib import pyplot as plt

    agents = list(effects["agent"].unique())
    figure = plt.figure(figsize=(3.9 * len(agents) + 0.4, 3.6), layout="constrained")
    axes = figure.subplots(1, len(agents), sharey=True, squeeze=False)
    for ax, agent in zip(axes[0], agents, strict=True):
        rows = effects[effects["agent"] == agent]
        falls = rows["decision_cheese_before"] - rows["decision_cheese_after"]
        for name, colour in (("best", MARK_COLOURS[5]), ("random", MARK_COLOURS[0])):
            labels = [each for each in rows["edit"].unique() if each.startswith(f"{name} ")]
            numbers = [int(each.split()[1]) for each in labels]
            means = [mean_over_levels(falls[rows["edit"] == each].to_numpy()) for each in labels]
            ax.fill_between(numbers, [mean.low for mean in means], [mean.high for mean in means],
                            color=colour, alpha=0.2, linewidth=0)  # fmt: skip
            ax.plot(numbers, [mean.value for mean in means], "o-", color=colour, markersize=4,
                    label=f"{name} channels")  # fmt: skip
        all_channels = float(np.mean(falls[rows["edit"] == whole]))
        ax.axhline(all_channels, color="#111111", linestyle="--", linewidth=1, label="all channels")
        ax.axhline(0, color="#BBBBBB", linewidth=1, zorder=0)
        ax.set_xscale("log", base=2)
        ax.set_xticks(numbers, [str(number) for number in numbers])
        ax.minorticks_off()
        ax.set(title=agent, xlabel="channels in which the vector is subtracted")
        ax.title.set_fontsize(10)
    axes[0, 0].set_ylabel("fall of P(towards the cheese)\nat the decision square")
    axes[0, 0].legend(fontsize=8, frameon=False, loc="upper left")
    return figure
