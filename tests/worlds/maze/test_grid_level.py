"""What levels on squares have in common: geometry, values, checks and representations.

The levels of both worlds keep these laws.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from procgen_tools.worlds.maze.grid import parse
from procgen_tools.worlds.maze.grid_level import GridLevel
from procgen_tools.worlds.maze.levels import make_level
from procgen_tools.worlds.maze.squares import DOWN, MOVES, UP, Square
from procgen_tools.worlds.two_objects.levels import make_level as with_two_objects

LEVELS = (make_level(3), with_two_objects(3))
each_level = pytest.mark.parametrize("level", LEVELS, ids=lambda level: type(level).__module__)


def test_row_0_is_at_the_bottom() -> None:
    maze = parse("..C\n##.\nM..", world_size=15)
    assert (maze.mouse, maze.cheese, maze.corner) == ((0, 0), (2, 2), (2, 2))
    assert not maze.is_open((1, 0))
    assert maze.is_open((1, 2))
    up, right = MOVES.index("UP"), MOVES.index("RIGHT")
    assert maze.neighbour((0, 2), up) == (1, 2)
    assert maze.neighbour((0, 0), up) == (0, 0)  # a wall
    assert maze.neighbour((0, 2), right) == (0, 2)  # the edge


@each_level
def test_moves_lead_to_open_squares_and_back(level: GridLevel) -> None:
    for square in level.open_squares():
        above = level.neighbour(square, UP)
        assert level.is_open(above)
        assert above == square or level.neighbour(above, DOWN) == square


@each_level
@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda level: pickle.loads(pickle.dumps(level))]
)
def test_copies_are_as_constant_as_the_level(
    again: Callable[[GridLevel], GridLevel], level: GridLevel
) -> None:
    turned = level.flipped()
    twin = again(turned)
    assert (twin, hash(twin), type(twin.mouse)) == (turned, hash(turned), Square)
    assert twin != level
    with pytest.raises(ValueError, match="read-only"):
        twin.walls[0, 0] = True


def test_levels_of_different_worlds_differ() -> None:
    assert LEVELS[0].__eq__(LEVELS[1]) is NotImplemented
    assert LEVELS[0] != 3


@each_level
@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"walls": np.zeros((2, 3), bool)}, ValueError, r"shape \(2, 3\): give a square array"),
        ({"walls": np.zeros((26, 26), bool)}, ValueError, "a 26 x 26 maze does not fit a world"),
        ({"world_size": 4}, ValueError, "world_size 4 is not one of .*25: choose one of these"),
        ({"world_size": 25.0}, TypeError, "world_size is 25.0, of type float"),
        ({"background": 9}, ValueError, r"background 9 is not in 0\.\.8: use .* or None for black"),
        ({"background": True}, TypeError, "background is True, of type bool"),
        ({"mouse_mirrored": 1}, TypeError, "mouse_mirrored is 1, of type int"),
        ({"mouse": Square(1, 1)}, ValueError, "the mouse cannot stand at"),
        ({"mouse": (25, 0)}, ValueError, "the mouse cannot be at"),
    ],
)
def test_what_every_level_refuses(
    change: dict[str, Any], error: type[Exception], message: str, level: GridLevel
) -> None:
    with pytest.raises(error, match=message):
        replace(level, **change)  # type: ignore[type-var]


@each_level
def test_what_a_level_prints(level: GridLevel) -> None:
    text = repr(level.flipped())
    assert level.caption() in text
    assert f"world {level.world_size} x {level.world_size}" in text
    assert text.endswith("mouse mirrored)")
    assert "mirrored" not in repr(level)
