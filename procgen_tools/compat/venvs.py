"""The environments of procgen-tools: making, copying, editing and saving them, for migration."""

from __future__ import annotations

import itertools
import os
import pickle
from typing import Any

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from procgen_tools.compat.pickles import read_pickle
from procgen_tools.files import unfinished
from procgen_tools.worlds.maze import coded_grids, edit
from procgen_tools.worlds.maze.by_argument import change_state
from procgen_tools.worlds.maze.coded_grids import BLOCKED, CHEESE, EMPTY, MOUSE, Grid, Step
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.human_view import human_frame
from procgen_tools.worlds.maze.levels import make_level
from procgen_tools.worlds.maze.state import EnvState
from procgen_tools.worlds.maze.venv import MazeVenv, create_venv, venv_from_mazes

BACKGROUND = 0
"""The background of level 0, which hand-made mazes have in procgen-tools."""


def venv_from_states(states: list[bytes]) -> MazeVenv:
    """A venv with one environment for each state.

    Raises:
        ValueError: no states, or bytes that are no state.
    """
    venv = create_venv(len(states), start_level=0, num_levels=1)
    venv.env.callmethod("set_state", states)
    return venv


def venv_from_grid(grid: Grid) -> MazeVenv:
    """A venv that plays a coded inner grid, with the background of level 0.

    If the grid has no mouse, the mouse is at the first open square of the diagonal.

    Raises:
        ValueError: the diagonal has no open square, the first one has the cheese, or the grid is
            not a maze.
    """
    return venv_from_mazes([_maze(grid)])


def _maze(grid: Grid) -> Maze:
    grid = np.array(grid)
    if coded_grids.find_mouse(grid) is None:
        diagonal = np.flatnonzero(np.diag(grid) != BLOCKED)
        if not len(diagonal) or grid[diagonal[0], diagonal[0]] != EMPTY:
            raise ValueError("the diagonal has no empty square for the mouse: put a 25 in the grid")
        grid[diagonal[0], diagonal[0]] = MOUSE
    return coded_grids.maze_from_grid(grid, background=BACKGROUND)


def get_filled_venv(fill_type: int = EMPTY) -> MazeVenv:
    """A venv of one world without walls and without cheese.

    Raises:
        ValueError: another filling than EMPTY: a maze has one cheese at most.
    """
    if fill_type != EMPTY:
        raise ValueError(f"fill_type {fill_type}: use {EMPTY} (empty); a maze has one cheese")
    side = coded_grids.WORLD_DIM
    return venv_from_mazes([Maze(np.zeros((side, side), bool), background=BACKGROUND)])


def copy_venv(venv: Any, idx: int) -> MazeVenv:
    """A venv of one environment, which continues from environment `idx`."""
    return venv_from_states([venv.env.callmethod("get_state")[idx]])


def copy_venvs(venv_all: Any) -> MazeVenv:
    """A venv of the same size, which continues from these environments."""
    return venv_from_states(list(venv_all.env.callmethod("get_state")))


def load_venv(filename: str | os.PathLike[str]) -> MazeVenv:
    """The environments of a file that `save_venv` wrote, here or in procgen-tools.

    The pickle is read as data, and nothing in it is executed.

    Raises:
        FileNotFoundError: the file does not exist.
        ValueError: the file has another format, or the states are not those of a maze.
    """
    states = read_pickle(filename)
    if not isinstance(states, list) or not all(isinstance(state, bytes) for state in states):
        raise ValueError(f"{filename} holds no list of states: give a file that save_venv wrote")
    return venv_from_states(states)


def save_venv(venv: Any, filename: str | os.PathLike[str]) -> None:
    """Write the states of all environments as procgen-tools does, a pickled list of bytes.

    In new code, call `maze.save_mazes`, which writes human-readable files.
    """
    with unfinished(filename) as temporary:
        temporary.write_bytes(pickle.dumps(list(venv.env.callmethod("get_state"))))


def wrap_venv(venv: Any) -> MazeVenv:
    """Wrap an engine, ours or procgen's, into a venv whose observations fit policies."""
    return MazeVenv(venv)


def remove_all_cheese(venv: Any) -> Any:
    """Remove the cheese from every environment in place, and return the venv."""
    for index in range(venv.num_envs):
        change_state(venv, "remove_all_cheese", edit.remove_cheese_from_state, index)
    return venv


def get_cheese_venv_pair(seed: int, has_cheese_tup: tuple[bool, bool] = (True, False)) -> MazeVenv:
    """A venv of two: a level with and without its cheese."""
    level = make_level(seed)
    return venv_from_mazes([level if has else edit.remove_cheese(level) for has in has_cheese_tup])


def get_top_right_venv_pair(seed: int) -> MazeVenv:
    """A venv of two: a level with a path from its corner to the world's, and the level itself."""
    level = make_level(seed)
    return venv_from_mazes([edit.carve_path_to_world_corner(level), level])


def make_top_right_path(state: EnvState) -> EnvState:
    """A new state with a path from the maze's corner to the world's."""
    changed = state.copy()
    changed.set_maze(edit.carve_path_to_world_corner(state.to_maze()))
    return changed


def venv_with_all_mouse_positions(
    venv: MazeVenv,
) -> tuple[MazeVenv, tuple[list[Step], Int64[np.ndarray, "row col"]]]:
    """A venv with one environment per empty inner square, with the mouse on that square.

    Returns:
        The venv; the inner squares; and the coded inner grid without the mouse.

    Raises:
        ValueError: a venv of more than one.
    """
    if venv.num_envs != 1:
        raise ValueError(f"the venv has {venv.num_envs} environments: give copy_venv(venv, index)")
    level = venv.maze(0)
    squares = [(row, col) for row, col in edit.mouse_positions(level).tolist()]
    everywhere = venv_from_mazes([edit.move_mouse(level, square) for square in squares])
    return everywhere, (squares, venv.state(0).inner_grid(with_mouse=False))


# --- by seed


def get_envstate_from_seed(seed: int) -> EnvState:
    """The first state of a level."""
    return create_venv(1, start_level=seed, num_levels=1).state(0)


def get_full_grid_from_seed(seed: int) -> Int64[np.ndarray, "row col"]:
    """The coded outer grid of a level, with the mouse."""
    return get_envstate_from_seed(seed).full_grid()


def get_inner_grid_from_seed(seed: int) -> Int64[np.ndarray, "row col"]:
    """The coded inner grid of a level, with the mouse."""
    return get_envstate_from_seed(seed).inner_grid()


def get_cheese_pos_from_seed(seed: int, flip_y: bool = False) -> Step | None:
    """The outer square of a level's cheese."""
    return coded_grids.get_cheese_pos(get_full_grid_from_seed(seed), flip_y)


def get_mouse_pos_from_seed(seed: int, flip_y: bool = False) -> Step:
    """The outer square of a level's mouse."""
    return coded_grids.get_mouse_pos(get_full_grid_from_seed(seed), flip_y)


def rand_seed_with_size(min_size: int = 3, max_size: int = coded_grids.WORLD_DIM) -> int:
    """A random seed below 100,000 whose maze has a side in this range, from numpy's global state.

    Raises:
        ValueError: an empty range.
    """
    if not 3 <= min_size <= max_size <= coded_grids.WORLD_DIM or (
        min_size == max_size and min_size % 2 == 0
    ):
        raise ValueError(f"no maze has a side in {min_size}..{max_size}: sides are odd, 3..25")
    while True:
        seed = int(np.random.randint(0, 100_000))  # noqa: NPY002 (notebooks seed numpy itself)
        if min_size <= make_level(seed).size <= max_size:
            return seed


def get_mazes_with_mouse_at_location(
    cheese_location: Step, num_mazes: int = 5, skip_seed: int = -1
) -> list[int]:
    """The first seeds, from 0 on, whose cheese is at this outer square.

    Raises:
        ValueError: fewer than `num_mazes` of the first 200,000 levels have their cheese there.
    """
    return _first(
        num_mazes,
        lambda level: (
            level.cheese is not None
            and edit.to_outer(level, level.cheese) == tuple(cheese_location)
        ),
        skip_seed,
    )


def generate_mazes_with_cheese_at_location(
    cheese_location: Step, num_mazes: int = 50, skip_seed: int = -1
) -> tuple[list[int], list[np.ndarray]]:
    """The first levels that are open at this outer square, with their cheese moved there.

    Returns:
        The seeds, and the coded inner grids with the mouse.

    Raises:
        ValueError: fewer than `num_mazes` of the first 200,000 levels are open there.
    """
    row, col = cheese_location
    seeds = _first(num_mazes, lambda level: bool(level.cells()[row, col] != BLOCKED), skip_seed)
    grids = []
    for seed in seeds:
        grid = get_full_grid_from_seed(seed)
        grid[grid == CHEESE] = EMPTY
        grid[row, col] = CHEESE
        grids.append(coded_grids.inner_grid(grid))
    return seeds, grids


MOST_LEVELS = 200_000


def _first(count: int, fits: Any, skip_seed: int) -> list[int]:
    seeds = (seed for seed in range(MOST_LEVELS) if seed != skip_seed and fits(make_level(seed)))
    found = list(itertools.islice(seeds, count))
    if len(found) < count:
        raise ValueError(
            f"{len(found)} of {count} levels found among the first {MOST_LEVELS:,} seeds"
        )
    return found


# --- pictures


def render_inner_grid(grid: Grid) -> UInt8[np.ndarray, "height width 3"]:
    """The picture for people of a coded inner grid, without the walls around it."""
    maze = _maze(grid)
    picture = human_frame(maze)
    cut = int(maze.padding * len(picture) / maze.world_size)
    return picture[cut : len(picture) - cut, cut : len(picture) - cut]


def render_outer_grid(grid: Grid) -> UInt8[np.ndarray, "height width 3"]:
    """The picture for people of a coded grid, including the walls around it."""
    return human_frame(_maze(grid))


# --- random observations


def get_random_obs(
    num_obs: int = 1,
    on_training: bool = True,
    rand_region: int = 5,
    spawn_cheese: bool = True,
    show_pbar: bool = False,
) -> Float32[np.ndarray, "obs 3 64 64"]:
    """Observations of random levels with the mouse at random squares; see `get_random_obs_opts`.

    `show_pbar`, which some notebooks pass, has no effect.
    """
    return get_random_obs_opts(
        num_obs, on_training, rand_region, spawn_cheese, start_level=_fresh_seed()
    )


def get_random_obs_opts(
    num_obs: int = 1,
    on_training: bool = True,
    rand_region: int = 5,
    spawn_cheese: bool = True,
    maze_dim: int | None = None,
    mouse_pos_inner: Step | None = None,
    cheese_pos_inner: Step | None = None,
    mouse_pos_outer: Step | None = None,
    cheese_pos_outer: Step | None = None,
    must_be_dec_square: bool = False,
    start_level: int = 0,
    return_metadata: bool = False,
    random_seed: int | None = None,
    deterministic_levels: bool = False,
    show_pbar: bool = False,
) -> Any:
    """Observations of levels that meet conditions.

    `on_training`, `rand_region` and `show_pbar` have no effect (the first two have none in
    procgen-tools either). For cheese in the top right, call `random_mazes` with a rule.

    Args:
        num_obs: number of observations.
        spawn_cheese: False removes the cheese.
        maze_dim: side of the inner grid.
        mouse_pos_inner, mouse_pos_outer: square of the mouse. Defaults to a random square.
        cheese_pos_inner, cheese_pos_outer: square of the cheese. Defaults to that of the level.
        must_be_dec_square: the next steps to cheese and corner must differ where the mouse is.
        start_level: the first level, if `deterministic_levels`.
        return_metadata: also return metadata.
        random_seed: seed of levels and mice. None draws a new seed.
        deterministic_levels: take consecutive levels; otherwise random ones.

    Returns:
        The observations; with `return_metadata` also a dictionary for each, and the level after
        the last.

    Raises:
        ValueError: fewer than `num_obs` of 200,000 levels meet the conditions.
    """
    rng = np.random.default_rng(random_seed)
    mazes: list[Maze] = []
    records: list[dict[str, Any]] = []
    level_seed = start_level
    for number in range(MOST_LEVELS):
        if len(mazes) == num_obs:
            break
        level_seed = start_level + number if deterministic_levels else _fresh_seed(rng)
        placed = _placed(
            make_level(level_seed),
            rng,
            maze_dim,
            (mouse_pos_inner, mouse_pos_outer),
            (cheese_pos_inner, cheese_pos_outer),
        )
        if placed is None:
            continue
        steps = _next_steps(placed) if must_be_dec_square or return_metadata else None
        if must_be_dec_square and steps and steps["cheese"][1:2] == steps["corner"][1:2]:
            continue
        mazes.append(placed if spawn_cheese else edit.remove_cheese(placed))
        if return_metadata and steps:
            records.append(_metadata(level_seed, mazes[-1], steps))
    if len(mazes) < num_obs:
        raise ValueError(
            f"{len(mazes)} of {num_obs} observations found among {MOST_LEVELS:,} "
            "levels: drop a condition"
        )
    observations = venv_from_mazes(mazes).reset()
    return (observations, records, level_seed + 1) if return_metadata else observations


def _placed(
    level: Maze,
    rng: np.random.Generator,
    size: int | None,
    mouse: tuple[Step | None, Step | None],
    cheese: tuple[Step | None, Step | None],
) -> Maze | None:
    """The level with mouse and cheese on the requested squares, or None if they do not fit."""
    if size not in (None, level.size):
        return None
    free = [(row, col) for row, col in edit.mouse_positions(level).tolist()]
    wanted_mouse = _inner(level, *mouse)
    if wanted_mouse is None:
        wanted_mouse = free[rng.integers(len(free))]
    elif wanted_mouse not in free:
        return None
    wanted_cheese = _inner(level, *cheese)
    if wanted_cheese is not None:
        if not level.is_open(wanted_cheese):
            return None
        level = edit.place_cheese(edit.remove_cheese(level), wanted_cheese)
    return edit.move_mouse(level, wanted_mouse)


def _inner(level: Maze, inner: Step | None, outer: Step | None) -> Step | None:
    if outer is None:
        return None if inner is None else (int(inner[0]), int(inner[1]))
    return outer[0] - level.padding, outer[1] - level.padding


def _next_steps(level: Maze) -> dict[str, list[Step]]:
    grid = level.cells()[level.padding :, level.padding :][: level.size, : level.size]
    start = (level.mouse.row, level.mouse.col)
    goals = {"cheese": level.cheese or level.mouse, "corner": level.corner}
    return {
        name: coded_grids.pathfind(grid, start, (goal.row, goal.col))
        for name, goal in goals.items()
    }


def _metadata(level_seed: int, level: Maze, steps: dict[str, list[Step]]) -> dict[str, Any]:
    def outer(square: Step) -> Step:
        return square[0] + level.padding, square[1] + level.padding

    return {
        "level_seed": level_seed,
        "mouse_pos_outer": outer(level.mouse),
        "cheese_pos_outer": None if level.cheese is None else outer(level.cheese),
        "next_pos_cheese_outer": outer(steps["cheese"][min(1, len(steps["cheese"]) - 1)]),
        "next_pos_corner_outer": outer(steps["corner"][min(1, len(steps["corner"]) - 1)]),
        "path_to_cheese": steps["cheese"],
        "path_to_corner": steps["corner"],
        "maze_dim": level.size,
    }


def _fresh_seed(rng: np.random.Generator | None = None) -> int:
    return int((rng or np.random.default_rng()).integers(2**31 - 1))
