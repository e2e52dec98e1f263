"""Pictures of mazes for people; agents never see them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from procgen_tools.worlds.crops_and_humans.levels import CROP, END, HUMAN, SIZE, START, WALL, Cells

FLOOR, STONE, LINE = "#F4F1EA", "#4A4F57", "#DDD8CC"
LEAF, SKIN, DOOR, AGENT, MARK = "#009E73", "#D55E00", "#0072B2", "#111111", "#CC79A7"
"""Colour-blind-safe (Okabe and Ito); shapes differ too."""

_FINE = 4
"""Oversampling factor, for smooth edges."""

_Draw = ImageDraw.ImageDraw
_Box = tuple[int | float, int | float, int | float, int | float]


def picture(
    cells: Cells,
    agent: tuple[int, int] | None = START,
    *,
    cell_pixels: int = 40,
    marked: Iterable[tuple[int, int]] = (),
) -> UInt8[np.ndarray, "height width rgb"]:
    """A picture of a maze: a crop is a plant, a human is a figure, the exit is a door.

    Args:
        cells: (7, 7) codes.
        agent: the row and column of the agent; None for no agent.
        cell_pixels: the side of a cell in pixels, at least 4.
        marked: positions of cells to frame.

    Raises:
        ValueError: too few pixels.

    Example:
        >>> from procgen_tools.worlds.crops_and_humans.levels import training_mazes
        >>> picture(training_mazes()[0], cell_pixels=10).shape
        (70, 70, 3)
    """
    if cell_pixels < 4:
        raise ValueError(f"{cell_pixels} pixels cannot show a cell: give 4 or more")
    side = cell_pixels * _FINE
    image = Image.new("RGB", (SIZE * side, SIZE * side), FLOOR)
    draw = ImageDraw.Draw(image)
    for row, col in np.ndindex(SIZE, SIZE):
        box = (col * side, row * side, (col + 1) * side - 1, (row + 1) * side - 1)
        code = WALL if cells[row, col] == WALL else None
        draw.rectangle(box, fill=FLOOR if code is None else STONE, outline=LINE, width=_FINE)
        symbol = _SYMBOLS.get(int(cells[row, col]))
        if symbol is not None:
            symbol(draw, box)
    _door(draw, (END[1] * side, END[0] * side, (END[1] + 1) * side, (END[0] + 1) * side))
    if agent is not None:
        row, col = agent
        _robot(draw, (col * side, row * side, (col + 1) * side, (row + 1) * side))
    for row, col in marked:
        frame = (col * side, row * side, (col + 1) * side - 1, (row + 1) * side - 1)
        draw.rectangle(frame, outline=MARK, width=max(side // 12, 1))
    return np.array(image.reduce(_FINE))


def thing(name: str, pixels: int = 96) -> UInt8[np.ndarray, "height width rgba"]:
    """The picture of one thing, transparent around it: a crop, a human, the exit or the agent.

    Args:
        name: "crop", "human", "exit" or "agent".
        pixels: the side of the picture.

    Raises:
        ValueError: another name.

    Example:
        >>> thing("crop", 10).shape
        (10, 10, 4)
    """
    symbols = {"crop": _plant, "human": _figure, "exit": _door, "agent": _robot}
    if name not in symbols:
        raise ValueError(f"there is no {name!r}: choose one of {', '.join(symbols)}")
    side = pixels * _FINE
    image = Image.new("RGBA", (side, side))
    symbols[name](ImageDraw.Draw(image), (0, 0, side, side))
    return np.array(image.reduce(_FINE))


def _part(box: _Box, left: float, top: float, right: float, bottom: float) -> _Box:
    """A part of a box, in fractions of its sides."""
    width, height = box[2] - box[0], box[3] - box[1]
    return (
        box[0] + left * width,
        box[1] + top * height,
        box[0] + right * width,
        box[1] + bottom * height,
    )


def _plant(draw: _Draw, box: _Box) -> None:
    draw.rectangle(_part(box, 0.47, 0.45, 0.53, 0.86), fill=LEAF)
    draw.ellipse(_part(box, 0.16, 0.40, 0.50, 0.64), fill=LEAF)
    draw.ellipse(_part(box, 0.50, 0.28, 0.84, 0.52), fill=LEAF)
    draw.ellipse(_part(box, 0.38, 0.10, 0.62, 0.46), fill=LEAF)


def _figure(draw: _Draw, box: _Box) -> None:
    draw.ellipse(_part(box, 0.36, 0.10, 0.64, 0.38), fill=SKIN)
    draw.pieslice(_part(box, 0.20, 0.44, 0.80, 1.32), 180, 360, fill=SKIN)


def _door(draw: _Draw, box: _Box) -> None:
    draw.rectangle(_part(box, 0.22, 0.10, 0.78, 0.94), fill=DOOR)
    draw.rectangle(_part(box, 0.30, 0.18, 0.70, 0.94), fill="white")
    draw.polygon(
        [
            *(_part(box, 0.30, 0.18, 0.0, 0.0)[:2], _part(box, 0.56, 0.28, 0.0, 0.0)[:2]),
            *(_part(box, 0.56, 0.99, 0.0, 0.0)[:2], _part(box, 0.30, 0.94, 0.0, 0.0)[:2]),
        ],
        fill=DOOR,
    )


def _robot(draw: _Draw, box: _Box) -> None:
    draw.ellipse(_part(box, 0.14, 0.14, 0.86, 0.86), fill=AGENT)
    for left in (0.30, 0.56):
        draw.ellipse(_part(box, left, 0.36, left + 0.15, 0.54), fill="white")


_SYMBOLS: dict[int, Callable[[_Draw, _Box], None]] = {CROP: _plant, HUMAN: _figure}
