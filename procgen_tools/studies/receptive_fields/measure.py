"""Receptive fields: which pixels a cell can see, and which it does see.

In theory a cell of an activation depends on a square of pixels whose side follows from the
kernels before it; in practice mostly on the middle of it (Luo et al., 2016, "Understanding the
effective receptive field in deep convolutional neural networks").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from procgen_tools import hooks
from procgen_tools.hooks import canonical
from procgen_tools.interventions import observe, square_cells
from procgen_tools.interventions.base import activation_shape
from procgen_tools.interventions.vectors import View, activations_of
from procgen_tools.models import ImpalaPolicy
from procgen_tools.models.interface import Policy
from procgen_tools.studies.base import LAYER
from procgen_tools.worlds.maze.edit import remove_cheese
from procgen_tools.worlds.maze.grid import FRAME_SIZE, HARD_WORLD_SIZE, Maze


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
    policy: Policy, view: Float[Tensor, "3 64 64"], layer: str, cell: tuple[int, int]
) -> Float[np.ndarray, "64 64"]:
    """How far each pixel moves one cell: the mean absolute gradient over channels and colours.

    Args:
        policy: whose.
        layer: an activation with positions.
        view: an observation (see `interventions.observe`).
        cell: (row, col) of the activation, row 0 at the top.

    Raises:
        ValueError: an activation without positions, or a cell that it does not have.
    """
    shape = activation_shape(policy, layer)
    if len(shape) != 3:
        raise ValueError(f"{canonical(layer)} has no positions: choose a convolutional activation")
    if not (0 <= cell[0] < shape[1] and 0 <= cell[1] < shape[2]):
        raise ValueError(f"{canonical(layer)} has no cell {cell}: it has {shape[1]} a side")
    # One copy of the observation for each channel: each copy gives the gradient of one channel.
    channels = torch.arange(shape[0])
    observations = view.expand(len(channels), *view.shape).clone().requires_grad_()
    with hooks.record(policy, [layer], grad=True) as recorded, torch.enable_grad():
        policy.logits_and_value(observations)
        asked = recorded[layer][channels, channels, cell[0], cell[1]].sum()
        (gradients,) = torch.autograd.grad(asked, observations)
    return gradients.abs().mean(dim=(0, 1)).double().cpu().numpy()


def change_by_cell(
    policy: Policy, layers: Sequence[str], before: View, after: View
) -> dict[str, Float[np.ndarray, "row col"]]:
    """How far each cell moves from one observation to another: the mean absolute change.

    The mean is over channels. See `activations_of` for what is shown, and for errors.
    """
    changes = {}
    for layer in layers:
        pair = activations_of(policy, [before, after], layer)
        changes[layer] = (pair[1] - pair[0]).abs().mean(dim=0).double().cpu().numpy()
    return changes


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


def share_within(field: Float[np.ndarray, "row col"], centre: tuple[int, int], cells: int) -> float:
    """The share of a field that lies within a number of cells of a cell, in rows and columns."""
    top, left = (max(0, middle - cells) for middle in centre)
    near = field[top : centre[0] + cells + 1, left : centre[1] + cells + 1]
    return float(near.sum() / field.sum())


PIXELS_A_SQUARE = FRAME_SIZE / HARD_WORLD_SIZE

SHOWN = (
    "embedder.block1.conv_out",
    "embedder.block1.res2.resadd_out",
    LAYER,
    "embedder.block3.res2.resadd_out",
)
"""Activations whose maps are drawn."""


def layers_of(policy: ImpalaPolicy) -> list[str]:
    """The convolution, max-pool and residual sums of every block."""
    ends = ("conv_out", "maxpool_out", "resadd_out")
    return [
        name
        for name in theoretical_extents(policy)
        if name.endswith(ends) and ("res" not in name or "resadd" in name)
    ]


def fields_of(
    policy: ImpalaPolicy, maze: Maze, layers: list[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """One row per layer, and the maps of SHOWN, one row per pixel or cell."""
    extents = theoretical_extents(policy)
    (view,) = observe(maze)
    pixel = view.clone()
    pixel[:, 32, 32] = 1 - pixel[:, 32, 32]  # the middle of the frame, in its own negative
    assert maze.cheese is not None
    by_cheese = change_by_cell(policy, layers, remove_cheese(maze), maze)
    by_pixel = change_by_cell(policy, layers, view, pixel)
    rows, maps = [], []
    for layer in layers:
        side = len(by_cheese[layer])
        gradient = gradient_field(policy, view, layer, (side // 2, side // 2))
        (cheese,) = square_cells(maze, [maze.cheese], side)
        place = (int(cheese[0]), int(cheese[1]))
        middle = side // 2 * extents[layer].step
        rows.append(
            {
                "layer": layer,
                "theoretical": extents[layer].side,
                "seen": side_that_holds(gradient, (middle, middle), 1.0),
                "gradient_90": side_that_holds(gradient, (middle, middle), 0.9),
                "gradient_50": side_that_holds(gradient, (middle, middle), 0.5),
                "pixel_90": side_that_holds(by_pixel[layer], (side // 2, side // 2), 0.9),
                "cheese_90": side_that_holds(by_cheese[layer], place, 0.9),
                "cheese_near": share_within(by_cheese[layer], place, 2),
            }
        )
        if layer in SHOWN:
            for what, field in (("gradient", gradient), ("pixel", by_pixel[layer])):
                maps += [
                    {"layer": layer, "what": what, "row": row, "col": col, "number": float(number)}
                    for (row, col), number in np.ndenumerate(field)
                ]
    return rows, maps
