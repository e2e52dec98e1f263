"""Figures of ablations: what each layer and channel does for cheese-seeking and corner-seeking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from procgen_tools.plots import marks, style
from procgen_tools.statistics.intervals import mean_over_levels
from procgen_tools.statistics.tables import where

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_OTHER, _BEST = style.Look(style.RANDOM.colour, "o"), style.Look(style.PICKED.colour, "o")
_COLUMNS = {"cheese": "P(towards the cheese)", "corner": "P(towards the top right), no cheese"}


def plot_layers(layers: pd.DataFrame, kinds: Sequence[str]) -> Figure:
    """Mean decisions after each activation is ablated whole, the mean over agents and levels.

    Args:
        layers: one row per agent, level, layer and kind: cheese, corner; "nothing" for the
            policy as it is.
        kinds: of ablations, in the order of the legend.
    """
    names = [name for name in layers["layer"].unique() if name != "nothing"]
    figure, axes = style.panels(1, 2, (9.5, 0.3 * len(names) + 1.9), sharey=True)
    for ax, (column, label) in zip(axes[0], _COLUMNS.items(), strict=True):
        before = layers.loc[layers["layer"] == "nothing", column].mean()
        ax.axvline(before, color=style.INK, linestyle="--", linewidth=1, label="as trained")
        by_level = layers.groupby(["kind", "layer", "level"])[column].mean()
        series = {
            kind: (
                style.series_look(number),
                [mean_over_levels(by_level[kind, name].to_numpy()) for name in names],
            )
            for number, kind in enumerate(kinds)
        }
        style.draw_estimates(ax, series, [style.short_name(name) for name in names], step=0.25)
        ax.set_xlim(-0.03, 1.03)
        ax.set_xlabel(label, fontsize=10)
    means = layers.groupby(["kind", "layer"])["cheese"].mean()
    halved = int((means[kinds[0]] < means["nothing", "nothing"] / 2).sum())
    style.headline(
        figure,
        f"Ablation '{kinds[0]}' of {halved} of the {len(names)} activations at least halves "
        "P(towards the cheese)",
        f"{style.count_mazes(layers)}; bars: {style.LEVELS_INTERVAL}",
        legend=4,
    )
    return figure


def plot_channels(channels: pd.DataFrame, layers: Sequence[str], named: int = 3) -> Figure:
    """One dot per channel: what ablating it alone removes, for each agent and layer.

    Args:
        channels: one row per agent, level, layer and channel: removed, loss.
        layers: a row of panels for each of them that is measured.
        named: how many of the strongest to write the number beside.
    """
    agents = list(channels["agent"].unique())
    shown = [layer for layer in layers if (channels["layer"] == layer).any()]
    size = max(3.9 * len(agents) + 0.6, 6.2), 3 * len(shown) + 1.2
    figure, axes = style.panels(
        len(shown), len(agents), size, titles=agents, sharex=True, sharey=True
    )
    means = channels.groupby(["agent", "layer", "channel"])[["removed", "loss"]].mean()
    for row, layer in enumerate(shown):
        for column, agent in enumerate(agents):
            ax = axes[row, column]
            dots = means.loc[agent, layer]
            marks.zero_line(ax, "x")
            marks.zero_line(ax, "y")
            best = dots.nlargest(named, "removed")
            for chosen, look, words in (
                (dots.drop(best.index), _OTHER, "other channels"),
                (best, _BEST, f"the {named} that remove most, numbered"),
            ):
                marks.draw_dots(ax, chosen["removed"], chosen["loss"], look, words)
        axes[row, 0].set_ylabel(f"{style.short_name(layer)}\nloss of corner-seeking", fontsize=9)
    for ax in axes[-1]:
        ax.set_xlabel("cheese-seeking removed")
    for ax in axes.flat:
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter("{x:.0%}")
        ax.margins(0.12, 0.2)
    left, right = axes[0, 0].get_xlim()
    axes[0, 0].set_xlim(left, right + 0.12 * (right - left))  # of all panels
    for row, layer in enumerate(shown):
        for column, agent in enumerate(agents):
            _number(axes[row, column], means.loc[agent, layer].nlargest(named, "removed"))
    agent, layer, channel = means["removed"].idxmax()
    style.headline(
        figure,
        f"The strongest channel, {channel} of {style.short_name(layer)}, removes "
        f"{means['removed'].max():.0%} of cheese-seeking",
        f"a dot is a channel that is replaced by its mean; {style.count_mazes(channels)}",
        legend=4,
    )
    return figure


def _number(ax: Axes, dots: pd.DataFrame) -> None:
    """Write numbers in a free column on the right, from below upwards, joined to their dots."""
    low, high = ax.get_ylim()
    left, right = ax.get_xlim()
    right -= 0.02 * (right - left)
    height = -np.inf
    for channel, dot in dots.sort_values("loss").iterrows():
        height = max(dot["loss"], height + 0.075 * (high - low))
        place: dict[str, Any] = {"xytext": (right, height), "ha": "right", "va": "center"}
        line = {"arrowstyle": "-", "color": style.RANDOM.colour, "linewidth": 0.7}
        at = dot["removed"], dot["loss"]
        ax.annotate(str(channel), at, **place, fontsize=9, arrowprops=line)


def plot_removal(
    held_out: pd.DataFrame, chosen: pd.DataFrame, levels: Sequence[float], most_loss: float
) -> Figure:
    """Cheese-seeking removed against corner-seeking lost, one dot per edit, for each agent.

    Args:
        held_out: one row per agent, level and edit: family, strength, removed, loss.
        chosen: the edits chosen in other mazes, with their agent.
        levels: shares of cheese-seeking to remove, as dotted lines.
        most_loss: the loss that is allowed, shaded.
    """
    figure, panels = style.agent_panels(
        held_out, width=4.1, extra=0, height=4.5, least=7, sharex=True
    )
    families = list(held_out["family"].unique())
    for ax, agent, rows in panels:
        ax.axhspan(-2, most_loss, color="#EEF4EE", zorder=0, label=f"loss up to {most_loss:.0%}")
        aims = f"aims: {', '.join(f'{level:.0%}' for level in levels)} removed"
        for level in levels:
            ax.axvline(level, color=style.NOTE, linewidth=1, linestyle=":", zorder=1, label=aims)
        for number, family in enumerate(families):
            edits = where(rows, family=family).groupby("strength")[["removed", "loss"]].mean()
            edits = edits.reindex(sorted(edits.index, key=abs))
            look = style.series_look(number)
            line = {"color": look.colour, "marker": look.marker, "label": family}
            path = np.r_[0, edits["removed"]], np.r_[0, edits["loss"]]
            ax.plot(*path, **line, markersize=4.5, linewidth=1)
        means = rows.groupby("edit")[["removed", "loss"]].mean()
        picked = means.loc[where(chosen, agent=agent)["edit"].unique()]
        rings = ax.scatter(picked["removed"], picked["loss"], s=130, facecolor="none", zorder=4)
        rings.set(edgecolor=style.PICKED.colour, linewidth=1.8, label="chosen in other mazes")
        ax.set(xlim=(-0.3, 1.6), ylim=(-0.55, 1.1), xlabel="cheese-seeking removed")
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter("{x:.0%}")
    panels[0][0].set_ylabel("corner-seeking lost")
    ours = held_out.merge(chosen[["agent", "edit"]].drop_duplicates(), on=["agent", "edit"])
    best = ours.groupby("edit")[["removed", "loss"]].mean().nlargest(1, "removed")
    style.headline(
        figure,
        f"Of the edits chosen in other mazes, {best.index[0]} removes most: "
        f"{best['removed'].iloc[0]:.0%} of cheese-seeking, at a loss of {best['loss'].iloc[0]:.0%}",
        f"a dot is an edit, the mean over mazes; {style.count_mazes(held_out)}",
        legend=3,
    )
    return figure
