"""The arrays of a batch: levels that begin, and states of them."""

from __future__ import annotations

import numpy as np

from procgen_tools.worlds.maze.agent_view import agent_frame
from procgen_tools.worlds.maze.levels import level_rule, make_level
from procgen_tools.worlds.maze.native import NativeMaze
from procgen_tools.worlds.maze.native_arrays import NativeArrays
from procgen_tools.worlds.maze.state import EnvState
from procgen_tools.worlds.maze.state_values import base_values, maze_state_values

RULE = level_rule("maze", "easy")


def arrays(num: int, rand_seed: int = 0) -> NativeArrays:
    base = base_values("easy", level_seed_low=0, level_seed_high=50)
    return NativeArrays(num, RULE, base, rand_seed)


def test_every_environment_begins_a_level_of_the_rule() -> None:
    batch = arrays(8)
    assert len(set(batch._level_seeds.tolist())) > 1
    for index, seed in enumerate(batch._level_seeds.tolist()):
        assert 0 <= seed < 50
        level = make_level(seed, RULE)
        assert (batch._cells[index] == level.cells()).all()
        assert (batch._mice[index] == level.padding).all()


def test_the_seed_decides_the_order_of_levels() -> None:
    orders = [arrays(6, seed)._level_seeds.tolist() for seed in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]


def test_the_state_of_an_environment_is_the_level_that_it_shows() -> None:
    batch = arrays(3)
    for index in range(3):
        values = maze_state_values(batch._base(index), batch._moment(index))
        level = EnvState.from_values(values).to_maze()
        assert level == make_level(int(batch._level_seeds[index]), RULE)
        assert values["game_n"] == index


def test_the_engine_shows_what_its_arrays_hold() -> None:
    engine = NativeMaze(3, RULE, num_levels=50)
    engine.act(np.full(3, 7))
    for index, frame in enumerate(engine.frames()):
        assert np.array_equal(frame, agent_frame(engine.state(index).to_maze()))
