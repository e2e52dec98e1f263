"""Figures of fields for a given memory (see `plots.fields` for arrows and bars)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from procgen_tools.episodes.memory_fields import MemoryField
from procgen_tools.plots.fields import ARROW_LENGTH, BAR_WIDTH
from procgen_tools.plots.style import (
    AMOUNTS,
    INK,
    SINGLE_MOVES,
    colour_map,
    legend_below,
)
from procgen_tools.worlds.keys_and_chests.human_view import pictures
from procgen_tools.worlds.keys_and_chests.rules import DOWNS, MOVES, RIGHTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FADE = 0.6
_PIXELS = 32


def plot_memory_field(
    field: MemoryField, ax: Axes | None = None, *, title: str | None = None
) -> Axes:
    """Draw the mean move at every square: one square long if certain; bars are single moves.

    Args:
        field: the field.
        ax: where to draw; defaults to a new figure.
        title: text above the panel.
    """
    ax = _level(field, ax, title)
    _bars(ax, field)
    _arrows(ax, field.squares, field.arrows)
    return ax


def plot_memory_fields(fields: Mapping[str, MemoryField]) -> Figure:
    """Two fields of the same frame, by their titles, and what differs: arrows, and how much.

    Args:
        fields: two.

    Raises:
        ValueError: not two fields, or fields of different squares.
    """
    import matplotlib.pyplot as plt

    if len(fields) != 2:
        raise ValueError(f"there are {len(fields)} fields: give two, to see what differs")
    figure, axes = plt.subplots(1, 3, figsize=(12.6, 5.0), layout="constrained")
    (first, before), (second, after) = fields.items()
    variation = before.total_variation(after)
    for ax, title, field in zip(axes, (first, second), (before, after), strict=False):
        plot_memory_field(field, ax, title=title)
    ax = _level(after, axes[2], "difference")
    grid = np.full(after.states.cells.shape[1:], np.nan)
    grid[tuple(after.squares.T)] = variation
    image = ax.imshow(grid, cmap=colour_map(AMOUNTS), vmin=0, vmax=1, zorder=1, alpha=0.85)
    _arrows(ax, after.squares, after.arrows - before.arrows)
    colourbar = figure.colorbar(image, ax=ax, shrink=0.8, pad=0.02, aspect=30)
    colourbar.set_label("total variation")
    legend_below(figure)
    return figure


def _level(field: MemoryField, ax: Axes | None, title: str | None) -> Axes:
    import matplotlib.pyplot as plt

    if ax is None:
        _, ax = plt.subplots(figsize=(5.2, 5.2), layout="constrained")
    rows, cols = field.states.cells.shape[1:]
    shown = pictures(field.states, cell_pixels=_PIXELS)[0]
    ax.imshow(shown, extent=(-0.5, cols - 0.5, rows - 0.5, -0.5), alpha=1 - _FADE, zorder=0)
    ax.set(xlim=(-0.5, cols - 0.5), ylim=(rows - 0.5, -0.5), xticks=[], yticks=[])
    ax.set_title(title or "", fontsize=10)
    return ax


def _arrows(ax: Axes, squares: np.ndarray, arrows: np.ndarray) -> None:
    ax.quiver(
        squares[:, 1], squares[:, 0], arrows[:, 0], arrows[:, 1], angles="xy", scale_units="xy",
        scale=1 / ARROW_LENGTH, pivot="mid", units="xy", width=0.09, headwidth=3.8, headlength=3.4,
        headaxislength=3.0, minlength=0.3, color=INK, zorder=4,
    )  # fmt: skip
    ax.plot([], [], linestyle="", marker=r"$\rightarrow$", markersize=14, color=INK,
            label="mean move (whole square: certain)")  # fmt: skip


def _bars(ax: Axes, field: MemoryField) -> None:
    """A bar from the centre of each square for every move, half a square long if certain."""
    from matplotlib.collections import PolyCollection

    steps = np.stack([RIGHTS, DOWNS], axis=1)[: len(MOVES), None]
    along = field.probabilities[..., None, None] * steps * ARROW_LENGTH / 2
    along = along * np.array([0, 1, 1, 0])[:, None]
    across = steps[..., ::-1] * BAR_WIDTH / 2 * np.array([1, 1, -1, -1])[:, None]
    bars = (field.squares[:, None, None, ::-1] + along + across).reshape(-1, 4, 2)
    drawn = PolyCollection(
        list(bars), facecolors=SINGLE_MOVES, linewidths=0, zorder=3, label="single moves"
    )
    ax.add_collection(drawn, autolim=False)
