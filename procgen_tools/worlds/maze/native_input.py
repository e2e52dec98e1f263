"""Checks of the inputs of `NativeMaze`: arguments, actions and states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Int, Integer

from procgen_tools.checks import check_memory, whole_number
from procgen_tools.worlds.maze.actions import NUM_ACTIONS
from procgen_tools.worlds.maze.grid import WORLD_SIZES, Square
from procgen_tools.worlds.maze.levels import MAX_SEED, LevelRule
from procgen_tools.worlds.maze.playable import check_playable
from procgen_tools.worlds.maze.random_text import parse_random_text
from procgen_tools.worlds.maze.state import EnvState

BYTES_EACH = 32_000
"""Memory per environment, including the frames that one step returns."""


class Incoming(NamedTuple):
    """A state after all its checks.

    Attributes:
        state: the state.
        mouse: the mouse's inner square.
        level_generator, generator: words and position of the generators of level seeds and of the
            level.
    """

    state: EnvState
    mouse: Square
    level_generator: tuple[np.ndarray, int]
    generator: tuple[np.ndarray, int]


def read_state(state: EnvState, world_size: int) -> Incoming:
    """Read a state for environments with this world size.

    Raises:
        ValueError: the state has another world size, or our engine would not play it as procgen
            does (see `playable`).
    """
    values = state.state_vals
    if state.world_size != world_size:
        raise ValueError(
            f"the state is of a world of {state.world_size} squares per side, but these "
            f"environments have {world_size}: use another distribution_mode"
        )
    check_playable(values)
    return Incoming(
        state,
        state.mouse,
        parse_random_text(values["level_seed_rand_gen.str"]),
        parse_random_text(values["rand_gen.str"]),
    )


def number_of_environments(num: int) -> int:
    """The number of environments of a batch, after a check that it fits into memory.

    Raises:
        TypeError: not a whole number.
        ValueError: fewer than one environment, or more than fit into memory.
    """
    num = whole_number("num", num, 1, hint="a batch has one environment or more")
    check_memory("num", num, BYTES_EACH)
    return num


def mode_of(rule: LevelRule) -> str:
    """The distribution mode whose levels a rule draws.

    Raises:
        TypeError: not a `LevelRule`.
        ValueError: a rule of neither `maze` nor `maze_aisc`.
    """
    if not isinstance(rule, LevelRule):
        raise TypeError(f"rule is {rule!r:.60}: give what levels.level_rule returns")
    modes = {size: mode for mode, size in WORLD_SIZES.items()}
    if rule.world_size not in modes or rule.num_objects != 1:
        raise ValueError(f"{rule} is not a rule of `maze` or `maze_aisc`: use levels.level_rule")
    return modes[rule.world_size]


def check_render_mode(render_mode: str | None) -> None:
    """Check the name of a render mode.

    Raises:
        ValueError: neither 'rgb_array' nor None.
    """
    if render_mode not in (None, "rgb_array"):
        raise ValueError(f"unknown render_mode {render_mode!r}: use 'rgb_array' or None")


def seed_range(start_level: int, num_levels: int) -> tuple[int, int]:
    """The level seeds [low, high) that procgen draws from; num_levels 0 means all.

    Raises:
        TypeError: an argument that is not a whole number.
        ValueError: a range that is not within [0, 2**31 - 1).
    """
    start_level = whole_number("start_level", start_level)
    num_levels = whole_number("num_levels", num_levels)
    low, high = (0, MAX_SEED) if num_levels == 0 else (start_level, start_level + num_levels)
    if not 0 <= low < high <= MAX_SEED:
        raise ValueError(
            f"start_level {start_level} and num_levels {num_levels} ask for level seeds from {low} "
            f"up to {high}: stay within 0..{MAX_SEED}"
        )
    return low, high


def checked_actions(actions: Any, num: int) -> Integer[np.ndarray, " env"]:
    """The actions of `num` environments, as an array.

    Raises:
        ValueError: the wrong number of actions, or an unknown action.
    """
    actions = np.asarray(actions)
    if actions.shape != (num,) or actions.dtype.kind not in "iu":
        raise ValueError(
            f"actions have shape {actions.shape} and type {actions.dtype}: give {num} whole "
            "numbers, one for each environment"
        )
    if (actions < 0).any() or (actions >= NUM_ACTIONS).any():
        wrong = actions[(actions < 0) | (actions >= NUM_ACTIONS)][0]
        raise ValueError(f"action {wrong} does not exist: use 0..{NUM_ACTIONS - 1}")
    return actions


def chosen_environments(which: Bool[np.ndarray, " env"], num: int) -> Int[np.ndarray, " chosen"]:
    """The indices at which `which` is True, of `num` environments.

    Raises:
        ValueError: the wrong number of booleans.
    """
    if np.shape(which) != (num,):
        raise ValueError(
            f"which has shape {np.shape(which)}: give {num} booleans, one for each environment"
        )
    return np.flatnonzero(which)


def checked_seeds(rand_seeds: Sequence[int], count: int) -> list[int]:
    """Seeds for `count` environments that restart.

    Raises:
        TypeError: a seed that is not a whole number.
        ValueError: the wrong number of seeds.
    """
    if len(rand_seeds) != count:
        raise ValueError(
            f"{len(rand_seeds)} rand_seeds for {count} environments that restart: give one for each"
        )
    return [whole_number("rand_seeds", seed) for seed in rand_seeds]
