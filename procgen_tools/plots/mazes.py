"""Figures of a maze, on axes that count its squares.

Square (row, col) is centred at x = col, y = row. Anything drawn on these axes later (arrows,
numbers, colours) can therefore be placed by its square.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from procgen_tools.plots.style import square_look
from procgen_tools.worlds.maze.grid import GridLevel, Square, check_inside
from procgen_tools.worlds.maze.human_view import art, human_view

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INCHES = 5.0
_MAX_TICKS = 13


def plot_maze(
    maze: GridLevel,
    ax: Axes | None = None,
    *,
    marks: Mapping[str, tuple[int, int]] | None = None,
    fade: float = 0.0,
    square_pixels: int = 32,
    title: str | None = None,
) -> Axes:
    """Draw a maze, with axes that count inner rows and columns. Row 0 is at the bottom.

    Args:
        maze: the maze to draw.
        ax: where to draw; defaults to a new figure.
        marks: squares to ring, by their label in the legend, such as
            `{"decision square": (6, 4)}`. Names in `style.SQUARES` have their own colours.
        fade: how far to fade the picture towards white, from 0 (not at all) to 1 (white), so that
            drawings on top are easier to see.
        square_pixels: side of a square of the picture, in pixels.
        title: text above the panel.

    Raises:
        ValueError: a marked square is outside the maze, or `fade` is outside 0..1.
    """
    import matplotlib.pyplot as plt

    if not 0 <= fade <= 1:
        raise ValueError(f"fade {fade} is not between 0 (no fading) and 1 (white): choose one")
    placed = {name: check_inside(square, maze.size, name) for name, square in (marks or {}).items()}
    picture = human_view(maze, square_pixels=square_pixels)
    if fade:
        picture = np.rint(255 * fade + picture * (1 - fade)).astype(np.uint8)
    if ax is None:
        _, ax = plt.subplots(figsize=(_INCHES, _INCHES), layout="constrained")
    last = maze.size - 0.5
    ax.imshow(picture, extent=(-0.5, last, -0.5, last), interpolation="antialiased", zorder=0)
    ticks = np.arange(0, maze.size, max(1, -(-maze.size // _MAX_TICKS)))
    ax.set(xticks=ticks, yticks=ticks, xlabel="column", ylabel="row")
    ax.tick_params(length=2, labelsize=8)
    if title is not None:
        ax.set_title(title)
    _rings(ax, placed)
    if placed:
        ax.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, -0.1),
            ncols=min(3, len(placed)),
            frameon=False,
            fontsize=9,
        )
    return ax


def marked_squares(maze: GridLevel) -> dict[str, Square]:
    """The former name of `maze.landmarks()`; it works for one release, with a warning."""
    warnings.warn(
        "marked_squares(maze) is now maze.landmarks(); the old name works for one release",
        FutureWarning,
        stacklevel=2,
    )
    return maze.landmarks()


def draw_mouse(ax: Axes, maze: GridLevel, *, zorder: int) -> None:
    """Draw the mouse again, above what has been drawn over the picture of its maze.

    Args:
        ax: axes that count squares.
        maze: the maze whose mouse is drawn.
        zorder: the place of the mouse among other drawings; see matplotlib.
    """
    row, col = maze.mouse
    drawn = art("mouse")
    limits = ax.axis()
    ax.imshow(
        drawn[:, ::-1] if maze.mouse_mirrored else drawn,
        extent=(col - 0.5, col + 0.5, row - 0.5, row + 0.5),
        interpolation="antialiased",
        zorder=zorder,
    )
    ax.axis(limits)  # a picture sets the limits of its axes


def ring_squares(ax: Axes, maze: GridLevel, *, width: int | float = 1.6) -> None:
    """Draw rings around the landmarks of a maze. The inside of a ring stays visible.

    Args:
        ax: axes that count squares.
        maze: the maze whose landmarks are ringed. If two are at the same square, such as the mouse
            and the decision square, the second ring is inside the first.
        width: the width of the lines, in points.
    """
    _rings(ax, maze.landmarks(), width=width, zorder=3)


def _rings(ax: Axes, squares: Mapping[str, tuple[int, int]], **options: Any) -> None:
    """Rings around squares, by name. If two squares are equal, the second ring is inside."""
    placed: list[tuple[int, int]] = []
    for index, (name, (row, col)) in enumerate(squares.items()):
        inset = 0.2 * placed.count((row, col))
        placed.append((row, col))
        _ring(ax, name, (row, col), square_look(name, index).colour, inset=inset, **options)


def _ring(
    ax: Axes,
    name: str,
    square: tuple[int, int],
    colour: str,
    *,
    width: int | float = 2.5,
    inset: float = 0.0,
    zorder: int = 2,
) -> None:
    """Draw a coloured frame with a white edge, which is visible on every background."""
    from matplotlib.patches import Rectangle

    row, col = square
    corner, side = (col - 0.5 + inset, row - 0.5 + inset), 1 - 2 * inset
    for edge, wide, label in (("white", 1.8 * width, None), (colour, width, name)):
        frame = Rectangle(corner, side, side, fill=False, edgecolor=edge, linewidth=wide)
        frame.set(label=label, zorder=zorder)
        ax.add_patch(frame)
