"""Figures of vector fields: what a policy would do at every square, and what changed.

An arrow is the mean move at its square: P(RIGHT) - P(LEFT) along the row, P(UP) - P(DOWN) along
the column; a certain move is nearly a square long. A policy that is torn between two moves has a
short arrow, as one that stays has, so bars beneath show how likely each single move is. Moves
into walls count in both: they are part of what the policy prefers. There is no arrow at the
cheese, where the episode has ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from procgen_tools.checks import of_kind
from procgen_tools.names import accepts_older
from procgen_tools.plots.mazes import plot_maze
from procgen_tools.plots.style import (
    AMOUNTS,
    DIVERGING,
    INK,
    SEQUENTIAL,
    SINGLE_MOVES,
    colour_map,
    legend_below,
)
from procgen_tools.vfield import FieldDifference, VectorField
from procgen_tools.vfield import difference as field_difference
from procgen_tools.worlds.maze.grid import MOVE_STEPS, MOVES, GridLevel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ARROW_LENGTH = 0.9
"""Length of the arrow of a certain move, in squares."""

BAR_WIDTH = 0.3
"""Width of the bar of a single move, in squares; wider than an arrow, which lies on it."""

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


@accepts_older(
    renamed={"show_components": "single_moves"},
    dropped={"human_render": True, "render_padding": False},
)
def plot_vf(
    field: VectorField,
    ax: Axes | None = None,
    *,
    title: str | None = None,
    single_moves: bool = True,
    legend: bool | None = None,
    marks: Mapping[str, tuple[int, int]] | None = None,
) -> Axes:
    """Draw the mean move at every open square over the maze, but for that of the cheese.

    Args:
        field: what to draw.
        ax: where to draw; by default on a new figure.
        title: text above the figure.
        single_moves: draw the bars beneath, half a square long for a certain move.
        legend: explain the marks below the panel; by default on a new figure only, because below
            one of several panels there may be another.
        marks: further squares to ring, by name, for instance `{"target": (10, 6)}`.

    Raises:
        ValueError: a marked square outside the maze.
    """
    own = ax is None
    ax = _field_panel(field, ax, title, single_moves, marks)
    _legend(ax, own if legend is None else legend)
    return ax


def field_figure(field: VectorField) -> Figure:
    """What `plot_vf` draws, as a figure of its own."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=_PANEL, layout="constrained")
    plot_vf(field, figure.subplots(), legend=True)
    return figure


@accepts_older(
    dropped={
        "human_render": True,
        "render_padding": False,
        "ax_size": ...,
        "show_diff": True,
        "show_original": True,
        "show_components": ...,
    }
)
def plot_vfs(
    before: VectorField,
    after: VectorField,
    *,
    titles: tuple[str, str, str] = ("before", "after", "difference"),
    limit: int | float | None = None,
    marks: Mapping[str, tuple[int, int]] | None = None,
) -> Figure:
    """Draw two fields of one maze and their difference, side by side.

    In the third panel arrows are the change of the mean move, after minus before, and colours
    the total variation: the probability that moved from some moves to others.

    Args:
        before: the field to compare with.
        after: the field that was changed.
        titles: text above each panel.
        limit: where the colour scale ends, in (0, 1]; defaults to the largest difference.
        marks: further squares to ring, by name, for instance `{"target": (10, 6)}`.

    Raises:
        ValueError: fields of mazes with different walls, a limit outside (0, 1], or a marked
            square outside the maze.
    """
    import matplotlib.pyplot as plt

    change = field_difference(before, after)
    if limit is not None and not 0 < limit <= 1:
        raise ValueError(f"limit {limit} is not in (0, 1], where total variation lies")
    width, height = _PANEL
    figure, axes = plt.subplots(1, 3, figsize=(3 * width + 0.8, height), layout="constrained")
    for ax, field, title in zip(axes, (before, after), titles, strict=False):
        _field_panel(field, ax, title, marks=marks)
    limits = None if limit is None else (0.0, limit)
    _heat_panel(change, "total variation", axes[2], titles[2], limits, marks)
    _draw_arrows(axes[2], after, change.arrows)
    for ax in axes:
        _legend(ax, False)
    legend_below(figure, ncols=6)
    return figure


def plot_heat_map(
    data: VectorField | FieldDifference,
    what: str = "value",
    ax: Axes | None = None,
    *,
    title: str | None = None,
    limits: tuple[int | float, int | float] | None = None,
    legend: bool | None = None,
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
        legend: explain the marks below the panel; by default on a new figure only.

    Raises:
        ValueError: an unknown quantity, or limits that do not grow.
    """
    own = ax is None
    ax = _heat_panel(data, what, ax, title, limits)
    _legend(ax, own if legend is None else legend)
    return ax


def _heat_panel(
    data: VectorField | FieldDifference,
    what: str,
    ax: Axes | None,
    title: str | None,
    limits: tuple[int | float, int | float] | None,
    marks: Mapping[str, tuple[int, int]] | None = None,
) -> Axes:
    heat = _heat(data, what)
    low, high = heat.limits if limits is None else limits
    if not low < high:
        raise ValueError(f"limits {(low, high)} do not grow: give the lower one first")
    field = data.after if isinstance(data, FieldDifference) else data
    ax = _maze_axes(field.maze, ax, title, marks)
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
    marks: Mapping[str, tuple[int, int]] | None = None,
) -> Axes:
    of_kind("the field", field, VectorField, "give what vector_field(maze, policy) returns")
    ax = _maze_axes(field.maze, ax, title, marks)
    if single_moves:
        _draw_moves(ax, field)
    _draw_arrows(ax, field, field.arrows)
    ax.plot(
        [], [], linestyle="", marker=r"$\rightarrow$", markersize=14, color=INK, label=_ARROW_LABEL
    )
    return ax


def _maze_axes(
    maze: GridLevel, ax: Axes | None, title: str | None, marks: Mapping[str, tuple[int, int]] | None
) -> Axes:
    """The maze's picture with the squares that matter ringed."""
    import matplotlib.pyplot as plt

    if ax is None:
        _, ax = plt.subplots(figsize=_PANEL, layout="constrained")
    return plot_maze(maze, ax, marks={**maze.landmarks(), **(marks or {})}, fade=_FADE, title=title)


def _legend(ax: Axes, shown: bool) -> None:
    """Explain the marks, or take away the legend that `plot_maze` made."""
    if not shown:
        legend = ax.get_legend()
        if legend is not None:
            legend.remove()
        return
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2, frameon=False, fontsize=9)


def _going_on(field: VectorField) -> Bool[np.ndarray, " square"]:
    """Squares where an episode goes on: in a maze, all but that of the cheese."""
    ends = field.maze.ending_squares()
    return np.array([square not in ends for square in field.squares])


def _draw_arrows(ax: Axes, field: VectorField, arrows: Float[np.ndarray, "square 2"]) -> None:
    places = np.array(field.squares, dtype=float)[_going_on(field)]
    arrows = arrows[_going_on(field)]
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
        width=0.1,
        headwidth=3.8,
        headlength=3.4,
        headaxislength=3.0,
        minlength=0.3,
        color=INK,
        zorder=4,
    )


def _draw_moves(ax: Axes, field: VectorField) -> None:
    """A bar from the middle of a square for every move, half a square long if it is certain."""
    from matplotlib.collections import PolyCollection

    middles = np.array(field.squares, dtype=float)[_going_on(field), None, None, ::-1]
    steps = np.array([(step.col, step.row) for step in MOVE_STEPS])[:, None]
    moves = field.probabilities[_going_on(field), :, None, None]
    along = moves * steps * ARROW_LENGTH / 2 * np.array([0, 1, 1, 0])[:, None]
    across = steps[..., ::-1] * BAR_WIDTH / 2 * np.array([1, 1, -1, -1])[:, None]
    bars = (middles + along + across).reshape(-1, 4, 2)
    drawn = PolyCollection(
        bars, facecolors=SINGLE_MOVES, linewidths=0, zorder=3, label="single moves"
    )
    ax.add_collection(drawn, autolim=False)
