"""Mazes as text: drawings come back, and mistakes in them are named."""

from __future__ import annotations

import pytest

from procgen_tools.worlds.maze.levels import level_rule, make_bank
from procgen_tools.worlds.maze.text import draw, draw_level, parse, read_drawing

LEVELS = list(make_bank(range(30))) + list(make_bank(range(30), level_rule("maze", "easy")))


def test_drawings_come_back() -> None:
    for maze in LEVELS:
        drawn = parse(draw(maze), world_size=maze.world_size, background=maze.background)
        assert drawn == maze
        assert str(maze) == draw(maze)


def test_objects_of_any_kind_are_drawn_and_read() -> None:
    maze = parse("#.\nM.")
    drawing = draw_level(maze, [("1", maze.corner), ("2", maze.mouse)])
    assert drawing == "#1\nM."  # the mouse hides the second object
    walls, squares = read_drawing("#1\nM2", {"1": "line", "2": "gem"})
    assert (walls == maze.walls).all()
    assert squares == {"M": (0, 0), "1": (1, 1), "2": (0, 1)}


def test_what_drawings_refuse() -> None:
    with pytest.raises(ValueError, match=r"lengths \[2, 3\]: make them equal"):
        parse("..\n...")
    with pytest.raises(ValueError, match=r"unknown symbols \['x'\]"):
        parse("x.\nM.")
    with pytest.raises(ValueError, match="2 squares marked 'C': mark at most one cheese"):
        parse("CC\nM.")


@pytest.mark.parametrize("drawing", ["", "  \n \n"])
def test_an_empty_drawing_is_refused(drawing: str) -> None:
    with pytest.raises(ValueError, match=r"has no rows: give rows of '#' \(wall\), '\.'"):
        parse(drawing)


@pytest.mark.usefixtures("unchecked")
def test_a_drawing_is_a_string() -> None:
    message = "the drawing is of type list: give a string; from_cells takes arrays"
    with pytest.raises(TypeError, match=message):
        parse([".."])  # type: ignore[arg-type]
