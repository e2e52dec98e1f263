"""Worlds by the names that `gymnasium.make` and `gymnasium.make_vec` know them by.

`import procgen_tools` is enough, before or after `import gymnasium`: the worlds are registered at
once if gymnasium has been imported, and otherwise right after it will be. gymnasium itself has
no list that it would read by itself, and importing it here would take numpy and a third of a
second from everybody who only wants a maze. The entry points are strings: no world is loaded
before one is made.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
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
        "procgen_tools.worlds.maze.env:MazeEnv",
        "procgen_tools.worlds.maze.env:MazeVectorEnv",
        {"env_name": "maze", "distribution_mode": "hard"},
    ),
    "procgen_tools/CropsAndHumans-v0": World(
        "procgen_tools.worlds.crops_and_humans.env:CropsAndHumansEnv",
        "procgen_tools.worlds.crops_and_humans.env:CropsAndHumansVectorEnv",
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


class _RegisterAfterImport(MetaPathFinder):
    """Finds gymnasium as the other finders do, and registers the worlds once it is imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
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
    """Register the worlds now if gymnasium has been imported, else as soon as it will be."""
    if hasattr(sys.modules.get("gymnasium"), "register"):
        register_environments()
    elif not any(isinstance(finder, _RegisterAfterImport) for finder in sys.meta_path):
        sys.meta_path.insert(0, _RegisterAfterImport())
