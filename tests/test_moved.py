"""Old names of modules: they work, they warn, and they lead to what is there."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from procgen_tools.moved import MOVED, PACKAGE


@pytest.mark.parametrize("old", MOVED)
def test_an_old_module_is_the_new_one(old: str) -> None:
    sys.modules.pop(f"{PACKAGE}.{old}", None)
    with pytest.warns(FutureWarning, match=f"{PACKAGE}.{old} has moved: import {PACKAGE}"):
        alias = importlib.import_module(f"{PACKAGE}.{old}")
    module = importlib.import_module(f"{PACKAGE}.{MOVED[old].partition(', ')[0]}")
    for name, value in vars(module).items():
        if not name.startswith("__") and f"{old}.{name}" not in MOVED:
            assert getattr(alias, name) is value


def test_names_of_a_moved_module() -> None:
    code = (
        "import warnings; warnings.simplefilter('ignore', FutureWarning)\n"
        "from procgen_tools.behaviour.rollouts import play\n"
        "from procgen_tools.envs import crops_and_humans as farm, MazeVectorEnv\n"
        "from procgen_tools.experiments import ablations, results\n"
        "from procgen_tools.maze.paths import nearer_moves\n"
        "import procgen_tools.render.agent_view\n"
        "print(play.__module__, farm.training_mazes.__module__, ablations.NAME)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == [
        "procgen_tools.episodes.rollouts",
        "procgen_tools.worlds.crops_and_humans.levels",
        "ablations",
    ], done.stderr


@pytest.mark.parametrize("name", ["behaviour.nothing", "nothing", "experiments.nothing.more"])
def test_what_never_was_is_not_found(name: str) -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(f"{PACKAGE}.{name}")
