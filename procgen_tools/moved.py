"""Modules that have moved: the old names work for one release, with a warning.

`import procgen_tools` adds `Finder` to Python's own finders. It answers for the old names alone.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

PACKAGE = "procgen_tools"

MOVED = {
    "behaviour": "studies",
    "behaviour.activation_statistics": "studies.visualize_activations.measure",
    "behaviour.attribution": "studies.attribution.measure",
    "behaviour.cheese_channels": "studies.cheese_channels.measure",
    "behaviour.decision_shifts": "statistics.decision_shifts",
    "behaviour.dreaming": "studies.crops_and_humans.dreaming",
    "behaviour.features": "worlds.maze.features",
    "behaviour.path_similarity": "statistics.path_similarity",
    "behaviour.probes": "statistics.probes",
    "behaviour.readings": "studies.probing.readings",
    "behaviour.returns": "returns",
    "behaviour.rollouts": "episodes.rollouts",
    "behaviour.shift_dreams": "studies.crops_and_humans.shift_dreams",
    "behaviour.situations": "worlds.maze.situations",
    "behaviour.statistics": "statistics.regressions",
    "behaviour.twins": "studies.crops_and_humans.twins",
    "behaviour.value_heads": "studies.value_head.measure",
    "behaviour.videos": "episodes.videos",
    "courses": "studies.crops_and_humans",
    "courses.crops_and_humans": "studies.crops_and_humans.course",
    "envs": "worlds, maze",
    "envs.contract": "worlds.contract",
    "envs.crops_and_humans": "crops_and_humans",
    "envs.gymnasium_env": "worlds.maze.env",
    "envs.native": "worlds.maze.native",
    "envs.torch_env": "worlds.maze.torch_env",
    "envs.venv": "worlds.maze.venv",
    "envs.wrappers": "worlds.wrappers",
    "evaluation.greedy_walks": "worlds.crops_and_humans.walks",
    "experiments": "studies",
    "experiments.base": "studies.base",
    "experiments.decisions": "studies.ablations.decisions",
    "experiments.results": "studies.results",
    "experiments.target_edits": "studies.retargeting.target_edits",
    "interventions.receptive_fields": "studies.receptive_fields.measure",
    "interventions.retargeting": "studies.retargeting.measure",
    "interventions.scrubbing": "studies.cheese_scrubbing.measure",
    "intervals": "statistics.intervals",
    "maze.edit": "worlds.maze.edit",
    "maze.grid": "worlds.maze.grid",
    "maze.levels": "worlds.maze.levels",
    "maze.paths": "worlds.maze.paths",
    "maze.sampling": "worlds.maze.sampling",
    "maze.state": "worlds.maze.state",
    "models.actions": "worlds.maze.moves",
    "plots.ablations": "studies.ablations.figures",
    "plots.dynamics": "studies.training_dynamics.figures",
    "plots.farm": "studies.crops_and_humans.pictures",
    "plots.receptive_fields": "studies.receptive_fields.figures",
    "render": "worlds.maze",
    "render.agent_view": "worlds.maze.agent_view",
    "render.human_view": "worlds.maze.human_view",
    "widgets.channels": "widgets.activation_browser, compat.browsers",
    "widgets.levels": "widgets.field_explorer, compat.browsers",
}
"""Old module, and the module or modules that have its contents now; all within the package."""


class Finder(MetaPathFinder, Loader):
    """Finds moved modules by their old names: the module under the new name, with a warning."""

    def find_spec(
        self, fullname: str, path: Iterable[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, old = fullname.partition(".")
        if package != PACKAGE or _new_name(old) is None:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        old = spec.name.partition(".")[2]
        homes = [f"{PACKAGE}.{each}" for each in str(_new_name(old)).split(", ")]
        warnings.warn(
            f"{spec.name} has moved: import {' or '.join(homes)}; the old name works for one "
            "release",
            FutureWarning,
            stacklevel=2,
        )
        modules = [import_module(home) for home in homes]

        def find(name: str) -> object:
            if f"{old}.{name}" in MOVED:
                return import_module(f"{spec.name}.{name}")
            for module in modules[:-1]:
                if hasattr(module, name):
                    return getattr(module, name)
            return getattr(modules[-1], name)

        alias = ModuleType(spec.name, modules[0].__doc__)
        alias.__getattr__ = find  # type: ignore[method-assign]
        return alias

    def exec_module(self, module: ModuleType) -> None:
        pass


def _new_name(old: str) -> str | None:
    """The new name of a module; a study's is the old one of its experiment."""
    if old in MOVED:
        return MOVED[old]
    room, _, name = old.partition(".")
    return f"studies.{name}" if room == "experiments" and "." not in name else None


def install() -> None:
    """Make the old names importable."""
    # In front: a folder that git left empty would pass for a package.
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())
