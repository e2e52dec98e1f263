"""What the probes are asked: cells, squares, and the marks that they get."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools import maze
from procgen_tools.interventions import square_cells
from procgen_tools.studies.probing import measure


@pytest.fixture(scope="module")
def levels() -> list[maze.Maze]:
    return list(maze.make_bank(range(40)))


@pytest.mark.parametrize("side", [64, 8])
def test_the_first_cell_is_the_cheese(levels: list[maze.Maze], side: int) -> None:
    cells = measure._cheese_cells(levels, side, np.random.default_rng(0))
    assert cells.shape == (40, 1 + measure.OTHER_CELLS, 2)
    for level, chosen in zip(levels, cells, strict=True):
        assert tuple(chosen[0]) == tuple(square_cells(level, [level.cheese], side)[0])
        assert not (chosen[1:] == chosen[0]).all(axis=1).any()
    assert cells.min() >= 0
    assert cells.max() < side
    near = np.abs(cells[:, 1:] - cells[:, :1]).max(axis=2) <= 2
    assert near.mean() > 0.4


def test_squares_that_may_be_walls(levels: list[maze.Maze]) -> None:
    squares = measure._wall_squares(levels, np.random.default_rng(0))
    assert (squares.sum(axis=2) % 2 == 1).all()
    walls = measure._are_walls(levels, squares)
    assert 0.3 < walls.mean() < 0.7
    for level, of, are in zip(levels, squares.tolist(), walls, strict=True):
        assert [level.is_open(tuple(square)) for square in of] == (~are).tolist()
