"""Coded grids: they are read as mazes, or refused."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools import maze
from procgen_tools.worlds.maze import coded_grids


def test_coded_grids_refuse_what_is_no_maze() -> None:
    with pytest.raises(ValueError, match="mice"):
        coded_grids.maze_from_grid(np.full((3, 3), maze.MOUSE))
    with pytest.raises(ValueError, match="no mouse"):
        maze.get_mouse_pos(np.full((3, 3), maze.EMPTY))
    with pytest.raises(ValueError, match="does not fit"):
        maze.outer_grid(np.full((4, 4), maze.EMPTY))
    with pytest.raises(ValueError, match="code 2"):
        maze.get_object_pos_in_grid(np.full((3, 3), maze.EMPTY), maze.CHEESE)
