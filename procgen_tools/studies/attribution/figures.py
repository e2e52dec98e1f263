"""Figures of attributions beside the effects of real changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.plots.activations import draw_walls
from procgen_tools.plots.mazes import ring_squares
from procgen_tools.plots.style import (
    DIVERGING,
    REFERENCE,
    agent_look,
    agent_panels,
    draw_estimates,
    headline,
    legend_below,
    sample,
    series_look,
)
from procgen_tools.statistics.intervals import Estimate, Share, mean_over_levels
from procgen_tools.worlds.maze.grid import Maze

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAPS = {
    "real": "really changed",
    "black": "integrated gradients\nfrom a black frame",
    "no_cheese": "integrated gradients from\nthe maze without cheese",
    "saliency": "saliency",
}
"""What is drawn, by column, in words."""

GRADIENT = "saliency"
"""The map that is no change of the log-odds: it has a scale of its own."""

AGREEMENTS = {
    "agreement_black": "squares: integrated gradients\n(rank correlation)",
    "agreement_saliency": "squares: saliency\n(rank correlation)",
    "same_top_black": "same top square: integrated\ngradients (share of mazes)",
    "same_top_saliency": "same top square: saliency\n(share of mazes)",
    "channels": "channels: integrated gradients\n(correlation)",
}


def plot_square_maps(squares: pd.DataFrame, maze: Maze, *, title: str) -> Figure:
    """One maze, each square coloured by its real effect and by each attribution.

    All changes of log-odds have one scale of colours, so that panels can be compared.

    Args:
        squares: one row per square, with the columns row, col and MAPS.
        maze: whose they are; the mouse is at the decision square.
        title: which agent and level.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(MAPS), figsize=(3.0 * len(MAPS), 5.0), layout="constrained")
    changes = [column for column in MAPS if column != GRADIENT]
    limit = float(np.nanmax(np.abs(squares[changes].to_numpy()))) or 1.0
    images = {}
    for ax, (column, name) in zip(axes, MAPS.items(), strict=True):
        field = np.full((maze.size, maze.size), np.nan)
        field[squares["row"], squares["col"]] = squares[column]
        last = maze.size - 0.5
        how = (
            {"cmap": "Reds", "vmin": 0, "vmax": float(np.nanmax(field)) or 1.0}
            if column == GRADIENT
            else {"cmap": DIVERGING, "vmin": -limit, "vmax": limit}
        )
        images[column] = ax.imshow(field, origin="lower", extent=(-0.5, last, -0.5, last), **how)
        draw_walls(ax, maze)
        ring_squares(ax, maze)
        ax.set(xticks=[], yticks=[], xlim=(-0.5, last), ylim=(-0.5, last))
        ax.set_title(name, fontsize=10)
    for column, among, label in (
        ("real", axes[: len(changes)], "change of the log-odds of turning to the cheese"),
        (GRADIENT, axes[len(changes) :], "gradient"),
    ):
        bar = figure.colorbar(images[column], ax=list(among), orientation="horizontal",
                              shrink=0.9 if column == GRADIENT else 0.5, aspect=30,
                              pad=0.02)  # fmt: skip
        bar.set_label(label, fontsize=9)
        bar.ax.tick_params(labelsize=8)
    legend_below(figure)
    ranks = squares[list(MAPS)].dropna().abs().corr(method="spearman")["real"]
    headline(figure, "Rank correlation with real changes: integrated gradients from black "
                f"{ranks['black']:.2f}, saliency {ranks['saliency']:.2f}",
                f"{title}. Red: more likely to turn to the cheese; a square that is really changed "
                "is a wall that opens or an open square that closes.")  # fmt: skip
    return figure


def plot_agreement(scores: pd.DataFrame) -> Figure:
    """How well attributions agree with real changes: over mazes, with 95% intervals.

    Args:
        scores: one row per agent and maze, with the columns of AGREEMENTS.
    """
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(7.4, 4.7), layout="constrained")
    series = {
        str(agent): (
            agent_look(str(agent), number),
            [_agreement(rows[column].to_numpy(), column) for column in AGREEMENTS],
        )
        for number, (agent, rows) in enumerate(scores.groupby("agent", sort=False))
    }
    draw_estimates(ax, series, list(AGREEMENTS.values()))
    ax.set(xlim=(-0.1, 1.03), xlabel="agreement with real changes (1: complete)")
    ax.axvline(0, color=REFERENCE, linewidth=1, zorder=0)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    legend_below(figure)
    means = scores[["agreement_black", "channels"]].mean()
    headline(figure, f"Integrated gradients agree with real changes of channels "
              f"({means['channels']:.2f}) and of squares ({means['agreement_black']:.2f})",
              f"{sample(scores)}; bars: 95% intervals over mazes")  # fmt: skip
    return figure


def _agreement(values: np.ndarray, column: str) -> Estimate:
    """The mean over mazes; of yes or no, with a Wilson interval, which is wide for few mazes."""
    if not column.startswith("same_top"):
        return mean_over_levels(values)
    return Share.of(values > 0.5).estimate


def plot_channel_effects(channels: pd.DataFrame) -> Figure:
    """What each channel is attributed against what swapping it does, one dot per channel and maze.

    Args:
        channels: with the columns agent, attributed and real.
    """
    figure, panels = agent_panels(channels, width=3.5, height=5.0, sharex=True)
    numbers = channels[["attributed", "real"]].to_numpy()
    low, high = numbers.min(), numbers.max()
    ends = low - 0.05 * (high - low), high + 0.05 * (high - low)
    for ax, agent, rows in panels:
        ax.plot(ends, ends, color=REFERENCE, linewidth=1, linestyle="--", zorder=0, label="equal")
        ax.scatter(rows["real"], rows["attributed"], s=14, alpha=0.4, color=series_look(0).colour,
                   edgecolor="none", label="a channel in a maze")  # fmt: skip
        ax.set(xlim=ends, ylim=ends, aspect="equal")
        ax.set_xlabel("really swapped for that\nwithout cheese")
        within = [_correlation(part) for _, part in rows.groupby("level")]
        ax.set_title(f"{agent}: r = {np.mean(within):.2f}", fontsize=10)
    panels[0][0].set_ylabel("attributed by\nintegrated gradients")
    legend_below(figure)
    all_of_them = [_correlation(part) for _, part in channels.groupby(["agent", "level"])]
    headline(figure, "What channels do to the log-odds of turning to the cheese is attributed "
                f"with a correlation of {np.mean(all_of_them):.2f}",
                f"{sample(channels)}; r: mean correlation within mazes")  # fmt: skip
    return figure


def _correlation(rows: pd.DataFrame) -> float:
    return float(rows["attributed"].corr(rows["real"]))
