"""What several figures draw alike: series of agents, dots, zero lines and colour bars.

Estimates, bands and pairs are in `style`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from procgen_tools.plots import style
from procgen_tools.statistics.intervals import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure


def agent_series(
    table: pd.DataFrame, estimates: Callable[[pd.DataFrame], Sequence[Estimate]]
) -> dict[str, tuple[style.Look, Sequence[Estimate]]]:
    """One series per agent for `draw_estimates`, in the agents' own looks.

    Args:
        table: a table with a column `agent`.
        estimates: makes the estimates of an agent from its rows.
    """
    return {
        str(agent): (style.agent_look(str(agent), number), estimates(rows))
        for number, (agent, rows) in enumerate(table.groupby("agent", sort=False))
    }


def zero_line(ax: Axes, axis: str = "x") -> None:
    """Draw a grey line where the horizontal ('x') or the vertical axis ('y') is zero."""
    draw = {"x": ax.axvline, "y": ax.axhline}[axis]
    draw(0, color=style.REFERENCE, linewidth=1, zorder=0)


def draw_dots(
    ax: Axes, x: Any, y: Any, look: style.Look, label: str, *, size: int | float = 26
) -> None:
    """Draw many dots, which may lie on each other.

    Args:
        ax: where to draw.
        x: the horizontal places.
        y: the vertical places.
        look: the colour and marker of all dots.
        label: their label in the legend.
        size: the area of a dot, in square points. Smaller dots are paler.
    """
    how: dict[str, Any] = {"marker": look.marker, "edgecolor": "none", "alpha": min(0.8, size / 35)}
    ax.scatter(x, y, s=size, color=look.colour, label=label, **how)


def draw_small_marks(ax: Axes, x: Any, y: Any, look: style.Look) -> None:
    """Draw the single numbers behind an estimate, small and pale."""
    how: dict[str, Any] = {"markersize": 3, "alpha": 0.4, "markeredgewidth": 0}
    ax.plot(x, y, look.marker, color=look.colour, **how)


def colour_bar(
    figure: Figure, image: Any, axes: Any, label: str, *, shrink: int | float = 0.8, **options: Any
) -> Colorbar:
    """Draw the colour bar of some panels, with its label. `options` are matplotlib's."""
    bar = figure.colorbar(image, ax=axes, shrink=shrink, **{"aspect": 25, **options})
    bar.set_label(label, fontsize=9)
    bar.ax.tick_params(labelsize=8)
    bar.outline.set_visible(False)
    return bar


def write_above(ax: Axes, text: str, place: tuple[int | float, int | float]) -> None:
    """Write a short text just above a place."""
    how: dict[str, Any] = {"xytext": (0, 6), "textcoords": "offset points", "ha": "center"}
    ax.annotate(text, place, **how, fontsize=9)


def doubling(ax: Axes, numbers: Sequence[int]) -> None:
    """Give the horizontal axis a scale on which these numbers, which double, are equally far."""
    ax.set_xscale("log", base=2)
    ax.set_xticks(numbers, [str(number) for number in numbers])
    ax.minorticks_off()
