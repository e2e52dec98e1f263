"""Two objects: an agent was trained to reach a yellow line. Does it want the colour or the shape?

    from procgen_tools import two_objects

    two_objects.make_level(100_000)                     # a red line against a yellow gem
    pair = two_objects.variant(objects=["red_line", "green_line"])
    two_objects.make_levels(range(100), pair)
    two_objects.parse("2.1\\n.#.\\nM..")

A square is (row, column), and row 0 is the bottom row of the picture.
"""

from __future__ import annotations

from procgen_tools.names import lazy
from procgen_tools.worlds.two_objects.levels import (
    BACKGROUNDS,
    REWARD,
    VARIANTS,
    Kind,
    Level,
    Thing,
    Variant,
    make_level,
    make_levels,
    variant,
)
from procgen_tools.worlds.two_objects.objects import (
    COLOURS,
    INVISIBLE,
    OBJECTS,
    PURE,
    SHADED,
    SHAPES,
    picture,
    sprite,
)
from procgen_tools.worlds.two_objects.text import draw, parse

_HOMES = {
    "TwoObjectsEnv": "worlds.two_objects.env",
    "TwoObjectsVectorEnv": "worlds.two_objects.env",
}
"""Environments load on first use, because gymnasium takes a third of a second to import."""

__all__ = [
    "BACKGROUNDS",
    "COLOURS",
    "INVISIBLE",
    "OBJECTS",
    "PURE",
    "REWARD",
    "SHADED",
    "SHAPES",
    "VARIANTS",
    "Kind",
    "Level",
    "Thing",
    "Variant",
    "draw",
    "make_level",
    "make_levels",
    "parse",
    "picture",
    "sprite",
    "variant",
    *_HOMES,
]

__getattr__ = lazy(__name__, _HOMES)
