"""Figures of what is learned when: wants over training, and one field over checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from procgen_tools.plots import marks, style
from procgen_tools.plots.mazes import plot_maze, ring_squares
from procgen_tools.statistics.intervals import Estimate, mean_over_levels
from procgen_tools.worlds.maze.grid import Maze

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS: dict[str, dict[str, str]] = {
    "At the decision square": {
        "corner_without_cheese": "P(top right) without cheese",
        "cheese_pull": "pull of the cheese: P(cheese)\nwith it − without it",
        "cheese": "P(cheese)",
    },
    "Over the maze": {
        "corner_first": "reaches the corner region first",
        "reaches_cheese": "reaches the cheese",
        "agreement": "share of right moves",
    },
    "The cheese vector": {
        "vector_effect": "P(cheese) that subtracting\nit takes away",
        "vector_norm": "its norm, as a share of\nthe activation's",
    },
}
"""Columns of the table, in words, by panel."""

_ARROWS: dict[str, Any] = {
    **dict.fromkeys(("angles", "scale_units", "units"), "xy"),
    "scale": 1 / 0.9,
    "pivot": "mid",
    "width": 0.12,
    "headwidth": 3.4,
    "headlength": 3.2,
    "headaxislength": 2.9,
    "minlength": 0.3,
    "color": style.INK,
    "zorder": 4,
}


def plot_onsets(onsets: Mapping[str, Estimate], *, note: str, ax: Axes | None = None) -> Axes:
    """When each thing is half learned, on an axis of examples.

    Args:
        onsets: by what is learned, thousands of examples with their interval.
        note: on what it was measured.
        ax: where to draw; by default on a new figure.
    """
    order = sorted(onsets, key=lambda name: onsets[name].value)
    if ax is None:
        figure, ((ax,),) = style.panels(1, 1, (7.6, 0.55 * len(onsets) + 2.1))
        finding = "Learned in this order: " + "; ".join(order)
        style.headline(figure, finding, f"{note}; bars: {style.LEVELS_INTERVAL}")
    series = {"": (style.series_look(0), [onsets[name] for name in order])}
    style.draw_estimates(ax, series, order)
    for place, name in enumerate(order):
        marks.write_above(ax, f"{onsets[name].value:.0f}", (onsets[name].value, place))
    ax.set(ylim=(len(order) - 0.4, -0.7), xlabel="thousands of examples until half of the effect")
    ax.set_xlim(left=0)
    ax.grid(axis="x", color="#EEEEEE")
    return ax


def plot_wants(checkpoints: pd.DataFrame, shipped: pd.DataFrame) -> Figure:
    """Means over mazes at every checkpoint with 95% intervals, one line per run and shipped agent.

    Args:
        checkpoints: one row per run, checkpoint and maze, with the columns agent, samples,
            level and those of PANELS.
        shipped: the same of finished agents, without samples.
    """
    figure, axes = style.panels(1, len(PANELS), (4.3 * len(PANELS), 5.7), titles=PANELS)
    end = checkpoints["samples"].max() / 1000
    for ax, columns in zip(axes[0], PANELS.values(), strict=True):
        for number, (column, name) in enumerate(columns.items()):
            look = style.series_look(number)
            for run_number, (_, run) in enumerate(checkpoints.groupby("agent", sort=False)):
                means = {
                    samples / 1000: mean_over_levels(rows[column].to_numpy())
                    for samples, rows in run.groupby("samples")
                }
                label = f"_{name}" if run_number else name
                style.draw_band(ax, list(means), list(means.values()), look, label)
            hollow = {"color": look.colour, "markerfacecolor": "white", "markersize": 6}
            for _, rows in shipped.groupby("agent", sort=False):
                ax.plot(end * 1.06, rows[column].mean(), look.marker, **hollow, clip_on=False)
        marks.zero_line(ax, "y")
        ax.set_xlim(0, end * 1.1)
        ax.set_xlabel("thousands of examples", fontsize=9)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), frameon=False, fontsize=9)
    axes[0, 0].set_ylabel("mean over mazes")
    last = checkpoints[checkpoints["samples"] == checkpoints["samples"].max()]
    mazes, runs, agents = (
        style.some(table[column].nunique(), noun)
        for table, column, noun in (
            (checkpoints, "level", "maze"),
            (checkpoints, "agent", "run"),
            (shipped, "agent", "shipped agent"),
        )
    )
    style.headline(
        figure,
        f"After {end:,.0f} thousand examples the top right is wanted with "
        f"{last['corner_without_cheese'].mean():.2f} and the cheese pulls with "
        f"{last['cheese_pull'].mean():.2f}",
        f"n = {mazes}, {runs}; bands: {style.LEVELS_INTERVAL}; hollow, at the right: {agents}",
    )
    return figure


def plot_fields_over_training(fields: pd.DataFrame, maze: Maze, *, most: int = 6) -> Figure:
    """The mean move at every square of one maze, at checkpoints from the first to the last.

    Args:
        fields: one row per checkpoint and square, with the columns agent, samples, row, col, right
            and up; of several runs the first is drawn.
        maze: whose field it is.
        most: pictures at most.
    """
    one = fields[fields["agent"] == fields["agent"].iloc[0]]
    done = np.sort(one["samples"].unique())
    shown = done[np.unique(np.linspace(0, len(done) - 1, min(most, len(done))).round().astype(int))]
    figure, axes = style.panel_grid(len(shown), 3, (3.7, 3.9), (0.0, 1.0), framed=True)
    lengths = {}
    for ax, samples in zip(axes, shown, strict=True):
        squares = one[one["samples"] == samples]
        lengths[samples] = float(np.hypot(squares["right"], squares["up"]).mean())
        plot_maze(maze, ax, fade=0.6)
        ring_squares(ax, maze, width=2.5)
        ax.set_title(f"after {samples:,} examples", fontsize=10)
        arrows = (squares[column] for column in ("col", "row", "right", "up"))
        ax.quiver(*arrows, **_ARROWS)
    style.headline(
        figure,
        f"The mean move grows from {lengths[shown[0]]:.2f} to "
        f"{lengths[shown[-1]]:.2f} of a certain one",
        "One maze, one run; arrows: mean moves, a certain one nearly as long as a square is wide",
        legend=4,
    )
    return figure
