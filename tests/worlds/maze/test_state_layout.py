"""The table of a state: names in procgen's order, and numbers with a val."""

from __future__ import annotations

import numpy as np

from procgen_tools.worlds.maze.grid import Maze, Square
from procgen_tools.worlds.maze.state import EnvState
from procgen_tools.worlds.maze.state_layout import FIELDS
from tests.worlds.maze.test_state import README_NAMES, state_of


def test_names_are_those_of_the_readme_in_order() -> None:
    assert list(state_of().state_vals) == README_NAMES
    assert len(README_NAMES) == 78
    assert len(state_of().state_vals["ents"][0]) == 31


def test_integers_have_the_val_of_procgen_tools() -> None:
    state = state_of()
    for values in (state.state_vals, EnvState(state.state_bytes).state_vals):
        for field in FIELDS:
            if field.kind == "int":
                number = values[field.name]
                assert type(number.val) is int
                assert number.val == number
    state.set_maze(Maze(walls=np.zeros((5, 5), bool), mouse=Square(0, 0), background=2))
    assert (state.state_vals["maze_dim"].val, state.state_vals["background_index"].val) == (5, 2)
