"""Stamps: windows of numbers that can be added at any square of any maze.

Convolutions treat squares alike, so the contribution of an object, such as the cheese, to an
activation moves with the object. A stamp is the average of this contribution around the object's
cell over many mazes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from procgen_tools.hooks import canonical
from procgen_tools.interventions.base import described
from procgen_tools.interventions.cells import square_cells
from procgen_tools.interventions.edits import LayerEdit, other_squares
from procgen_tools.worlds.maze.grid import GridLevel, check_inside


@dataclass(frozen=True, eq=False)
class Stamp(LayerEdit):
    """Add a window of numbers around the cell of a square of the maze.

    Attributes:
        layer: the name of the activation.
        window: (channel, row, col) with odd sides. The part beyond the edge is cut off.
        maze: the maze, whose size places the squares in the frame.
        squares: one square for all observations, or one per observation of a pass.
        coefficient: multiplies the window.

    Example:
        >>> from procgen_tools import maze
        >>> level = maze.parse("..C\\n.##\\nM..")
        >>> stamp = Stamp("embedder.block3.conv", torch.ones(2, 3, 3), level, [(1, 1)])
        >>> stamp.edit("embedder.block3.conv_out", torch.zeros(1, 2, 16, 16)).sum(dim=(2, 3))
        tensor([[9., 9.]])
    """

    layer: str
    window: Float[Tensor, "channel row col"]
    maze: GridLevel
    squares: Sequence[tuple[int, int]]
    coefficient: int | float = 1.0

    __repr__ = described

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.window.shape[1] != self.window.shape[2] or self.window.shape[1] % 2 == 0:
            raise ValueError(
                f"a window of shape {tuple(self.window.shape)} has no central cell: give equal, "
                "odd sides"
            )
        squares = tuple(
            check_inside(each, self.maze.size, "stamped square")
            for each in (() if self.squares is None else self.squares)
        )
        if not squares:
            raise ValueError("there is no square to stamp: give one, or one per observation")
        object.__setattr__(self, "squares", squares)

    def is_identity(self, layer: str) -> bool:
        unchanged = self.coefficient == 0 or not self.window.any()
        return unchanged or super().is_identity(layer)

    def misplaced_in(self, maze: GridLevel) -> str | None:
        return other_squares(self.maze, maze)

    @property
    def target(self) -> str:
        return canonical(self.layer)

    @property
    def batch(self) -> int | None:
        return None if len(self.squares) == 1 else len(self.squares)

    def check_shape(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 3 or shape[0] != len(self.window):
            raise ValueError(
                f"a window of {len(self.window)} channels does not fit {self.target} of shape "
                f"{shape}: take it from the same activation"
            )

    def changed(self, activation: Tensor) -> Tensor:
        reach = self.window.shape[1] // 2
        side = activation.shape[-1]
        cells = torch.from_numpy(square_cells(self.maze, self.squares, side)).to(activation.device)
        around = torch.arange(2 * reach + 1, device=activation.device)
        rows = (cells[:, :1] + around)[:, :, None]
        cols = (cells[:, 1:] + around)[:, None, :]
        padded = torch.nn.functional.pad(activation, (reach,) * 4)
        items = torch.arange(len(activation), device=activation.device)[:, None, None]
        window = self.window.to(activation).permute(1, 2, 0)
        # Advanced indices on both sides of the slice put the channels last.
        padded[items, :, rows, cols] += self.coefficient * window
        return padded[:, :, reach : reach + side, reach : reach + side].contiguous(
            memory_format=torch.channels_last
        )

    def __str__(self) -> str:
        changed = int((self.window != 0).sum())
        return f"add {self.coefficient:g} x a stamp of {changed} numbers to {self.target}"


def largest(
    window: Float[Tensor, "channel row col"], count: int
) -> Float[Tensor, "channel row col"]:
    """Keep the `count` numbers of a window with the largest absolute values; zero the others.

    Raises:
        ValueError: `count` is not between 1 and the number of numbers in the window.

    Example:
        >>> largest(torch.tensor([[[1.0, -5.0, 2.0]]]), 2)
        tensor([[[ 0., -5.,  2.]]])
    """
    if not 1 <= count <= window.numel():
        raise ValueError(
            f"count is {count}: give 1 to {window.numel()}, the numbers in the window, or take a "
            "wider window"
        )
    kept = torch.zeros_like(window)
    chosen = window.abs().flatten().topk(count).indices
    kept.view(-1)[chosen] = window.flatten()[chosen]
    return kept
