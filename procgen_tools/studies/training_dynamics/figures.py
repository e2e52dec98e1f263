"""Figures of what is learned when: wants over training, and one field over checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.plots.mazes import plot_maze
from procgen_tools.plots.style import (
    INK,
    REFERENCE,
    draw_band,
    draw_estimates,
    headline,
    legend_below,
    series_look,
)
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


def plot_onsets(onsets: Mapping[str, Estimate], *, note: str, ax: Axes | None = None) -> Axes:
    """When each thing is half learned, on an axis of examples.

    Args:
        onsets: by what is learned, thousands of examples with their interval.
        note: on what it was measured.
        ax: where to draw; by default on a new figure.
    """
    import matplotlib.pyplot as plt

    order = sorted(onsets, key=lambda name: onsets[name].value)
    if ax is None:
        size = (7.6, 0.55 * len(onsets) + 2.1)
        figure, ax = plt.subplots(figsize=size, layout="constrained")
        headline(figure, "Learned in this order: " + "; ".join(order),
                 f"{note}; bars: 95% intervals over mazes")  # fmt: skip
    draw_estimates(ax, {"": (series_look(0), [onsets[name] for name in order])}, order)
    for place, name in enumerate(order):
        ax.annotate(f"{onsets[name].value:.0f}", (onsets[name].value, place), xytext=(0, 6),
                    fontsize=9, textcoords="offset points", ha="center")  # fmt: skip
    ax.set(ylim=(len(order) - 0.4, -0.7), xlabel="thousands of examples until half of the effect")
    ax.set_xlim(left=0)
    ax.grid(axis="x", color="#EEEEEE")
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def plot_wants(checkpoints: pd.DataFrame, shipped: pd.DataFrame) -> Figure:
    """Means over mazes at every checkpoint with 95% intervals, one line per run and shipped agent.

    Args:
        checkpoints: one row per run, checkpoint and maze, with the columns agent, samples,
            level and those of PANELS.
        shipped: the same of finished agents, without samples.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        1, len(PANELS), figsize=(4.3 * len(PANELS), 5.7), layout="constrained"
    )
    end = checkpoints["samples"].max() / 1000
    for ax, (title, columns) in zip(axes, PANELS.items(), strict=True):
        for number, (column, name) in enumerate(columns.items()):
            look = series_look(number)
            for run_number, (_, run) in enumerate(checkpoints.groupby("agent", sort=False)):
                means = {
                    samples / 1000: mean_over_levels(rows[column].to_numpy())
                    for samples, rows in run.groupby("samples")
                }
                draw_band(
                    ax, list(means), list(means.values()), look, f"_{name}" if run_number else name
                )
            for _, rows in shipped.groupby("agent", sort=False):
                ax.plot(end * 1.06, rows[column].mean(), look.marker, color=look.colour,
                        markersize=6, markerfacecolor="white", clip_on=False)  # fmt: skip
        ax.axhline(0, color=REFERENCE, linewidth=1, zorder=0)
        ax.set(xlabel="thousands of examples", xlim=(0, end * 1.1))
        ax.set_title(title, fontsize=10)
        ax.xaxis.label.set_fontsize(9)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), frameon=False, fontsize=9)
    axes[0].set_ylabel("mean over mazes")
    last = checkpoints[checkpoints["samples"] == checkpoints["samples"].max()]
    runs, mazes = checkpoints["agent"].nunique(), checkpoints["level"].nunique()
    headline(figure, f"After {end:,.0f} thousand examples the top right is wanted with "
             f"{last['corner_without_cheese'].mean():.2f} and the cheese pulls with "
             f"{last['cheese_pull'].mean():.2f}",
             f"n = {mazes} mazes, {runs} run{'s' * (runs > 1)}; bands: 95% intervals over mazes; "
             f"hollow, at the right: {shipped['agent'].nunique()} shipped "
             f"agent{'s' * (shipped['agent'].nunique() > 1)}")  # fmt: skip
    return figure


def plot_fields_over_training(fields: pd.DataFrame, maze: Maze, *, most: int = 6) -> Figure:
    """The mean move at every square of one maze, at checkpoints from the first to the last.

    Args:
        fields: one row per checkpoint and square, with the columns agent, samples, row, col, right
            and up; of several runs the first is drawn.
        maze: whose field it is.
        most: pictures at most.
    """
    import matplotlib.pyplot as plt

    one = fields[fields["agent"] == fields["agent"].iloc[0]]
    done = np.sort(one["samples"].unique())
    shown = done[np.unique(np.linspace(0, len(done) - 1, min(most, len(done))).round().astype(int))]
    columns = min(3, len(shown))
    rows = -(-len(shown) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(3.7 * columns, 3.9 * rows + 1.0),
                                squeeze=False, layout="constrained")  # fmt: skip
    for ax in axes.flat[len(shown) :]:
        ax.axis("off")
    lengths = {}
    for ax, samples in zip(axes.flat, shown, strict=False):
        squares = one[one["samples"] == samples]
        lengths[samples] = float(np.hypot(squares["right"], squares["up"]).mean())
        plot_maze(maze, ax, marks=maze.landmarks(), fade=0.6, title=f"after {samples:,} examples")
        ax.get_legend().remove()
        ax.title.set_fontsize(10)
        ax.quiver(squares["col"], squares["row"], squares["right"], squares["up"], angles="xy",
                  scale_units="xy", scale=1 / 0.9, pivot="mid", units="xy", width=0.12,
                  headwidth=3.4, headlength=3.2, headaxislength=2.9, minlength=0.3,
                  color=INK, zorder=4)  # fmt: skip
    legend_below(figure)
    headline(
        figure,
        f"The mean move grows from {lengths[shown[0]]:.2f} to "
        f"{lengths[shown[-1]]:.2f} of a certain one",
        "One maze, one run; arrows: mean moves, a certain one nearly as long as a square is wide",
    )
    return figure
