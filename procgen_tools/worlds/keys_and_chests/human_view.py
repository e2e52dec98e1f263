"""Pictures of levels for people; agents never see them."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageColor, ImageDraw

from procgen_tools.worlds.keys_and_chests.grid import CHEST, EMPTY, KEY, WALL
from procgen_tools.worlds.keys_and_chests.rules import States

FLOOR, JOINT = "#E9E2D3", "#DBD2BF"
_STONE, _MORTAR, _LIT = "#4C5566", "#3A4250", "#5E6980"
_GOLD, _GOLD_EDGE = "#E69F00", "#8F6200"
_WOOD, _WOOD_EDGE, _BAND = "#9C5B2E", "#5A3116", "#D9B25F"
_BODY, _HOOD, _FACE, _INK = "#0072B2", "#00527F", "#F3D2B3", "#1B1B1B"
_HIDDEN = "#CC79A7"

_FINE = 8
"""Oversampling factor, for smooth edges."""

_SMALLEST = 8

_Draw = ImageDraw.ImageDraw
_Tile = UInt8[np.ndarray, "side side 3"]


def pictures(
    states: States, *, cell_pixels: int = 16, show_hidden: bool = False
) -> tuple[UInt8[np.ndarray, "height width 3"], ...]:
    """A picture of each state. A level of 12 x 12 cells has 192 x 192 pixels by default.

    Args:
        states: the states.
        cell_pixels: the side of a cell in pixels, at least 8.
        show_hidden: frame the cells with hidden chests, which agents do not see.

    Raises:
        ValueError: too few pixels.

    Example:
        >>> from procgen_tools.worlds.keys_and_chests.levels import make_level
        >>> from procgen_tools.worlds.keys_and_chests.rules import beginning
        >>> pictures(beginning([make_level(0)]))[0].shape
        (192, 192, 3)
    """
    if cell_pixels < _SMALLEST:
        raise ValueError(
            f"cell_pixels is {cell_pixels}: give {_SMALLEST} or more, so that keys and chests can "
            "be told apart"
        )
    return tuple(_picture(states, index, cell_pixels, show_hidden) for index in range(len(states)))


def _picture(states: States, index: int, side: int, show_hidden: bool) -> np.ndarray:
    cells, player = states.cells[index], tuple(states.players[index].tolist())
    rows, cols = cells.shape
    image = np.empty((rows * side, cols * side, 3), np.uint8)
    for row, col in np.ndindex(rows, cols):
        tile = _tile(
            int(cells[row, col]),
            (row, col) == player,
            bool(show_hidden and states.hidden[index, row, col]),
            side,
        )
        image[row * side : (row + 1) * side, col * side : (col + 1) * side] = tile
    return image


@cache
def _tile(code: int, has_player: bool, has_hidden: bool, side: int) -> _Tile:
    """A cell with all that is in it."""
    size = side * _FINE
    image = Image.new("RGB", (size, size), FLOOR)
    draw = ImageDraw.Draw(image)
    if code == WALL:
        _wall(draw, size)
    else:
        draw.rectangle((0, 0, size - 1, size - 1), outline=JOINT, width=max(size // 32, 1))
    if code == KEY:
        _key(draw, size)
    if code == CHEST:
        _chest(draw, size)
    if has_player:
        # A player on a key or a chest is smaller, so that both can be seen.
        _player(draw, size, small=code != EMPTY)
    if has_hidden:
        _frame(draw, size)
    return np.array(image.reduce(_FINE))


def thing(name: str, pixels: int = 96) -> UInt8[np.ndarray, "height width 4"]:
    """The picture of one thing with opacity: a key, a chest, the player, a frame or a wall.

    Args:
        name: "key", "chest", "player", "hidden" (the frame of a hidden chest) or "wall".
        pixels: the side of the picture.

    Raises:
        ValueError: another name.

    Example:
        >>> thing("key", 10).shape
        (10, 10, 4)
    """
    size = pixels * _FINE
    drawn = {"key": _key, "chest": _chest, "wall": _wall, "hidden": _frame, "player": _figure}
    if name not in drawn:
        raise ValueError(f"there is no {name!r}: choose one of {', '.join(drawn)}")
    image = Image.new("RGB", (size, size), FLOOR)
    drawn[name](ImageDraw.Draw(image), size)
    rgba = np.array(image.convert("RGBA"))
    rgba[(rgba[..., :3] == ImageColor.getrgb(FLOOR)).all(axis=-1), 3] = 0
    return np.array(Image.fromarray(rgba).reduce(_FINE))


def _figure(draw: _Draw, size: int) -> None:
    _player(draw, size, small=False)


def _frame(draw: _Draw, size: int) -> None:
    inset = size // 16
    box = (inset, inset, size - 1 - inset, size - 1 - inset)
    draw.rectangle(box, outline=_HIDDEN, width=max(size // 12, 1))


def _at(size: int, *fractions: float) -> tuple[float, ...]:
    return tuple(size * each for each in fractions)


def _wall(draw: _Draw, size: int) -> None:
    """Two courses of bricks, the lower one shifted by half a brick."""
    draw.rectangle((0, 0, size, size), fill=_MORTAR)
    gap = 0.03
    for top, splits in ((0.0, (0.0, 0.5, 1.0)), (0.5, (-0.25, 0.25, 0.75, 1.25))):
        for left, right in pairwise(splits):
            brick = (left + gap, top + gap, right - gap, top + 0.5 - gap)
            draw.rectangle(_at(size, *brick), fill=_STONE)
            draw.rectangle(_at(size, *brick[:3], top + gap + 0.06), fill=_LIT)


def _key(draw: _Draw, size: int) -> None:
    edge = max(size // 24, 1)
    draw.rectangle(_at(size, 0.42, 0.44, 0.88, 0.56), fill=_GOLD, outline=_GOLD_EDGE, width=edge)
    for left in (0.62, 0.76):
        draw.rectangle(
            _at(size, left, 0.54, left + 0.1, 0.72), fill=_GOLD, outline=_GOLD_EDGE, width=edge
        )
    draw.ellipse(_at(size, 0.10, 0.30, 0.50, 0.70), fill=_GOLD, outline=_GOLD_EDGE, width=edge)
    draw.ellipse(_at(size, 0.22, 0.42, 0.38, 0.58), fill=FLOOR, outline=_GOLD_EDGE, width=edge)


def _chest(draw: _Draw, size: int) -> None:
    edge = max(size // 20, 1)
    draw.rounded_rectangle(
        _at(size, 0.10, 0.20, 0.90, 0.58), size * 0.18, fill=_WOOD, outline=_WOOD_EDGE, width=edge
    )
    draw.rectangle(_at(size, 0.10, 0.46, 0.90, 0.86), fill=_WOOD, outline=_WOOD_EDGE, width=edge)
    for left in (0.18, 0.72):
        draw.rectangle(_at(size, left, 0.22, left + 0.1, 0.84), fill=_BAND)
    draw.rectangle(_at(size, 0.10, 0.45, 0.90, 0.50), fill=_WOOD_EDGE)
    draw.rectangle(_at(size, 0.42, 0.42, 0.58, 0.64), fill=_BAND, outline=_WOOD_EDGE, width=edge)


def _player(draw: _Draw, size: int, *, small: bool) -> None:
    """A figure with a hood."""
    scale, left, top = (0.62, 0.36, 0.36) if small else (0.92, 0.04, 0.04)

    def at(*fractions: float) -> tuple[float, ...]:
        return tuple(
            size * ((left, top)[number % 2] + scale * each) for number, each in enumerate(fractions)
        )

    draw.ellipse(at(0.16, 0.42, 0.84, 1.30), fill=_BODY)
    draw.rectangle(at(0.0, 0.98, 1.0, 1.32), fill=FLOOR)
    draw.ellipse(at(0.24, 0.02, 0.76, 0.58), fill=_HOOD)
    draw.ellipse(at(0.33, 0.18, 0.67, 0.56), fill=_FACE)
    for x in (0.39, 0.54):
        draw.ellipse(at(x, 0.30, x + 0.08, 0.40), fill=_INK)
