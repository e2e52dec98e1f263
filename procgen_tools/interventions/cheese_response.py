"""What cheese does around its own square: which channels rise there, and by how much.

Convolutions treat squares alike, so what the cheese adds to an activation moves along with it.
Averaged over many mazes and squares, in a window around the cheese's cell, it becomes a stamp
that can be put at any square of any maze.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from procgen_tools.interventions.base import activation_shape, canonical
from procgen_tools.interventions.cells import square_cells
from procgen_tools.interventions.edits import LayerEdit
from procgen_tools.interventions.vectors import activations_of
from procgen_tools.maze.edit import place_cheese, remove_cheese
from procgen_tools.maze.grid import Maze, check_inside


@dataclass(frozen=True, eq=False)
class CheeseResponse:
    """An activation around the cheese's cell, in many mazes.

    Attributes:
        layer: the activation's name.
        present: (view, channel) what the cheese's cell has with the cheese there.
        absent: (view, channel) what it has without.
        added: (channel, row, col) what the cheese adds in a window around its cell, on average;
            the cheese's cell is in the middle.
    """

    layer: str
    present: Float[Tensor, "view channel"]
    absent: Float[Tensor, "view channel"]
    added: Float[Tensor, "channel row col"]

    @cached_property
    def strength(self) -> Float[Tensor, " channel"]:
        """By how much the cheese raises each channel at its cell, in standard deviations.

        The deviation is that of the same cells without cheese; channels that never vary have 0.
        """
        deviation = self.absent.std(dim=0)
        rise = (self.present - self.absent).mean(dim=0)
        return torch.where(deviation > 0, rise / deviation, torch.zeros_like(rise))

    def strongest(self, count: int) -> tuple[int, ...]:
        """The `count` channels that the cheese raises most, the strongest first.

        Raises:
            ValueError: more channels than the cheese raises.
        """
        order = torch.argsort(self.strength, descending=True, stable=True)
        raised = [int(channel) for channel in order if self.strength[channel] > 0]
        if not 1 <= count <= len(raised):
            raise ValueError(
                f"cheese raises {len(raised)} channels of {self.layer}: ask for 1 to "
                f"{len(raised)}, not {count}"
            )
        return tuple(raised[:count])

    def natural(self, channels: Sequence[int], share: float = 0.99) -> float:
        """The mean over `channels` of a quantile of their values at the cheese's cell."""
        return float(self.present[:, list(channels)].quantile(share, dim=0).mean())


@torch.no_grad()
def cheese_response(
    policy: nn.Module,
    layer: str,
    mazes: Sequence[Maze],
    *,
    squares: int = 4,
    reach: int = 3,
    seed: int = 0,
) -> CheeseResponse:
    """Put cheese at random squares of mazes, and see what it adds around its cell.

    Args:
        policy: any policy of `models`.
        layer: a convolutional activation.
        mazes: with or without cheese; the mouse stays where it stands.
        squares: different open squares to try in each maze, without the mouse's own.
        reach: cells from the cheese's cell to the edge of the window.
        seed: of the squares.

    Raises:
        ValueError: an activation without positions, or no mazes.
    """
    shape = activation_shape(policy, layer)
    if len(shape) != 3 or not mazes:
        raise ValueError(f"{layer} has no positions, or there are no mazes: nothing to look around")
    rng = np.random.default_rng(seed)
    present, absent, windows, inside = [], [], [], []
    for maze in mazes:
        empty = remove_cheese(maze)
        free = [square for square in empty.open_squares() if square != empty.mouse]
        chosen = rng.choice(len(free), min(squares, len(free)), replace=False).tolist()
        places = [free[number] for number in chosen]
        seen = activations_of(policy, layer, [*(place_cheese(empty, at) for at in places), empty])
        with_cheese, without = seen[:-1], seen[-1]
        cells = square_cells(empty, places, shape[-1]).tolist()
        for values, (row, col) in zip(with_cheese, cells, strict=True):
            present.append(values[:, row, col])
            absent.append(without[:, row, col])
            change = values - without
            # A window that reaches over the edge counts where it lies inside.
            marked = torch.cat([change, torch.ones_like(change[:1])])
            padded = torch.nn.functional.pad(marked, (reach,) * 4)
            window = padded[:, row : row + 2 * reach + 1, col : col + 2 * reach + 1]
            windows.append(window[:-1])
            inside.append(window[-1])
    counts = torch.stack(inside).sum(dim=0).clamp(min=1)
    return CheeseResponse(
        canonical(layer),
        torch.stack(present),
        torch.stack(absent),
        torch.stack(windows).sum(dim=0) / counts,
    )


@dataclass(frozen=True, eq=False)
class Stamp(LayerEdit):
    """Add a window of numbers around the cell of a square of the maze.

    Attributes:
        layer: the activation's name.
        window: (channel, row, col) with odd sides; what reaches over the edge is left out.
        maze: places the squares.
        squares: one square for all observations, or one for each.
        coefficient: multiplies the window.
    """

    layer: str
    window: Float[Tensor, "channel row col"]
    maze: Maze
    squares: Sequence[tuple[int, int]]
    coefficient: float = 1.0

    def __post_init__(self) -> None:
        if self.window.shape[1] != self.window.shape[2] or self.window.shape[1] % 2 == 0:
            raise ValueError(
                f"a window of {tuple(self.window.shape)} has no middle: give odd, equal sides"
            )
        if not self.squares:
            raise ValueError("there is no square to stamp: give one, or one an observation")
        for square in self.squares:
            check_inside(square, self.maze.size, "stamped square")

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
        # Indices around the slice put the channels last.
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
    """The `count` numbers of a window that are largest in size, and zero elsewhere.

    Raises:
        ValueError: more numbers than the window has.
    """
    if not 1 <= count <= window.numel():
        raise ValueError(f"a window of {window.numel()} numbers has no {count} largest: ask for "
                         "fewer, or take a wider one")  # fmt: skip
    kept = torch.zeros_like(window)
    chosen = window.abs().flatten().topk(count).indices
    kept.view(-1)[chosen] = window.flatten()[chosen]
    return kept
