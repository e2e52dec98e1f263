"""What a state shows: the maze that was set, in inner and in outer coordinates."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools.worlds.maze.grid import CHEESE, WALL, Maze, parse
from procgen_tools.worlds.maze.levels import make_level
from procgen_tools.worlds.maze.state import EnvState
from procgen_tools.worlds.maze.state_values import base_values

MAZE = parse("..C..\n.###.\nM....\n.##.#\n..#..", background=3)


def state_of(maze: Maze = MAZE) -> EnvState:
    state = EnvState.from_values(base_values("hard", level_seed_low=0, level_seed_high=1))
    state.set_maze(maze)
    return state


@pytest.mark.parametrize("maze", [MAZE, make_level(7), parse("M", background=None).flipped()])
def test_a_state_shows_the_maze_that_was_set(maze: Maze) -> None:
    state = state_of(maze)
    assert (state.mouse, state.cheese, state.maze_size) == (maze.mouse, maze.cheese, maze.size)
    assert (state.outer_grid == maze.cells()).all()
    assert (state.inner_grid == WALL).tolist() == maze.walls.tolist()
    assert (state.padding, state.world_size) == (maze.padding, maze.world_size)
    assert state.uses_backgrounds == (maze.background is not None)
    assert state.mouse_mirrored == maze.mouse_mirrored
    assert state.to_maze() == maze


def test_older_names_are_in_outer_coordinates() -> None:
    state = state_of()
    row, col = state.mouse_pos
    assert (row - state.padding, col - state.padding) == MAZE.mouse
    coded, plain = state.full_grid(), state.full_grid(with_mouse=False)
    assert np.argwhere(coded != plain).tolist() == [[row, col]]
    assert (plain == state.outer_grid).all()
    assert state.world_dim == 25


def test_grids_are_copies() -> None:
    state = state_of()
    state.outer_grid[:] = WALL
    state.inner_grid[:] = WALL
    assert state.to_maze() == MAZE


def test_views_refuse_what_a_maze_cannot_show() -> None:
    state = state_of()
    state.state_vals["ents"][0]["x"] = float("nan")
    with pytest.raises(ValueError, match=r"mouse at x = nan, y = 12\.5 is between squares"):
        _ = state.mouse
    state.state_vals["ents"][0]["x"] = 1.5
    with pytest.raises(ValueError, match=r"mouse cannot be at \(2, -9\)"):
        _ = state.mouse
    state = state_of()
    cells = state.inner_grid
    cells[4, :2] = CHEESE
    state.set_inner_grid(cells)
    with pytest.raises(ValueError, match=r"cheese at \[\[4, 0\], \[4, 1\], \[4, 2\]\]"):
        _ = state.cheese
