"""Figures of weights over space, and of the terms that sum to one number of a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from torch import Tensor

from procgen_tools.interventions.exciting import ExcitingPatches
from procgen_tools.interventions.weights import Contributions, SpatialWeights
from procgen_tools.plots import marks, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_spatial_weights(
    weights: SpatialWeights, unit: int, channels: Sequence[int] | None = None, *, columns: int = 8
) -> Figure:
    """Draw the weights of one unit over rows and columns, one panel per channel.

    Args:
        weights: the result of `interventions.weights.spatial_weights`.
        unit: a unit of the dense layer.
        channels: channels of the activation that the layer reads. Defaults to the sixteen with the
            largest weights by root mean square, the largest first.
        columns: the number of panels side by side.

    Raises:
        ValueError: the unit or a channel does not exist.
    """
    units, count = weights.values.shape[:2]
    if not 0 <= unit < units:
        raise ValueError(f"{weights.layer} has no unit {unit}: give 0..{units - 1}")
    of_unit = weights.values[unit]
    if channels is None:
        channels = of_unit.square().mean(dim=(1, 2)).argsort(descending=True)[:16].tolist()
    wrong = [channel for channel in channels if not 0 <= channel < count]
    if wrong or not len(channels):
        what = f"no channel {wrong[0]}" if wrong else "no channels to draw"
        raise ValueError(f"{weights.source} has {what}: give some of 0..{count - 1}")
    maps = [of_unit[channel] for channel in channels]
    figure = _panels(maps, [f"channel {channel}" for channel in channels], columns, "weight")
    style.headline(
        figure,
        f"Weights of unit {unit} of {weights.layer} over space",
        f"{len(channels)} of {count} channels of {weights.source}; one colour scale; row 0 is the "
        "top of the picture",
    )
    return figure


def plot_contributions(parts: Contributions, *, count: int = 8, ax: Axes | None = None) -> Axes:
    """Draw the largest terms of one number as bars, then the sum of the other terms and the bias.

    Args:
        parts: the result of `interventions.weights.contributions`.
        count: the number of terms with a bar of their own.
        ax: where to draw; defaults to a new figure.
    """
    if ax is None:
        _, ((ax,),) = style.panels(1, 1, (6.0, 0.4 * (count + 2) + 1.2))
    strongest = parts.strongest(count)
    rest = float(parts.parts.sum()) - sum(part for _, part in strongest)
    bars = [(_place(parts, place), part) for place, part in strongest]
    bars += [
        (f"{parts.parts.numel() - len(strongest)} others together", rest),
        ("bias", parts.bias),
    ]
    names, sizes = zip(*reversed(bars), strict=True)
    less, more = (style.series_look(number).colour for number in (0, 1))
    colours = [more if size > 0 else less for size in sizes]
    ax.barh(names, sizes, color=colours)
    ax.axvline(0, color=style.INK, linewidth=0.8)
    cell = "" if parts.cell is None else f", cell {parts.cell}"
    ax.set(xlabel="adds")
    ax.set_title(f"unit {parts.unit}{cell} of {parts.layer}: sum {parts.total:.3g}", fontsize=10)
    return ax


def plot_exciting_patches(found: ExcitingPatches, *, columns: int = 9) -> Figure:
    """Draw the image patches that excite a channel most, the strongest first.

    Args:
        found: the result of `interventions.exciting.exciting_patches`.
        columns: the number of patches side by side.
    """
    figure, axes = style.panel_grid(len(found.patches), columns, (1.2, 1.4), (0.4, 0.8))
    for ax, patch, activation in zip(axes, found.patches, found.activations, strict=True):
        ax.imshow(patch)
        ax.axis("off")
        ax.set_title(f"{activation:.2f}", fontsize=8)
    finding = f"What excites channel {found.channel} of {found.layer} most"
    style.headline(figure, finding, f"{len(axes)} observations; the activation above each")
    return figure


def _place(parts: Contributions, place: tuple[int, ...]) -> str:
    if parts.parts.ndim == 3:
        row, col = (at + first for at, first in zip(place[1:], parts.corner, strict=True))
        return f"channel {place[0]} at ({row}, {col})"
    if parts.parts.shape == (2,) and parts.cell is not None:
        return ("residual", "identity")[place[0]]
    return f"unit {place[0]}"


def _panels(
    maps: Sequence[Float[Tensor, "row col"]], titles: Sequence[str], columns: int, label: str
) -> Figure:
    """A grid of small maps with one diverging colour scale."""
    figure, axes = style.panel_grid(len(maps), columns, (1.35, 1.6), (1.0, 0.8))
    shown = [each.detach().cpu().numpy() for each in maps]
    limit = max(float(np.abs(each).max()) for each in shown) or 1.0
    for ax, each, title in zip(axes, shown, titles, strict=True):
        image = ax.imshow(each, cmap=style.DIVERGING, vmin=-limit, vmax=limit)
        ax.axis("off")
        ax.set_title(title, fontsize=8)
    marks.colour_bar(figure, image, figure.axes, label)
    return figure
