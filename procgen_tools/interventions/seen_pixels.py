"""The pixels that a cell of an activation can see, and those that it does see.

In theory a cell of an activation depends on a square of pixels whose side follows from the
kernels before it. In practice it depends mostly on the middle of this square (Luo et al., 2016,
"Understanding the effective receptive field in deep convolutional neural networks").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from procgen_tools import hooks
from procgen_tools.hooks import canonical
from procgen_tools.interventions.base import activation_shape
from procgen_tools.models import ImpalaPolicy
from procgen_tools.models.interface import Policy
from procgen_tools.worlds.maze.grid import FRAME_SIZE


@dataclass(frozen=True)
class Extent:
    """What the kernels before an activation allow.

    Attributes:
        side: of the square of pixels that a cell can depend on; beyond 64 it is the whole frame.
        step: pixels between the centres of two neighbouring cells.
    """

    side: int
    step: int


def theoretical_extents(policy: ImpalaPolicy) -> dict[str, Extent]:
    """The extent of every activation with positions, by name, in order of computation."""
    side = step = 1
    extents: dict[str, Extent] = {}
    for name, shape in policy.activation_shapes.items():
        if len(shape) != 3:
            break
        site = hooks.find_site(policy, name)
        module = policy.get_submodule(site.path) if site.input_index is None else None
        if isinstance(module, nn.Conv2d | nn.MaxPool2d):
            # A kernel of 3 reaches one cell further on each side; cells lie `step` pixels apart.
            # (A residual sum sees what its longer branch sees, which comes right before it.)
            side += 2 * step
        if isinstance(module, nn.MaxPool2d):
            step *= 2
        extents[name] = Extent(side, step)
    return extents


def gradient_field(
    policy: Policy,
    view: Float[Tensor, "3 64 64"],
    layer: str,
    cell: tuple[int, int] | None,
    channel: int | None = None,
) -> Float[np.ndarray, "64 64"]:
    """The change of one cell per change of each pixel, as absolute gradients.

    The gradient is averaged over the three colours, and over all channels unless one is given. Its
    unit is that of the activation, per step of brightness from black to white.

    Args:
        policy: the policy.
        view: an observation (see `interventions.observe`).
        layer: the name of an activation.
        cell: (row, col) of the activation, row 0 at the top. None for an activation without
            positions.
        channel: the channel or unit. Defaults to the mean over all of them.

    Raises:
        ValueError: a cell or a channel that the activation does not have.

    Example:
        >>> from procgen_tools.models import ImpalaPolicy
        >>> view, layer = torch.rand(3, 64, 64), "embedder.block1.conv"
        >>> seen = gradient_field(ImpalaPolicy(), view, layer, (5, 9))
        >>> [int(places.min()) for places in seen.nonzero()], int((seen > 0).sum())
        ([4, 8], 9)
    """
    shape = activation_shape(policy, layer)
    check_cell(layer, shape, cell)
    if channel is not None and not 0 <= channel < shape[0]:
        raise ValueError(f"{canonical(layer)} has no channel {channel}: give 0..{shape[0] - 1}")
    # One copy of the observation for each channel: each copy gives the gradient of one channel.
    channels = torch.arange(shape[0]) if channel is None else torch.tensor([channel])
    observations = view.expand(len(channels), *view.shape).clone().requires_grad_()
    with hooks.record(policy, [layer], grad=True) as recorded, torch.enable_grad():
        policy.logits_and_value(observations)
        asked = recorded[layer][(torch.arange(len(channels)), channels, *(cell or ()))].sum()
        (gradients,) = torch.autograd.grad(asked, observations)
    return gradients.abs().mean(dim=(0, 1)).double().cpu().numpy()


def check_cell(layer: str, shape: tuple[int, ...], cell: tuple[int, int] | None) -> None:
    """Check that an activation of this shape has a cell; None fits those without positions.

    Raises:
        ValueError: it does not. The message says which cells there are.
    """
    name = canonical(layer)
    if len(shape) != 3:
        if cell is not None:
            raise ValueError(
                f"{name} has no positions: give cell None, or choose a convolutional activation"
            )
        return
    whole = isinstance(cell, tuple) and len(cell) == 2 and all(type(n) is int for n in cell)
    if not whole or not all(0 <= n < side for n, side in zip(cell or (), shape[1:], strict=True)):
        raise ValueError(
            f"{name} has no cell {cell}: give (row, col) in (0..{shape[1] - 1}, 0..{shape[2] - 1})"
        )


def side_that_holds(
    field: Float[np.ndarray, "row col"], centre: tuple[int, int], share: float
) -> int:
    """Side, in pixels, of the smallest square around a cell that holds a share of a field.

    Args:
        field: numbers of at least 0, of pixels or of an activation's cells.
        centre: the cell in the middle. Where the square leaves the field, there is nothing.
        share: of the sum of all numbers, in (0, 1].

    Raises:
        ValueError: a field of zeros, or a share outside (0, 1].
    """
    if not 0 < share <= 1:
        raise ValueError(f"share {share} is not in (0, 1]: choose one that is")
    total = field.sum()
    if total == 0:
        raise ValueError("nothing moves in this field: no square holds a share of it")
    rows, cols = np.indices(field.shape)
    away = np.maximum(abs(rows - centre[0]), abs(cols - centre[1]))
    within = np.cumsum(np.bincount(away.ravel(), weights=field.ravel()))
    # Sums of many numbers may miss the whole by a rounding.
    radius = int(np.argmax(within >= share * total * (1 - 1e-9)))
    return (2 * radius + 1) * FRAME_SIZE // len(field)
