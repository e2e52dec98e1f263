"""Figures of receptive fields: how they grow with depth, and what they look like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Float

from procgen_tools.plots import marks, style
from procgen_tools.plots.style import short_name
from procgen_tools.statistics.intervals import mean_over_levels
from procgen_tools.statistics.tables import where
from procgen_tools.worlds.maze.grid import FRAME_SIZE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

_FAINTEST = 1e-3
"""Changes below this share of the largest have the darkest colour."""

MEASURES = {
    "gradient_90": "90% of the gradient",
    "gradient_50": "half of the gradient",
    "cheese_90": "90% of what the cheese changes",
}
"""What is drawn, by column, in words."""

_FIELD = style.PICKED.colour


def plot_fields_by_layer(
    fields: pd.DataFrame, pixels_a_square: float, layer: str | None = None
) -> Figure:
    """The side of theoretical and effective fields at every depth, for each agent.

    Args:
        fields: one row per agent, maze and layer, with the columns `theoretical` and MEASURES, in
            pixels; layers in order of computation.
        pixels_a_square: of the maze, for the second axis.
        layer: which one the title is about; by default the middle one.
    """
    layers = list(fields["layer"].unique())
    places = np.arange(len(layers))
    figure, panels = style.agent_panels(fields, extra=2.4, height=5.4)
    for ax, _, rows in panels:
        by_layer = rows.drop_duplicates("layer").set_index("layer").loc[layers]
        sides = by_layer["theoretical"]
        ax.plot(places, sides, "x-", color=style.INK, markersize=5, label="theoretical field")
        for number, (column, name) in enumerate(MEASURES.items()):
            means = [
                mean_over_levels(rows.loc[rows["layer"] == layer, column].to_numpy())
                for layer in layers
            ]
            style.draw_band(ax, places.tolist(), means, style.series_look(number), name)
        ax.axhline(FRAME_SIZE, color="#7F7F7F", linestyle=":", linewidth=1.5, label="whole frame")
        ax.set_xticks(places, [short_name(layer) for layer in layers], rotation=60, ha="right")
        ax.tick_params(labelsize=9)
        ax.set_ylim(0, None)
        ax.grid(axis="y", color="#EEEEEE")
    panels[0][0].set_ylabel("side of the square [pixels]")
    scale = panels[-1][0].secondary_yaxis(
        "right",
        functions=(
            lambda y: np.asarray(y, float) / pixels_a_square,
            lambda y: np.asarray(y, float) * pixels_a_square,
        ),
    )
    scale.set_ylabel("side [squares of the maze]")
    about = layer or layers[len(layers) // 2]
    there = where(fields, layer=about).groupby("agent").mean(numeric_only=True).mean()
    style.headline(
        figure,
        f"At {short_name(about)} 90% of the gradient lies within {there['gradient_90']:.0f} of the "
        f"{there['theoretical']:.0f} pixels that a cell can see",
        f"{style.sample(fields)}; bands: {style.LEVELS_INTERVAL}",
        legend=3,
    )
    return figure


def plot_field_maps(maps: pd.DataFrame, fields: pd.DataFrame) -> Figure:
    """Above, what a middle cell sees of the frame; below, the cells that a middle pixel moves.

    Args:
        maps: one row per pixel or cell of one maze, with the columns layer, what ("gradient" or
            "pixel"), row, col, number.
        fields: as for `plot_fields_by_layer`; gives the theoretical sides.
    """
    layers = list(maps["layer"].unique())
    sides = fields.drop_duplicates("layer").set_index("layer")["theoretical"]
    size = (2.5 * len(layers) + 0.9, 6.0)
    names = [short_name(layer) for layer in layers]
    figure, axes = style.panels(2, len(layers), size, titles=names, framed=True)
    titles = {
        "gradient": "pixels that a\nmiddle cell sees",
        "pixel": "cells that the\nmiddle pixel changes",
    }
    for row, what in enumerate(titles):
        for ax, layer in zip(axes[row], layers, strict=True):
            chosen = where(maps, layer=layer, what=what)
            field = chosen.pivot(index="row", columns="col", values="number").to_numpy()
            image = draw_change_map(field, ax, side=float(sides[layer]))
            if ax is not axes[row, 0]:
                ax.set_ylabel("")
        axes[row, 0].set_ylabel(f"{titles[what]}\n\npixel", fontsize=9)
    marks.colour_bar(figure, image, axes, "mean absolute change, largest = 1", extend="min")
    reached = {
        layer: float((part["number"] > 0).mean())
        for layer, part in where(maps, what="gradient").groupby("layer", sort=False)
    }
    style.headline(
        figure,
        f"A middle cell sees {reached[layers[0]]:.1%} of the frame at {names[0]}, "
        f"{reached[layers[-1]]:.0%} at {names[-1]}",
        f"{style.sample(maps)} (level {maps['level'].iloc[0]}). Orange: the theoretical field. "
        "White: nothing reaches there.",
    )
    return figure


def plot_pixel_changes(
    changes: Mapping[str, Float[np.ndarray, "row col"]],
    sides: Mapping[str, int],
    pixel: tuple[int, int],
    *,
    level: int | None = None,
) -> Figure:
    """Which cells of several activations one changed pixel reaches.

    Args:
        changes: by the name of the activation, how far each cell changes.
        sides: of the theoretical fields, in pixels.
        pixel: row from the top and column of the pixel.
        level: whose frame it was, for the note.
    """
    titles = [f"{short_name(name)}\nfield of {sides[name]} pixels" for name in changes]
    size = (2.9 * len(changes) + 0.9, 4.0)
    figure, axes = style.panels(1, len(changes), size, titles=titles, framed=True)
    for ax, (name, field) in zip(axes[0], changes.items(), strict=True):
        image = draw_change_map(field, ax, side=sides[name], centre=pixel)
        ax.plot(pixel[1], pixel[0], "x", color=_FIELD, markersize=6, label="the changed pixel")
        if ax is not axes[0, 0]:
            ax.set_ylabel("")
    marks.colour_bar(figure, image, axes, "change, largest = 1", extend="min")
    reached = [f"{(field > 0).mean():.0%}" for field in changes.values()]
    where = "" if level is None else f" of level {level}"
    style.headline(
        figure,
        f"One pixel changes {', '.join(reached[:-1])} and {reached[-1]} of the cells",
        f"One pixel{where} (cross) turned into its negative. Orange: the cells whose theoretical "
        "field holds it. White: no change.",
    )
    return figure


def draw_change_map(
    field: Float[np.ndarray, "row col"],
    ax: Axes | None = None,
    *,
    side: int | float,
    centre: tuple[int, int] = (FRAME_SIZE // 2, FRAME_SIZE // 2),
) -> AxesImage:
    """One map over the frame, on a logarithmic scale; white where it is zero.

    Args:
        field: of cells or pixels, nowhere negative.
        ax: where to draw; by default on a new figure.
        side: of the theoretical field, in pixels, framed in orange.
        centre: row and column of the pixel in its middle.
    """
    from matplotlib.colors import LogNorm
    from matplotlib.patches import Rectangle

    if ax is None:
        _, ((ax,),) = style.panels(1, 1, (6.4, 4.8), framed=True)
    cell = FRAME_SIZE / len(field)
    # Cell i is centred on pixel i * cell (see `interventions.cells`).
    edges = (-cell / 2, FRAME_SIZE - cell / 2)
    shown = np.where(field > 0, field / (field.max() or 1), np.nan)
    image = ax.imshow(
        shown,
        norm=LogNorm(_FAINTEST, 1),
        cmap=style.SEQUENTIAL,
        extent=(*edges, *edges[::-1]),
        interpolation="nearest",
    )
    row, col = centre
    corner = (col - side / 2, row - side / 2)
    ax.add_patch(Rectangle(corner, side, side, fill=False, edgecolor=_FIELD, linewidth=1.8))
    ax.set(xlim=(-4, FRAME_SIZE), ylim=(FRAME_SIZE, -4), xticks=[0, 32, 63], yticks=[0, 32, 63])
    ax.set_xlabel("pixel", fontsize=9)
    ax.set_ylabel("pixel", fontsize=9)
    ax.tick_params(labelsize=8)
    return image
