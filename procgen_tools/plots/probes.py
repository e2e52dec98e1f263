"""Figures of probes: what can be read from each layer, and from how few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.plots.behaviour import agent_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BASELINES = (":", "--", "-.")
_GREY = "#7F7F7F"
_NUMBERS = ("#56B4E9", "#0072B2", "#CC79A7", "#D55E00", "#009E73")
_MARKERS = ("o", "s", "^", "D", "v")


def plot_by_layer(
    accuracies: pd.DataFrame, targets: Sequence[str], layers: Sequence[str], probe: str
) -> Figure:
    """How often one kind of probe is right at each layer, a line an agent, a panel a target.

    Args:
        accuracies: agent, target, layer, probe, value, low, high; the last agent is all together.
        targets: a panel each.
        layers: in the order of computation. Rows of other layers, and of other probes that exist
            at all layers, are not shown; probes of no layer are baselines across the panel.
        probe: which kind.
    """
    figure, axes = _panels(targets)
    agents = list(accuracies["agent"].unique())
    for ax, target in zip(axes, targets, strict=True):
        of_target = accuracies[accuracies["target"] == target]
        shown = [layer for layer in layers if layer in set(of_target["layer"])]
        for number, agent in enumerate(agents[:-1]):
            rows = of_target[(of_target["agent"] == agent) & (of_target["probe"] == probe)]
            colour, marker = agent_style(number)
            shift = 0.08 * (number - (len(agents) - 2) / 2)
            _line(ax, rows.set_index("layer").loc[shown], shift, colour, marker, agent)
        _baselines(ax, of_target[of_target["agent"] == agents[-1]], shown)
        _finish(ax, target, shown)
    handles, labels = _all_handles(axes)
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return figure


def plot_by_number(
    accuracies: pd.DataFrame, targets: Sequence[str], layers: Sequence[str]
) -> Figure:
    """The mean over agents at each layer, a line for each number of things that a probe reads.

    Args: as for `plot_by_layer`.
    """
    figure, axes = _panels(targets)
    together = accuracies[accuracies["agent"] == accuracies["agent"].iloc[-1]]
    for ax, target in zip(axes, targets, strict=True):
        of_target = together[together["target"] == target]
        shown = [layer for layer in layers if layer in set(of_target["layer"])]
        at_layers = of_target[of_target["layer"].isin(shown)]
        baselines = set(_baselines(ax, of_target, shown))
        names = sorted(set(at_layers["probe"]) - baselines, key=_by_number)
        for number, name in enumerate(names):
            rows = at_layers[at_layers["probe"] == name].set_index("layer")
            rows = rows.reindex(shown)
            colour, marker = _NUMBERS[number % 5], _MARKERS[number % 5]
            shift = 0.06 * (number - (len(names) - 1) / 2)
            _line(ax, rows, shift, colour, marker, name)
        _finish(ax, target, shown)
        ax.legend(loc="lower left", frameon=False, fontsize=7.5, ncols=2)
    return figure


def _by_number(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdecimal() else (10**9, name.lower())


def _panels(targets: Sequence[str]) -> tuple[Figure, list[Axes]]:
    from matplotlib import pyplot as plt

    rows = -(-len(targets) // 2)
    figure = plt.figure(figsize=(9.6, 3.4 * rows + 0.5), layout="constrained")
    axes = figure.subplots(rows, 2, sharey=True, squeeze=False).ravel()
    for ax in axes[len(targets) :]:
        ax.set_axis_off()
    return figure, list(axes[: len(targets)])


def _line(ax: Axes, rows: pd.DataFrame, shift: float, colour: str, marker: str, label: str) -> None:
    x = np.arange(len(rows)) + shift
    ax.vlines(x, rows["low"], rows["high"], color=colour, linewidth=1.5)
    ax.plot(x, rows["value"], marker=marker, color=colour, markersize=5, linewidth=1.5, label=label)


def _baselines(ax: Axes, rows: pd.DataFrame, layers: Sequence[str]) -> list[str]:
    """Lines of the probes that read no activation, and their names."""
    nowhere = rows[~rows["layer"].isin(layers)]
    if len(nowhere):
        for style, row in zip(_BASELINES, nowhere.itertuples(), strict=False):
            ax.axhline(row.value, color=_GREY, linestyle=style, linewidth=1.3, label=row.probe)
        return list(nowhere["probe"])
    # Where the question depends on the layer, as the size of cells does, so does the baseline.
    named = rows[rows["probe"].str.contains("alone")]
    for name, of in named.groupby("probe"):
        values = of.set_index("layer").loc[list(layers), "value"]
        ax.plot(range(len(layers)), values, color=_GREY, linestyle="--", linewidth=1.3, label=name)
    return list(named["probe"].unique())


def _finish(ax: Axes, target: str, layers: Sequence[str]) -> None:
    ax.set_title(target, fontsize=10)
    ax.set_xticks(range(len(layers)), layers, fontsize=8)
    ax.set_ylim(0, 1.03)
    ax.grid(axis="y", color="#EEEEEE")
    ax.set_axisbelow(True)
    ax.set_ylabel("share that is right", fontsize=9)
    ax.label_outer()
    ax.tick_params(axis="x", labelbottom=True)


def _all_handles(axes: Sequence[Axes]) -> tuple[list, list[str]]:
    labelled = {
        label: handle
        for ax in axes
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)
    }
    return list(labelled.values()), list(labelled)
