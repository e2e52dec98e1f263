"""Scenes: levels of any world as plain JSON, and back. This page is the contract of a scene.

A scene is what `modules/scene.js` and the other modules of the browser read and edit. It has these
entries::

    {
      "world": "maze",                  a name in WORLDS
      "rows": 3, "cols": 3,
      "walls": ["...", ".##", "..."],   one string per row, '#' wall and '.' open
      "things": [                       what is on squares; the order matters in two objects
        {"kind": "mouse", "at": [0, 0]},
        {"kind": "cheese", "at": [2, 2]}
      ],
      "settings": {                     what else a frame shows; empty in some worlds
        "world_size": 25, "background": 0, "mirrored": false
      },

      "top_down": false,                how people count rows in this world
      "marks": [{"name": "decision square", "at": [0, 0]}],
      "notes": ["..."],                 what is unusual, in sentences
      "caption": "3 x 3, ..."
    }

A square is [row, column], and row 0 is the bottom row, also in worlds whose own rows count from the
top. There, `top_down` is true, and only the numbers that people read are converted. The entries
below the blank line follow from the level: `scene_of` writes them, and `level_of` ignores them.

An edit is a new scene. `level_of` checks it with the world's own rules and raises a ValueError with
a message for people, so these rules are written once.

Kinds of things: in a maze `mouse` and `cheese`; in two objects `mouse` and names of objects, which
also have `reward` and `ends`; in crops and humans `agent`, `exit`, `crop` and `human`; in keys and
chests `player`, `key`, `chest` and `hidden`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Bool

from procgen_tools.names import did_you_mean
from procgen_tools.shown import brief
from procgen_tools.worlds.crops_and_humans import graph as crops
from procgen_tools.worlds.crops_and_humans import levels as crops_levels
from procgen_tools.worlds.keys_and_chests import grid as keys
from procgen_tools.worlds.keys_and_chests import levels as keys_levels
from procgen_tools.worlds.maze.edit import off_distribution_reasons
from procgen_tools.worlds.maze.grid import Maze, Square
from procgen_tools.worlds.maze.grid_level import GridLevel
from procgen_tools.worlds.maze.levels import LevelRule, make_level
from procgen_tools.worlds.two_objects import levels as two_objects

Scene: TypeAlias = dict[str, Any]
AnyLevel: TypeAlias = Any
"""A `Maze`, or a `Level` of two objects, crops and humans, or keys and chests."""

_CROPS = {"exit": crops_levels.EXIT, "crop": crops_levels.CROP, "human": crops_levels.HUMAN}
_KEYS = {"key": keys.KEY, "chest": keys.CHEST}


@dataclass(frozen=True)
class World:
    """How the levels of one world become scenes.

    Attributes:
        kind: the class of its levels.
        scene: the entries `things`, `settings`, `marks` and `notes` of a level's scene, and its
            walls with row 0 at the bottom.
        level: the level of a scene whose form has been checked.
        make: a level from a seed and a size (None for the usual size). It keeps what an earlier
            level says about everything else.
        sizes: the sizes that people can choose.
        top_down: whether the world's own rows count from the top.
    """

    kind: type
    scene: Callable[[AnyLevel], tuple[Bool[np.ndarray, "row col"], Scene]]
    level: Callable[[Scene, Bool[np.ndarray, "row col"]], AnyLevel]
    make: Callable[[AnyLevel, int, int | None], AnyLevel]
    sizes: Callable[[AnyLevel], Iterable[int]]
    top_down: bool = False

    __repr__ = brief


def scene_of(level: AnyLevel) -> Scene:
    """The scene of a level.

    Raises:
        TypeError: not a level of one of the four worlds.

    Example:
        >>> from procgen_tools import maze
        >>> scene = scene_of(maze.parse("..C\\n.##\\nM.."))
        >>> scene["walls"], scene["things"][1]
        (['...', '.##', '...'], {'kind': 'cheese', 'at': [2, 2]})
    """
    name = world_of(level)
    walls, entries = WORLDS[name].scene(level)
    return {
        "world": name,
        "rows": walls.shape[0],
        "cols": walls.shape[1],
        "walls": ["".join(".#"[int(wall)] for wall in row) for row in walls],
        "top_down": WORLDS[name].top_down,
        "caption": _caption(level, entries["things"]),
        **entries,
    }


def level_of(scene: Any) -> AnyLevel:
    """The level of a scene: the inverse of `scene_of`.

    Raises:
        ValueError: not a scene, or a level that its world does not allow, such as one with the
            mouse in a wall. The message says what to change.

    Example:
        >>> from procgen_tools import maze
        >>> level = maze.make_level(0)
        >>> level_of(scene_of(level)) == level
        True
    """
    checked = _checked(scene)
    walls = np.array([[square == "#" for square in row] for row in checked["walls"]], bool)
    return WORLDS[checked["world"]].level(checked, walls)


def make(level: AnyLevel, seed: int, size: int | None = None) -> AnyLevel:
    """A generated level of the same world: another seed, and what else `level` fixes.

    Args:
        level: decides the world; in a maze also the world size, in two objects the objects and the
            background.
        seed: of the new level.
        size: side of the new level in squares. Defaults to the size that the world draws; in two
            objects, to the size of `level`.

    Raises:
        TypeError: not a level, or a seed that is not a whole number.
        ValueError: a seed or size that the world does not have.

    Example:
        >>> from procgen_tools import maze
        >>> make(maze.make_level(3), 0) == maze.make_level(0)
        True
    """
    return WORLDS[world_of(level)].make(level, seed, size)


def world_of(level: AnyLevel) -> str:
    """The name of a level's world in WORLDS; TypeError if it is not a level."""
    for name, world in WORLDS.items():
        if isinstance(level, world.kind):
            return name
    raise TypeError(
        f"the level is of type {type(level).__name__}: give a Maze, such as maze.make_level(0), or "
        f"a Level of {', '.join(list(WORLDS)[1:])}"
    )


def _caption(level: AnyLevel, things: list[dict[str, Any]]) -> str:
    if hasattr(level, "caption"):
        caption: str = level.caption()
        return caption
    counts = {kind: sum(thing["kind"] == kind for thing in things) for kind in ("key", "chest")}
    rows, cols = level.cells.shape
    return f"{rows} x {cols} cells, {counts['key']} keys, {counts['chest']} chests"


def _checked(scene: Any) -> Scene:
    """A scene whose form is right: a known world, rows of equal length, things on its squares."""
    if not isinstance(scene, Mapping):
        raise ValueError(f"the scene is {scene!r:.60}: give an object as of scene_of")
    world = scene.get("world")
    if not isinstance(world, str) or world not in WORLDS:
        raise ValueError(
            f"there is no world {world!r:.60}: choose one of {', '.join(WORLDS)}"
            f"{did_you_mean(str(world)[:60], WORLDS)}"
        )
    walls, things, settings = (scene.get(name) for name in ("walls", "things", "settings"))
    if not isinstance(walls, list) or not walls or not all(isinstance(row, str) for row in walls):
        raise ValueError(f"'walls' is {walls!r:.60}: give one string of '#' and '.' per row")
    if len({len(row) for row in walls}) != 1 or set("".join(walls)) - set("#."):
        raise ValueError("'walls' is not a rectangle of '#' and '.': give rows of equal length")
    if not isinstance(things, list) or not all(_is_thing(each, walls) for each in things):
        raise ValueError(
            f"'things' is {things!r:.60}: give entries with a 'kind' and a square 'at' of "
            f"{len(walls)} x {len(walls[0])}, as [row, column]"
        )
    if not isinstance(settings, Mapping):
        raise ValueError(f"'settings' is {settings!r:.60}: give names and values")
    return {"world": scene["world"], "walls": walls, "things": things, "settings": settings}


def _is_thing(thing: Any, walls: list[str]) -> bool:
    if not isinstance(thing, Mapping) or not isinstance(thing.get("kind"), str):
        return False
    at = thing.get("at")
    if not isinstance(at, list | tuple) or len(at) != 2 or not all(type(n) is int for n in at):
        return False
    return 0 <= at[0] < len(walls) and 0 <= at[1] < len(walls[0])


def _squares(scene: Scene, kind: str) -> list[Square]:
    return [Square(*thing["at"]) for thing in scene["things"] if thing["kind"] == kind]


def _only(scene: Scene, kind: str, *, least: int = 1) -> Square | None:
    """The square of the only thing of a kind; None if it may be missing and is."""
    found = _squares(scene, kind)
    if not least <= len(found) <= 1:
        raise ValueError(f"the scene has {len(found)} things of kind {kind!r}: give one")
    return found[0] if found else None


def _known_kinds(scene: Scene, *kinds: str) -> None:
    for thing in scene["things"]:
        if thing["kind"] not in kinds:
            raise ValueError(f"this world has no {thing['kind']!r}: use {', '.join(kinds)}")


# --- the maze and two objects

_ON_GRID = {"world_size": "world_size", "background": "background", "mirrored": "mouse_mirrored"}


def _grid_settings(level: GridLevel) -> dict[str, Any]:
    return {
        "world_size": level.world_size,
        "background": level.background,
        "mirrored": level.mouse_mirrored,
    }


def _given_settings(scene: Scene, names: Mapping[str, str]) -> dict[str, Any]:
    """The settings of a scene as keywords of its level, by their names in both."""
    unknown = set(scene["settings"]) - set(names)
    if unknown:
        known = ", ".join(names) or "none"
        raise ValueError(f"this world has no setting {min(unknown)!r}: use {known}")
    return {names[name]: value for name, value in scene["settings"].items()}


def _marks(level: GridLevel) -> list[dict[str, Any]]:
    return [{"name": name, "at": list(square)} for name, square in level.landmarks().items()]


def _maze_scene(level: Maze) -> tuple[np.ndarray, Scene]:
    things: list[dict[str, Any]] = [{"kind": "mouse", "at": list(level.mouse)}]
    if level.cheese is not None:
        things.append({"kind": "cheese", "at": list(level.cheese)})
    notes = [
        f"No level of procgen is like this: {reason}." for reason in off_distribution_reasons(level)
    ]
    if level.mouse == level.cheese:
        notes.append("Mouse and cheese share a square: the mouse finds it without a move.")
    entries = {
        "things": things,
        "settings": _grid_settings(level),
        "marks": _marks(level),
        "notes": notes,
    }
    return level.walls, entries


def _maze_level(scene: Scene, walls: np.ndarray) -> Maze:
    _known_kinds(scene, "mouse", "cheese")
    mouse, cheese = _only(scene, "mouse"), _only(scene, "cheese", least=0)
    return Maze(walls, mouse or Square(0, 0), cheese, **_given_settings(scene, _ON_GRID))


def _make_maze(level: Maze, seed: int, size: int | None) -> Maze:
    return make_level(seed, LevelRule(world_size=level.world_size, maze_size=size))


def _objects_scene(level: two_objects.Level) -> tuple[np.ndarray, Scene]:
    things: list[dict[str, Any]] = [{"kind": "mouse", "at": list(level.mouse)}]
    for thing in level.things:
        kind = thing.kind
        things.append(
            {
                "kind": kind.name,
                "at": list(thing.square),
                "reward": kind.reward,
                "ends": kind.ends,
            }
        )
    entries = {
        "things": things,
        "settings": _grid_settings(level),
        "marks": _marks(level),
        "notes": [],
    }
    return level.walls, entries


def _objects_level(scene: Scene, walls: np.ndarray) -> two_objects.Level:
    things = tuple(
        two_objects.Thing(
            two_objects.Kind(thing["kind"], thing.get("reward", 0), thing.get("ends", True)),
            Square(*thing["at"]),
        )
        for thing in scene["things"]
        if thing["kind"] != "mouse"
    )
    mouse = _only(scene, "mouse")
    return two_objects.Level(
        walls, things, mouse or Square(0, 0), **_given_settings(scene, _ON_GRID)
    )


def _make_objects(level: two_objects.Level, seed: int, size: int | None) -> two_objects.Level:
    size = level.size if size is None else size
    fills = size == level.world_size
    rule = LevelRule(
        world_size=level.world_size,
        fixed_size=fills,
        num_objects=len(level.things),
        maze_size=None if fills else size,
    )
    variant = two_objects.Variant(tuple(thing.kind for thing in level.things), rule)
    made = two_objects.make_level(seed, variant)
    return replace(made, background=level.background)


# --- crops and humans, keys and chests: their rows count from the top


def _crops_scene(level: crops.Level) -> tuple[np.ndarray, Scene]:
    cells = level.cells[::-1]
    agent = [crops_levels.SIZE - 1 - crops_levels.START[0], crops_levels.START[1]]
    things = [{"kind": "agent", "at": agent}]
    for kind, code in _CROPS.items():
        things += [{"kind": kind, "at": at} for at in np.argwhere(cells == code).tolist()]
    return cells == crops_levels.WALL, {"things": things, "settings": {}, "marks": [], "notes": []}


def _crops_level(scene: Scene, walls: np.ndarray) -> crops.Level:
    _known_kinds(scene, "agent", *_CROPS)
    _given_settings(scene, {})
    last = crops_levels.SIZE - 1
    if walls.shape != (crops_levels.SIZE, crops_levels.SIZE):
        raise ValueError(f"the maze is {walls.shape[0]} x {walls.shape[1]}: give 7 x 7 cells")
    if _only(scene, "agent") != (last - crops_levels.START[0], crops_levels.START[1]):
        raise ValueError(f"the agent always begins at {crops_levels.START}: put it there")
    cells = np.where(walls, crops_levels.WALL, crops_levels.EMPTY).astype(np.int8)
    for kind, code in _CROPS.items():
        for square in _squares(scene, kind):
            _put(cells, code, kind, square)
    return crops.Level(np.ascontiguousarray(cells[::-1]))


def _put(cells: np.ndarray, code: int, kind: str, square: Square) -> None:
    """Write a code into an empty cell.

    Raises:
        ValueError: the cell is not empty. The message counts rows from the top.
    """
    empty, wall = (
        (crops_levels.EMPTY, crops_levels.WALL) if kind in _CROPS else (keys.EMPTY, keys.WALL)
    )
    if cells[square] != empty:
        what = "a wall" if cells[square] == wall else "another thing"
        raise ValueError(
            f"the {kind} cannot be at {(len(cells) - 1 - square.row, square.col)}: {what} is "
            "there; choose an empty cell"
        )
    cells[square] = code


def _make_crops(level: crops.Level, seed: int, size: int | None) -> crops.Level:
    if size not in (None, crops_levels.SIZE):
        raise ValueError(f"size {size} does not exist in this world: give {crops_levels.SIZE}")
    return crops.Level(crops_levels.random_training_maze(seed))


def _keys_scene(level: keys.Level) -> tuple[np.ndarray, Scene]:
    cells, last = level.cells[::-1], len(level.cells) - 1
    things: list[dict[str, Any]] = [
        {"kind": "player", "at": [last - int(level.player[0]), int(level.player[1])]}
    ]
    for kind, code in _KEYS.items():
        things += [{"kind": kind, "at": at} for at in np.argwhere(cells == code).tolist()]
    things += [{"kind": "hidden", "at": at} for at in np.argwhere(level.hidden[::-1]).tolist()]
    settings = {"max_ticks": level.max_ticks}
    return cells == keys.WALL, {"things": things, "settings": settings, "marks": [], "notes": []}


def _keys_level(scene: Scene, walls: np.ndarray) -> keys.Level:
    _known_kinds(scene, "player", "hidden", *_KEYS)
    cells = np.where(walls, keys.WALL, keys.EMPTY).astype(np.int8)
    hidden = np.zeros(walls.shape, bool)
    for kind, code in _KEYS.items():
        for square in _squares(scene, kind):
            _put(cells, code, kind, square)
    for square in _squares(scene, "hidden"):
        hidden[square] = True
    row, col = _only(scene, "player") or (0, 0)
    return keys.Level(
        np.ascontiguousarray(cells[::-1]),
        np.ascontiguousarray(hidden[::-1]),
        (len(walls) - 1 - row, col),
        **_given_settings(scene, {"max_ticks": "max_ticks"}),
    )


def _make_keys(level: keys.Level, seed: int, size: int | None) -> keys.Level:
    rows, cols = level.cells.shape if size is None else (size, size)
    rule = keys_levels.LevelRule(width=cols, height=rows, max_ticks=level.max_ticks)
    return keys_levels.make_level(seed, rule)


def _odd_sizes(level: GridLevel) -> Iterable[int]:
    return range(3, level.world_size + 1, 2)


WORLDS: Mapping[str, World] = {
    "maze": World(Maze, _maze_scene, _maze_level, _make_maze, _odd_sizes),
    "two_objects": World(
        two_objects.Level, _objects_scene, _objects_level, _make_objects, _odd_sizes
    ),
    "crops_and_humans": World(
        crops.Level, _crops_scene, _crops_level, _make_crops, lambda _: (), top_down=True
    ),
    "keys_and_chests": World(
        keys.Level, _keys_scene, _keys_level, _make_keys, lambda _: range(5, 26), top_down=True
    ),
}
"""The worlds, by the name of their folder in `worlds/`."""
