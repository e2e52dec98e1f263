"""Receptive fields: which pixels a cell can see, and which it does see.

In theory a cell of an activation depends on a square of pixels whose side follows from the
kernels before it; in practice mostly on the middle of it (Luo et al., 2016, "Understanding the
effective receptive field in deep convolutional neural networks").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from procgen_tools.interventions import observe, square_cells
from procgen_tools.interventions.seen_pixels import (
    gradient_field,
    side_that_holds,
    theoretical_extents,
)
from procgen_tools.interventions.vectors import View, activations_of
from procgen_tools.models import ImpalaPolicy
from procgen_tools.models.interface import Policy
from procgen_tools.studies.base import LAYER
from procgen_tools.worlds.maze.edit import remove_cheese
from procgen_tools.worlds.maze.grid import Maze


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


def share_within(field: Float[np.ndarray, "row col"], centre: tuple[int, int], cells: int) -> float:
    """The share of a field that lies within a number of cells of a cell, in rows and columns."""
    top, left = (max(0, middle - cells) for middle in centre)
    near = field[top : centre[0] + cells + 1, left : centre[1] + cells + 1]
    return float(near.sum() / field.sum())


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
