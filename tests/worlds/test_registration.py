"""Registration: gymnasium knows the worlds before they are loaded."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import gymnasium
import pytest

from procgen_tools.maze import MazeEnv, MazeVectorEnv
from procgen_tools.worlds import (
    WORLDS,
    register_environments,
    world_id,
)

MAZE = "procgen_tools/Maze-v0"

SMALL: dict[str, Any] = {"distribution_mode": "easy", "start_level": 202, "num_levels": 2}
"""Easy levels with the cheese one or two steps away, which random play soon solves."""


def test_registered_names_make_the_worlds() -> None:
    assert MAZE in WORLDS
    env = gymnasium.make(MAZE, **SMALL)
    assert isinstance(env.unwrapped, MazeEnv)
    envs = gymnasium.make_vec(MAZE, num_envs=4, **SMALL)
    assert isinstance(envs, MazeVectorEnv)
    assert envs.num_envs == 4
    assert envs.spec is not None
    assert envs.spec.id == MAZE
    envs = gymnasium.make_vec(f"procgen_tools.worlds.registration:{MAZE}")
    assert envs.reset(seed=0)[0].shape == (1, 64, 64, 3)


def test_registering_again_changes_nothing() -> None:
    spec = gymnasium.registry[MAZE]
    register_environments()
    assert gymnasium.registry[MAZE] is spec


def test_names_are_known_without_loading_the_worlds() -> None:
    program = (
        "import sys, gymnasium, procgen_tools.worlds\n"
        f"assert {MAZE!r} in gymnasium.registry\n"
        "loaded = {'torch', 'numba', 'procgen_tools.worlds.maze.levels'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
        "assert not hasattr(procgen_tools.worlds, 'no_such_name')\n"
        "assert all(hasattr(procgen_tools.worlds, name) for name in procgen_tools.worlds.__all__)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_worlds_are_found_by_name() -> None:
    for identifier, world in WORLDS.items():
        assert world_id(world.name) == world_id(world.name.replace("_", "-")) == identifier
    with pytest.raises(ValueError, match=r"choose one of maze, crops_and_humans, .*mean 'maze'"):
        world_id("mazes")
