"""What a visitor can open: a widget of the notebooks, in a world, with an agent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from procgen_tools.app.played import SAMPLED, episode, without_memory
from procgen_tools.app.uploads import LOADERS
from procgen_tools.catalogue import agents
from procgen_tools.names import did_you_mean
from procgen_tools.web.scenes import WORLDS, AnyLevel, level_of, make, scene_of
from procgen_tools.widgets.activation_browser import ActivationBrowser
from procgen_tools.widgets.computed import Run
from procgen_tools.widgets.field_explorer import FieldExplorer
from procgen_tools.widgets.maze_editor import MazeEditor
from procgen_tools.widgets.rollout_player import RolloutPlayer
from procgen_tools.worlds.crops_and_humans import graph as crops
from procgen_tools.worlds.crops_and_humans.levels import training_mazes
from procgen_tools.worlds.keys_and_chests.levels import make_level as make_keys_level
from procgen_tools.worlds.maze.levels import make_level
from procgen_tools.worlds.two_objects.levels import make_level as make_objects_level

FIRST_LEVELS: Mapping[str, Callable[[], AnyLevel]] = {
    "maze": lambda: make_level(0),
    "two_objects": lambda: make_objects_level(0),
    "crops_and_humans": lambda: crops.Level(training_mazes()[0]),
    "keys_and_chests": lambda: make_keys_level(0),
}
"""The level that each world begins with."""

FIRST_AGENT = "rand_region_5"
"""The agent that the maze begins with, the one of the README; other worlds with their first."""

UPLOADED = "your checkpoint"
"""The name of the agent that a visitor has uploaded."""

FOLDERS = {"maze_I": "maze"}
"""Worlds of folders of agents that have another name than their world."""


@dataclass(frozen=True)
class Wish:
    """What a view is made of.

    Attributes:
        level: the level.
        agents: by name; as many as the view shows.
        seed: the episode, a seed of its actions; see `played.episode`.
        run: what runs the computations of the widget.
        seconds: the time limit of one computation.
    """

    level: AnyLevel
    agents: Mapping[str, Any]
    seed: object
    run: Run
    seconds: int | float


@dataclass(frozen=True)
class View:
    """A widget that visitors can open.

    Attributes:
        title: its name on the page.
        widget: its class. `_esm` and `_css` are its front end.
        make: the widget of a wish.
        worlds: the worlds that it shows.
        agents: the most agents that it shows: none, one, or two side by side.
        reason: why it does not show the other worlds, as a sentence; empty if it shows all.
        sampled: the worlds in which it shows an episode that a seed decides.
        slow: whether making it takes as long as a computation.
    """

    title: str
    widget: type[Any]
    make: Callable[[Wish], Any]
    worlds: tuple[str, ...] = tuple(WORLDS)
    agents: int = 0
    reason: str = ""
    sampled: tuple[str, ...] = ()
    slow: bool = False


def _explorer(wish: Wish) -> FieldExplorer:
    policy, *others = map(without_memory, wish.agents.values())
    limits: dict[str, Any] = {"run": wish.run, "seconds": wish.seconds}
    if not others:
        return FieldExplorer(wish.level, policy, **limits)
    first, second = wish.agents
    return FieldExplorer(wish.level, policy, other=others[0], names=(first, second), **limits)


def _activations(wish: Wish) -> ActivationBrowser:
    (policy,) = map(without_memory, wish.agents.values())
    return ActivationBrowser(wish.level, policy, run=wish.run, seconds=wish.seconds)


def _player(wish: Wish) -> RolloutPlayer:
    played = {name: episode(agent, wish.level, wish.seed) for name, agent in wish.agents.items()}
    return RolloutPlayer(played, wish.agents)


VIEWS: Mapping[str, View] = {
    "explorer": View(
        "Field explorer",
        FieldExplorer,
        _explorer,
        ("maze", "two_objects", "crops_and_humans"),
        agents=2,
        reason="Levels of keys and chests have too many states for a field. They can be edited "
        "and played.",
    ),
    "activations": View(
        "Activations",
        ActivationBrowser,
        _activations,
        ("maze", "two_objects"),
        agents=1,
        reason="Activations are shown for agents that see the squares of a maze.",
    ),
    "player": View("Episodes", RolloutPlayer, _player, agents=2, sampled=SAMPLED, slow=True),
    "editor": View("Maze editor", MazeEditor, lambda wish: MazeEditor(wish.level)),
}
"""By their names in addresses. The page begins with the first."""


@cache
def agent_paths() -> Mapping[str, Mapping[str, Path]]:
    """The files of all agents that can be chosen, by world and name."""
    found: dict[str, dict[str, Path]] = {world: {} for world in WORLDS}
    for agent in agents():
        world = FOLDERS.get(agent.world, agent.world)
        if world in found:
            found[world][agent.name] = agent.path
    return found


def agent_of(world: str, name: object) -> Any:
    """The agent of a name in the catalogue; None for the first of the world.

    Args:
        world: a name in WORLDS.
        name: the name of an agent of this world, or None.

    Raises:
        ValueError: no agent of this world has this name, which is never taken for a path.

    Example:
        >>> agent_of("maze", None).scale
        1
    """
    paths = agent_paths()[world]
    name = first_agent(world) if name is None else name
    if not isinstance(name, str) or name not in paths:
        raise ValueError(
            f"{world} has no agent {name!r:.60}: choose one of {', '.join(paths)}"
            f"{did_you_mean(str(name)[:60], paths)}"
        )
    return LOADERS[world](paths[name])


def first_agent(world: str) -> str | None:
    """The name of the agent that a world begins with; None if there are none."""
    paths = agent_paths()[world]
    return FIRST_AGENT if FIRST_AGENT in paths else next(iter(paths), None)


def catalogue() -> dict[str, Any]:
    """What the page offers, as plain JSON.

    Example:
        >>> catalogue()["views"][0]["title"]
        'Field explorer'
    """
    return {
        "views": [
            {
                "name": name,
                "title": view.title,
                "worlds": list(view.worlds),
                "agents": view.agents,
                "reason": view.reason,
                "sampled": list(view.sampled),
            }
            for name, view in VIEWS.items()
        ],
        "worlds": [[name, name.replace("_", " ")] for name in WORLDS],
        "agents": {world: list(paths) for world, paths in agent_paths().items()},
        "first": {world: first_agent(world) for world in WORLDS},
        "uploaded": UPLOADED,
    }


def prepare() -> None:
    """Make every widget once, so that no visitor waits until its functions are compiled."""
    for view in VIEWS.values():
        for world in view.worlds:
            level = level_of(scene_of(make(FIRST_LEVELS[world](), 1)))
            agents = {"first": agent_of(world, None)} if view.agents else {}
            with ThreadPoolExecutor(1) as pool:  # waits until everything is computed
                widget = view.make(Wish(level, agents, 0, pool.submit, 600.0))
            widget.close()
