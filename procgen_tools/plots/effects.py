"""Figures of effects over many mazes: before and after, dose–response, controls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.intervals import mean_over_levels
from procgen_tools.plots.mazes import MARK_COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GOALS = {"cheese": "the cheese", "top_right": "the top right", "other": "neither"}
"""Where the moves at the decision square lead, by column, in words."""

_COLOURS = dict(zip(GOALS, ("#E69F00", "#0072B2", "#7F7F7F"), strict=True))


def plot_before_after(effects: pd.DataFrame, goal: str = "cheese") -> Figure:
    """The decision at the decision square before and after an edit, a dot a maze, for each agent.

    Args:
        effects: one edit's rows of `experiments.measuring.effects_table`.
        goal: 'cheese', 'top_right' or 'other'.

    Raises:
        ValueError: an unknown goal.
    """
    from matplotlib import pyplot as plt

    if goal not in GOALS:
        raise ValueError(f"no decision leads to {goal!r}: choose one of {', '.join(GOALS)}")
    agents = list(effects["agent"].unique())
    figure = plt.figure(figsize=(3.6 * len(agents), 4.5), layout="constrained")
    axes = figure.subplots(1, len(agents), sharey=True, squeeze=False)
    for ax, agent in zip(axes[0], agents, strict=True):
        rows = effects[effects["agent"] == agent]
        before, after = rows[f"decision_{goal}_before"], rows[f"decision_{goal}_after"]
        ax.plot([0, 1], [0, 1], color="#BBBBBB", linewidth=1, zorder=0, label="no change")
        ax.scatter(before, after, s=18, alpha=0.6, color=_COLOURS[goal], edgecolor="none",
                   label="a maze")  # fmt: skip
        ax.scatter(
            [before.median()], [after.median()], marker="+", s=160, linewidth=2.5, color="#111111",
            label=f"medians: {before.median():.2f} → {after.median():.2f}",
        )  # fmt: skip
        ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal", title=agent, xlabel="before")
        ax.title.set_fontsize(10)
        ax.legend(loc="best", fontsize=8, frameon=False)
    axes[0, 0].set_ylabel("after")
    figure.suptitle(f"P(towards {GOALS[goal]}) at the decision square")
    return figure


def plot_dose_response(effects: pd.DataFrame, label: str) -> Figure:
    """Means over mazes at every coefficient, with 95% intervals, for each agent.

    Args:
        effects: rows of `experiments.measuring.effects_table` with a column `coefficient`.
        label: what the coefficient is, under the axis.
    """
    from matplotlib import pyplot as plt

    agents = list(effects["agent"].unique())
    figure = plt.figure(figsize=(3.8 * len(agents), 3.6), layout="constrained")
    axes = figure.subplots(1, len(agents), sharey=True, squeeze=False)
    for ax, agent in zip(axes[0], agents, strict=True):
        rows = effects[effects["agent"] == agent]
        coefficients = np.array(sorted({0.0, *rows["coefficient"]}))
        for goal, name in GOALS.items():
            means = [
                mean_over_levels(
                    rows.drop_duplicates("level")[f"decision_{goal}_before"].to_numpy()
                    if coefficient == 0
                    else rows.loc[
                        rows["coefficient"] == coefficient, f"decision_{goal}_after"
                    ].to_numpy()
                )
                for coefficient in coefficients
            ]
            ax.fill_between(
                coefficients, [mean.low for mean in means], [mean.high for mean in means],
                color=_COLOURS[goal], alpha=0.2, linewidth=0,
            )  # fmt: skip
            ax.plot(coefficients, [mean.value for mean in means], color=_COLOURS[goal],
                    marker="o", markersize=3.5, label=name)  # fmt: skip
        ax.axvline(0, color="#BBBBBB", linewidth=1, zorder=0)
        ax.set(xlabel=label, title=agent, ylim=(0, 1))
        ax.title.set_fontsize(10)
        ax.xaxis.label.set_fontsize(9)
    axes[0, 0].set_ylabel("P(towards ...) at the decision square")
    axes[0, -1].legend(frameon=False, fontsize=9)
    return figure


def plot_controls(effects: pd.DataFrame, goals: Sequence[str] = tuple(GOALS)) -> Figure:
    """The mean decision after each edit, and as trained, with 95% intervals over mazes.

    Args:
        effects: rows of `experiments.measuring.effects_table`.
        goals: which of GOALS to draw.
    """
    from matplotlib import pyplot as plt

    edits = list(effects["edit"].unique())
    agents = list(effects["agent"].unique())
    rows = ["as trained", *edits]
    figure = plt.figure(
        figsize=(3.2 * len(goals) + 2.4, 0.5 * len(rows) + 1.5), layout="constrained"
    )
    axes = figure.subplots(1, len(goals), sharey=True, squeeze=False)
    for ax, goal in zip(axes[0], goals, strict=True):
        for number, agent in enumerate(agents):
            of_agent = effects[effects["agent"] == agent]
            shift = 0.16 * (number - (len(agents) - 1) / 2)
            for place, edit in enumerate(rows):
                chosen = of_agent if place == 0 else of_agent[of_agent["edit"] == edit]
                when = "before" if place == 0 else "after"
                values = chosen.drop_duplicates("level")[f"decision_{goal}_{when}"]
                _interval(ax, values.to_numpy(), place + shift, MARK_COLOURS[number], agent,
                          labelled=place == 0)  # fmt: skip
        ax.set(xlim=(-0.03, 1.03), xlabel=f"P(towards {GOALS[goal]})")
        ax.grid(axis="y", color="#EEEEEE")
        ax.set_axisbelow(True)
    axes[0, 0].set_yticks(range(len(rows)), rows)
    axes[0, 0].invert_yaxis()
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return figure


def _interval(
    ax: Axes, values: np.ndarray, place: float, colour: str, name: str, *, labelled: bool
) -> None:
    mean = mean_over_levels(values)
    ax.plot([mean.low, mean.high], [place, place], color=colour, linewidth=2)
    ax.plot(mean.value, place, "o", color=colour, markersize=5, label=name if labelled else None)
