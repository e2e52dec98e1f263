"""Worlds by the names that `gymnasium.make` and `gymnasium.make_vec` know them by.

gymnasium learns of environments by imports alone, so `import procgen_tools.envs` registers
them; `gymnasium.make_vec("procgen_tools.envs:procgen_tools/Maze-v0")` imports it by itself.
The entry points are strings: no world is loaded before one is made.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple


class World(NamedTuple):
    """Where a world is found, each as 'module:class'.

    Attributes:
        env: one environment, a `gymnasium.Env`.
        vector_env: many that step together, a `gymnasium.vector.VectorEnv`.
        settings: keyword arguments that both take unless told otherwise.
    """

    env: str
    vector_env: str
    settings: dict[str, Any]


WORLDS = {
    "procgen_tools/Maze-v0": World(
        "procgen_tools.envs.gymnasium_env:MazeEnv",
        "procgen_tools.envs.gymnasium_env:MazeVectorEnv",
        {"env_name": "maze", "distribution_mode": "hard"},
    ),
    "procgen_tools/CropsAndHumans-v0": World(
        "procgen_tools.envs.crops_and_humans:CropsAndHumansEnv",
        "procgen_tools.envs.crops_and_humans:CropsAndHumansVectorEnv",
        {"mazes": "training"},
    ),
}
"""Every world by its id. A version rises when the world behaves in another way."""


def register_environments() -> None:
    """Make `WORLDS` known to gymnasium; those that it knows already stay as they are.

    Raises:
        ModuleNotFoundError: gymnasium is not installed.
    """
    import gymnasium

    for name, world in WORLDS.items():
        if name not in gymnasium.registry:
            gymnasium.register(
                name,
                entry_point=world.env,
                vector_entry_point=world.vector_env,
                kwargs=dict(world.settings),
            )


with suppress(ModuleNotFoundError):  # machines that only train may do without gymnasium
    register_environments()
