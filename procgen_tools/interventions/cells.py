"""The cells of an activation that correspond to squares of the maze."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from procgen_tools.worlds.maze.edit import to_outer
from procgen_tools.worlds.maze.grid import FRAME_SIZE, GridLevel


def square_cells(
    maze: GridLevel, squares: Sequence[tuple[int, int]], side: int
) -> Int[np.ndarray, "square row_col"]:
    """For each square, the cell whose receptive field is centred nearest to the square's centre.

    Squares and cells differ in size (a hard maze has 25 squares per side, and block 2 has 16
    cells), so neighbouring squares may share a cell. Row 0 of an activation is the top of the
    picture.

    The convolutions (3 x 3, padding 1) keep the centre of a receptive field. Each max-pool (3 x 3,
    stride 2, padding 1) centres its cell i on cell 2i of its input. In an activation of 64, 32, 16
    or 8 cells per side, cell i is therefore centred on the frame's pixel i * 64 / side.

    Args:
        maze: the maze, whose size places the squares in the frame.
        squares: inner squares (row, col).
        side: cells per side of the activation.

    Raises:
        ValueError: a square outside the maze, or a side that no activation has.

    Example:
        >>> from procgen_tools import maze
        >>> square_cells(maze.parse("..C\\n.##\\nM.."), [(0, 0), (2, 2)], 16)
        array([[9, 7],
               [7, 9]])
    """
    if side not in (64, 32, 16, 8):
        raise ValueError(f"no activation has {side} cells per side: give 64, 32, 16 or 8")
    outer = np.array([to_outer(maze, square) for square in squares], dtype=np.int64).reshape(-1, 2)
    middles = (outer + 0.5) * FRAME_SIZE / maze.world_size
    middles[:, 0] = FRAME_SIZE - middles[:, 0]
    # Pixel p covers [p, p + 1), so its centre is p + .5.
    nearest = np.rint((middles - 0.5) * side / FRAME_SIZE).astype(np.int64)
    return np.clip(nearest, 0, side - 1)
