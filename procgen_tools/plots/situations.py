"""Figures of the outcomes of episodes, by the position of the cheese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.chains import Chances, chances, decision
from procgen_tools.models import ImpalaPolicy
from procgen_tools.plots import style
from procgen_tools.plots.fields import plot_vf
from procgen_tools.vfield import VectorField, vector_field
from procgen_tools.worlds.maze.grid import CORNER_REGION, EPISODE_STEPS, Maze

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OUTCOMES = {
    "cheese": ("gets the cheese", style.CHEESE.colour),
    "top_right_only": ("visits the top-right 5 x 5 only", style.CORNER.colour),
    "neither": ("neither", style.OTHER.colour),
}


def plot_outcomes(outcomes: pd.DataFrame) -> Figure:
    """Draw the mean chances of the three outcomes in each situation, one bar per agent.

    Args:
        outcomes: columns agent, level, situation, cheese, top_right_only and neither.
    """
    names = list(outcomes["situation"].unique())
    agents = list(outcomes["agent"].unique())
    figure, ((ax,),) = style.panels(1, 1, (8.4, 0.3 * len(names) * (len(agents) + 1) + 1.3))
    means = outcomes.groupby(["situation", "agent"])[list(OUTCOMES)].mean()
    ticks, labels = [], []
    for place, name in enumerate(names):
        for number, agent in enumerate(agents):
            row = place * (len(agents) + 1) + number
            left = 0.0
            for column, (words, colour) in OUTCOMES.items():
                share = means.loc[(name, agent), column]
                ax.barh(row, share, left=left, color=colour, height=0.9, label=words)
                if share > 0.06:
                    middle = left + share / 2
                    text = ax.text(middle, row, f"{share:.2f}", ha="center", va="center")
                    text.set(fontsize=8, color="white" if column == "top_right_only" else style.INK)
                left += share
            ticks.append(row)
            labels.append(f"{name}   {agent}" if number == 0 else agent)
    ax.set_yticks(ticks, labels, fontsize=8)
    ax.invert_yaxis()
    ax.set(xlim=(0, 1), xlabel="mean exact chance of an episode")
    ax.set_ylabel("where the cheese is")
    by_place = outcomes.groupby("situation", sort=False)["cheese"].mean()
    by_place = by_place[by_place > 0]
    style.headline(
        figure,
        f"The cheese is got most often where it is {by_place.idxmax()} "
        f"({by_place.max():.0%}), least often {by_place.idxmin()} ({by_place.min():.0%})",
        f"exact chances, {style.count_mazes(outcomes)} in each situation, "
        f"{style.count(len(agents), 'agent')}",
        legend=3,
    )
    return figure


def plot_every_maze(outcomes: pd.DataFrame) -> Figure:
    """Draw the chance of getting the cheese in each situation, one dot per maze.

    Args:
        outcomes: see `plot_outcomes`.
    """
    with_cheese = outcomes[outcomes.groupby("situation")["cheese"].transform("max") > 0]
    names = list(with_cheese["situation"].unique())
    agents = list(outcomes["agent"].unique())
    figure, ((ax,),) = style.panels(1, 1, (8.4, 3.9))
    rng = np.random.default_rng(0)
    for number, agent in enumerate(agents):
        rows = with_cheese[with_cheese["agent"] == agent]
        look = style.agent_look(agent, number)
        shift = 0.26 * (number - (len(agents) - 1) / 2)
        aside = shift + rng.uniform(-0.09, 0.09, len(rows))
        places = rows["situation"].map(names.index) + aside
        (dots,) = ax.plot(places, rows["cheese"], look.marker, color=look.colour, label=agent)
        dots.set(alpha=0.5, markersize=4, markeredgewidth=0)
        means = rows.groupby("situation")["cheese"].mean().loc[names]
        (lines,) = ax.plot(np.arange(len(names)) + shift, means, "_", color=style.INK, label="mean")
        lines.set(markersize=16, markeredgewidth=2)
    ax.set_xticks(range(len(names)), names, fontsize=9)
    ax.set_ylim(-0.03, 1.03)
    ax.set(ylabel="exact chance of getting the cheese", xlabel="where the cheese is")
    ax.grid(axis="y", color="#EEEEEE")
    clear = ((with_cheese["cheese"] < 0.1) | (with_cheese["cheese"] > 0.9)).mean()
    style.headline(
        figure,
        f"In {clear:.0%} of the mazes the chance is below .1 or above .9",
        f"a dot is a maze; {style.count_mazes(with_cheese)} in each situation, "
        f"{style.count(len(agents), 'agent')}",
        legend=4,
    )
    return figure


def plot_situations(policy: ImpalaPolicy, mazes: Mapping[str, Maze], *, columns: int = 3) -> Figure:
    """Draw the policy's field in several mazes, with the exact chances of each outcome as text."""
    least = 3.7 * columns
    figure, axes = style.panel_grid(
        len(mazes), columns, (3.7, 4.1), (0.0, 0.8), least=least, framed=True
    )
    figure.set_layout_engine("constrained", h_pad=0.12)  # otherwise titles touch the row above
    fields = {name: vector_field(maze, policy) for name, maze in mazes.items()}
    for ax, (name, field) in zip(axes, fields.items(), strict=True):
        plot_with_chances(field, ax, title=name)
    shown = [field for field in fields.values() if field.maze.cheese is not None]
    got = sum(_chances(field).cheese > 0.5 for field in shown)
    style.headline(
        figure,
        f"The agent probably gets the cheese in {got} of the {len(shown)} mazes that have one",
        f"exact chances of an episode of {EPISODE_STEPS} steps, {style.count(len(mazes), 'maze')}",
        legend=6,
    )
    return figure


def plot_with_chances(
    field: VectorField,
    ax: Axes | None = None,
    *,
    title: str | None = None,
    legend: bool | None = None,
) -> Axes:
    """Draw a field, with the exact chances from the mouse's square above it.

    Args:
        field: the field to draw.
        ax: where to draw; defaults to a new figure.
        title: the first line above the field.
        legend: whether to draw a legend below the panel; defaults to True on a new figure only.
    """
    exact = _chances(field)
    only = max(1 - exact.cheese - exact.neither, 0.0)
    lines = [] if title is None else [title]
    lines.append(
        f"cheese {exact.cheese:.2f}, top right only {only:.2f}, neither {exact.neither:.2f}"
    )
    moves = decision(field)
    if moves is not None:
        lines.append(f"decision square: cheese {moves.cheese:.2f}, top right {moves.top_right:.2f}")
    ax = plot_vf(field, ax, legend=legend)
    ax.set_title("\n".join(lines), fontsize=9)
    return ax


def chances_figure(field: VectorField) -> Figure:
    """A new figure, outside pyplot, with what `plot_with_chances` draws."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2, 6.6), layout="constrained")
    plot_with_chances(field, figure.subplots(), legend=True)
    return figure


def _chances(field: VectorField) -> Chances:
    return chances(field, step_limit=EPISODE_STEPS, corner_region=CORNER_REGION)
