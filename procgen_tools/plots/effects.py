"""Figures of effects over many mazes: before and after, dose–response, controls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from procgen_tools.plots import marks, style
from procgen_tools.statistics.intervals import mean_over_levels
from procgen_tools.statistics.tables import where

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GOALS = {"cheese": "the cheese", "top_right": "the top right", "other": "neither"}
"""The destinations of moves at the decision square in words, by the name of their column."""


def plot_before_after(
    effects: pd.DataFrame, goal: str = "cheese", *, edited: str = "edited"
) -> Figure:
    """Draw the decision at the decision square before and after an edit, one line per maze.

    Args:
        effects: the rows of one edit in `studies.measuring.effects_table`.
        goal: 'cheese', 'top_right' or 'other'.
        edited: the label of the edit, below the axis.

    Raises:
        ValueError: an unknown goal.
    """
    if goal not in GOALS:
        raise ValueError(f"no decision leads to {goal!r}: choose one of {', '.join(GOALS)}")
    figure, panels = style.agent_panels(effects, width=3.3, extra=0, height=4.4, least=5.6)
    for ax, agent, rows in panels:
        draw_pairs(
            ax,
            rows[f"decision_{goal}_before"].to_numpy(),
            rows[f"decision_{goal}_after"].to_numpy(),
            style.GOALS[goal],
            names=("as trained", edited),
        )
        ax.set(ylim=(-0.03, 1.03), xlabel=agent, title="")
        ax.legend(loc="upper center", fontsize=9, frameon=False, bbox_to_anchor=(0.5, 1.1))
    panels[0][0].set_ylabel(f"P(towards {GOALS[goal]})\nat the decision square")
    words = changes_in_words(
        effects[f"decision_{goal}_before"].to_numpy(),
        effects[f"decision_{goal}_after"].to_numpy(),
        noun="maze" if len(panels) == 1 else "case",
    )
    style.headline(
        figure,
        f"P(towards {GOALS[goal]}) {words}",
        f"a line is a maze, {style.count_mazes(effects)}"
        f"{'' if len(panels) == 1 else ' of each agent'}",
    )
    return figure


def draw_pairs(
    ax: Axes,
    before: Float[np.ndarray, " pair"],
    after: Float[np.ndarray, " pair"],
    look: style.Look,
    *,
    names: tuple[str, str] = ("before", "after"),
) -> None:
    """Draw each pair as a line from before (hollow) to after (filled), and the medians in black.

    Args:
        ax: where to draw. The two names become the ticks of its horizontal axis.
        before: (pair,) one number for each maze, or for each agent.
        after: (pair,) the numbers after the change, in the same order.
        look: the look of the lines.
        names: the names of before and after.
    """
    from matplotlib.collections import LineCollection

    lines = [((0, first), (1, last)) for first, last in zip(before, after, strict=True)]
    shade = min(0.7, max(0.15, 12 / max(len(lines), 1)))
    ax.add_collection(
        LineCollection(lines, colors=look.colour, linewidths=1, alpha=shade, zorder=1)
    )
    for place, values, face in ((0, before, "white"), (1, after, look.colour)):
        how: dict[str, Any] = {
            "color": look.colour,
            "markerfacecolor": face,
            "markersize": 4,
            "alpha": 0.7,
        }
        ax.plot([place] * len(values), values, "o", **how, zorder=2)
    medians = [float(np.median(before)), float(np.median(after))]
    label = f"median: {medians[0]:.2f} → {medians[1]:.2f}"
    ax.plot(
        [0, 1], medians, "o-", color=style.INK, markersize=6, linewidth=2.4, zorder=3, label=label
    )
    ax.set_xticks([0, 1], names)
    ax.set_xlim(-0.2, 1.2)


def changes_in_words(
    before: Float[np.ndarray, " pair"],
    after: Float[np.ndarray, " pair"],
    *,
    least: float = 0.01,
    noun: str = "maze",
) -> str:
    """The number of pairs in which the number falls, or rises if that is more frequent, in words.

    >>> changes_in_words(np.array([0.9, 0.5, 0.0]), np.array([0.1, 0.2, 0.0]))
    'falls in 2 of 3 mazes'

    Args:
        before: (pair,) one number for each maze, or for each agent.
        after: (pair,) the numbers after the change, in the same order.
        least: the smallest change that counts.
        noun: the name of a pair, such as "maze".
    """
    falls, rises = int((before - after > least).sum()), int((after - before > least).sum())
    word, number = ("falls", falls) if falls >= rises else ("rises", rises)
    return f"{word} in {number} of {len(before)} {noun}s"


def plot_dose_response(effects: pd.DataFrame, label: str, goal: str = "cheese") -> Figure:
    """Draw the mean decision at every coefficient, with 95% intervals over mazes, for each agent.

    Args:
        effects: rows of `studies.measuring.effects_table`, with a column `coefficient`.
        label: the label of the coefficient, below the axis.
        goal: 'cheese', 'top_right' or 'other'; the headline reports this one.
    """
    figure, panels = style.agent_panels(effects, width=3.7, extra=0, height=4.1, least=7.2)
    for ax, _, rows in panels:
        coefficients = _coefficients(rows)
        for each, name in GOALS.items():
            means = [
                mean_over_levels(_doses(rows, each, coefficient)) for coefficient in coefficients
            ]
            style.draw_band(ax, coefficients, means, style.GOALS[each], name)
        marks.zero_line(ax)
        ax.set_ylim(0, 1)
        ax.set_xlabel(label, fontsize=9)
    panels[0][0].set_ylabel("P(towards …) at the decision square")
    means = pd.Series({each: _doses(effects, goal, each).mean() for each in _coefficients(effects)})
    style.headline(
        figure,
        f"P(towards {GOALS[goal]}): {means[0]:.2f} as trained, "
        f"from {means.min():.2f} (at {means.idxmin():g}) to {means.max():.2f} "
        f"(at {means.idxmax():g})",
        f"{style.count_mazes(effects)}; bands: {style.LEVELS_INTERVAL}",
        legend=3,
    )
    return figure


def _coefficients(rows: pd.DataFrame) -> list[float]:
    return sorted({0.0, *rows["coefficient"]})


def _doses(rows: pd.DataFrame, goal: str, coefficient: float) -> np.ndarray:
    """The probabilities in all mazes at a coefficient. Coefficient 0 means as trained."""
    if coefficient == 0:
        return rows.drop_duplicates(["agent", "level"])[f"decision_{goal}_before"].to_numpy()
    return rows.loc[rows["coefficient"] == coefficient, f"decision_{goal}_after"].to_numpy()


def plot_controls(effects: pd.DataFrame, goals: Sequence[str] = tuple(GOALS)) -> Figure:
    """Draw the mean decision as trained and after each edit, joined by a line, for each agent.

    Both means are over the same mazes. The bar at the second is the 95% interval over mazes of the
    change within a maze.

    Args:
        effects: rows of `studies.measuring.effects_table`.
        goals: the keys of GOALS to draw, one panel each; the headline reports the first.
    """
    edits = list(effects["edit"].unique())
    agents = list(effects["agent"].unique())
    looks = {agent: style.agent_look(agent, number) for number, agent in enumerate(agents)}
    size = (3.1 * len(goals) + 2.4, 0.5 * len(edits) + 2.1)
    figure, (axes,) = style.panels(1, len(goals), size, sharey=True)
    for ax, goal in zip(axes, goals, strict=True):
        for number, (agent, look) in enumerate(looks.items()):
            shift = 0.2 * (number - (len(agents) - 1) / 2)
            for place, edit in enumerate(edits):
                rows = where(effects, agent=agent, edit=edit)
                _joined(ax, rows, goal, place + shift, look)
        ax.set(xlim=(-0.03, 1.03), xlabel=f"P(towards {GOALS[goal]})")
        ax.grid(axis="y", color="#EEEEEE")
    ax = axes[0]
    ax.set_yticks(range(len(edits)), edits)
    ax.set_ylim(len(edits) - 0.5, -0.5)
    for agent, look in looks.items():  # marks for the legend alone
        ax.plot([], [], look.marker, color=look.colour, label=agent)
    first = looks[agents[0]]
    for face, words in (("white", "as trained"), (first.colour, "edited")):
        ax.plot([], [], first.marker, color=first.colour, markerfacecolor=face, label=words)
    after = effects.groupby("edit", sort=False)[f"decision_{goals[0]}_after"].mean()
    before = float(effects[f"decision_{goals[0]}_before"].mean())
    most = (after - before).abs().idxmax()
    style.headline(
        figure,
        f"P(towards {GOALS[goals[0]]}) changes most by: {most} ({before:.2f} → {after[most]:.2f})",
        f"{style.count_mazes(effects)}; bars: 95% intervals of the change within a maze",
        legend=3,
    )
    return figure


def _joined(ax: Axes, rows: pd.DataFrame, goal: str, place: float, look: style.Look) -> None:
    """Draw a line from the mean before (hollow) to the mean after (filled), with its interval."""
    before = float(rows[f"decision_{goal}_before"].mean())
    change = mean_over_levels(
        (rows[f"decision_{goal}_after"] - rows[f"decision_{goal}_before"]).to_numpy()
    )
    ax.plot([before, before + change.value], [place, place], color=look.colour, linewidth=1)
    ends = [before + change.low, before + change.high]
    (bar,) = ax.plot(ends, [place, place], color=look.colour, linewidth=4, alpha=0.4)
    bar.set_solid_capstyle("butt")
    for x, face in ((before, "white"), (before + change.value, look.colour)):
        ax.plot(x, place, look.marker, color=look.colour, markerfacecolor=face, markersize=5.5)
