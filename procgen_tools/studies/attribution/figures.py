"""Figures of attributions beside the effects of real changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.plots import marks, style
from procgen_tools.plots.activations import draw_walls
from procgen_tools.plots.mazes import ring_squares
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
    size = (3.0 * len(MAPS), 5.0)
    figure, (axes,) = style.panels(1, len(MAPS), size, titles=MAPS.values(), framed=True)
    changes = [column for column in MAPS if column != GRADIENT]
    limit = float(np.nanmax(np.abs(squares[changes].to_numpy()))) or 1.0
    images = {}
    for ax, column in zip(axes, MAPS, strict=True):
        field = np.full((maze.size, maze.size), np.nan)
        field[squares["row"], squares["col"]] = squares[column]
        last = maze.size - 0.5
        how = (
            {"cmap": "Reds", "vmin": 0, "vmax": float(np.nanmax(field)) or 1.0}
            if column == GRADIENT
            else {"cmap": style.DIVERGING, "vmin": -limit, "vmax": limit}
        )
        images[column] = ax.imshow(field, origin="lower", extent=(-0.5, last, -0.5, last), **how)
        draw_walls(ax, maze)
        ring_squares(ax, maze)
        ax.set(xticks=[], yticks=[], xlim=(-0.5, last), ylim=(-0.5, last))
    for column, among, label, shrink in (
        ("real", axes[: len(changes)], "change of the log-odds of turning to the cheese", 0.5),
        (GRADIENT, axes[len(changes) :], "gradient", 0.9),
    ):
        place = {"orientation": "horizontal", "aspect": 30, "pad": 0.02}
        marks.colour_bar(figure, images[column], list(among), label, shrink=shrink, **place)
    ranks = squares[list(MAPS)].dropna().abs().corr(method="spearman")["real"]
    style.headline(
        figure,
        "Rank correlation with real changes: integrated gradients from black "
        f"{ranks['black']:.2f}, saliency {ranks['saliency']:.2f}",
        f"{title}. Red: more likely to turn to the cheese; a square that is really changed is a "
        "wall that opens or an open square that closes.",
        legend=4,
    )
    return figure


def plot_agreement(scores: pd.DataFrame) -> Figure:
    """How well attributions agree with real changes: over mazes, with 95% intervals.

    Args:
        scores: one row per agent and maze, with the columns of AGREEMENTS.
    """
    figure, ((ax,),) = style.panels(1, 1, (7.4, 4.7))
    series = marks.agent_series(
        scores,
        lambda rows: [_agreement(rows[column].to_numpy(), column) for column in AGREEMENTS],
    )
    style.draw_estimates(ax, series, list(AGREEMENTS.values()))
    ax.set(xlim=(-0.1, 1.03), xlabel="agreement with real changes (1: complete)")
    marks.zero_line(ax)
    means = scores[["agreement_black", "channels"]].mean()
    style.headline(
        figure,
        f"Integrated gradients agree with real changes of channels ({means['channels']:.2f}) and "
        f"of squares ({means['agreement_black']:.2f})",
        f"{style.sample(scores)}; bars: {style.LEVELS_INTERVAL}",
        legend=4,
    )
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
    figure, panels = style.agent_panels(channels, width=3.5, height=5.0, sharex=True)
    numbers = channels[["attributed", "real"]].to_numpy()
    low, high = numbers.min(), numbers.max()
    ends = low - 0.05 * (high - low), high + 0.05 * (high - low)
    for ax, agent, rows in panels:
        ax.plot(ends, ends, "--", color=style.REFERENCE, linewidth=1, zorder=0, label="equal")
        label = "a channel in a maze"
        marks.draw_dots(ax, rows["real"], rows["attributed"], style.series_look(0), label, size=14)
        ax.set(xlim=ends, ylim=ends, aspect="equal")
        ax.set_xlabel("really swapped for that\nwithout cheese")
        within = [_correlation(part) for _, part in rows.groupby("level")]
        ax.set_title(f"{agent}: r = {np.mean(within):.2f}", fontsize=10)
    panels[0][0].set_ylabel("attributed by\nintegrated gradients")
    all_of_them = [_correlation(part) for _, part in channels.groupby(["agent", "level"])]
    style.headline(
        figure,
        "What channels do to the log-odds of turning to the cheese is attributed with a "
        f"correlation of {np.mean(all_of_them):.2f}",
        f"{style.sample(channels)}; r: mean correlation within mazes",
        legend=4,
    )
    return figure


def _correlation(rows: pd.DataFrame) -> float:
    return float(rows["attributed"].corr(rows["real"]))
