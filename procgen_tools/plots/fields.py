"""Figures of vector fields: what a policy would do at every square, and what changed.

An arrow is the mean move at its square: P(RIGHT) - P(LEFT) along the row, P(UP) - P(DOWN) along
the column; a certain move is nearly a square long. One arrow a square reads well in the largest
mazes, but a policy that is torn between two moves has a short one, as one that stays has; so thin
lines beneath show how likely each single move is. Moves into walls count in both: they are part
of what the policy prefers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from procgen_tools.maze.grid import MOVE_STEPS, MOVES, Maze, Square
from procgen_tools.plots.mazes import marked_squares, plot_maze
from procgen_tools.plots.style import AMOUNTS, DIVERGING, INK, SEQUENTIAL, SINGLE_MOVES, colour_map
from procgen_tools.vfield import FieldDifference, VectorField
from procgen_tools.vfield import difference as field_difference

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ARROW_LENGTH = 0.9
"""Length of the arrow of a certain move, in squares."""

SMALLEST_LIMIT = 0.02
"""The least at which a colour scale of differences ends, so that rounding looks like nothing."""

QUANTITIES = {
    VectorField: ("value", *MOVES, "facing"),
    FieldDifference: ("total variation", "arrow length", "value", *MOVES),
}
"""What `plot_heat_map` can show."""

_FADE = 0.6
_PANEL = (5.2, 6.2)
_ARROW_LABEL = "mean move (whole square: certain)"
_LEGEND: dict[str, Any] = {"ncols": 6, "frameon": False, "fontsize": 9}


def plot_vf(
    field: VectorField,
    ax: Axes | None = None,
    *,
    title: str | None = None,
    single_moves: bool = True,
) -> Axes:
    """Draw the mean move at every open square over the maze.

    Args:
        field: what to draw.
        ax: where to draw; by default on a new figure.
        title: text above the figure.
        single_moves: draw the thin lines, half a square long for a certain move.
    """
    ax = _field_panel(field, ax, title, single_moves)
    _legend(ax)
    return ax


def field_figure(field: VectorField) -> Figure:
    """What `plot_vf` draws, as a figure of its own."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=_PANEL, layout="constrained")
    plot_vf(field, figure.subplots())
    return figure


def plot_vfs(
    before: VectorField,
    after: VectorField,
    *,
    titles: tuple[str, str, str] = ("before", "after", "difference"),
    limit: int | float | None = None,
) -> Figure:
    """Draw two fields of one maze and their difference, side by side.

    In the third panel arrows are the change of the mean move, after minus before, and colours
    the total variation: the probability that moved from some moves to others.

    Args:
        before: the field to compare with.
        after: the field that was changed.
        titles: text above each panel.
        limit: where the colour scale ends, in (0, 1]; at the largest difference unless given.

    Raises:
        ValueError: fields of mazes with different walls, or a limit outside (0, 1].
    """
    import matplotlib.pyplot as plt

    change = field_difference(before, after)
    if limit is not None and not 0 < limit <= 1:
        raise ValueError(f"limit {limit} is not in (0, 1], where total variation lies")
    width, height = _PANEL
    figure, axes = plt.subplots(1, 3, figsize=(3 * width + 0.8, height), layout="constrained")
    for ax, field, title in zip(axes, (before, after), titles, strict=False):
        _field_panel(field, ax, title)
    limits = None if limit is None else (0.0, limit)
    _heat_panel(change, "total variation", axes[2], titles[2], limits)
    _draw_arrows(axes[2], after.squares, change.arrows)
    for ax in axes:
        ax.get_legend().remove()
    labelled = {
        label: handle
        for ax in axes
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)
    }
    figure.legend(labelled.values(), labelled, loc="outside lower center", **_LEGEND)
    return figure


def plot_heat_map(
    data: VectorField | FieldDifference,
    what: str = "value",
    ax: Axes | None = None,
    *,
    title: str | None = None,
    limits: tuple[int | float, int | float] | None = None,
) -> Axes:
    """Colour every open square by one number.

    Args:
        data: a field, or the difference of two.
        what: of a field 'value', a move such as 'UP' (its probability) or 'facing' (how far the
            moves depend on which way the mouse looks); of a difference 'total variation',
            'arrow length', or the change of 'value' or of a move's probability.
        ax: where to draw; by default on a new figure.
        title: text above the figure.
        limits: where the colours begin and end. By default probabilities go from 0 to 1, values
            over their range, and differences as far as the largest of them.

    Raises:
        ValueError: an unknown quantity, or limits that do not grow.
    """
    ax = _heat_panel(data, what, ax, title, limits)
    _legend(ax)
    return ax


def _heat_panel(
    data: VectorField | FieldDifference,
    what: str,
    ax: Axes | None,
    title: str | None,
    limits: tuple[int | float, int | float] | None,
) -> Axes:
    heat = _heat(data, what)
    low, high = heat.limits if limits is None else limits
    if not low < high:
        raise ValueError(f"limits {(low, high)} do not grow: give the lower one first")
    field = data.after if isinstance(data, FieldDifference) else data
    ax = _maze_axes(field.maze, ax, title)
    last = field.maze.size - 0.5
    image = ax.imshow(
        field.grid(heat.numbers),  # walls are NaN, and so transparent
        cmap=colour_map(heat.colours),
        vmin=low,
        vmax=high,
        extent=(-0.5, last, -0.5, last),
        origin="lower",
        interpolation="nearest",
        zorder=1,
    )
    colourbar = ax.figure.colorbar(image, ax=ax, shrink=0.8, pad=0.02, aspect=30)
    colourbar.set_label(heat.label)
    colourbar.outline.set_visible(False)
    return ax


@dataclass(frozen=True, eq=False)
class _Heat:
    """Numbers of the squares, what they are called, and how they are coloured."""

    label: str
    numbers: Float[np.ndarray, " square"]
    colours: str
    limits: tuple[float, float]


def _heat(data: VectorField | FieldDifference, what: str) -> _Heat:
    if isinstance(data, FieldDifference):
        if what in MOVES:
            return _change(f"change of P({what})", data.probabilities[:, MOVES.index(what)])
        if what == "value":
            return _change("change of value", data.values)
        if what == "total variation":
            return _amount("total variation", data.total_variation)
        if what == "arrow length":
            return _amount("length of the change of the mean move", data.lengths)
    else:
        if what in MOVES:
            numbers = data.probabilities[:, MOVES.index(what)]
            return _Heat(f"P({what})", numbers, SEQUENTIAL, (0.0, 1.0))
        if what == "value":
            low, high = float(data.values.min()), float(data.values.max())
            return _Heat("value", data.values, SEQUENTIAL, (low, max(high, low + SMALLEST_LIMIT)))
        if what == "facing":
            label = "total variation between facings"
            return _amount(label, data.facing_variation)
    raise ValueError(
        f"a {type(data).__name__} has no {what!r}: choose one of {list(QUANTITIES[type(data)])}"
    )


def _amount(label: str, numbers: Float[np.ndarray, " square"]) -> _Heat:
    return _Heat(label, numbers, AMOUNTS, (0.0, max(float(numbers.max()), SMALLEST_LIMIT)))


def _change(label: str, numbers: Float[np.ndarray, " square"]) -> _Heat:
    limit = max(float(np.abs(numbers).max()), SMALLEST_LIMIT)
    return _Heat(label, numbers, DIVERGING, (-limit, limit))


def _field_panel(
    field: VectorField,
    ax: Axes | None,
    title: str | None,
    single_moves: bool = True,
) -> Axes:
    ax = _maze_axes(field.maze, ax, title)
    if single_moves:
        _draw_moves(ax, field)
    _draw_arrows(ax, field.squares, field.arrows)
    ax.plot(
        [], [], linestyle="", marker=r"$\rightarrow$", markersize=14, color=INK, label=_ARROW_LABEL
    )
    return ax


def _maze_axes(maze: Maze, ax: Axes | None, title: str | None) -> Axes:
    """The maze's picture with the squares that matter ringed."""
    import matplotlib.pyplot as plt

    if ax is None:
        _, ax = plt.subplots(figsize=_PANEL, layout="constrained")
    return plot_maze(maze, ax, marks=marked_squares(maze), fade=_FADE, title=title)


def _legend(ax: Axes) -> None:
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), **_LEGEND | {"ncols": 2})


def _draw_arrows(
    ax: Axes, squares: Sequence[Square], arrows: Float[np.ndarray, "square 2"]
) -> None:
    places = np.array(squares, dtype=float)
    ax.quiver(
        places[:, 1],
        places[:, 0],
        arrows[:, 0],
        arrows[:, 1],
        angles="xy",
        scale_units="xy",
        scale=1 / ARROW_LENGTH,
        pivot="mid",
        units="xy",
        width=0.12,
        headwidth=3.4,
        headlength=3.2,
        headaxislength=2.9,
        minlength=0.3,
        color=INK,
        zorder=4,
    )


def _draw_moves(ax: Axes, field: VectorField) -> None:
    """A thin line from the middle of every square for every move, half a square if certain."""
    from matplotlib.collections import LineCollection

    middles = np.array(field.squares, dtype=float)[:, None, ::-1]
    steps = np.array([(step.col, step.row) for step in MOVE_STEPS])
    ends = middles + field.probabilities[..., None] * steps * ARROW_LENGTH / 2
    lines = np.stack([np.broadcast_to(middles, ends.shape), ends], axis=2).reshape(-1, 2, 2)
    drawn = LineCollection(
        lines, colors=SINGLE_MOVES, linewidths=2.4, zorder=3, label="single moves"
    )
    ax.add_collection(drawn, autolim=False)
