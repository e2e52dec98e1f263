"""Figures of receptive fields: how they grow with depth, and what they look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.intervals import mean_over_levels
from procgen_tools.plots.learning import COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FRAME_SIDE = 64

MEASURES = {
    "gradient_90": "90% of the gradient",
    "gradient_50": "half of the gradient",
    "cheese_90": "90% of what the cheese changes",
}
"""What is drawn, by column, in words."""


def plot_fields_by_layer(fields: pd.DataFrame, pixels_a_square: float) -> Figure:
    """The side of theoretical and effective fields at every depth, for each agent.

    Args:
        fields: a row an agent, maze and layer, with the columns `theoretical` and MEASURES, in
            pixels; layers in order of computation.
        pixels_a_square: of the maze, for the second axis.
    """
    from matplotlib import pyplot as plt

    agents, layers = list(fields["agent"].unique()), list(fields["layer"].unique())
    places = np.arange(len(layers))
    figure = plt.figure(figsize=(3.9 * len(agents) + 0.8, 4.4), layout="constrained")
    axes = figure.subplots(1, len(agents), sharey=True, squeeze=False)
    for ax, agent in zip(axes[0], agents, strict=True):
        rows = fields[fields["agent"] == agent]
        by_layer = rows.drop_duplicates("layer").set_index("layer").loc[layers]
        ax.plot(places, by_layer["theoretical"], "s-", color="#111111", markersize=4,
                label="theoretical field")  # fmt: skip
        for colour, (column, name) in zip(COLOURS, MEASURES.items(), strict=False):
            means = [
                mean_over_levels(rows.loc[rows["layer"] == layer, column].to_numpy())
                for layer in layers
            ]
            low, high = [mean.low for mean in means], [mean.high for mean in means]
            ax.fill_between(places, low, high, color=colour, alpha=0.2, linewidth=0)
            ax.plot(places, [mean.value for mean in means], "o-", color=colour, markersize=4,
                    label=name)  # fmt: skip
        ax.axhline(FRAME_SIDE, color="#999999", linestyle=":", linewidth=1.2, label="whole frame")
        ax.set_xticks(places, [_short(layer) for layer in layers], rotation=60, ha="right")
        ax.tick_params(labelsize=8)
        ax.set_title(agent, fontsize=10)
        ax.set_ylim(0, None)
    axes[0, 0].set_ylabel("side of the square, in pixels")
    scale = axes[0, -1].secondary_yaxis(
        "right", functions=(lambda y: y / pixels_a_square, lambda y: y * pixels_a_square)
    )
    scale.set_ylabel("in squares of the maze")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return figure


def plot_field_maps(maps: pd.DataFrame, fields: pd.DataFrame) -> Figure:
    """Above, what a middle cell sees of the frame; below, the cells that a middle pixel moves.

    Args:
        maps: a row a pixel or cell of one maze, with the columns layer, what ("gradient" or
            "pixel"), row, col, number.
        fields: as for `plot_fields_by_layer`; gives the theoretical sides.
    """
    from matplotlib import pyplot as plt
    from matplotlib.colors import LogNorm
    from matplotlib.patches import Rectangle

    layers = list(maps["layer"].unique())
    sides = fields.drop_duplicates("layer").set_index("layer")["theoretical"]
    figure = plt.figure(figsize=(2.5 * len(layers) + 0.9, 5.5), layout="constrained")
    axes = figure.subplots(2, len(layers), squeeze=False)
    titles = {
        "gradient": "pixels that a\nmiddle cell sees",
        "pixel": "cells that the\nmiddle pixel moves",
    }
    for row, what in enumerate(titles):
        for ax, layer in zip(axes[row], layers, strict=True):
            chosen = maps[(maps["layer"] == layer) & (maps["what"] == what)]
            field = chosen.pivot(index="row", columns="col", values="number").to_numpy()
            cell = FRAME_SIDE / len(field)
            # Cell i is centred on pixel i * cell (see `interventions.cells`).
            edges = (-cell / 2, FRAME_SIDE - cell / 2)
            shown = np.where(field > 0, field / field.max(), np.nan)
            ax.imshow(shown, norm=LogNorm(1e-3, 1), cmap="viridis",
                              extent=(*edges, *edges[::-1]), interpolation="nearest")  # fmt: skip
            side = sides[layer]
            ax.add_patch(Rectangle((32 - side / 2, 32 - side / 2), side, side, fill=False,
                                   edgecolor="#D55E00", linewidth=1.8))  # fmt: skip
            ax.set(xlim=(-4, FRAME_SIDE), ylim=(FRAME_SIDE, -4), xticks=[0, 32, 63],
                   yticks=[0, 32, 63])  # fmt: skip
            ax.tick_params(labelsize=8)
            ax.set_facecolor("white")
            if row == 0:
                ax.set_title(_short(layer), fontsize=9)
        axes[row, 0].set_ylabel(f"{titles[what]}\n\npixel", fontsize=9)
        bar = figure.colorbar(
            axes[row, 0].images[0], ax=axes[row], shrink=0.8, aspect=25, extend="min"
        )
        bar.set_label("mean absolute change,\nlargest = 1", fontsize=9)
    figure.suptitle("Orange: the theoretical field. White: nothing reaches there.", fontsize=10)
    return figure


def _short(layer: str) -> str:
    return layer.removeprefix("embedder.").removesuffix("_out")
