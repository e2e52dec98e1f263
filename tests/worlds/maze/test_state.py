from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from procgen_tools.worlds.maze.grid import CHEESE, OPEN, WALL, Maze, Square
from procgen_tools.worlds.maze.grid import parse as parse_maze
from procgen_tools.worlds.maze.state import EnvState
from procgen_tools.worlds.maze.state_codec import write_values
from procgen_tools.worlds.maze.state_values import base_values

README_NAMES_TEXT = """
SERIALIZE_VERSION game_name options.paint_vel_info options.use_generated_assets
options.use_monochrome_assets options.restrict_themes options.use_backgrounds options.center_agent
options.debug_mode options.distribution_mode options.use_sequential_levels options.use_easy_jump
options.plain_assets options.physics_mode grid_step level_seed_low level_seed_high game_type game_n
level_seed_rand_gen.is_seeded level_seed_rand_gen.str rand_gen.is_seeded rand_gen.str
step_data.reward step_data.done step_data.level_complete action timeout current_level_seed
prev_level_seed episodes_remaining episode_done last_reward_timer last_reward default_action
fixed_asset_seed cur_time is_waiting_for_step grid_size ents.size ents use_procgen_background
background_index bg_tile_ratio bg_pct_x char_dim last_move_action move_action special_action
mixrate maxspeed max_jump action_vx action_vy action_vrot center_x center_y random_agent_start
has_useful_vel_info step_rand_int asset_rand_gen.is_seeded asset_rand_gen.str main_width
main_height out_of_bounds_object unit view_dim x_off y_off visibility min_visibility w h data.size
data maze_dim world_dim END_OF_BUFFER
"""
README_NAMES = README_NAMES_TEXT.split()

MAZE = parse_maze(
    """
    ..#..
    .##.#
    .M...
    ##.#.
    ...#C
    """,
    background=4,
)


def state_of(maze: Maze = MAZE, mode: str = "hard") -> EnvState:
    state = EnvState.from_values(base_values(mode, level_seed_low=0, level_seed_high=10))
    state.set_maze(maze)
    return state


STATE_BYTES = state_of().state_bytes


@st.composite
def mazes(draw: st.DrawFn, world_size: int = 25) -> Maze:
    size = draw(st.integers(1, world_size))
    walls = draw(arrays(bool, (size, size)))
    squares = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))
    mouse, cheese = draw(squares), draw(st.none() | squares)
    walls[mouse] = False
    if cheese is not None:
        walls[cheese] = False
    return Maze(
        walls=walls,
        mouse=Square(*mouse),
        cheese=None if cheese is None else Square(*cheese),
        world_size=world_size,
        background=draw(st.none() | st.integers(0, 8)),
        mouse_mirrored=draw(st.booleans()),
    )


# --- bytes and values


@pytest.mark.parametrize("mode", ["easy", "hard", "memory"])
@pytest.mark.parametrize("human", [None, "rgb_array"])
def test_states_of_procgen_round_trip(mode: str, human: str | None) -> None:
    procgen = pytest.importorskip("procgen")
    env = procgen.ProcgenGym3Env(
        num=3,
        env_name="maze",
        distribution_mode=mode,
        rand_seed=6,
        num_threads=0,
        render_mode=human,
    )
    rng = np.random.default_rng(0)
    for _ in range(30):
        for state_bytes in env.callmethod("get_state"):
            state = EnvState(state_bytes)
            assert list(state.state_vals) == README_NAMES
            assert state.state_bytes == state_bytes
            assert EnvState.from_values(state.state_vals).state_bytes == state_bytes
        env.act(rng.integers(-1, 15, size=3).astype(np.int32))
        env.observe()


@pytest.mark.parametrize("mode", ["easy", "hard", "memory"])
def test_procgen_keeps_edited_states_and_draws_them(mode: str) -> None:
    """What `set_maze` leaves is complete: procgen has nothing to correct."""
    procgen = pytest.importorskip("procgen")
    env = procgen.ProcgenGym3Env(
        num=1, env_name="maze", distribution_mode=mode, rand_seed=6, num_threads=0
    )
    state = EnvState(env.callmethod("get_state")[0])
    before = env.observe()[1]["rgb"].copy()
    state.set_outer_grid(np.full((state.world_size, state.world_size), OPEN))
    state.state_vals["maze_dim"] = state.world_size
    state.set_mouse((state.world_size // 2, state.world_size // 2))
    cells = np.full((7, 7), OPEN)
    cells[1, 1:] = WALL
    cells[3, 3] = CHEESE
    state.set_inner_grid(cells)
    state.set_background(7)
    state.set_mouse_mirrored(True)
    env.callmethod("set_state", [state.state_bytes])
    assert env.callmethod("get_state")[0] == state.state_bytes
    assert (env.observe()[1]["rgb"] != before).any()
    state.set_mouse((2, 3))
    env.callmethod("set_state", [state.state_bytes])
    env.act(np.array([5], dtype=np.int32))
    reward, _, first = env.observe()
    assert reward[0] == 10
    assert first[0]


def test_a_nan_that_is_set_is_written_as_one() -> None:
    state = state_of()
    state.state_vals["bg_pct_x"] = float("nan")
    assert np.isnan(EnvState(state.state_bytes).state_vals["bg_pct_x"])


def test_values_are_copied() -> None:
    values = state_of().state_vals
    state = EnvState.from_values(values)
    copy = state.copy()
    state.set_mouse((0, 0))
    state.set_cheese(None)
    assert EnvState.from_values(values).state_bytes == copy.state_bytes == STATE_BYTES


# --- views and setters


@settings(deadline=None)
@given(mazes() | mazes(world_size=15))
def test_a_maze_survives_the_bytes(maze: Maze) -> None:
    state = state_of(maze, "hard" if maze.world_size == 25 else "easy")
    state = EnvState(state.state_bytes)
    assert state.to_maze() == maze
    assert (state.outer_grid == maze.cells()).all()
    assert state.inner_grid.shape == (maze.size, maze.size)
    assert ((state.inner_grid == WALL) == maze.walls).all()
    assert (state.mouse, state.cheese) == (maze.mouse, maze.cheese)
    assert (state.world_size, state.padding) == (maze.world_size, maze.padding)
    assert (state.maze_size, state.mouse_mirrored) == (maze.size, maze.mouse_mirrored)
    assert (state.background if state.uses_backgrounds else None) == maze.background
    entity = state.state_vals["ents"][0]
    assert entity["x"] == maze.mouse.col + maze.padding + 0.5
    assert entity["y"] == maze.mouse.row + maze.padding + 0.5


@settings(deadline=None)
@given(mazes())
def test_setters_do_what_set_maze_does(maze: Maze) -> None:
    state = state_of()
    state.set_inner_grid(np.full((25, 25), OPEN))
    state.set_mouse((maze.mouse.row + maze.padding, maze.mouse.col + maze.padding))
    state.set_inner_grid(np.where(maze.walls, WALL, OPEN))
    state.set_cheese(maze.cheese)
    state.set_background(maze.background)
    state.set_mouse_mirrored(maze.mouse_mirrored)
    assert state.to_maze() == maze
    state.set_outer_grid(state.outer_grid)
    assert state.to_maze() == maze


def test_moving_the_cheese_leaves_one() -> None:
    state = state_of()
    state.set_cheese((0, 0))
    assert (state.cheese, (state.outer_grid == CHEESE).sum()) == ((0, 0), 1)
    state.set_cheese(None)
    assert (state.cheese, (state.outer_grid == CHEESE).sum()) == (None, 0)


def test_the_camera_of_memory_mode_follows_the_mouse() -> None:
    state = EnvState.from_values(base_values("memory", level_seed_low=0, level_seed_high=1))
    assert (state.distribution_mode, state.world_size) == ("memory", 31)
    state.state_vals.update({"unit": 8.0, "view_dim": 8.0})
    state.state_vals["ents"][0].update({"x": 0.5, "y": 0.5})
    state.set_outer_grid(np.full((31, 31), OPEN))
    state.set_mouse((2, 30))
    values = state.state_vals
    assert (values["center_x"], values["center_y"]) == (30.5, 2.5)
    assert (values["x_off"], values["y_off"]) == (8 * 26.5, 8 * -1.5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.set_mouse((5, 0)), r"mouse cannot be at \(5, 0\): this maze has rows"),
        (lambda s: s.set_mouse((-1, 0)), r"mouse cannot be at \(-1, 0\)"),
        (lambda s: s.set_mouse((1, 0)), r"mouse cannot stand at \(1, 0\): that square is a wall"),
        (lambda s: s.set_cheese((1, 0)), r"cheese cannot stand at \(1, 0\): that square is a wall"),
        (lambda s: s.set_cheese((0, 9)), r"cheese cannot be at \(0, 9\)"),
        (lambda s: s.set_background(9), r"background 9 is not in 0\.\.8"),
        (lambda s: s.set_maze(Maze(MAZE.walls, MAZE.mouse, world_size=15)), "15 x 15 does not fit"),
        (lambda s: s.set_inner_grid(np.full((5, 4), OPEN)), r"shape \(5, 4\): give a square"),
        (lambda s: s.set_inner_grid(np.full((27, 27), OPEN)), "at most 25 x 25"),
        (lambda s: s.set_inner_grid(np.full((5, 5), 25)), r"cells \[25\]: use only 51"),
        (lambda s: s.set_inner_grid(np.full((5, 5), WALL)), r"\(12, 11\) would be in a wall"),
        (lambda s: s.set_inner_grid(np.full((1, 1), OPEN)), r"\(12, 11\) would be in a wall"),
        (lambda s: s.set_outer_grid(np.full((25, 25), WALL)), r"\(12, 11\) would be in a wall"),
        (lambda s: s.set_outer_grid(np.full((15, 15), OPEN)), "this world is 25 x 25"),
    ],
)
def test_refused_changes_change_nothing(change: Callable[[EnvState], None], message: str) -> None:
    state = state_of()
    with pytest.raises(ValueError, match=message):
        change(state)
    assert state.state_bytes == STATE_BYTES


# --- a maze_dim that does not fit


def test_a_maze_size_that_leaves_squares_beside_is_corrected() -> None:
    """Edits of the original leave it as it was; the smallest grid that holds all is taken."""
    for square, size in (((3, 24), 25), ((9, 9), 7), ((12, 15), 7), ((15, 12), 7)):
        state = state_of()
        world = state.outer_grid
        world[square] = OPEN
        state.set_outer_grid(world)
        stale = write_values(state.state_vals)
        with pytest.warns(UserWarning, match=rf"maze_dim is 5, .* it becomes {size}"):
            maze = state.to_maze()
        assert (maze.size, state.maze_size) == (size, size)
        assert (maze.cells() == world).all()
        with pytest.warns(UserWarning, match=rf"maze_dim is 5, .* it becomes {size}"):
            read = EnvState(stale)
        assert read.state_bytes == state.state_bytes
        assert read.to_maze() == maze


def test_a_maze_size_that_leaves_the_mouse_beside_is_corrected() -> None:
    state = state_of()
    world = state.outer_grid
    world[2:5, 3] = OPEN
    state.set_outer_grid(world)
    state.state_vals["ents"][0].update({"x": 3.5, "y": 2.5})
    with pytest.warns(UserWarning, match="it becomes 21"):
        assert EnvState(write_values(state.state_vals)).mouse == (0, 1)


@settings(deadline=None)
@given(mazes())
def test_no_maze_is_enlarged(maze: Maze) -> None:
    """Whatever its size, also an even one, and however its edges are walled."""
    state = state_of(maze)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert EnvState(state.state_bytes).to_maze() == maze


# --- malformed bytes and values


def test_a_camera_that_procgen_would_draw_forever_is_refused() -> None:
    values = base_values("memory", level_seed_low=0, level_seed_high=1)
    for visibility in (1e9, 0.0, float("nan")):
        with pytest.raises(ValueError, match="camera that follows the mouse shows more than 0"):
            EnvState.from_values(values | {"visibility": visibility})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"timeout": 2**31}, r"timeout is 2147483648, not a 32-bit integer"),
        ({"timeout": 1.5}, r"timeout is 1\.5, not a 32-bit integer"),
        ({"bg_pct_x": 1e39}, r"bg_pct_x is 1e\+39, not a 32-bit float"),
        ({"bg_pct_x": "left"}, r"bg_pct_x is 'left', not a 32-bit float"),
        ({"game_name": "mäze"}, r"game_name is 'mäze', not ASCII text"),
        ({"game_name": "heist"}, r"game_name \(byte 4\) is 'heist', where only 'maze'"),
        ({"rand_gen.str": "1 2"}, r"rand_gen.str .* is not a random generator: .* has 2"),
        ({"ents.size": 2}, r"ents.size is 2, but ents has 1"),
        ({"ents": [{"x": 1.0}]}, r"ents\[0\] lacks \['y', "),
        ({"data": np.zeros(3, dtype=int)}, r"data has shape \(3,\) and type int64, where 625"),
        ({"data": np.full(625, 51.0)}, r"data has shape \(625,\) and type float64"),
        ({"mouse": 3}, r"the state lacks \[\] and has unknown \['mouse'\]"),
    ],
)
def test_values_that_a_state_cannot_hold_are_refused(changes: dict[str, Any], message: str) -> None:
    state = state_of()
    state.state_vals.update(changes)
    with pytest.raises(ValueError, match=message):
        _ = state.state_bytes
    with pytest.raises(ValueError, match=message):
        EnvState.from_values(state.state_vals)


@pytest.mark.parametrize(
    "wrong", [None, "3", b"3", [3], (), {}, 1j, np.zeros(2), np.zeros(1), np.array(3), object()]
)
@pytest.mark.parametrize("owner", ["the state", "ents[0]"])
def test_values_of_a_wrong_type_are_refused_by_name(wrong: object, owner: str) -> None:
    """Every value in turn; arrays of one number, which struct would take, included."""
    values = state_of().state_vals
    holder = values if owner == "the state" else values["ents"][0]
    for name in list(holder):
        right = holder[name]
        kept = isinstance(right, str) and isinstance(wrong, str)
        holder[name] = wrong
        if not kept:
            with pytest.raises(ValueError, match=rf"not a state of a maze: .*{re.escape(name)}"):
                EnvState.from_values(values)
        holder[name] = right
