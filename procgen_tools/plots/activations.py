"""Figures of activations, laid over the maze that they belong to.

Cells of an activation are larger than squares of the maze, and centred elsewhere (see
`interventions.cells`); here each cell covers the part of the maze whose pixels it is centred on.
Red is positive, blue negative, white zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Float
from torch import Tensor

from procgen_tools.interventions.cells import FRAME_SIDE, square_cells
from procgen_tools.maze.grid import Maze
from procgen_tools.plots.learning import COLOURS
from procgen_tools.plots.mazes import draw_marks, mark_handles, marked_squares
from procgen_tools.plots.style import DIVERGING, SQUARES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def activation_extent(maze: Maze, side: int) -> tuple[float, float, float, float]:
    """Left, right, bottom and top edge of an activation in inner columns and rows of a maze.

    Args:
        side: cells along one side of the activation.
    """
    squares_a_pixel = maze.world_size / FRAME_SIDE
    # Pixel p covers [p, p + 1), and cell 0 is centred on pixel 0.
    first = (0.5 - FRAME_SIDE / side / 2) * squares_a_pixel - 0.5 - maze.padding
    top = maze.world_size - 1 - 2 * maze.padding - first
    return first, first + maze.world_size, top - maze.world_size, top


def draw_walls(ax: Axes, maze: Maze, *, colour: str = "#444444", width: float = 0.8) -> None:
    """The lines between walls and open squares, on axes that count squares."""
    from matplotlib.collections import LineCollection

    walls = np.pad(maze.walls, 1, constant_values=True)
    rows, cols = np.nonzero(walls[1:] != walls[:-1])  # below padded row + 1
    level = [
        ((col - 1.5, row - 0.5), (col - 0.5, row - 0.5))
        for row, col in zip(rows, cols, strict=True)
    ]
    rows, cols = np.nonzero(walls[:, 1:] != walls[:, :-1])
    upright = [
        ((col - 0.5, row - 1.5), (col - 0.5, row - 0.5))
        for row, col in zip(rows, cols, strict=True)
    ]
    ax.add_collection(LineCollection([*level, *upright], colors=colour, linewidths=width, zorder=2),
                      autolim=False)  # fmt: skip


def plot_activation(
    activation: Float[np.ndarray, "row col"] | Tensor,
    maze: Maze,
    ax: Axes | None = None,
    *,
    title: str | None = None,
    limit: float | None = None,
    cells: bool = False,
    walls: bool = True,
    rings: bool = True,
) -> Axes:
    """Draw one channel over the lines of the maze, its squares that matter ringed.

    Args:
        activation: of one channel (or a difference of two); row 0 is the top of the picture.
        maze: what the policy was shown.
        ax: where to draw; by default on a new figure.
        title: text above.
        limit: the number that is darkest; the largest absolute one unless given.
        cells: frame the cell of every ringed square, too, with broken lines.
        walls: draw the maze's lines.
        rings: mark squares.

    Raises:
        ValueError: an activation without rows and columns, or a limit that is not positive.
    """
    from matplotlib import pyplot as plt
    from matplotlib.patches import Rectangle

    field = _array(activation)
    if field.ndim != 2 or field.shape[0] != field.shape[1]:
        raise ValueError(
            f"an activation of shape {field.shape} is no picture: give one channel (row, col)"
        )
    limit = _limit([field]) if limit is None else limit
    if limit <= 0:
        raise ValueError(f"limit {limit} is not positive: leave it out for the largest number")
    if ax is None:
        _, ax = plt.subplots(figsize=(4.4, 4.4), layout="constrained")
    side = len(field)
    left, right, bottom, top = activation_extent(maze, side)
    ax.imshow(field, cmap=DIVERGING, vmin=-limit, vmax=limit, extent=(left, right, bottom, top),
              interpolation="nearest", zorder=1)  # fmt: skip
    if walls:
        draw_walls(ax, maze)
    cell = maze.world_size / side
    for name, square in marked_squares(maze).items() if rings else ():
        colour = SQUARES[name].colour
        _frame(ax, Rectangle, (square.col - 0.5, square.row - 0.5), 1.0, colour, "-", name)
        if cells:
            (place,) = square_cells(maze, [square], side)
            corner = (left + int(place[1]) * cell, top - (int(place[0]) + 1) * cell)
            _frame(ax, Rectangle, corner, cell, colour, ":", f"cell of the {name}")
    last = maze.size - 0.5
    ax.set(xlim=(-0.5, last), ylim=(-0.5, last), xticks=[], yticks=[])
    if title is not None:
        ax.set_title(title, fontsize=9)
    return ax


def plot_channels(
    activation: Float[Tensor, "channel row col"] | Float[np.ndarray, "channel row col"],
    maze: Maze,
    *,
    channels: Sequence[int] | None = None,
    columns: int = 8,
    title: str | None = None,
    label: str = "activation",
) -> Figure:
    """A picture of each channel of an activation, all with the same colours.

    Args:
        activation: of one observation, or the difference of two.
        maze: what the policy was shown.
        channels: which; all unless given.
        columns: pictures side by side.
        title: text above the figure.
        label: of the colour bar.

    Raises:
        ValueError: an activation without positions, or a channel that it does not have.
    """
    from matplotlib import pyplot as plt

    fields = _array(activation)
    if fields.ndim != 3:
        raise ValueError(
            f"an activation of shape {fields.shape} has no pictures: give (channel, row, col)"
        )
    chosen = list(range(len(fields)) if channels is None else channels)
    wrong = [channel for channel in chosen if not 0 <= channel < len(fields)]
    if wrong or not chosen:
        raise ValueError(f"channels {chosen} are not all in 0..{len(fields) - 1}: choose some")
    columns = min(columns, len(chosen))
    rows = -(-len(chosen) // columns)
    figure = plt.figure(figsize=(1.25 * columns + 0.9, 1.42 * rows + 0.7), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    limit = _limit(fields[chosen])
    for ax in axes.flat[len(chosen) :]:
        ax.axis("off")
    for ax, channel in zip(axes.flat, chosen, strict=False):
        plot_activation(fields[channel], maze, ax, title=str(channel), limit=limit, rings=False)
        draw_marks(ax, maze, size=4)
    _finish(figure, axes, maze, label, title)
    return figure


def plot_layers(
    activations: Mapping[str, Tensor], maze: Maze, *, columns: int = 8, title: str | None = None
) -> Figure:
    """A small picture of every activation: the root mean square over its channels.

    Each has its own colours, from zero (white) to its largest number (written below its name).
    Activations without positions are drawn as rows of units.

    Args:
        activations: by name, of one observation, such as `hooks.record` gives; a batch axis of
            one is left out.
        maze: what the policy was shown.
        columns: pictures side by side.
        title: text above the figure.

    Raises:
        ValueError: nothing to draw, or activations of several observations.
    """
    from matplotlib import pyplot as plt

    if not activations:
        raise ValueError("there are no activations to draw: record some first")
    columns = min(columns, len(activations))
    rows = -(-len(activations) // columns)
    figure = plt.figure(figsize=(1.5 * columns, 1.85 * rows + 0.4), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax in axes.flat[len(activations) :]:
        ax.axis("off")
    for ax, (name, activation) in zip(axes.flat, activations.items(), strict=False):
        field = _array(activation)
        if field.ndim in (2, 4) and len(field) != 1:
            raise ValueError(f"{name} holds {len(field)} observations: give those of one")
        field = field[0] if field.ndim in (2, 4) else field
        heading = f"{_short(name)}\n{' x '.join(map(str, field.shape))}, ≤ {abs(field).max():.3g}"
        if field.ndim == 3:
            shown = np.sqrt((field**2).mean(axis=0))
            plot_activation(shown, maze, ax, rings=False)
            draw_marks(ax, maze, size=3)
        else:
            limit = _limit([field])
            ax.imshow(field.reshape(1, -1), cmap=DIVERGING, vmin=-limit, vmax=limit,
                      aspect="auto", interpolation="nearest")  # fmt: skip
            ax.set(xticks=[], yticks=[], box_aspect=0.3)
        ax.set_title(heading, fontsize=6.5)
    _finish(figure, axes, maze, None, title)
    return figure


def plot_layer_statistics(
    statistics: pd.DataFrame, columns: Mapping[str, str], *, logarithmic: Sequence[str] = ()
) -> Figure:
    """Numbers of every activation in order of computation, a line an agent.

    Args:
        statistics: a row an agent and layer, with `agent`, `layer` and the columns.
        columns: what to draw, a panel each: its name and the label of its axis.
        logarithmic: columns whose axis is.
    """
    from matplotlib import pyplot as plt

    layers = list(statistics["layer"].unique())
    figure = plt.figure(figsize=(10.5, 1.9 * len(columns) + 1.7), layout="constrained")
    axes = figure.subplots(len(columns), 1, sharex=True, squeeze=False)[:, 0]
    for ax, (column, label) in zip(axes, columns.items(), strict=True):
        for number, (agent, rows) in enumerate(statistics.groupby("agent", sort=False)):
            by_layer = rows.set_index("layer")[column].reindex(layers)
            ax.plot(range(len(layers)), by_layer, "o-", color=COLOURS[number], markersize=3,
                    linewidth=1.2, label=agent)  # fmt: skip
        ax.set_ylabel(label, fontsize=9)
        ax.grid(axis="x", color="#EEEEEE")
        if column in logarithmic:
            ax.set_yscale("log")
        else:
            ax.set_ylim(0, None)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].legend(frameon=False, fontsize=9)
    axes[-1].set_xticks(range(len(layers)), [_short(layer) for layer in layers], rotation=75,
                        ha="right", fontsize=7)  # fmt: skip
    return figure


def _finish(
    figure: Figure, axes: np.ndarray, maze: Maze, label: str | None, title: str | None
) -> None:
    """Colour bar, title, and a legend of the dots."""
    if label is not None:
        bar = figure.colorbar(axes[0, 0].images[0], ax=axes, shrink=0.8, aspect=30, pad=0.01)
        bar.set_label(label)
        bar.outline.set_visible(False)
    dots = mark_handles(maze)
    figure.legend(handles=dots, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    if title is not None:
        figure.suptitle(title, fontsize=11)


def _frame(
    ax: Axes,
    patch: type,
    corner: tuple[float, float],
    side: float,
    colour: str,
    line: str,
    name: str,
) -> None:
    """A coloured frame on black, which shows on red, white and blue."""
    for edge, width, label in (("black", 3.6, None), (colour, 2.2, name)):
        ax.add_patch(patch(corner, side, side, fill=False, edgecolor=edge, linewidth=width,
                           linestyle="-" if edge == "black" else line, label=label,
                           zorder=3))  # fmt: skip


def _limit(fields: Sequence[np.ndarray] | np.ndarray) -> float:
    """The largest absolute number; 1 where all are zero."""
    largest = max(float(np.nanmax(np.abs(field))) for field in fields)
    return largest or 1.0


def _array(activation: np.ndarray | Tensor) -> np.ndarray:
    if isinstance(activation, Tensor):
        return activation.detach().cpu().double().numpy()
    return activation


def _short(name: str) -> str:
    return name.removeprefix("embedder.").removesuffix("_out").replace("_in0", " (input)")
