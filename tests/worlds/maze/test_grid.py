"""The maze as a value: what it holds, what it refuses, its drawings and cells."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from procgen_tools.worlds.maze.grid import (
    MOVES,
    OPEN,
    WALL,
    Maze,
    Square,
    draw,
    from_cells,
    outer_cells,
    parse,
)
from procgen_tools.worlds.maze.levels import level_rule, make_bank

LEVELS = list(make_bank(range(30))) + list(make_bank(range(30), level_rule("maze", "easy")))


def test_drawings_and_cells_come_back() -> None:
    for maze in LEVELS:
        drawn = parse(draw(maze), world_size=maze.world_size, background=maze.background)
        assert drawn == maze
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


def test_row_0_is_at_the_bottom() -> None:
    maze = parse("..C\n##.\nM..", world_size=15)
    assert (maze.mouse, maze.cheese, maze.corner) == ((0, 0), (2, 2), (2, 2))
    assert not maze.is_open((1, 0))
    assert maze.is_open((1, 2))
    up, right = MOVES.index("UP"), MOVES.index("RIGHT")
    assert maze.neighbour((0, 2), up) == (1, 2)
    assert maze.neighbour((0, 0), up) == (0, 0)  # a wall
    assert maze.neighbour((0, 2), right) == (0, 2)  # the edge
    assert outer_cells(maze.walls, maze.cheese, 15)[6, 6] == OPEN


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


def test_what_drawings_and_cells_refuse() -> None:
    with pytest.raises(ValueError, match=r"lengths \[2, 3\]: make them equal"):
        parse("..\n...")
    with pytest.raises(ValueError, match=r"unknown symbols \['x'\]"):
        parse("x.\nM.")
    with pytest.raises(ValueError, match="2 squares marked 'C': a maze has at most one cheese"):
        parse("CC\nM.")
    with pytest.raises(ValueError, match=r"cells \[7\]: use only 51"):
        from_cells(np.array([[100, 7], [100, 100]]))
    with pytest.raises(ValueError, match=r"cheese at \[\[0, 1\], \[1, 1\]\]"):
        from_cells(np.array([[100, 2], [100, 2]]))


@pytest.mark.parametrize("drawing", ["", "  \n \n"])
def test_an_empty_drawing_is_refused(drawing: str) -> None:
    with pytest.raises(ValueError, match=r"has no rows: give rows of '#' \(wall\), '\.'"):
        parse(drawing)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: parse([".."]),
            "the drawing is of type list: give a string; from_cells takes arrays",
        ),  # type: ignore[arg-type]
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


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda maze: pickle.loads(pickle.dumps(maze))]
)
def test_copies_are_as_constant_as_the_maze(again: Callable[[Maze], Maze]) -> None:
    maze = replace(LEVELS[3], mouse_mirrored=True)
    twin = again(maze)
    assert (twin, hash(twin), type(twin.mouse)) == (maze, hash(maze), Square)
    with pytest.raises(ValueError, match="read-only"):
        twin.walls[0, 0] = True


def test_anything_but_a_maze_differs() -> None:
    assert Maze(np.zeros((1, 1), bool)) is not None
    assert Maze.__eq__(LEVELS[0], 3) is NotImplemented
