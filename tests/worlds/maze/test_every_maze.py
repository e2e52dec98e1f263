"""Every maze of a size: as many as the matrix-tree theorem says, and each of procgen's kind."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools import maze
from procgen_tools.worlds.maze.every_maze import every_layout, every_maze


def trees_of_a_grid(side: int) -> int:
    """The number of spanning trees of a grid, by Kirchhoff's theorem."""
    line = 2 * np.eye(side) - np.eye(side, k=1) - np.eye(side, k=-1)
    line[0, 0] = line[-1, -1] = 1
    laplacian = np.kron(line, np.eye(side)) + np.kron(np.eye(side), line)
    return round(np.linalg.det(laplacian[1:, 1:]))


@pytest.mark.parametrize("size", [3, 5])
def test_all_layouts_are_listed_once(size: int) -> None:
    layouts = {walls.tobytes() for walls in every_layout(size)}
    assert len(layouts) == sum(1 for _ in every_layout(size)) == trees_of_a_grid((size + 1) // 2)


def test_they_are_trees_and_include_those_of_procgen() -> None:
    mazes = every_maze(5)
    assert len(mazes) == 192 * 16 == len({(m.walls.tobytes(), m.cheese) for m in mazes})
    assert all(maze.is_tree(each) for each in mazes[::97])
    listed = {(each.walls.tobytes(), each.cheese) for each in mazes}
    levels = [maze.make_level(seed, maze.LevelRule(maze_size=5)) for seed in range(300)]
    assert {(level.walls.tobytes(), level.cheese) for level in levels} <= listed


@pytest.mark.parametrize("size", [4, 1, 7])
def test_other_sizes_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"size is {size}: give an odd number from 3 to 5"):
        next(every_layout(size))
