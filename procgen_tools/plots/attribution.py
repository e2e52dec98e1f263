"""Figures of attributions beside the effects of real changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.intervals import mean_over_levels
from procgen_tools.maze.grid import Maze
from procgen_tools.plots.activations import draw_walls
from procgen_tools.plots.mazes import MARK_COLOURS, draw_marks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAPS = {
    "real": "really changed",
    "black": "integrated gradients\nfrom a black frame",
    "no_cheese": "integrated gradients from\nthe maze without cheese",
    "saliency": "saliency",
}
"""What is drawn, by column, in words."""

AGREEMENTS = {
    "agreement_black": "squares: integrated gradients\n(rank correlation)",
    "agreement_saliency": "squares: saliency\n(rank correlation)",
    "same_top_black": "same top square:\nintegrated gradients",
    "same_top_saliency": "same top square: saliency",
    "channels": "channels: integrated\ngradients (correlation)",
}


def plot_square_maps(squares: pd.DataFrame, maze: Maze, *, title: str) -> Figure:
    """One maze, each square coloured by its real effect and by each attribution.

    Args:
        squares: a row a square, with the columns row, col and MAPS.
        maze: whose they are.
        title: text above the figure.
    """
    from matplotlib import pyplot as plt

    figure = plt.figure(figsize=(3.0 * len(MAPS), 3.9), layout="constrained")
    axes = figure.subplots(1, len(MAPS))
    for ax, (column, name) in zip(axes, MAPS.items(), strict=True):
        field = np.full((maze.size, maze.size), np.nan)
        field[squares["row"], squares["col"]] = squares[column]
        limit = float(np.nanmax(np.abs(field))) or 1.0
        signed = column != "saliency"
        last = maze.size - 0.5
        image = ax.imshow(field, origin="lower", cmap="RdBu_r" if signed else "Reds",
                          vmin=-limit if signed else 0, vmax=limit,
                          extent=(-0.5, last, -0.5, last))  # fmt: skip
        draw_walls(ax, maze)
        draw_marks(ax, maze, size=6)
        ax.set(xticks=[], yticks=[], xlim=(-0.5, last), ylim=(-0.5, last))
        ax.set_title(name, fontsize=9)
        bar = figure.colorbar(image, ax=ax, orientation="horizontal", shrink=0.85, pad=0.02)
        bar.set_label("gradient" if column == "saliency" else "log-odds of the cheese", fontsize=8)
        bar.ax.tick_params(labelsize=7)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    figure.suptitle(title, fontsize=10)
    return figure


def plot_agreement(scores: pd.DataFrame) -> Figure:
    """How well attributions agree with real changes: means over mazes with 95% intervals.

    Args:
        scores: a row an agent and maze, with the columns of AGREEMENTS.
    """
    from matplotlib import pyplot as plt

    agents = list(scores["agent"].unique())
    figure = plt.figure(figsize=(7.4, 3.8), layout="constrained")
    ax = figure.subplots()
    for number, agent in enumerate(agents):
        shift = 0.18 * (number - (len(agents) - 1) / 2)
        for place, column in enumerate(AGREEMENTS):
            mean = mean_over_levels(scores.loc[scores["agent"] == agent, column].to_numpy())
            colour = MARK_COLOURS[number]
            ax.plot([mean.low, mean.high], [place + shift] * 2, color=colour, linewidth=2)
            ax.plot(mean.value, place + shift, "o", color=colour, markersize=5,
                    label=None if place else agent)  # fmt: skip
    ax.set_yticks(range(len(AGREEMENTS)), list(AGREEMENTS.values()), fontsize=9)
    ax.invert_yaxis()
    ax.set(xlim=(-0.1, 1.03), xlabel="agreement with real changes (1: complete)")
    ax.grid(axis="y", color="#EEEEEE")
    ax.set_axisbelow(True)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return figure


def plot_channel_effects(channels: pd.DataFrame) -> Figure:
    """What each channel is attributed against what swapping it does, a dot a channel and maze.

    Args:
        channels: with the columns agent, attributed and real.
    """
    from matplotlib import pyplot as plt

    agents = list(channels["agent"].unique())
    figure = plt.figure(figsize=(3.5 * len(agents), 3.6), layout="constrained")
    axes = figure.subplots(1, len(agents), sharex=True, sharey=True, squeeze=False)
    limit = 1.05 * float(np.abs(channels[["attributed", "real"]].to_numpy()).max())
    for ax, agent in zip(axes[0], agents, strict=True):
        rows = channels[channels["agent"] == agent]
        ax.plot([-limit, limit], [-limit, limit], color="#BBBBBB", linewidth=1, zorder=0,
                label="equal")  # fmt: skip
        ax.scatter(rows["real"], rows["attributed"], s=8, alpha=0.5, color="#0072B2",
                   edgecolor="none", label="a channel in a maze")  # fmt: skip
        ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", title=agent,
               xlabel="swapped for that without cheese")  # fmt: skip
        ax.title.set_fontsize(10)
        ax.legend(loc="upper left", fontsize=8, frameon=False)
    axes[0, 0].set_ylabel("attributed (integrated gradients)")
    figure.suptitle("Log-odds of turning to the cheese", fontsize=11)
    return figure
