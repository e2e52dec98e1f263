"""The patches of observations that activate a channel most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from procgen_tools.hooks import canonical
from procgen_tools.interventions.base import activation_shape
from procgen_tools.interventions.vectors import View, activations_of, observe
from procgen_tools.models.interface import Policy
from procgen_tools.names import reordered
from procgen_tools.shown import brief
from procgen_tools.worlds.maze.grid import FRAME_SIZE


@dataclass(frozen=True, eq=False)
class ExcitingPatches:
    """The largest values of a channel in many observations, and the patches around them.

    Attributes:
        layer: the name of the activation.
        channel: the channel.
        patches: (patch, row, col, colour) in [0, 1]; black outside the frame.
        activations: (patch,): the values of the channel, largest first.
        views: (patch,): the index of the observation.
        cells: (patch, row_col): the cell of the activation.
    """

    layer: str
    channel: int
    patches: Float[np.ndarray, "patch row col colour=3"]
    activations: Float[np.ndarray, " patch"]
    views: Int[np.ndarray, " patch"]
    cells: Int[np.ndarray, "patch row_col=2"]

    __repr__ = brief


@reordered("policy", "layer", "channel", "views")
def exciting_patches(
    policy: Policy,
    views: View | Sequence[View],
    layer: str,
    channel: int,
    *,
    count: int = 9,
    side: int = 17,
) -> ExcitingPatches:
    """The patches of observations around the cells where a channel is largest.

    Each observation gives at most one patch, around its largest cell, so that the patches differ.

    Args:
        policy: see `models.Policy`.
        views: mazes, states or observations.
        layer: an activation with positions.
        channel: one of its channels.
        count: number of patches.
        side: pixels per side of a patch, odd. The receptive field of a cell may be larger: see
            `seen_pixels.theoretical_extents`.

    Raises:
        ValueError: a layer without positions, a channel that it does not have, fewer views than
            patches, or an even side.

    Example:
        >>> from procgen_tools import maze
        >>> from procgen_tools.models import ImpalaPolicy
        >>> levels = [maze.parse("..C\\n.##\\nM.."), maze.parse("C..\\n.##\\nM..")]
        >>> found = exciting_patches(ImpalaPolicy(), levels, "embedder.block1.conv", 5, count=2)
        >>> found.patches.shape
        (2, 17, 17, 3)
    """
    shape = activation_shape(policy, layer)
    if len(shape) != 3:
        raise ValueError(f"{canonical(layer)} has no positions: choose a convolutional activation")
    if not 0 <= channel < shape[0]:
        raise ValueError(f"{canonical(layer)} has no channel {channel}: give 0..{shape[0] - 1}")
    if side < 1 or side % 2 == 0:
        raise ValueError(f"side is {side}: give an odd number, so that there is a central pixel")
    shown = observe(views)
    if not 1 <= count <= len(shown):
        raise ValueError(
            f"count is {count}: give a number of patches from 1 to the {len(shown)} views"
        )
    cells = activations_of(policy, shown, layer)[:, channel].flatten(1).cpu()
    largest, where = cells.max(dim=1)
    order = largest.argsort(descending=True, stable=True)[:count]
    rows, cols = where[order] // shape[2], where[order] % shape[2]
    reach = side // 2
    padded = torch.nn.functional.pad(shown[order].cpu(), (reach,) * 4)
    pieces = [
        _piece(frame, int(row) * FRAME_SIZE // shape[1], int(col) * FRAME_SIZE // shape[2], side)
        for frame, row, col in zip(padded, rows, cols, strict=True)
    ]
    return ExcitingPatches(
        layer=canonical(layer),
        channel=channel,
        patches=torch.stack(pieces).numpy(),
        activations=largest[order].float().numpy(),
        views=order.numpy(),
        cells=torch.stack([rows, cols], dim=1).numpy(),
    )


def _piece(padded: Tensor, row: int, col: int, side: int) -> Float[Tensor, "row col colour"]:
    """The window around a pixel of a frame that was padded by half its side."""
    return padded[:, row : row + side, col : col + side].permute(1, 2, 0)
