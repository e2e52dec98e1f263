"""Figures of what is learned when: wants over training, and one field over checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.intervals import mean_over_levels
from procgen_tools.maze.grid import Maze
from procgen_tools.plots.learning import COLOURS
from procgen_tools.plots.mazes import marked_squares, plot_maze

if TYPE_CHECKING:
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


def plot_wants(checkpoints: pd.DataFrame, shipped: pd.DataFrame) -> Figure:
    """Means over mazes at every checkpoint with 95% intervals, a line a run; shipped agents apart.

    Args:
        checkpoints: a row a run, checkpoint and maze, with the columns agent, samples, level and
            those of PANELS.
        shipped: the same of finished agents, without samples.
    """
    from matplotlib import pyplot as plt

    figure = plt.figure(figsize=(4.3 * len(PANELS), 4.9), layout="constrained")
    axes = figure.subplots(1, len(PANELS))
    end = checkpoints["samples"].max() / 1000
    for ax, (title, columns) in zip(axes, PANELS.items(), strict=True):
        for colour, (column, name) in zip(COLOURS, columns.items(), strict=False):
            for number, (_, run) in enumerate(checkpoints.groupby("agent", sort=False)):
                means = {
                    samples / 1000: mean_over_levels(rows[column].to_numpy())
                    for samples, rows in run.groupby("samples")
                }
                low, high = zip(*(mean.interval for mean in means.values()), strict=True)
                ax.fill_between(list(means), low, high, color=colour, alpha=0.15, linewidth=0)
                ax.plot(list(means), [mean.value for mean in means.values()], color=colour,
                        linewidth=1.8, label=None if number else name)  # fmt: skip
            for agent, rows in shipped.groupby("agent", sort=False):
                del agent
                ax.plot(end * 1.06, rows[column].mean(), "D", color=colour, markersize=5,
                        clip_on=False)  # fmt: skip
        ax.axhline(0, color="#BBBBBB", linewidth=1, zorder=0)
        ax.set(title=title, xlabel="thousands of examples (diamonds: shipped agents)",
               xlim=(0, end * 1.1))  # fmt: skip
        ax.title.set_fontsize(10)
        ax.xaxis.label.set_fontsize(9)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), frameon=False, fontsize=8.5)
    axes[0].set_ylabel("mean over mazes")
    return figure


def plot_fields_over_training(fields: pd.DataFrame, maze: Maze, *, most: int = 6) -> Figure:
    """The mean move at every square of one maze, at checkpoints from the first to the last.

    Args:
        fields: a row a checkpoint and square, with the columns agent, samples, row, col, right
            and up; of several runs the first is drawn.
        maze: whose field it is.
        most: pictures at most.
    """
    from matplotlib import pyplot as plt

    one = fields[fields["agent"] == fields["agent"].iloc[0]]
    done = np.sort(one["samples"].unique())
    shown = done[np.unique(np.linspace(0, len(done) - 1, min(most, len(done))).round().astype(int))]
    columns = min(3, len(shown))
    rows = -(-len(shown) // columns)
    figure = plt.figure(figsize=(3.7 * columns, 3.9 * rows + 0.4), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax in axes.flat[len(shown) :]:
        ax.axis("off")
    for ax, samples in zip(axes.flat, shown, strict=False):
        squares = one[one["samples"] == samples]
        plot_maze(maze, ax, marks=marked_squares(maze), fade=0.6,
                  title=f"after {samples:,} examples")  # fmt: skip
        ax.get_legend().remove()
        ax.title.set_fontsize(10)
        ax.quiver(squares["col"], squares["row"], squares["right"], squares["up"], angles="xy",
                  scale_units="xy", scale=1 / 0.9, pivot="mid", units="xy", width=0.12,
                  headwidth=3.4, headlength=3.2, headaxislength=2.9, minlength=0.3,
                  color="#111111", zorder=4)  # fmt: skip
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return figure
