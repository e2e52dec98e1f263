"""Observations: equal to procgen's in every pixel, and the torch version to the numpy one."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from procgen_tools.worlds.maze.agent_view import (
    agent_frame,
    agent_frames,
    background_code,
    draw_levels,
    draw_mice,
    pixel_tables,
)
from procgen_tools.worlds.maze.edit import mouse_positions, remove_cheese
from procgen_tools.worlds.maze.grid import CHEESE, OPEN, WALL, WORLD_SIZES, Maze, Square
from procgen_tools.worlds.maze.levels import level_rule, make_bank, make_level
from procgen_tools.worlds.maze.state import EnvState
from procgen_tools.worlds.maze.torch_view import TorchView
from procgen_tools.worlds.maze.view_kernels import NO_BACKGROUND

MODES = ("easy", "hard")


def oracle(mode: str, num: int = 64, **options: Any) -> Any:
    procgen = pytest.importorskip("procgen")
    return procgen.ProcgenGym3Env(num=num, env_name="maze", distribution_mode=mode, **options)


def oracle_frames(env: Any) -> np.ndarray:
    frames: np.ndarray = env.observe()[1]["rgb"]
    return frames


# --- the oracle


@pytest.mark.parametrize("use_backgrounds", [True, False])
@pytest.mark.parametrize("mode", MODES)
def test_random_play_looks_as_in_procgen(mode: str, use_backgrounds: bool) -> None:
    env = oracle(mode, num_levels=0, rand_seed=1, use_backgrounds=use_backgrounds)
    rule = level_rule("maze", mode)
    rng = np.random.default_rng(0)
    envs = np.arange(env.num)
    mirrored = np.zeros(env.num, bool)
    started = mirrored | True
    squares = np.zeros((env.num, 2), np.int64)
    seen = set()
    for _ in range(50):
        if started.any():
            bank = make_bank([info["level_seed"] for info in env.get_info()], rule)
            starts = (rule.world_size - bank.sizes.astype(np.int64)) // 2
            squares[started] = starts[started, None]
            mirrored = mirrored & ~started
            shown = bank.backgrounds if use_backgrounds else np.full_like(bank.backgrounds, 255)
            levels = draw_levels(bank.cells, shown)
        frames = levels.copy()
        draw_mice(frames, squares, mirrored, rule.world_size)
        assert np.array_equal(frames, oracle_frames(env))
        seen |= set(zip(map(tuple, squares.tolist()), mirrored.tolist(), strict=True))

        actions = rng.integers(0, 15, env.num)
        env.act(actions.astype(np.int32))
        started = env.observe()[2]
        right = np.where(actions < 9, actions // 3 - 1, 0)
        up = np.where((actions < 9) & (right == 0), actions % 3 - 1, 0)
        ahead = np.clip(squares + np.stack([up, right], axis=1), 0, rule.world_size - 1)
        stopped = bank.cells[envs, ahead[:, 0], ahead[:, 1]] == WALL
        squares = np.where(stopped[:, None], squares, ahead)
        mirrored = np.where(right == 0, mirrored, right > 0)
    assert len(seen) > 60
    assert {turned for _, turned in seen} == {True, False}


def shown_by_procgen(mazes: list[Maze]) -> np.ndarray:
    """procgen's frames of any mazes of one world size."""
    (mode,) = {mode for mode in MODES if WORLD_SIZES[mode] == mazes[0].world_size}
    env = oracle(mode, num_levels=1)
    state = EnvState(env.callmethod("get_state")[0])
    frames = []
    for first in range(0, len(mazes), env.num):
        states = []
        for maze in mazes[first : first + env.num]:
            state.set_maze(maze)
            states.append(state.state_bytes)
        env.callmethod("set_state", states + states[-1:] * (env.num - len(states)))
        frames.append(oracle_frames(env)[: len(states)].copy())
    return np.concatenate(frames)


@pytest.mark.parametrize("mode", MODES)
def test_mouse_and_cheese_anywhere_look_as_in_procgen(mode: str) -> None:
    rng = np.random.default_rng(1)
    world = WORLD_SIZES[mode]
    # All of the outer grid open but a few squares: every square, the edges as well.
    walls = np.zeros((world, world), bool)
    walls[1::2, 3::4] = True
    open_world = Maze(walls, Square(0, 0), world_size=world, background=4)
    mazes = []
    for square in open_world.open_squares():
        cheese = square  # the mouse on top of it, once in a while
        if rng.random() < 0.9:
            cheese = Square(*rng.choice(np.argwhere(~walls)).tolist())
        mirrored = bool(rng.random() < 0.5)
        mazes.append(replace(open_world, mouse=square, cheese=cheese, mouse_mirrored=mirrored))
    frames = np.stack([agent_frame(maze) for maze in mazes])
    assert np.array_equal(frames, shown_by_procgen(mazes))


@pytest.mark.parametrize("mode", MODES)
def test_all_squares_of_a_maze_look_as_in_procgen(mode: str) -> None:
    maze = replace(make_level(3, level_rule("maze", mode)), mouse_mirrored=True, background=None)
    for shown in (maze, remove_cheese(maze)):
        squares = mouse_positions(shown)
        mazes = [replace(shown, mouse=Square(*square)) for square in squares.tolist()]
        assert np.array_equal(agent_frames(shown, squares), shown_by_procgen(mazes))


def random_cells(count: int, world: int, seed: int) -> np.ndarray:
    """Outer grids that no level has: walls and cheeses anywhere, crowds of them in some."""
    rng = np.random.default_rng(seed)
    cells = np.empty((count, world, world), np.uint8)
    for grid, share in zip(cells, rng.dirichlet((1, 1, 1), count), strict=True):
        grid[...] = rng.choice([WALL, OPEN, CHEESE], (world, world), p=share)
    return cells


@pytest.mark.parametrize("mode", MODES)
def test_any_cells_look_as_in_procgen(mode: str) -> None:
    env = oracle(mode, num_levels=1)
    world = WORLD_SIZES[mode]
    cells = random_cells(env.num, world, seed=2)
    cells[:, 0, 0] = OPEN  # where the mouse stands
    state = EnvState(env.callmethod("get_state")[0])
    states = []
    for index, grid in enumerate(cells):
        state.set_maze(Maze(np.zeros((world, world), bool), world_size=world))
        state.set_background(index % 9)
        state.set_outer_grid(grid)
        states.append(state.state_bytes)
    env.callmethod("set_state", states)
    frames = draw_levels(cells, (np.arange(env.num) % 9).astype(np.uint8))
    draw_mice(frames, np.zeros((env.num, 2), np.int64), np.zeros(env.num, bool), world)
    assert np.array_equal(frames, oracle_frames(env))


# --- without the oracle


def test_frames_have_their_check_value() -> None:
    # The first frames of procgen's levels 0-99, easy and hard, with and without backgrounds.
    digest = hashlib.sha256()
    for mode in MODES:
        for maze in make_bank(range(100), level_rule("maze", mode)):
            digest.update(agent_frame(maze).tobytes())
            digest.update(agent_frame(replace(maze, background=None)).tobytes())
    expected = "661933712c3de43c153d112a6539b52b76c7ecc4abfc2bbb0e23e21d39119386"
    assert digest.hexdigest() == expected


def test_a_batch_holds_the_frames_of_its_mazes() -> None:
    mazes = [make_level(1), replace(make_level(2), background=None)]
    cells = np.stack([maze.cells() for maze in mazes])
    codes = np.array([background_code(maze) for maze in mazes], np.uint8)
    assert codes.tolist() == [mazes[0].background, NO_BACKGROUND]
    frames = draw_levels(cells, codes)
    squares = np.array([[maze.padding, maze.padding] for maze in mazes])
    draw_mice(frames, squares, np.array([True, False]), 25)
    assert np.array_equal(frames[0], agent_frame(replace(mazes[0], mouse_mirrored=True)))
    assert np.array_equal(frames[1], agent_frame(mazes[1]))


def test_frames_of_a_maze_differ_by_the_mouse_alone() -> None:
    maze = make_level(0)
    squares = mouse_positions(maze)
    frames = agent_frames(maze, squares)
    bare = draw_levels(maze.cells()[None], np.array([background_code(maze)], np.uint8))[0]
    tables = pixel_tables(maze.world_size)
    for frame, (row, col) in zip(frames, squares + maze.padding, strict=True):
        y, x = np.nonzero((frame != bare).any(axis=-1))
        top, left = tables.mouse.top[row], tables.mouse.left[col]
        assert y.size
        assert min(y.min() - top, x.min() - left) >= 0
        assert max(y.max() - top, x.max() - left) < tables.mouse.pixels.shape[2]
    assert len(agent_frames(maze, [])) == 0
    assert np.array_equal(agent_frames(maze)[0], agent_frame(maze))


@pytest.mark.parametrize("world", WORLD_SIZES.values())
def test_nothing_is_painted_over_the_cheese(world: int) -> None:
    # The cells' rectangles overlap, but where they do the cheese's picture is transparent.
    tables = pixel_tables(world)
    for (row, col), sprite in zip(
        np.ndindex(world, world), tables.cheese.pixels.reshape(world**2, -1, 4), strict=True
    ):
        side = tables.cheese.pixels.shape[2]
        y, x = np.divmod(np.flatnonzero(sprite[:, 3]), side)
        last = tables.layer_cells[3, tables.cheese.top[row] + y, tables.cheese.left[col] + x]
        assert (last == row * world + col).all()


@pytest.mark.parametrize(
    ("square", "message"),
    [
        ((1, 1), r"the mouse cannot stand at \(1, 1\): that square is a wall; choose open"),
        ((13, 0), r"the mouse cannot be at \(13, 0\): this maze has rows and columns 0\.\.12"),
        ((0, -1), r"the mouse cannot be at \(0, -1\)"),
    ],
)
def test_squares_where_no_mouse_can_stand(square: tuple[int, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        agent_frames(make_level(0), [(0, 0), square])


def test_arrays_are_checked_before_they_are_drawn() -> None:
    """The compiled loops trust their arguments: nothing wrong may reach them."""
    cells = np.full((2, 25, 25), OPEN, np.uint8)
    black = np.full(2, NO_BACKGROUND, np.uint8)
    with pytest.raises(ValueError, match="one background per frame"):
        draw_levels(cells, black[:1])
    with pytest.raises(ValueError, match="as many rows as columns"):
        draw_levels(cells[:, :20], black)
    with pytest.raises(ValueError, match=r"background 9 does not exist: use 0\.\.8, 255 for black"):
        draw_levels(cells, np.array([0, 9], np.uint8))
    frames = draw_levels(cells, black)
    before = frames.copy()
    squares, mirrored = np.array([[0, 0], [24, 25]]), np.zeros(2, bool)
    with pytest.raises(ValueError, match=r"outer square \(24, 25\): .* rows and columns 0\.\.24"):
        draw_mice(frames, squares, mirrored, 25)
    with pytest.raises(ValueError, match=r"squares of shape \(1, 2\) .* for 2 frames"):
        draw_mice(frames, squares[:1], mirrored, 25)
    assert np.array_equal(frames, before)


CELLS = np.full((2, 25, 25), OPEN, np.uint8)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("cells", "backgrounds", "error", "message"),
    [
        (CELLS, np.array([0, -(10**9)]), ValueError, "background -1000000000 does not exist"),
        (CELLS, np.array([-100, 0]), ValueError, "background -100 does not exist"),
        (CELLS, np.array([256, 0]), ValueError, "background 256 does not exist"),
        (CELLS, np.array([0.5, 0]), TypeError, "backgrounds are of type float64: give whole"),
        (CELLS, np.array([[0], [0]]), ValueError, "one background per frame"),
        (CELLS, [None, 0], TypeError, "backgrounds are of type object"),
        (CELLS[0], np.array([0]), ValueError, "one background per frame"),
        (CELLS[0, 0], 0, ValueError, "one background per frame"),
        (CELLS.astype(float), np.array([0, 0]), TypeError, "cells are of type float64"),
        (CELLS[:, :6, :6], np.array([0, 0]), ValueError, "no pixel tables for a world of 6"),
    ],
)
def test_nothing_is_drawn_from_beyond_the_tables(
    cells: Any, backgrounds: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        draw_levels(cells, backgrounds)


FRAMES = np.zeros((2, 64, 64, 3), np.uint8)
READ_ONLY = np.broadcast_to(FRAMES, FRAMES.shape)
SQUARES, FACINGS = np.array([[24, 24], [24, 24]]), np.zeros(2, bool)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("frames", "squares", "facings", "error", "message"),
    [
        (FRAMES[:, :63], SQUARES, FACINGS, ValueError, r"frames have shape \(2, 63, 64, 3\)"),
        (FRAMES[:, :, :8], SQUARES, FACINGS, ValueError, r"give \(frame, 64, 64, 3\) uint8"),
        (FRAMES[..., :1], SQUARES, FACINGS, ValueError, "frames have shape"),
        (FRAMES[0], SQUARES, FACINGS, ValueError, "frames have shape"),
        (np.uint8(3) + np.array(0, np.uint8), SQUARES, FACINGS, TypeError, "frames are of type"),
        (FRAMES.astype(np.int16), SQUARES, FACINGS, ValueError, "type int16"),
        (READ_ONLY, SQUARES, FACINGS, ValueError, "are read-only: give .* can be written to"),
        (FRAMES.tolist(), SQUARES, FACINGS, TypeError, "frames are of type list: give an array"),
        (FRAMES, SQUARES - 25, FACINGS, ValueError, r"outer square \(-1, -1\)"),
        (FRAMES, SQUARES + 1, FACINGS, ValueError, r"outer square \(25, 25\)"),
        (FRAMES, SQUARES[:, :1], FACINGS, ValueError, r"squares of shape \(2, 1\)"),
        (FRAMES, SQUARES * 1.0, FACINGS, TypeError, "squares are of type float64"),
        (FRAMES, SQUARES, FACINGS[:1], ValueError, r"facings of shape \(1,\)"),
    ],
)
def test_no_mouse_is_drawn_beyond_the_frames(
    frames: Any, squares: Any, facings: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        draw_mice(frames, squares, facings, 25)
    assert not FRAMES.any()


def test_worlds_without_tables() -> None:
    with pytest.raises(ValueError, match=r"no pixel tables for a world of 6 .* \[3, 5, .*, 25\]"):
        pixel_tables(6)
    with pytest.raises(ValueError, match="no pixel tables for a world of 31"):
        TorchView(31)
