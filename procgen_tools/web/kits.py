"""Kits: what a browser needs besides a scene, once per world: pictures, colours and tools.

A kit is plain JSON with these entries. Pictures are data URLs::

    {
      "kinds": {"mouse": {"label": "mouse", "picture": "data:...", "least": 1, "most": 1,
                          "fixed": false, "over": false}},
      "floor": {"backgrounds": {"0": "data:..."}}   or {"colour": "#...", "line": "#..."}
      "wall": "data:..." or a colour,
      "relief": {...} or null,       shadows and rims of walls
      "style": {...},                colours, arrows, marks and colour maps of our figures
      "choices": [...],              what can be chosen in a scene
      "new": {"seed": [0, 2147483646], "sizes": [3, 5, ...]}
    }

A kind has between `least` and `most` things in a scene (`most` of null is no limit). A thing of a
`fixed` kind never moves. One that is `over` may share its square with another thing. A choice names
a setting of the scene (`setting`) or the number of a thing (`thing`, whose kind is chosen), with a
`label` and its `options` as [value, label].
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import UInt8

from procgen_tools.plots import fields as figures
from procgen_tools.plots import style
from procgen_tools.web.scenes import WORLDS, AnyLevel, world_of
from procgen_tools.worlds.crops_and_humans import human_view as crops_view
from procgen_tools.worlds.keys_and_chests import human_view as keys_view
from procgen_tools.worlds.keys_and_chests.levels import MAX_SEED as MAX_KEYS_SEED
from procgen_tools.worlds.maze import human_view as maze_view
from procgen_tools.worlds.maze.squares import GREY, NUM_BACKGROUNDS
from procgen_tools.worlds.two_objects import levels as two_objects
from procgen_tools.worlds.two_objects.objects import CHEESE_OBJECT, OBJECTS, picture

PIXELS = 96
"""The side of the pictures of things."""
_LAST_SEED = 2**31 - 2
_LAST_JS = 2**53 - 1
"""The largest whole number that JavaScript represents exactly."""


def kit_of(level: AnyLevel) -> dict[str, Any]:
    """The kit of a level's world; see the top of this module.

    Raises:
        TypeError: not a level of one of the four worlds.

    Example:
        >>> from procgen_tools import maze
        >>> kit = kit_of(maze.make_level(0))
        >>> list(kit["kinds"]), kit["kinds"]["cheese"]["least"]
        (['mouse', 'cheese'], 0)
    """
    name = world_of(level)
    last = min(MAX_KEYS_SEED - 1, _LAST_JS) if name == "keys_and_chests" else _LAST_SEED
    return {
        **_KITS[name](level),
        "style": figure_style(),
        "new": {"seed": [0, last], "sizes": list(WORLDS[name].sizes(level))},
    }


@cache
def figure_style() -> dict[str, Any]:
    """Colours, arrows, marks and colour maps of our figures, for the browser."""
    return {
        "ink": style.INK,
        "single_moves": style.SINGLE_MOVES,
        "reference": style.REFERENCE,
        "picked": style.PICKED.colour,
        "fade": figures.FADE,
        "arrow": {"length": figures.ARROW_LENGTH, **figures.ARROW_SHAPE},
        "bar_width": figures.BAR_WIDTH,
        "smallest_limit": figures.SMALLEST_LIMIT,
        "marks": {name: _look(look) for name, look in style.SQUARES.items()},
        "goals": {name: _look(look) for name, look in _goal_looks().items()},
        "series": [_look(look) for look in style.SERIES],
        "maps": {
            "sequential": _colours(style.SEQUENTIAL),
            "diverging": _colours(style.DIVERGING),
            "amounts": _colours(style.AMOUNTS),
        },
    }


def _goal_looks() -> dict[str, style.Look]:
    """The looks of the goals of graphs, by name; other goals have those of series."""
    return {
        **style.GOALS,
        "corner": style.CORNER,
        "neither": style.OTHER,
        "exit": style.Look(crops_view.DOOR, "s"),
        "crop": style.Look(crops_view.LEAF, "^"),
        "human": style.Look(crops_view.SKIN, "o"),
    }


def _look(look: style.Look) -> dict[str, str]:
    return {"colour": look.colour, "marker": look.marker}


def _colours(name: str) -> list[str]:
    from matplotlib.colors import to_hex

    # An odd number of colours has the middle one, which is the zero of a diverging map.
    return [to_hex(colour) for colour in style.colour_map(name)(np.linspace(0, 1, 65))]


def data_url(picture: UInt8[np.ndarray, "height width channel"]) -> str:
    """A picture as a PNG in a data URL.

    Example:
        >>> data_url(np.zeros((1, 1, 4), np.uint8))[:22]
        'data:image/png;base64,'
    """
    from io import BytesIO

    from PIL import Image

    written = BytesIO()
    Image.fromarray(picture).save(written, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"


def _photograph(name: str) -> str:
    encoded = base64.b64encode(maze_view.photograph(name)).decode()
    return f"data:image/jpeg;base64,{encoded}"


def _kind(
    label: str,
    drawn: np.ndarray,
    least: int = 0,
    most: int | None = None,
    *,
    fixed: bool = False,
    over: bool = False,
) -> dict[str, Any]:
    return {
        "label": label,
        "picture": data_url(drawn),
        "least": least,
        "most": most,
        "fixed": fixed,
        "over": over,
    }


# --- the maze and two objects


def _on_grid() -> dict[str, Any]:
    """What the maze and two objects have in common."""
    backgrounds = {str(n): _photograph(f"background_{n}") for n in range(NUM_BACKGROUNDS)}
    grey = f"rgb({GREY}, {GREY}, {GREY})"
    return {
        "floor": {"backgrounds": {**backgrounds, "grey": grey, "null": "#000000"}},
        "wall": _photograph("wall"),
        "relief": {
            "shadow": maze_view.SHADOW,
            "rim": maze_view.RIM,
            "depth": maze_view.SHADOW_DEPTH,
            "width": maze_view.RIM_WIDTH,
        },
    }


def _grid_choices(*plain: str) -> list[dict[str, Any]]:
    """The choices of backgrounds and of the way that the mouse faces."""
    backgrounds: list[list[Any]] = [[n, f"picture {n}"] for n in range(NUM_BACKGROUNDS)]
    backgrounds += [[None, "black"], *([name, name] for name in plain)]
    facings = [[False, "left"], [True, "right"]]
    return [
        {"label": "background", "setting": "background", "options": backgrounds},
        {"label": "mouse faces", "setting": "mirrored", "options": facings},
    ]


@cache
def _maze_pictures() -> dict[str, Any]:
    kinds = {
        "mouse": _kind("mouse", maze_view.art("mouse"), 1, 1, over=True),
        "cheese": _kind("cheese", maze_view.art("cheese"), 0, 1, over=True),
    }
    return {"kinds": kinds, **_on_grid(), "choices": _grid_choices()}


@cache
def _object_pictures() -> dict[str, Any]:
    kinds = {"mouse": _kind("mouse", maze_view.art("mouse"), 1, 1, over=True)}
    for name in OBJECTS:
        drawn = maze_view.art("cheese") if name == CHEESE_OBJECT else picture(name)
        kinds[name] = _kind(name.replace("_", " "), drawn, 0, 2)
    return {"kinds": kinds, **_on_grid()}


def _objects_kit(level: two_objects.Level) -> dict[str, Any]:
    options = [[name, name.replace("_", " ")] for name in OBJECTS if name != CHEESE_OBJECT]
    numbers = ("first object", "second object")[: len(level.things)]
    choices = [
        {"label": label, "thing": number, "options": options}
        for number, label in enumerate(numbers, 1)
    ]
    plain = [name for name in level.plain_backgrounds if name != "black"]
    return {**_object_pictures(), "choices": [*choices, *_grid_choices(*plain)]}


# --- crops and humans, keys and chests


@cache
def _crops_pictures() -> dict[str, Any]:
    kinds = {
        "agent": _kind("agent", crops_view.thing("agent", PIXELS), 1, 1, fixed=True),
        "exit": _kind("exit", crops_view.thing("exit", PIXELS), 1, 1, fixed=True),
        "crop": _kind("crop", crops_view.thing("crop", PIXELS)),
        "human": _kind("human", crops_view.thing("human", PIXELS)),
    }
    floor = {"colour": crops_view.FLOOR, "line": crops_view.LINE}
    return {
        "kinds": kinds,
        "floor": floor,
        "wall": crops_view.STONE,
        "relief": None,
        "choices": [],
    }


@cache
def _keys_pictures() -> dict[str, Any]:
    kinds = {
        "player": _kind("player", keys_view.thing("player", PIXELS), 1, 1, over=True),
        "key": _kind("key", keys_view.thing("key", PIXELS)),
        "chest": _kind("chest", keys_view.thing("chest", PIXELS)),
        "hidden": _kind("hidden chest", keys_view.thing("hidden", PIXELS), over=True),
    }
    floor = {"colour": keys_view.FLOOR, "line": keys_view.JOINT}
    wall = data_url(keys_view.thing("wall", PIXELS))
    return {"kinds": kinds, "floor": floor, "wall": wall, "relief": None, "choices": []}


_KITS: Mapping[str, Callable[[AnyLevel], dict[str, Any]]] = {
    "maze": lambda _: _maze_pictures(),
    "two_objects": _objects_kit,
    "crops_and_humans": lambda _: _crops_pictures(),
    "keys_and_chests": lambda _: _keys_pictures(),
}
