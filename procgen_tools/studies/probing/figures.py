"""Figures of probes: what can be read from each layer, and from how few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from procgen_tools.plots import style
from procgen_tools.plots.style import SERIES, Look
from procgen_tools.statistics.tables import where

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BASELINES = {"most frequent": ":", "maze size alone": "--", "seven features of the maze": "-."}
_NUMBERS = {
    "1": (SERIES[0], "1 channel"),
    "2": (SERIES[1], "2 channels"),
    "4": (SERIES[2], "4 channels"),
    "10": (SERIES[4], "10 numbers"),
    "100": (SERIES[5], "100 numbers"),
    "all": (Look(style.INK, "x"), "all"),
    "L1": (SERIES[3], "L1: as many channels as it needs"),
}
"""How what a probe reads looks, and what it is called, by its name."""


def plot_by_layer(
    accuracies: pd.DataFrame, targets: Sequence[str], layers: Sequence[str], probe: str, note: str
) -> Figure:
    """How often one kind of probe is right at each layer, one line per agent, one panel per target.

    Args:
        accuracies: agent, target, layer, probe, value, low, high; the last agent is all together.
        targets: a panel each.
        layers: in the order of computation. Rows of other layers, and of other probes that exist
            at all layers, are not shown; probes of no layer are baselines across the panel.
        probe: which kind.
        note: on how many mazes probes were fitted and tested.
    """
    figure, axes = _panels(targets)
    agents = list(accuracies["agent"].unique())
    for ax, target in zip(axes, targets, strict=True):
        of_target = where(accuracies, target=target)
        shown = [layer for layer in layers if layer in set(of_target["layer"])]
        _baselines(ax, where(of_target, agent=agents[-1]), shown)
        for number, agent in enumerate(agents[:-1]):
            rows = where(of_target, agent=agent, probe=probe)
            shift = 0.08 * (number - (len(agents) - 2) / 2)
            look = style.agent_look(agent, number)
            _line(ax, rows.set_index("layer").loc[shown], shift, look, agent)
        _finish(ax, shown)
    _legend(figure, axes)
    together = where(accuracies, agent=agents[-1], probe=probe)
    found = "; ".join(_best(together, targets, layers))
    style.headline(figure, f"Read best at: {found}", f"{note}; bars: {style.LEVELS_INTERVAL}")
    return figure


def _best(together: pd.DataFrame, targets: Sequence[str], layers: Sequence[str]) -> list[str]:
    """For each target the layer at which it is read best, and how often probes are right there."""
    found = []
    for target in targets:
        rows = together[(together["target"] == target) & together["layer"].isin(layers)]
        best = rows.loc[rows["value"].idxmax()]
        found.append(f"{target}, {best['layer']} ({best['value']:.0%})")
    return found


def plot_by_number(
    accuracies: pd.DataFrame, targets: Sequence[str], layers: Sequence[str], note: str
) -> Figure:
    """The mean over agents at each layer, one line per number of things that a probe reads.

    Args: as for `plot_by_layer`.
    """
    figure, axes = _panels(targets)
    together = accuracies[accuracies["agent"] == accuracies["agent"].iloc[-1]]
    for ax, target in zip(axes, targets, strict=True):
        of_target = where(together, target=target)
        shown = [layer for layer in layers if layer in set(of_target["layer"])]
        at_layers = of_target[of_target["layer"].isin(shown)]
        _baselines(ax, of_target, shown)
        names = [name for name in _NUMBERS if name in set(at_layers["probe"])]
        for number, name in enumerate(names):
            rows = where(at_layers, probe=name).set_index("layer")
            look, words = _NUMBERS[name]
            shift = 0.09 * (number - (len(names) - 1) / 2)
            _line(ax, rows.reindex(shown), shift, look, words)
        _finish(ax, shown)
    _legend(figure, axes)
    lost = _losses(together, targets[0], layers, "2")
    style.headline(figure, lost, f"{note}; bars: {style.LEVELS_INTERVAL}")
    return figure


def _losses(together: pd.DataFrame, target: str, layers: Sequence[str], few: str) -> str:
    """By how many points a probe of few channels is right less often than one of all."""
    of_target = together[(together["target"] == target) & together["layer"].isin(layers)]
    grid = of_target.pivot(index="layer", columns="probe", values="value").reindex(layers)
    change = (100 * (grid[few] - grid["all"])).dropna()
    words = "; ".join(f"{layer} {points:+.0f}" for layer, points in change.items())
    return f"Points that {few} channels lose against all ({target}): {words}".replace("-", "−")


def _panels(targets: Sequence[str]) -> tuple[Figure, list[Axes]]:
    return style.panel_grid(
        len(targets), 2, (4.8, 3.3), (0.0, 1.5), least=9.6, titles=targets, sharey=True
    )


def _line(ax: Axes, rows: pd.DataFrame, shift: float, look: Look, label: str) -> None:
    x = np.arange(len(rows)) + shift
    ax.vlines(x, rows["low"], rows["high"], color=look.colour, linewidth=1.5)
    line: dict[str, Any] = {"marker": look.marker, "color": look.colour, "label": label}
    ax.plot(x, rows["value"], **line, markersize=5, linewidth=1.5)


def _baselines(ax: Axes, rows: pd.DataFrame, layers: Sequence[str]) -> None:
    """Grey lines of what reads no activation."""
    named = rows[rows["probe"].isin(_BASELINES)]
    for name, of in named.groupby("probe", sort=False):
        grey = style.RANDOM.colour
        how = {"color": grey, "linestyle": _BASELINES[str(name)], "linewidth": 1.5, "label": name}
        if of["layer"].isin(layers).any():
            # Where the question depends on the layer, as the size of cells does, so does this.
            values = of.set_index("layer").loc[list(layers), "value"]
            ax.plot(range(len(layers)), values, **how)
        else:
            ax.axhline(of["value"].iloc[0], **how)


def _finish(ax: Axes, layers: Sequence[str]) -> None:
    ax.set_xticks(range(len(layers)), layers, fontsize=9)
    ax.set_ylim(0, 1.03)
    ax.grid(axis="y", color="#EEEEEE")
    ax.set_ylabel("share that is right", fontsize=9)
    ax.label_outer()
    ax.tick_params(axis="x", labelbottom=True)


def _legend(figure: Figure, axes: Sequence[Axes]) -> None:
    """One legend of what is in any panel: agents or numbers in their order, then baselines."""
    words = {words: number for number, (_, words) in enumerate(_NUMBERS.values())}
    labels = {label for ax in axes for label in ax.get_legend_handles_labels()[1]}
    style.legend_below(
        figure,
        4 if len(labels) > 5 else len(labels),
        order=lambda label: (label in _BASELINES, words.get(label, -1)),
    )
