"""Squares, moves and cells: checks, and the two grids."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools.worlds.maze.squares import (
    CHEESE,
    MOVE_STEPS,
    MOVES,
    OPEN,
    WALL,
    check_inside,
    checked_walls,
    outer_cells,
    turned,
)


def test_moves_come_in_opposite_pairs() -> None:
    steps = dict(zip(MOVES, np.array(MOVE_STEPS), strict=True))
    assert (steps["LEFT"] == -steps["RIGHT"]).all()
    assert (steps["UP"] == -steps["DOWN"]).all()
    assert steps["UP"].tolist() == [1, 0]  # row 0 is at the bottom
    assert not steps["STAY"].any()


def test_the_mouse_faces_the_way_it_last_went() -> None:
    before, columns = np.array([False, True] * 3), np.array([-1, -1, 0, 0, 1, 1])
    assert turned(before, columns).tolist() == [False, False, False, True, True, True]


def test_the_outer_grid_has_walls_around_the_inner_one() -> None:
    walls = np.array([[False, True], [False, False]])
    cells = outer_cells(walls, (1, 1), 6)
    assert cells[2:4, 2:4].tolist() == [[OPEN, WALL], [OPEN, CHEESE]]
    cells[2:4, 2:4] = WALL
    assert (cells == WALL).all()


@pytest.mark.parametrize("square", [(3, 0), (0, -1), (0,), (0.5, 1), "ab"])
def test_squares_outside_and_things_that_are_no_squares(square: object) -> None:
    with pytest.raises(ValueError, match="cat"):
        check_inside(square, 3, "cat")


def test_walls_are_copied_and_may_be_zeros_and_ones() -> None:
    given = np.array([[0, 1], [0, 0]])
    walls = checked_walls(given)
    given[:] = 1
    assert walls.tolist() == [[False, True], [False, False]]
