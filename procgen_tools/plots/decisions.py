"""Figures of decisions before and after an edit, over many mazes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from procgen_tools.plots import marks, style
from procgen_tools.statistics.decision_shifts import GOALS, DecisionShifts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = ("histogram", "box", "scatter")
_TITLES = {
    "cheese": "towards the cheese",
    "top_right": "towards the top right",
    "other": "elsewhere",
}
_BEFORE = style.Look(style.RANDOM.colour, "o")


def plot_decision_shifts(shifts: DecisionShifts, kind: str = "histogram") -> Figure:
    """Draw the probabilities of moves towards the cheese, towards the top right, and elsewhere.

    Args:
        shifts: the result of `statistics.decision_shifts.decision_shifts`.
        kind: 'histogram' (of mazes, with twenty bins); 'box' (median and quartiles, with whiskers
            at 1.5 times the interquartile range, and a line for each maze); or 'scatter' (one dot
            per maze, after against before).

    Raises:
        ValueError: an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f"no figure of kind {kind!r}: choose {', '.join(KINDS)}")
    figure, (axes,) = style.panels(1, 3, (10.5, 3.9), titles=_TITLES.values(), sharey=True)
    draw = {"histogram": _histogram, "box": _box, "scatter": _scatter}[kind]
    for number, (ax, goal) in enumerate(zip(axes, GOALS, strict=True)):
        draw(ax, shifts.before[:, number], shifts.after[:, number], style.GOALS[goal])
        if kind != "box":
            ax.legend(fontsize=8, frameon=False)
    labels = {"histogram": "mazes", "box": "probability", "scatter": "probability after"}
    axes[0].set_ylabel(labels[kind])
    medians = np.median(shifts.before[:, 0]), np.median(shifts.after[:, 0])
    note = style.count(len(shifts.mazes), "maze") + f" with a decision square; {shifts.edit}"
    style.headline(
        figure,
        f"P(towards the cheese) at the decision square: median {medians[0]:.2f} → {medians[1]:.2f}",
        note if len(note) < 130 else note[:127] + "...",
    )
    return figure


def _histogram(ax: Axes, before: np.ndarray, after: np.ndarray, look: style.Look) -> None:
    bins = np.linspace(0, 1, 21).tolist()
    ax.hist(before, bins, histtype="step", linewidth=1.8, color=_BEFORE.colour, label="before")
    ax.hist(after, bins, alpha=0.55, color=look.colour, label="after")
    ax.set(xlim=(0, 1), xlabel="probability")


def _box(ax: Axes, before: np.ndarray, after: np.ndarray, look: style.Look) -> None:
    ax.plot([1, 2], [before, after], color=style.REFERENCE, linewidth=0.5, alpha=0.5, zorder=0)
    median = {"color": style.INK, "linewidth": 1.8}
    how: dict[str, Any] = {"patch_artist": True, "showfliers": False, "medianprops": median}
    boxes = ax.boxplot([before, after], widths=0.5, **how)
    for box, colour in zip(boxes["boxes"], (_BEFORE.colour, look.colour), strict=True):
        box.set(facecolor=colour, alpha=0.6)
    ax.set_xticks([1, 2], ["before", "after"])
    ax.set_ylim(-0.03, 1.03)


def _scatter(ax: Axes, before: np.ndarray, after: np.ndarray, look: style.Look) -> None:
    ax.plot([0, 1], [0, 1], color=style.REFERENCE, linewidth=1, zorder=0, label="no change")
    marks.draw_dots(ax, before, after, look, "one maze", size=20)
    ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal", xlabel="probability before")
