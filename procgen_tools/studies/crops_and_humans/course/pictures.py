"""The pictures of the course on crops and humans: mazes, walks, dreams and curves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from procgen_tools import crops_and_humans
from procgen_tools.plots.style import series_look
from procgen_tools.shown import figure_png

INCHES = 2.3
"""Side of one maze."""
STYLES = ("-", "--", ":", "-.")
_PIXELS = 30


class Picture(Figure):
    """A figure that notebooks display."""

    def _repr_png_(self) -> bytes:
        return figure_png(self, dpi=100)


def draw_mazes(
    mazes: crops_and_humans.Mazes,
    agents: Int[np.ndarray, "maze 2"] | None = None,
    *,
    titles: Sequence[str] = (),
    marked: Sequence[Iterable[tuple[int, int]]] = (),
    walks: Int[np.ndarray, "maze step 2"] | None = None,
) -> Picture:
    """Mazes in rows of four.

    Args:
        mazes: the mazes to draw.
        agents: the position of the agent in each; by default, the start.
        titles: the title of each.
        marked: the positions of the cells to frame in each.
        walks: the positions of the agent in each, drawn as a line that ends in a dot.
    """
    if not len(mazes):
        empty = Picture(figsize=(INCHES, 0.5))
        empty.text(0.5, 0.5, "no maze to show", ha="center", va="center")
        return empty
    columns = min(4, len(mazes))
    rows = -(-len(mazes) // columns)
    figure = Picture(figsize=(INCHES * columns, (INCHES + 0.3) * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for number, axes in enumerate(grid.flat):
        if number >= len(mazes):
            axes.axis("off")
            continue
        row, col = crops_and_humans.START if agents is None else agents[number].tolist()
        frames = list(marked[number]) if marked else []
        image = crops_and_humans.picture(
            mazes[number], (row, col), cell_pixels=_PIXELS, marked=frames
        )
        axes.imshow(
            image, extent=(-0.5, crops_and_humans.SIZE - 0.5, crops_and_humans.SIZE - 0.5, -0.5)
        )
        if walks is not None:
            _walk(axes, walks[number])
        _number_cells(axes, outer_left=number % columns == 0, bottom=number >= len(mazes) - columns)
        if titles:
            axes.set_title(titles[number], fontsize=9)
    return figure


def draw_walls(
    walls: Mapping[str, Float[np.ndarray, "7 7"]],
    *,
    label: str = "wall: 0 open, 1 closed",
    agent: tuple[int, int] | None = None,
    item: tuple[int, int] | None = None,
    limits: tuple[float, float] | None = (0.0, 1.0),
) -> Picture:
    """Heat maps of a number for each cell, side by side, on a common colour scale.

    Args:
        walls: the numbers, (row, col), by title.
        label: the label of the colours.
        agent: the position of an A.
        item: the position of an H.
        limits: of the colours; None for the smallest and largest number.
    """
    low, high = limits or (
        min(float(np.nanmin(each)) for each in walls.values()),
        max(float(np.nanmax(each)) for each in walls.values()),
    )
    figure = Picture(figsize=(3.1 * len(walls) + 0.8, 3.4), layout="constrained")
    grid = figure.subplots(1, len(walls), squeeze=False)[0]
    for number, (axes, (title, values)) in enumerate(zip(grid, walls.items(), strict=True)):
        image = axes.imshow(values, cmap="cividis", vmin=low, vmax=high)
        for letter, cell in (("A", agent), ("H", item)):
            if cell is not None:
                axes.text(
                    cell[1],
                    cell[0],
                    letter,
                    ha="center",
                    va="center",
                    color="white",
                    fontweight="bold",
                )
        _number_cells(axes, outer_left=number == 0, bottom=True)
        axes.set_title(title, fontsize=10)
    figure.colorbar(image, ax=list(grid), label=label, shrink=0.85)
    return figure


def draw_curve(
    values: Sequence[float], *, across: str, up: str, logarithmic: bool = False
) -> Picture:
    """One curve over its index.

    Args:
        values: the values of the curve.
        across: the label of the index.
        up: the label of the values.
        logarithmic: use a logarithmic scale for the values.
    """
    figure = Picture(figsize=(6, 2.8), layout="constrained")
    axes = figure.subplots()
    axes.plot(values, color=series_look(0).colour)
    axes.set(xlabel=across, ylabel=up, yscale="log" if logarithmic else "linear")
    axes.grid(alpha=0.3)
    return figure


def draw_lines(
    across: Sequence[int],
    lines: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    labels: tuple[str, str],
) -> Picture:
    """Fractions over a number on a scale of base 2, with one panel for each outer name.

    Args:
        across: the numbers.
        lines: the fractions, by panel and name of the line.
        labels: the labels of both axes.
    """
    figure = Picture(figsize=(3.1 * len(lines) + 0.6, 3.4), layout="constrained")
    grid = figure.subplots(1, len(lines), squeeze=False, sharey=True)[0]
    for axes, (title, panel) in zip(grid, lines.items(), strict=True):
        for number, (name, shares) in enumerate(panel.items()):
            colour = series_look(number).colour
            axes.plot(
                across,
                shares,
                marker="o",
                markersize=4,
                label=name,
                color=colour,
                linestyle=STYLES[number],
            )
        axes.set_xscale("log", base=2)
        axes.set_xticks(across, [f"{number:g}" for number in across])
        axes.minorticks_off()
        axes.set(title=title, xlabel=labels[0], ylim=(-0.03, 1.03))
        axes.grid(alpha=0.3)
    grid[0].set_ylabel(labels[1])
    handles, names = grid[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names), fontsize=8)
    return figure


def _walk(axes: Axes, positions: Int[np.ndarray, "step 2"]) -> None:
    """A line that drifts a little, so that the way back is seen beside the way there."""
    drift = np.linspace(-0.14, 0.14, len(positions))
    rows, cols = positions.T + drift
    colour = "#0072B2"
    axes.plot(cols, rows, color=colour, linewidth=1.6, alpha=0.85)
    axes.plot(cols[-1], rows[-1], "o", color=colour, markersize=5)


def _number_cells(axes: Axes, *, outer_left: bool, bottom: bool) -> None:
    numbers = range(crops_and_humans.SIZE)
    axes.set(xticks=numbers, yticks=numbers)
    axes.tick_params(labelsize=7, length=0)
    if outer_left:
        axes.set_ylabel("row", fontsize=8)
    if bottom:
        axes.set_xlabel("column", fontsize=8)
