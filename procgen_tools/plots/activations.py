"""Figures of activations, laid over the maze that they belong to.

The cells of an activation are larger than the squares of the maze, and their centres differ (see
`interventions.cells`). In these figures, each cell covers the pixels around its own centre. Red is
positive, blue is negative, white is zero.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from torch import Tensor

from procgen_tools.interventions.cells import square_cells
from procgen_tools.plots import marks, style
from procgen_tools.plots.mazes import ring_squares
from procgen_tools.worlds.maze.grid import FRAME_SIZE, GridLevel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BLOCK = re.compile(r"block\d+")


def activation_extent(maze: GridLevel, side: int) -> tuple[float, float, float, float]:
    """The left, right, bottom and top edges of an activation, in inner columns and rows of a maze.

    Args:
        maze: the maze that the policy sees.
        side: number of cells along one side of the activation.

    Example:
        >>> from procgen_tools import maze
        >>> activation_extent(maze.make_level(0), 16)
        (-7.0859375, 17.9140625, -5.9140625, 19.0859375)
    """
    squares_a_pixel = maze.world_size / FRAME_SIZE
    # Pixel p covers [p, p + 1), and cell 0 is centred on pixel 0.
    first = (0.5 - FRAME_SIZE / side / 2) * squares_a_pixel - 0.5 - maze.padding
    top = maze.world_size - 1 - 2 * maze.padding - first
    return first, first + maze.world_size, top - maze.world_size, top


def draw_walls(ax: Axes, maze: GridLevel, *, colour: str = "#444444", width: float = 0.8) -> None:
    """Draw the lines between walls and open squares, on axes that count squares."""
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
    ax.add_collection(
        LineCollection([*level, *upright], colors=colour, linewidths=width, zorder=2), autolim=False
    )


def plot_activation(
    activation: Float[np.ndarray, "row col"] | Tensor,
    maze: GridLevel,
    ax: Axes | None = None,
    *,
    title: str | None = None,
    limit: float | None = None,
    cells: bool = False,
    walls: bool = True,
    rings: bool = True,
) -> Axes:
    """Draw one channel over the walls of the maze, with rings around its landmarks.

    Args:
        activation: (row, col) one channel of an activation, or a difference of two. Row 0 is the
            top of the picture.
        maze: the maze that the policy sees.
        ax: where to draw; defaults to a new figure.
        title: text above the panel.
        limit: the absolute value with the darkest colour; defaults to the largest.
        cells: whether to frame the cell of each ringed square with a dotted line.
        walls: whether to draw the walls.
        rings: whether to ring the landmarks.

    Raises:
        ValueError: the activation is not square, or the limit is not positive.
    """
    from matplotlib.patches import Rectangle

    field = _array(activation)
    if field.ndim != 2 or field.shape[0] != field.shape[1]:
        raise ValueError(
            f"the activation has shape {field.shape}: give one channel (row, col), as many rows as "
            "columns"
        )
    limit = _limit([field]) if limit is None else limit
    if limit <= 0:
        raise ValueError(f"limit {limit} is not positive: leave it out to use the largest number")
    if ax is None:
        _, ((ax,),) = style.panels(1, 1, (4.4, 4.4), framed=True)
    side = len(field)
    left, right, bottom, top = activation_extent(maze, side)
    ax.imshow(
        field,
        cmap=style.DIVERGING,
        vmin=-limit,
        vmax=limit,
        extent=(left, right, bottom, top),
        interpolation="nearest",
        zorder=1,
    )
    if walls:
        draw_walls(ax, maze)
    if rings:
        ring_squares(ax, maze)
    if cells:
        cell = maze.world_size / side
        for index, (name, square) in enumerate(maze.landmarks().items()):
            (place,) = square_cells(maze, [square], side)
            corner = (left + int(place[1]) * cell, top - (int(place[0]) + 1) * cell)
            colour = style.square_look(name, index).colour
            for edge, line, label in (("white", "-", None), (colour, ":", f"cell of the {name}")):
                frame = Rectangle(corner, cell, cell, fill=False, edgecolor=edge, zorder=3)
                frame.set(linewidth=2.2, linestyle=line, label=label)
                ax.add_patch(frame)
    last = maze.size - 0.5
    ax.set(xlim=(-0.5, last), ylim=(-0.5, last), xticks=[], yticks=[])
    if title is not None:
        ax.set_title(title, fontsize=10)
    return ax


def plot_channels(
    activation: Float[Tensor, "channel row col"] | Float[np.ndarray, "channel row col"],
    maze: GridLevel,
    *,
    channels: Sequence[int] | None = None,
    columns: int = 8,
    title: str | None = None,
    label: str = "activation",
) -> Figure:
    """Draw each channel of an activation, all with the same colour scale.

    The headline names the channel with the largest absolute number.

    Args:
        activation: (channel, row, col) of one observation, or a difference of two.
        maze: the maze that the policy sees.
        channels: the channels to draw; defaults to all.
        columns: the number of pictures side by side.
        title: a description, in grey below the headline.
        label: the label of the colour bar.

    Raises:
        ValueError: the activation has no rows and columns, or a channel does not exist.
    """
    fields = _array(activation)
    if fields.ndim != 3:
        raise ValueError(
            f"the activation has shape {fields.shape}: give one of shape (channel, row, col)"
        )
    chosen = list(range(len(fields)) if channels is None else channels)
    wrong = [channel for channel in chosen if not 0 <= channel < len(fields)]
    if wrong or not chosen:
        raise ValueError(f"channels {chosen} are not all in 0..{len(fields) - 1}: choose some")
    figure, axes = style.panel_grid(
        len(chosen), columns, (1.25, 1.42), (0.9, 1.5), least=4.4, framed=True
    )
    limit = _limit(fields[chosen])
    for ax, channel in zip(axes, chosen, strict=True):
        plot_activation(fields[channel], maze, ax, title=str(channel), limit=limit, rings=False)
        ring_squares(ax, maze, width=1.0)
    marks.colour_bar(figure, axes[0].images[0], figure.axes, label, pad=0.01)
    largest = max(chosen, key=lambda channel: float(np.abs(fields[channel]).max()))
    most = fields[largest].flat[np.abs(fields[largest]).argmax()]
    finding = f"Channel {largest} is furthest from zero ({most:+.2f})".replace("-", "−")
    style.headline(figure, finding, title or "", legend=_legend_columns(figure))
    return figure


def _legend_columns(figure: Figure) -> int:
    return 4 if figure.get_figwidth() > 6 else 2


def plot_layers(
    activations: Mapping[str, Tensor],
    maze: GridLevel,
    *,
    columns: int = 7,
    title: str | None = None,
) -> Figure:
    """Draw every activation as one small picture: the root mean square over its channels.

    Each picture has its own colour scale, from zero (white) to its largest number, which is written
    below its name. An activation without rows and columns is drawn with one line per unit.

    Args:
        activations: the activations of one observation by name, such as from `hooks.record`. They
            may have a batch axis of size 1.
        maze: the maze that the policy sees.
        columns: the number of pictures side by side.
        title: a description, in grey below the headline.

    Raises:
        ValueError: no activations, or activations of several observations.
    """
    if not activations:
        raise ValueError("there are no activations to draw: record some first")
    figure, axes = style.panel_grid(
        len(activations), columns, (1.6, 2.0), (0.0, 1.1), least=4.4, framed=True
    )
    largest = {}
    for ax, (name, activation) in zip(axes, activations.items(), strict=True):
        field = _array(activation)
        if field.ndim in (2, 4) and len(field) != 1:
            raise ValueError(
                f"{name} contains {len(field)} observations: give activations of one observation"
            )
        field = field[0] if field.ndim in (2, 4) else field
        shape = " × ".join(map(str, field.shape))
        if field.ndim == 3:
            field = np.sqrt((field**2).mean(axis=0))
            plot_activation(field, maze, ax, rings=False)
            ring_squares(ax, maze, width=1.0)
        else:
            units = np.arange(field.size)
            ax.vlines(units, 0, field.ravel(), color="#B2182B", linewidth=max(0.4, 60 / field.size))
            marks.zero_line(ax, "y")
            ax.set(xticks=[], yticks=[], box_aspect=0.6, xlim=(-0.5, field.size - 0.5))
        largest[_short(name)] = float(np.abs(field).max())
        ax.set_title(f"{_short(name)}\n{shape}, ≤ {largest[_short(name)]:.3g}", fontsize=8)
    first, last = next(iter(largest)), next(reversed(largest))
    style.headline(
        figure,
        f"{len(largest)} activations, from {first} (at most {largest[first]:.3g}) to {last} (at "
        f"most {largest[last]:.3g})",
        f"{f'{title}. ' if title else ''}Root mean square over channels, from 0 (white) to the "
        "largest number, which is written after ≤; lines: single units.",
        legend=_legend_columns(figure),
    )
    return figure


def plot_layer_statistics(
    statistics: pd.DataFrame,
    columns: Mapping[str, str],
    *,
    finding: str,
    note: str,
    logarithmic: Sequence[str] = (),
) -> Figure:
    """Draw statistics of every activation in order of computation, one line per agent.

    Args:
        statistics: one row per agent and layer, with `agent`, `layer` and the columns to draw.
        columns: the columns to draw, one panel each, and the labels of their axes.
        finding: the headline.
        note: text in grey below the headline, such as the number of mazes.
        logarithmic: the columns with a logarithmic axis.
    """
    layers = list(statistics["layer"].unique())
    size = (10.5, 1.9 * len(columns) + 2.9)
    figure, axes = style.panels(len(columns), 1, size, sharex=True)
    for ax, (column, label) in zip(axes[:, 0], columns.items(), strict=True):
        for number, (agent, rows) in enumerate(statistics.groupby("agent", sort=False)):
            by_layer = rows.set_index("layer")[column].reindex(layers)
            look = style.agent_look(str(agent), number)
            (line,) = ax.plot(range(len(layers)), by_layer, color=look.colour, label=agent)
            line.set(marker=look.marker, markersize=4, linewidth=1.3)
        ax.set_ylabel(label, fontsize=9)
        ax.tick_params(axis="y", labelsize=9)
        if column in logarithmic:
            ax.set_yscale("log")
        else:
            ax.set_ylim(0, None)
        ax.margins(x=0.02)
        _shade_blocks(ax, layers)
    slope: dict[str, Any] = {"rotation_mode": "anchor", "rotation": 75 if len(layers) > 12 else 20}
    names = [_short(layer) for layer in layers]
    axes[-1, 0].set_xticks(range(len(layers)), names, ha="right", fontsize=8, **slope)
    style.headline(figure, finding, note, legend=3)
    return figure


def _shade_blocks(ax: Axes, layers: Sequence[str]) -> None:
    """Shade every other block of the network in grey."""
    blocks = [found[0] if (found := _BLOCK.search(layer)) else "" for layer in layers]
    shaded = list(dict.fromkeys(blocks))[1::2]
    for place, block in enumerate(blocks):
        if block in shaded:
            ax.axvspan(place - 0.5, place + 0.5, color="#F2F2F2", linewidth=0, zorder=0)


def _limit(fields: Sequence[np.ndarray] | np.ndarray) -> float:
    """The largest absolute number; 1 if all numbers are zero."""
    largest = max(float(np.nanmax(np.abs(field))) for field in fields)
    return largest or 1.0


def _array(activation: np.ndarray | Tensor) -> np.ndarray:
    if isinstance(activation, Tensor):
        return activation.detach().cpu().double().numpy()
    return activation


def _short(name: str) -> str:
    return style.short_name(name).replace("_in0", " (input)")
