"""Which cell of an activation belongs to a square of the maze."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from procgen_tools.worlds.maze.edit import to_outer
from procgen_tools.worlds.maze.grid import FRAME_SIZE, Maze


def square_cells(
    maze: Maze, squares: Sequence[tuple[int, int]], side: int
) -> Int[np.ndarray, "square row_col"]:
    """The cell of an activation whose receptive field is centred nearest to each square's middle.

    Squares and cells differ in size (a hard maze has 25 squares where block 2 has 16 cells), so
    that neighbouring squares may share a cell. Row 0 of an activation is the top of the picture.

    The convolutions (3 x 3, padded by 1) keep the centre of a receptive field, and each max-pool
    (3 x 3, stride 2, padded by 1) centres its cell i on its input's cell 2i; so cell i of a side
    of 64, 32, 16 or 8 cells is centred on the frame's pixel i * 64 / side.

    Args:
        maze: places the squares within the frame.
        squares: inner squares (row, col).
        side: cells along one side of the activation.

    Raises:
        ValueError: a square outside the maze, or a side that is none of an activation.
    """
    if side not in (64, 32, 16, 8):
        raise ValueError(f"no activation has {side} cells a side: they have 64, 32, 16 or 8")
    outer = np.array([to_outer(maze, square) for square in squares], dtype=np.int64).reshape(-1, 2)
    middles = (outer + 0.5) * FRAME_SIZE / maze.world_size
    middles[:, 0] = FRAME_SIZE - middles[:, 0]
    # Pixel p covers [p, p + 1), so its centre is p + .5.
    nearest = np.rint((middles - 0.5) * side / FRAME_SIZE).astype(np.int64)
    return np.clip(nearest, 0, side - 1)
