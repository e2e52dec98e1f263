"""Figures of causal scrubbing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.plots.style import (
    PICKED,
    RANDOM,
    REFERENCE,
    Look,
    draw_interval,
    headline,
    sample,
)
from procgen_tools.statistics.intervals import Mean, mean_over_levels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LOOKS = (Look(PICKED.colour, "o"), Look(RANDOM.colour, "s"))
"""Of the channels that were found, and of random ones."""


def plot_arms(
    changes: pd.DataFrame,
    column: str,
    arms: Sequence[str],
    label: str,
    *,
    before: str | None = None,
    compared: tuple[str, str] | None = None,
) -> Figure:
    """A column in each arm, for each set of channels: every maze, and means with 95% intervals.

    Args:
        changes: a row for each agent, level, set of channels (column `channels`) and `arm`.
        column: what to draw.
        arms: in the order of drawing, from the top.
        label: what the column is, under the axis.
        before: a column with the same without any change. If it is given, each maze's difference
            from it is drawn.
        compared: two arms; the title says by how much the first exceeds the second within the
            same mazes. By default the first and third arm are compared, in this order reversed.
    """
    import matplotlib.pyplot as plt

    agents = list(changes["agent"].unique())
    sets = list(changes["channels"].unique())
    shown = changes.assign(drawn=changes[column] - (0 if before is None else changes[before]))
    figure, axes = plt.subplots(
        1, len(agents), figsize=(3.4 * len(agents) + 3.4, 0.62 * len(arms) + 2.1),
        sharey=True, sharex=True, squeeze=False, layout="constrained",
    )  # fmt: skip
    for ax, agent in zip(axes[0], agents, strict=True):
        rows = shown[shown["agent"] == agent]
        for number, name in enumerate(sets):
            shift = 0.36 * (number - (len(sets) - 1) / 2)
            for place, arm in enumerate(arms):
                chosen = rows[(rows["channels"] == name) & (rows["arm"] == arm)]
                _arm(ax, chosen["drawn"].to_numpy(), place + shift, number,
                     label=name if place == 0 else None)  # fmt: skip
        for place in range(1, len(arms)):
            ax.axhline(place - 0.5, color="#EEEEEE", linewidth=1, zorder=0)
        ax.axvline(0, color=REFERENCE, linewidth=1, zorder=0)
        ax.set_title(agent, fontsize=10)
        ax.set_xlabel(label, fontsize=9)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0, 0].set_yticks(range(len(arms)), arms)
    axes[0, 0].set_ylim(len(arms) - 0.5, -0.5)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    more, less = compared or (arms[2], arms[0])
    found = [f"{name} {paired(shown, name, more, less):+.3f}" for name in sets]
    headline(figure, f"'{more}' minus '{less}': {'; '.join(found)}".replace("-", "−"),
                f"{sample(changes)}; small marks: mazes; large ones: means with 95% intervals "
                "over mazes. The differences in the title are taken within mazes.")  # fmt: skip
    return figure


def paired(changes: pd.DataFrame, channels: str, more: str, less: str) -> Mean:
    """By how much the column `drawn` is larger in one arm than in another, within mazes.

    Agents are averaged in each maze first.
    """
    chosen = changes[changes["channels"] == channels]
    grid = chosen.pivot_table(index="level", columns="arm", values="drawn")
    return mean_over_levels((grid[more] - grid[less]).to_numpy())


def _arm(ax: Axes, values: np.ndarray, y: float, number: int, *, label: str | None) -> None:
    look = _LOOKS[number]
    aside = 0.07 * (np.arange(len(values)) % 3 - 1)
    ax.plot(values, y + aside, look.marker, color=look.colour, markersize=3, alpha=0.35,
            markeredgewidth=0)  # fmt: skip
    draw_interval(ax, values, y, look, label)
