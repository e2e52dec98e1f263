"""Figures of what becomes of episodes, by where the cheese lies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.chains import CORNER_REGION, PROCGEN_STEP_LIMIT, chances, decision
from procgen_tools.maze.grid import Maze
from procgen_tools.models import ImpalaPolicy
from procgen_tools.plots.behaviour import agent_style
from procgen_tools.plots.fields import plot_vf
from procgen_tools.vfield import VectorField, vector_field

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OUTCOMES = {
    "cheese": ("gets the cheese", "#E69F00"),
    "top_right_only": ("visits the top-right 5 x 5 only", "#56B4E9"),
    "neither": ("neither", "#BBBBBB"),
}


def plot_outcomes(outcomes: pd.DataFrame) -> Figure:
    """Mean chances of the three outcomes in each situation, a bar an agent.

    Args:
        outcomes: agent, level, situation, cheese, top_right_only, neither.
    """
    from matplotlib import pyplot as plt

    names = list(outcomes["situation"].unique())
    agents = list(outcomes["agent"].unique())
    figure = plt.figure(
        figsize=(8.4, 0.3 * len(names) * (len(agents) + 1) + 1.3), layout="constrained"
    )
    ax = figure.subplots()
    means = outcomes.groupby(["situation", "agent"])[list(OUTCOMES)].mean()
    ticks, labels = [], []
    for place, name in enumerate(names):
        for number, agent in enumerate(agents):
            row = place * (len(agents) + 1) + number
            left = 0.0
            for column, (words, colour) in OUTCOMES.items():
                share = means.loc[(name, agent), column]
                ax.barh(row, share, left=left, color=colour, height=0.9,
                        label=words if row == 0 else None)  # fmt: skip
                if share > 0.06:
                    ax.text(left + share / 2, row, f"{share:.2f}", ha="center", va="center",
                            fontsize=8)  # fmt: skip
                left += share
            ticks.append(row)
            labels.append(f"{name}   {agent}" if number == 0 else agent)
    ax.set_yticks(ticks, labels, fontsize=8)
    ax.invert_yaxis()
    ax.set(xlim=(0, 1), xlabel="mean exact chance of an episode")
    ax.set_title("where the cheese lies", loc="left", fontsize=9, x=-0.25)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return figure


def plot_every_maze(outcomes: pd.DataFrame) -> Figure:
    """The chance of getting the cheese in each situation, a dot a maze.

    Args: as for `plot_outcomes`.
    """
    from matplotlib import pyplot as plt

    with_cheese = outcomes[outcomes.groupby("situation")["cheese"].transform("max") > 0]
    names = list(with_cheese["situation"].unique())
    agents = list(outcomes["agent"].unique())
    figure = plt.figure(figsize=(8.4, 3.9), layout="constrained")
    ax = figure.subplots()
    rng = np.random.default_rng(0)
    for number, agent in enumerate(agents):
        rows = with_cheese[with_cheese["agent"] == agent]
        colour, marker = agent_style(number)
        shift = 0.26 * (number - (len(agents) - 1) / 2)
        places = rows["situation"].map(names.index) + shift
        ax.plot(
            places + rng.uniform(-0.09, 0.09, len(rows)), rows["cheese"], marker, color=colour,
            alpha=0.5, markersize=4, markeredgewidth=0, label=agent,
        )  # fmt: skip
        means = rows.groupby("situation")["cheese"].mean().loc[names]
        ax.plot(np.arange(len(names)) + shift, means, "_", color="#111111", markersize=16,
                markeredgewidth=2, label="mean" if number == 0 else None)  # fmt: skip
    ax.set_xticks(range(len(names)), names, fontsize=9)
    ax.set(ylim=(-0.03, 1.03), ylabel="exact chance of getting the cheese",
           xlabel="where the cheese lies")  # fmt: skip
    ax.grid(axis="y", color="#EEEEEE")
    figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return figure


def plot_situations(policy: ImpalaPolicy, mazes: Mapping[str, Maze], *, columns: int = 3) -> Figure:
    """The policy's field in several mazes, and what becomes of an episode in each, in words."""
    from matplotlib import pyplot as plt

    rows = -(-len(mazes) // columns)
    figure = plt.figure(figsize=(3.5 * columns, 3.95 * rows + 0.4), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax, (name, maze) in zip(axes, mazes.items(), strict=False):
        plot_with_chances(vector_field(maze, policy), ax, title=name)
        ax.get_legend().remove()
    handles: dict[str, Axes] = {}
    for ax in axes[: len(mazes)]:
        found, labels = ax.get_legend_handles_labels()
        handles |= dict(zip(labels, found, strict=True))
    for ax in axes[len(mazes) :]:
        ax.set_axis_off()
    figure.legend(handles.values(), handles, loc="outside lower center", ncols=6, frameon=False,
                  fontsize=9)  # fmt: skip
    return figure


def plot_with_chances(field: VectorField, ax: Axes | None = None, *, title: str = "") -> Axes:
    """A field, and above it the title and the exact chances from the mouse's square."""
    exact = chances(field, step_limit=PROCGEN_STEP_LIMIT, corner_region=CORNER_REGION)
    only = max(1 - exact.cheese - exact.neither, 0.0)
    lines = [title, f"cheese {exact.cheese:.2f}, top right only {only:.2f}, "
             f"neither {exact.neither:.2f}"]  # fmt: skip
    moves = decision(field)
    if moves is not None:
        lines.append(
            f"at the decision square: cheese {moves.cheese:.2f}, top right {moves.top_right:.2f}"
        )
    ax = plot_vf(field, ax)
    ax.set_title("\n".join(lines), fontsize=9)
    return ax
