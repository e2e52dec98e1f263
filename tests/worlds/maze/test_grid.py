"""The maze as a value: what it holds, what it refuses, and its cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from procgen_tools.worlds.maze import grid, grid_level, squares, text
from procgen_tools.worlds.maze.grid import WALL, Maze, Square, from_cells, parse
from procgen_tools.worlds.maze.levels import level_rule, make_bank

LEVELS = list(make_bank(range(30))) + list(make_bank(range(30), level_rule("maze", "easy")))


def test_cells_come_back() -> None:
    for maze in LEVELS:
        inner = slice(maze.padding, maze.padding + maze.size)
        cells = maze.cells()
        assert cells.shape == (maze.world_size,) * 2
        again = from_cells(
            cells[inner, inner], world_size=maze.world_size, background=maze.background
        )
        assert again == maze
        beside = cells.copy()
        beside[inner, inner] = WALL
        assert (beside == WALL).all()


def test_names_of_the_other_modules_work_here() -> None:
    """They were once in this one."""
    assert (grid.draw, grid.parse) == (text.draw, text.parse)
    for module in (squares, grid_level):
        for name in set(grid.__all__) & vars(module).keys():
            assert getattr(grid, name) is getattr(module, name)
    with pytest.raises(AttributeError, match="has no attribute 'prase'; did you mean 'parse'"):
        grid.prase  # noqa: B018


def test_a_maze_is_a_value() -> None:
    first, second = parse("C.\nM."), parse("C.\nM.")
    assert first == second
    assert hash(first) == hash(second)
    for change in (
        {"mouse": Square(0, 1)},
        {"cheese": None},
        {"background": 3},
        {"mouse_mirrored": True},
    ):
        assert replace(first, **change) != first  # type: ignore[arg-type]
    assert first != "a maze"
    with pytest.raises(ValueError, match="read-only"):
        first.walls[0, 0] = True


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mouse": Square(1, 0)}, r"the mouse cannot stand at \(1, 0\): that square is a wall"),
        ({"mouse": Square(3, 0)}, r"the mouse cannot be at \(3, 0\): .* 0\.\.2"),
        ({"mouse": Square(-1, 0)}, r"the mouse cannot be at \(-1, 0\)"),
        ({"cheese": Square(1, 1)}, r"the cheese cannot stand at \(1, 1\)"),
        ({"cheese": (0,)}, r"the cheese's square \(0,\) is not a \(row, column\) pair"),
        ({"world_size": 2}, "world_size 2 is not one of"),
        ({"background": 9}, r"background 9 is not in 0\.\.8"),
        ({"walls": np.zeros((2, 3), bool)}, r"shape \(2, 3\): give a square array"),
        ({"walls": np.zeros((17, 17), bool)}, "a 17 x 17 maze does not fit a world of 15 x 15"),
    ],
)
def test_what_a_maze_refuses(change: dict[str, object], message: str) -> None:
    maze = parse("..C\n##.\nM..", world_size=15)
    with pytest.raises(ValueError, match=message):
        replace(maze, **change)  # type: ignore[arg-type]


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Maze(np.zeros((1, 1), bool), background=1.5), "background is 1.5, of type float"),  # type: ignore[arg-type]
        (lambda: Maze(np.zeros((1, 1), bool), background=True), "background is True, of type"),
        (lambda: Maze(np.zeros((1, 1), bool), world_size="25"), "world_size is '25', of type str"),  # type: ignore[arg-type]
        (
            lambda: Maze(np.zeros((1, 1), bool), mouse_mirrored="no"),  # type: ignore[arg-type]
            "mouse_mirrored is 'no', of type str: give True or False",
        ),
    ],
)
def test_wrong_types_are_named(make: Callable[[], Maze], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        make()


@pytest.mark.usefixtures("unchecked")
def test_cells_and_walls_are_not_confused() -> None:
    cells = np.array([[100, 51], [100, 100]])
    with pytest.raises(ValueError, match=r"walls have type int64 .* from_cells takes codes"):
        Maze(cells)
    with pytest.raises(ValueError, match=r"walls have type float64"):
        Maze(np.zeros((2, 2)))
    assert (Maze(np.array([[0, 1], [0, 0]])).walls == (cells == WALL)).all()
    with pytest.raises(ValueError, match=r"shape \(2, 2, 1\)"):
        from_cells(cells[..., None])
    assert from_cells(cells.tolist()) == from_cells(cells)


def test_mazes_by_hand_have_the_background_of_level_0() -> None:
    """As in the original; agents were trained on textures, not on black."""
    assert parse("C.\nM.").background == from_cells(np.array([[100]])).background
    assert parse("M").background == LEVELS[0].background == 0
    assert parse("M", background=None).background is None
    assert from_cells(np.array([[100]]), background=None).background is None


def test_what_cells_refuse() -> None:
    with pytest.raises(ValueError, match=r"cells \[7\]: use only 51"):
        from_cells(np.array([[100, 7], [100, 100]]))
    with pytest.raises(ValueError, match=r"cheese at \[\[0, 1\], \[1, 1\]\]"):
        from_cells(np.array([[100, 2], [100, 2]]))
