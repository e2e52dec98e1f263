"""The objects: their names, and their pictures of 128 x 128 pixels.

Pure objects have one colour, whose channels are 0 or 255, and no transparency: a diagonal line or a
gem in each of eight colours, and an invisible object. Their shapes are drawn here from the measured
geometry of the study's own pictures (Ram et al., 2023), and equal them in every pixel. Shaded
objects are those of the first experiments (Langosco et al., 2022): the gems and the star are
Kenney's art (CC0), stored in `object_art.npz`; the shaded lines are drawn anew.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np
from jaxtyping import Bool, UInt8

from procgen_tools.names import did_you_mean
from procgen_tools.worlds.maze.agent_view import pixel_tables
from procgen_tools.worlds.maze.painter import Painter, Sprite, premultiplied

PICTURE_PIXELS = 128

COLOURS = MappingProxyType(
    {
        "black": (0, 0, 0),
        "blue": (0, 0, 255),
        "cyan": (0, 255, 255),
        "green": (0, 255, 0),
        "purple": (255, 0, 255),
        "red": (255, 0, 0),
        "white": (255, 255, 255),
        "yellow": (255, 255, 0),
    }
)
"""Red, green and blue of the pure colours."""

SHAPES = ("line", "gem")

INVISIBLE = "invisible_gem"
CHEESE_OBJECT = "cheese"

PURE = (*(f"{colour}_{shape}" for shape in SHAPES for colour in COLOURS), INVISIBLE)
"""The pure objects: any two of them make a pair."""

SHADED = MappingProxyType(
    {
        "shaded_yellow_line": (255, 216, 0),
        "shaded_red_line": (255, 0, 0),
        "shaded_yellow_gem": None,
        "shaded_red_gem": None,
        "shaded_yellow_star": None,
    }
)
"""The shaded objects: the colour of the lines; None for Kenney's art."""

OBJECTS = (*PURE, *SHADED, CHEESE_OBJECT)

ART_PATH = Path(__file__).with_name("object_art.npz")

_GEM_TOP = 40
_GEM_LEFT = (
    *(42, 41, 40, 39, 39, 38, 37, 37, 36, 35, 35, 34, 33, 33, 32, 31, 30, 30),
    *(29, 29, 29, 29, 29, 29, 29, 29, 30, 31, 33, 34, 36, 37, 39, 40, 42, 43),
    *(45, 46, 48, 49, 51, 52, 54, 55, 57, 58, 60, 61),
)
"""The first column of a gem in each of its rows; gems are symmetric."""

_HALF_WIDTH = 14  # of a line, in columns to either side of the diagonal
_LINE_ENDS = (10, 246)  # the smallest and largest row + column: the ends are cut off


def check_object(name: str) -> str:
    """The name of an object, after a check that there is such an object.

    Raises:
        TypeError: not a string.
        ValueError: an unknown object.

    Example:
        >>> check_object("yellow_line")
        'yellow_line'
    """
    if not isinstance(name, str):
        raise TypeError(f"the object is {name!r:.60}: give a name, such as 'yellow_line'")
    if name not in OBJECTS:
        colours = ", ".join(COLOURS)
        raise ValueError(
            f"there is no object {name!r}{did_you_mean(name, OBJECTS)}: give COLOUR_line or "
            f"COLOUR_gem with one of the colours {colours}, or one of "
            f"{', '.join((INVISIBLE, *SHADED, CHEESE_OBJECT))}"
        )
    return name


def shape_mask(shape: str) -> Bool[np.ndarray, "128 128"]:
    """The pixels of a 'line' or a 'gem', row 0 at the top.

    Raises:
        ValueError: another shape.

    Example:
        >>> int(shape_mask("line").sum()), int(shape_mask("gem").sum())
        (3411, 2394)
    """
    rows, cols = np.indices((PICTURE_PIXELS, PICTURE_PIXELS))
    if shape == "line":
        first, last = _LINE_ENDS
        on_band = np.abs(rows - cols) <= _HALF_WIDTH
        return on_band & (rows + cols >= first) & (rows + cols <= last)
    if shape != "gem":
        raise ValueError(f"there is no shape {shape!r}: choose one of {', '.join(SHAPES)}")
    left = np.full(PICTURE_PIXELS, PICTURE_PIXELS)
    left[_GEM_TOP : _GEM_TOP + len(_GEM_LEFT)] = _GEM_LEFT
    return (cols >= left[:, None]) & (cols < PICTURE_PIXELS - left[:, None])


def painted(
    mask: Bool[np.ndarray, "row col"], colour: tuple[int, int, int]
) -> UInt8[np.ndarray, "row col 4"]:
    """A picture of one colour, transparent where the mask is False.

    Example:
        >>> painted(np.array([[True, False]]), (255, 0, 0)).tolist()
        [[[255, 0, 0, 255], [0, 0, 0, 0]]]
    """
    rgba = np.array([*colour, 255], np.uint8)
    return np.where(mask[..., None], rgba, np.uint8(0))


@cache
def picture(name: str) -> UInt8[np.ndarray, "128 128 4"]:
    """The picture of an object: red, green, blue and opacity, row 0 at the top; read-only.

    Raises:
        ValueError: an unknown object, or the cheese, which only has its sprites.

    Example:
        >>> picture("red_gem")[64, 64].tolist()
        [255, 0, 0, 255]
    """
    check_object(name)
    if name == CHEESE_OBJECT:
        raise ValueError("the cheese has no picture of 128 pixels: use its sprite")
    if name == INVISIBLE:
        drawn = np.zeros((PICTURE_PIXELS, PICTURE_PIXELS, 4), np.uint8)
    elif name not in SHADED:
        pure, shape = name.split("_")
        drawn = painted(shape_mask(shape), COLOURS[pure])
    elif (colour := SHADED[name]) is not None:
        drawn = painted(_shaded_line(), colour)
    else:
        with np.load(ART_PATH, allow_pickle=False) as stored:
            drawn = stored[name]
    drawn.setflags(write=False)
    return drawn


def _shaded_line() -> Bool[np.ndarray, "128 128"]:
    """The shaded lines are thinner than the pure line, and a little to the right of it."""
    rows, cols = np.indices((PICTURE_PIXELS, PICTURE_PIXELS))
    return shape_mask("line") & (cols - rows <= _HALF_WIDTH) & (rows - cols <= 10)


@cache
def sprite(name: str, world_size: int) -> Sprite:
    """An object as agents see it, at every square of a world.

    Raises:
        ValueError: an unknown object, or a world without pixel tables.

    Example:
        >>> sprite("yellow_line", 5).pixels.shape  # (row, col, pixel row, pixel col, 4)
        (5, 5, 14, 14, 4)
    """
    tables = pixel_tables(world_size)
    if check_object(name) == CHEESE_OBJECT:
        return tables.cheese
    return Painter(world_size).sprite(premultiplied(picture(name)))
