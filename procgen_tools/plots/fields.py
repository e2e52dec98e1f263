"""Figures of vector fields: what a policy would do at every square, and what changed.

An arrow is the mean move at its square: P(RIGHT) - P(LEFT) along the row and P(UP) - P(DOWN) along
the column. The arrow of a certain move is nearly one square long. An arrow is short if the policy
stays, but also if it is undecided between two opposite moves. The bars below the arrows therefore
show the probability of each single move. Arrows and bars include moves into walls, because they are
part of what the policy prefers. The square of the cheese has no arrow, because the episode ends
there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float

from procgen_tools.checks import of_kind
from procgen_tools.names import accepts_older
from procgen_tools.plots import style
from procgen_tools.plots.mazes import draw_mouse, plot_maze
from procgen_tools.plots.style import (
    AMOUNTS,
    DIVERGING,
    INK,
    SEQUENTIAL,
    SINGLE_MOVES,
    colour_map,
)
from procgen_tools.vfield import FieldDifference, VectorField
from procgen_tools.vfield import difference as field_difference
from procgen_tools.worlds.maze.grid import MOVE_STEPS, MOVES, GridLevel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ARROW_LENGTH = 0.9
"""The length of the arrow of a certain move, in squares."""

BAR_WIDTH = 0.3
"""The width of the bar of a single move, in squares. Bars are wider than the arrows on them."""

ARROW_SHAPE: dict[str, Any] = {
    "width": 0.1,
    "headwidth": 3.8,
    "headlength": 3.4,
    "headaxislength": 3.0,
    "minlength": 0.3,
}
"""The width of the shaft in squares, and the head in widths; see matplotlib's `quiver`."""

SMALLEST_LIMIT = 0.02
"""The smallest upper end of a colour scale of differences, so that rounding errors stay pale."""

QUANTITIES = {
    VectorField: ("value", *MOVES, "facing"),
    FieldDifference: ("total variation", "arrow length", "value", *MOVES),
}
"""The quantities that `plot_heat_map` can show."""

FADE = 0.6
"""How far the picture of the maze is faded towards white below a field."""

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
    """Draw the mean move at every open square of the maze, except at the cheese.

    Args:
        field: the field to draw.
        ax: where to draw; defaults to a new figure.
        title: text above the panel.
        single_moves: whether to draw the bars of single moves, half a square long for a certain
            move.
        legend: whether to draw a legend below the panel; defaults to True on a new figure only,
            because another panel may be below.
        marks: further squares to ring, by name, such as `{"target": (10, 6)}`.

    Raises:
        ValueError: a marked square is outside the maze.
    """
    own = ax is None
    ax = _field_panel(field, ax, title, single_moves, marks)
    _legend(ax, own if legend is None else legend)
    return ax


def field_figure(field: VectorField) -> Figure:
    """A new figure, outside pyplot, with what `plot_vf` draws."""
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

    The arrows of the third panel show the change of the mean move, after minus before. Its colours
    show the total variation: the probability that was shifted from some moves to others.

    Args:
        before: the field before a change.
        after: the field after it.
        titles: the text above each panel.
        limit: the upper end of the colour scale, in (0, 1]; defaults to the largest difference.
        marks: further squares to ring, by name, such as `{"target": (10, 6)}`.

    Raises:
        ValueError: the mazes of the fields have different walls, the limit is outside (0, 1], or a
            marked square is outside the maze.
    """
    change = field_difference(before, after)
    if limit is not None and not 0 < limit <= 1:
        raise ValueError(
            f"limit {limit} is not in (0, 1], the range of total variation: choose one in it"
        )
    width, height = _PANEL
    figure, (axes,) = style.panels(1, 3, (3 * width + 0.8, height), framed=True)
    for ax, field, title in zip(axes, (before, after), titles, strict=False):
        _field_panel(field, ax, title, marks=marks)
    limits = None if limit is None else (0.0, limit)
    _heat_panel(change, "total variation", axes[2], titles[2], limits, marks)
    _draw_arrows(axes[2], after, change.arrows)
    for ax in axes:
        _legend(ax, False)
    style.legend_below(figure, ncols=6)
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
        what: the quantity. For a field: 'value', a move such as 'UP' (its probability), or 'facing'
            (how much the moves depend on the direction that the mouse faces). For a difference:
            'total variation', 'arrow length', 'value' (its change), or a move (the change of its
            probability).
        ax: where to draw; defaults to a new figure.
        title: text above the panel.
        limits: the lower and upper ends of the colour scale. Defaults to 0 and 1 for probabilities,
            and to the range of values. Changes have ± the largest one; amounts, such as total
            variation and 'facing', have 0 and the largest one.
        legend: whether to draw a legend below the panel; defaults to True on a new figure only.

    Raises:
        ValueError: an unknown quantity, or a lower limit that is not below the upper one.
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
        raise ValueError(f"limits {(low, high)} do not increase: give the lower one first")
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
    """The numbers of the squares, with their label, colour map and limits."""

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
    draw_mouse(ax, field.maze, zorder=5)  # no arrow hides it
    ax.plot(
        [], [], linestyle="", marker=r"$\rightarrow$", markersize=14, color=INK, label=_ARROW_LABEL
    )
    return ax


def _maze_axes(
    maze: GridLevel, ax: Axes | None, title: str | None, marks: Mapping[str, tuple[int, int]] | None
) -> Axes:
    """The picture of the maze, with rings around its landmarks."""
    if ax is None:
        _, ((ax,),) = style.panels(1, 1, _PANEL, framed=True)
    return plot_maze(maze, ax, marks={**maze.landmarks(), **(marks or {})}, fade=FADE, title=title)


def _legend(ax: Axes, shown: bool) -> None:
    """Draw the legend, or remove the one that `plot_maze` drew."""
    if not shown:
        legend = ax.get_legend()
        if legend is not None:
            legend.remove()
        return
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2, frameon=False, fontsize=9)


def _going_on(field: VectorField) -> Bool[np.ndarray, " square"]:
    """Whether an episode continues at each square: in a maze, everywhere except at the cheese."""
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
        **ARROW_SHAPE,
        color=INK,
        zorder=4,
    )


def _draw_moves(ax: Axes, field: VectorField) -> None:
    """Draw a bar from the centre of each square for every move, half a square long if certain."""
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
