"""Registration of the worlds for `gymnasium.make` and `gymnasium.make_vec`.

`import procgen_tools` is enough, before or after `import gymnasium`: the worlds are registered at
once if gymnasium has been imported, and otherwise as soon as it is imported. gymnasium has no
plugin mechanism, and importing gymnasium here would cost every user a third of a second. The entry
points are strings, so worlds load on first use.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NamedTuple

from procgen_tools.names import did_you_mean


class World(NamedTuple):
    """The classes of a world, each as 'module:class'.

    Attributes:
        env: a single environment, a `gymnasium.Env`.
        vector_env: a batch of environments, a `gymnasium.vector.VectorEnv`.
        settings: default keyword arguments of both.
        moves: the actions that go up, down, left and right, for play with a keyboard; empty if
            the world has no such actions.

    Example:
        >>> WORLDS["procgen_tools/Maze-v0"].env
        'procgen_tools.worlds.maze.env:MazeEnv'
    """

    env: str
    vector_env: str
    settings: dict[str, Any]
    moves: dict[str, int] = {}  # noqa: RUF012  (never changed)

    @property
    def name(self) -> str:
        """The name of its folder in `worlds`, such as 'maze'."""
        return self.env.split(".")[2]


PROCGEN_MOVES = {"UP": 5, "DOWN": 3, "LEFT": 1, "RIGHT": 7}
"""Of procgen's 15 actions, those of a single arrow key."""

WORLDS = {
    "procgen_tools/Maze-v0": World(
        "procgen_tools.worlds.maze.env:MazeEnv",
        "procgen_tools.worlds.maze.env:MazeVectorEnv",
        {"env_name": "maze", "distribution_mode": "hard"},
        PROCGEN_MOVES,
    ),
    "procgen_tools/CropsAndHumans-v0": World(
        "procgen_tools.worlds.crops_and_humans.env:CropsAndHumansEnv",
        "procgen_tools.worlds.crops_and_humans.env:CropsAndHumansVectorEnv",
        {"mazes": "training"},
        {"UP": 0, "DOWN": 1, "LEFT": 2, "RIGHT": 3},
    ),
    "procgen_tools/KeysAndChests-v0": World(
        "procgen_tools.worlds.keys_and_chests.env:KeysAndChestsEnv",
        "procgen_tools.worlds.keys_and_chests.env:KeysAndChestsVectorEnv",
        {"variant": "train"},
        {"DOWN": 0, "UP": 1, "RIGHT": 2, "LEFT": 3},
    ),
    "procgen_tools/TwoObjects-v0": World(
        "procgen_tools.worlds.two_objects.env:TwoObjectsEnv",
        "procgen_tools.worlds.two_objects.env:TwoObjectsVectorEnv",
        {"env_name": "maze_colorsobjects_duel"},
        PROCGEN_MOVES,
    ),
}
"""Every world by its id. The version increases when the behaviour of the world changes."""


def world_id(name: str) -> str:
    """The id of the world of this name, for `gymnasium.make` and `gymnasium.make_vec`.

    Hyphens and underscores are equal.

    Raises:
        ValueError: there is no such world.

    Example:
        >>> world_id("crops-and-humans")
        'procgen_tools/CropsAndHumans-v0'
    """
    ids = {world.name: identifier for identifier, world in WORLDS.items()}
    wanted = name.replace("-", "_")
    if wanted not in ids:
        raise ValueError(
            f"there is no world {name!r}: choose one of {', '.join(ids)}{did_you_mean(wanted, ids)}"
        )
    return ids[wanted]


def register_environments() -> None:
    """Register `WORLDS` with gymnasium. Existing registrations do not change.

    Raises:
        ModuleNotFoundError: gymnasium is not installed.

    Example:
        >>> import gymnasium
        >>> register_environments()
        >>> env = gymnasium.make("procgen_tools/Maze-v0", num_levels=1)
        >>> observation, info = env.reset(seed=0)
        >>> observation.shape, info
        ((64, 64, 3), {'level_seed': 0})
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


class _RegisterAfterImport(MetaPathFinder):
    """Finds gymnasium as the other finders do, and registers the worlds after its import."""

    def find_spec(
        self,
        fullname: str,
        path: Any,  # a list, None, or a namespace's path, which is no Sequence
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if fullname != "gymnasium":
            return None
        specs = (
            finder.find_spec(fullname, path, target)
            for finder in list(sys.meta_path)
            if finder is not self
        )
        spec = next((spec for spec in specs if spec is not None), None)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def execute_and_register(module: ModuleType) -> None:
            execute(module)
            if self in sys.meta_path:
                sys.meta_path.remove(self)
            register_environments()

        setattr(spec.loader, "exec_module", execute_and_register)  # noqa: B010  (mypy)
        return spec


def register_with_gymnasium() -> None:
    """Register the worlds now if gymnasium has been imported, and otherwise after its import."""
    if hasattr(sys.modules.get("gymnasium"), "register"):
        register_environments()
    elif not any(isinstance(finder, _RegisterAfterImport) for finder in sys.meta_path):
        sys.meta_path.insert(0, _RegisterAfterImport())
