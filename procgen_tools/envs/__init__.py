"""Batched worlds to act in.

`create_venv` gives the maze that notebooks use. `import procgen_tools` makes the worlds known to
gymnasium under the ids in `WORLDS`::

    import gymnasium
    import procgen_tools

    envs = gymnasium.make_vec("procgen_tools/Maze-v0", num_envs=64, distribution_mode="easy")

Every world satisfies the contract that `check_world` executes. Names load when first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from procgen_tools.envs.registration import WORLDS, World, register_environments

if TYPE_CHECKING:
    from procgen_tools.envs.contract import ContractBroken, check_world
    from procgen_tools.envs.gymnasium_env import MazeEnv, MazeVectorEnv
    from procgen_tools.envs.native import NativeMaze
    from procgen_tools.envs.stable_baselines import to_stable_baselines
    from procgen_tools.envs.venv import MazeVenv, create_venv, state_from_venv, venv_from_mazes
    from procgen_tools.envs.wrappers import (
        MapObservations,
        NormalizeObservations,
        StackObservations,
        channels_first,
        policy_observations,
        scaled,
        under_key,
    )

_HOME = {
    "ContractBroken": "contract",
    "MapObservations": "wrappers",
    "MazeEnv": "gymnasium_env",
    "MazeVectorEnv": "gymnasium_env",
    "MazeVenv": "venv",
    "NativeMaze": "native",
    "NormalizeObservations": "wrappers",
    "StackObservations": "wrappers",
    "channels_first": "wrappers",
    "check_world": "contract",
    "create_venv": "venv",
    "policy_observations": "wrappers",
    "scaled": "wrappers",
    "state_from_venv": "venv",
    "to_stable_baselines": "stable_baselines",
    "under_key": "wrappers",
    "venv_from_mazes": "venv",
}

__all__ = [
    "WORLDS",
    "ContractBroken",
    "MapObservations",
    "MazeEnv",
    "MazeVectorEnv",
    "MazeVenv",
    "NativeMaze",
    "NormalizeObservations",
    "StackObservations",
    "World",
    "channels_first",
    "check_world",
    "create_venv",
    "policy_observations",
    "register_environments",
    "scaled",
    "state_from_venv",
    "to_stable_baselines",
    "under_key",
    "venv_from_mazes",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
