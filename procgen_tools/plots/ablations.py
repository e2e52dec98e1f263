"""Figures of ablations: what each layer and channel does for cheese-seeking and corner-seeking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.intervals import mean_over_levels
from procgen_tools.plots.mazes import MARK_COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = {
    "cheese": "P(towards the cheese)",
    "corner": "P(towards the top right), no cheese",
}
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00")
_MARKS = ("o", "s", "^", "D")


def plot_layers(layers: pd.DataFrame, kinds: Sequence[str]) -> Figure:
    """Mean decisions after each activation is ablated whole, the mean over agents and levels.

    Dashed lines: unedited. Thin lines: 95% intervals over levels of the mean over agents.

    Args:
        layers: a row for each agent, level, layer and kind: cheese, corner; "nothing" for the
            policy as it is.
        kinds: of ablations, in the order of the legend.
    """
    from matplotlib import pyplot as plt

    names = [name for name in layers["layer"].unique() if name != "nothing"]
    figure = plt.figure(figsize=(9.5, 0.23 * len(names) + 1.6), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for ax, (column, label) in zip(axes, _COLUMNS.items(), strict=True):
        before = layers.loc[layers["layer"] == "nothing", column].mean()
        ax.axvline(before, color="#555555", linestyle="--", linewidth=1, label="as trained")
        for number, kind in enumerate(kinds):
            rows = layers[layers["kind"] == kind]
            for place, name in enumerate(names):
                means = rows[rows["layer"] == name].groupby("level")[column].mean()
                mean = mean_over_levels(means.to_numpy())
                height = place + 0.2 * (number - 1)
                ax.plot([mean.low, mean.high], [height, height], color=_COLOURS[number],
                        linewidth=1, alpha=0.6)  # fmt: skip
                ax.plot(mean.value, height, _MARKS[number], color=_COLOURS[number], markersize=4,
                        label=kind if place == 0 else None)  # fmt: skip
        ax.set(xlim=(-0.03, 1.03), ylim=(len(names) - 0.4, -0.6))
        ax.set_xlabel(label, fontsize=10)
        ax.grid(axis="y", color="#EEEEEE")
        ax.set_axisbelow(True)
    short = [name.removeprefix("embedder.").removesuffix("_out") for name in names]
    axes[0].set_yticks(range(len(names)), short, fontsize=8)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4, frameon=False, fontsize=9)
    return figure


def plot_channels(channels: pd.DataFrame, layers: Sequence[str], named: int = 3) -> Figure:
    """A dot a channel: what ablating it alone removes, for each agent and layer.

    Args:
        channels: a row for each agent, level, layer and channel: removed, loss.
        layers: a row of panels for each of them that is measured.
        named: how many of the strongest to write the number beside.
    """
    from matplotlib import pyplot as plt

    agents = list(channels["agent"].unique())
    shown = [layer for layer in layers if (channels["layer"] == layer).any()]
    figure = plt.figure(
        figsize=(3.9 * len(agents) + 0.6, 3 * len(shown) + 0.6), layout="constrained"
    )
    axes = figure.subplots(len(shown), len(agents), sharex=True, sharey=True, squeeze=False)
    means = channels.groupby(["agent", "layer", "channel"])[["removed", "loss"]].mean()
    for row, layer in enumerate(shown):
        for column, agent in enumerate(agents):
            ax = axes[row, column]
            dots = means.loc[agent, layer]
            ax.axvline(0, color="#BBBBBB", linewidth=1, zorder=0)
            ax.axhline(0, color="#BBBBBB", linewidth=1, zorder=0)
            ax.scatter(dots["removed"], dots["loss"], s=22, color="#0072B2", alpha=0.65,
                       edgecolor="none")  # fmt: skip
            for channel, dot in dots.nlargest(named, "removed").iterrows():
                ax.annotate(str(channel), (dot["removed"], dot["loss"]), xytext=(4, 3),
                            textcoords="offset points", fontsize=8)  # fmt: skip
            if row == 0:
                ax.set_title(agent, fontsize=10)
        short = layer.removeprefix("embedder.").removesuffix("_out")
        axes[row, 0].set_ylabel(f"{short}\nloss of corner-seeking", fontsize=9)
    for ax in axes[-1]:
        ax.set_xlabel("cheese-seeking removed")
    return figure


def plot_removal(
    held_out: pd.DataFrame, chosen: pd.DataFrame, levels: Sequence[float], most_loss: float
) -> Figure:
    """Cheese-seeking removed against corner-seeking lost, a dot an edit, for each agent.

    Args:
        held_out: a row for each agent, level and edit: family, strength, removed, loss.
        chosen: the edits chosen in other mazes, with their agent.
        levels: shares to remove, as dotted lines.
        most_loss: the loss that is allowed, shaded.
    """
    from matplotlib import pyplot as plt

    agents = list(held_out["agent"].unique())
    figure = plt.figure(figsize=(max(4.1 * len(agents), 7), 4.5), layout="constrained")
    axes = figure.subplots(1, len(agents), sharex=True, sharey=True, squeeze=False)
    families = list(held_out["family"].unique())
    for ax, agent in zip(axes[0], agents, strict=True):
        rows = held_out[held_out["agent"] == agent]
        ax.axhspan(-2, most_loss, color="#EEF4EE", zorder=0, label=f"loss up to {most_loss:.0%}")
        for level in levels:
            ax.axvline(level, color="#BBBBBB", linewidth=0.8, linestyle=":", zorder=1)
        for number, family in enumerate(families):
            edits = rows[rows["family"] == family].groupby("strength")[["removed", "loss"]].mean()
            edits = edits.reindex(sorted(edits.index, key=abs))
            ax.plot(np.r_[0, edits["removed"]], np.r_[0, edits["loss"]], color=_COLOURS[number],
                    marker=_MARKS[number], markersize=4.5, linewidth=1, label=family)  # fmt: skip
        means = rows.groupby("edit")[["removed", "loss"]].mean()
        picked = means.loc[chosen.loc[chosen["agent"] == agent, "edit"].unique()]
        ax.scatter(picked["removed"], picked["loss"], s=130, facecolor="none",
                   edgecolor=MARK_COLOURS[-1], linewidth=1.8, zorder=4,
                   label="chosen in other mazes")  # fmt: skip
        ax.set(xlim=(-0.3, 1.6), ylim=(-0.55, 1.1), xlabel="cheese-seeking removed")
        ax.set_title(agent, fontsize=10)
    axes[0, 0].set_ylabel("corner-seeking lost")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return figure
