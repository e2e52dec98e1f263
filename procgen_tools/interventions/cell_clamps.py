"""Clamps of single cells of an activation, wherever they are in the frame."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from procgen_tools.interventions.base import described
from procgen_tools.interventions.edits import NamedLayerEdit
from procgen_tools.interventions.seen_pixels import check_cell

LARGEST = torch.finfo(torch.float32).max
"""The largest value of a clamp."""


@dataclass(frozen=True, eq=False)
class ClampCell(NamedLayerEdit):
    """Set channels to a value at one cell of an activation.

    `Clamp` chooses the cell by a square of a maze. This one reaches every cell, and it acts at the
    same place of the frame in every maze.

    Attributes:
        value: the new value.
        cell: (row, col) of the activation, row 0 at the top. None for an activation without
            positions.

    Example:
        >>> print(ClampCell("embedder.block2.res1.resadd", 5.6, (7, 9), channels=[55]))
        set channel 55 of embedder.block2.res1.resadd_out to 5.6 at cell (7, 9)
    """

    value: float
    cell: tuple[int, int] | None

    __repr__ = described

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.value, int | float) or not abs(self.value) <= LARGEST:
            raise ValueError(
                f"the value of a clamp is {self.value!r:.60}: give a finite number, up to "
                f"{LARGEST:.3g}"
            )

    def check_shape(self, shape: tuple[int, ...]) -> None:
        check_cell(self.target, shape, self.cell)

    def changed(self, activation: Tensor) -> Tensor:
        changed = activation.clone()
        changed[(slice(None), slice(None), *(self.cell or ()))] = self.value
        return changed

    def __str__(self) -> str:
        where = "" if self.cell is None else f" at cell {self.cell}"
        return f"set {self._where()} to {self.value:g}{where}"
