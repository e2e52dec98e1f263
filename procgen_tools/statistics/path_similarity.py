"""How much a channel looks like a path: cosines between its cells and a picture of the path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from procgen_tools.hooks import canonical
from procgen_tools.interventions.base import activation_shape
from procgen_tools.interventions.vectors import activations_of
from procgen_tools.models.interface import Policy
from procgen_tools.names import reordered
from procgen_tools.shown import brief
from procgen_tools.worlds.maze.edit import to_outer
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.paths import shortest_path


@dataclass(frozen=True, eq=False)
class PathSimilarity:
    """Cosines between channels and the path to a goal.

    Attributes:
        layer: the activation's name.
        goal: 'cheese' or 'corner'.
        cosines: (maze, channel), in [-1, 1]; 0 where a channel is zero everywhere.
    """

    layer: str
    goal: str
    cosines: Float[np.ndarray, "maze channel"]

    __repr__ = brief

    def strongest(self, count: int) -> list[tuple[int, float]]:
        """Channels whose mean cosine over mazes is largest in size, and that mean."""
        means = self.cosines.mean(axis=0)
        order = np.argsort(-abs(means), kind="stable")[:count]
        return [(int(channel), float(means[channel])) for channel in order]


@reordered("policy", "layer", "mazes", "goal")
def path_similarity(
    policy: Policy, mazes: Sequence[Maze], layer: str, goal: str = "cheese"
) -> PathSimilarity:
    """How much each channel looks like the shortest path from the mouse to a goal.

    The cosine is that of the angle between two rows of numbers: the channel's cells, and how much
    of each cell the path covers.

    Args:
        policy: see `models.Policy`.
        mazes: the paths begin where their mouse is.
        layer: an activation with positions.
        goal: 'cheese', or 'corner' for the top right.

    Raises:
        ValueError: another goal; a maze without cheese, or without a path to the goal; a layer
            without positions.
    """
    if goal not in ("cheese", "corner"):
        raise ValueError(f"no goal {goal!r}: choose 'cheese' or 'corner'")
    shape = activation_shape(policy, layer)
    if len(shape) != 3:
        raise ValueError(f"{canonical(layer)} has no positions: choose a convolutional activation")
    pictures = torch.stack([path_picture(maze, goal, shape[1]) for maze in mazes])
    seen = activations_of(policy, mazes, layer).flatten(2).double().cpu()
    cosines = torch.cosine_similarity(seen, pictures.flatten(1)[:, None].double(), dim=2)
    return PathSimilarity(canonical(layer), goal, cosines.numpy())


def path_picture(maze: Maze, goal: str, side: int) -> Float[Tensor, "row col"]:
    """How much of each cell of an activation the path from the mouse to a goal covers, in [0, 1].

    Args:
        maze: see `path_similarity`.
        goal: 'cheese' or 'corner'.
        side: cells along one side; row 0 is the top of the picture.

    Raises:
        ValueError: no cheese, or no path.
    """
    target = maze.cheese if goal == "cheese" else maze.corner
    if target is None:
        raise ValueError(
            "a maze without cheese has no path to it: place a cheese, or choose corner"
        )
    path = shortest_path(maze, maze.mouse, target)
    if path is None:
        raise ValueError(f"no path leads from {tuple(maze.mouse)} to {tuple(target)} in this maze")
    # Each square becomes side x side pixels, and each cell is the mean of as many as the world
    # has squares: exact for any two sizes.
    squares = torch.zeros(maze.world_size, maze.world_size)
    for square in path:
        row, col = to_outer(maze, square)
        squares[maze.world_size - 1 - row, col] = 1
    pixels = squares.repeat_interleave(side, 0).repeat_interleave(side, 1)
    return torch.nn.functional.avg_pool2d(pixels[None], maze.world_size)[0]
