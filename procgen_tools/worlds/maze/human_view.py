"""Large pictures of a maze for people, with squares that can be located in pixels.

Agents see `agent_view` instead. The art is in `human_art.npz`, made by `scripts/make_human_art.py`:
wall and mouse by Kenney (CC0), backgrounds by davis123 (CC-BY 3.0). Pixel (0, 0) is at the top
left, x increases to the right and y downwards.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image

from procgen_tools.checks import whole_number
from procgen_tools.worlds.maze.grid import GREY, WALL, GridLevel, Square, check_inside

FRAME_PIXELS = 512
"""Side of procgen's own human picture, in pixels."""

SHADOW, RIM = 0.55, 0.62
"""What the colours of the floor below walls, and of the edges of walls, are multiplied by."""
SHADOW_DEPTH, RIM_WIDTH = 1 / 7, 1 / 16
"""In squares."""


class Rectangle(NamedTuple):
    """Pixels of a picture, `picture[top:bottom, left:right]`."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Layout:
    """The places of a maze's squares in its picture.

    Attributes:
        maze_size: side of the inner grid, in squares.
        margin: squares of the world that are shown to the left of and below the inner grid.
        span: squares per side of the picture.
        pixels: pixels per side of the picture.

    Raises:
        TypeError: `pixels` is not a whole number.
        ValueError: fewer pixels than squares.
    """

    maze_size: int
    margin: int
    span: int
    pixels: int

    def __post_init__(self) -> None:
        whole_number("pixels", self.pixels)
        if self.pixels < self.span:
            raise ValueError(
                f"{self.pixels} pixels cannot show {self.span} squares in a row: "
                "give at least one pixel per square"
            )

    @property
    def edges(self) -> list[int]:
        """The `span` + 1 pixel columns at which squares begin and end."""
        return [
            (2 * index * self.pixels + self.span) // (2 * self.span)
            for index in range(self.span + 1)
        ]

    def rectangle(self, square: tuple[int, int]) -> Rectangle:
        """The pixels of an inner square.

        Raises:
            ValueError: a square outside the maze.
        """
        row, col = check_inside(square, self.maze_size, "rectangle")
        column, line = col + self.margin, self.span - 1 - (row + self.margin)
        edges = self.edges
        return Rectangle(edges[column], edges[line], edges[column + 1], edges[line + 1])

    def centre(self, square: tuple[int, int]) -> tuple[float, float]:
        """The (x, y) of the middle of an inner square, in pixels."""
        left, top, right, bottom = self.rectangle(square)
        return (left + right) / 2, (top + bottom) / 2

    def square_at(self, x: int | float, y: int | float) -> Square | None:
        """The inner square at a pixel, such as that of a click, or None outside the maze."""
        if not (0 <= x < self.pixels and 0 <= y < self.pixels):
            return None
        edges = self.edges
        col = bisect_right(edges, x) - 1 - self.margin
        row = self.span - bisect_right(edges, y) - self.margin
        if 0 <= row < self.maze_size and 0 <= col < self.maze_size:
            return Square(row, col)
        return None


def layout(maze: GridLevel, *, square_pixels: int = 32, whole_world: bool = False) -> Layout:
    """The layout of `human_view` with the same arguments."""
    span = maze.world_size if whole_world else maze.size
    margin = maze.padding if whole_world else 0
    return Layout(maze.size, margin, span, span * whole_number("square_pixels", square_pixels))


def frame_layout(maze: GridLevel, *, pixels: int = FRAME_PIXELS) -> Layout:
    """The layout of `human_frame`."""
    return Layout(maze.size, maze.padding, maze.world_size, pixels)


def human_view(
    maze: GridLevel, *, square_pixels: int = 32, whole_world: bool = False
) -> UInt8[np.ndarray, "height width 3"]:
    """A picture of the maze for people.

    Args:
        maze: the maze.
        square_pixels: pixels per side of a square; at least 12 for recognisable objects.
        whole_world: show the outer grid, as agents see it, instead of the maze only.

    Raises:
        ValueError: less than one pixel per square.
    """
    return _paint(maze, layout(maze, square_pixels=square_pixels, whole_world=whole_world))


def human_frame(
    maze: GridLevel, *, pixels: int = FRAME_PIXELS
) -> UInt8[np.ndarray, "height width 3"]:
    """The whole world in a picture of `pixels` x `pixels`, as in `venv.render`."""
    return _paint(maze, frame_layout(maze, pixels=pixels))


def _paint(maze: GridLevel, place: Layout) -> UInt8[np.ndarray, "height width 3"]:
    side = place.pixels
    first = maze.padding - place.margin
    shown = slice(first, first + place.span)
    cell_of_pixel = np.repeat(np.arange(place.span), np.diff(place.edges))
    wall_cells = (maze.cells()[shown, shown] == WALL)[::-1]
    wall = wall_cells[cell_of_pixel][:, cell_of_pixel]

    picture = np.where(wall[..., None], _wall(side, place.span), _floor(maze, place))
    square = side / place.span
    _darken(picture, _shadow(wall, depth=round(square * SHADOW_DEPTH)), SHADOW)
    _darken(picture, _rim(wall, width=round(square * RIM_WIDTH)), RIM)
    for where, drawn in maze.pictures():
        _stamp(picture, drawn, place.rectangle(where), mirrored=False)
    _stamp(picture, art("mouse"), place.rectangle(maze.mouse), mirrored=maze.mouse_mirrored)
    return picture


def _shadow(wall: Bool[np.ndarray, "height width"], depth: int) -> Bool[np.ndarray, "height width"]:
    """Floor pixels in the shadow of the walls, with light from the top left."""
    shade = np.pad(wall, ((1, 0), (1, 0)), constant_values=True)
    for _ in range(depth):
        # There are walls outside the picture, as around every maze.
        shade[1:, 1:] |= shade[:-1, :-1].copy()
    return shade[1:, 1:] & ~wall


def _rim(wall: Bool[np.ndarray, "height width"], width: int) -> Bool[np.ndarray, "height width"]:
    """Wall pixels at most `width` pixels from the floor."""
    near: np.ndarray = ~wall
    for _ in range(width):
        grown = near.copy()
        grown[1:] |= near[:-1]
        grown[:-1] |= near[1:]
        grown[:, 1:] |= near[:, :-1]
        grown[:, :-1] |= near[:, 1:]
        near = grown
    near &= wall
    return near


def _darken(
    picture: UInt8[np.ndarray, "height width 3"],
    where: Bool[np.ndarray, "height width"],
    factor: float,
) -> None:
    picture[where] = (picture[where] * np.float32(factor)).astype(np.uint8)


def _stamp(
    picture: UInt8[np.ndarray, "height width 3"],
    drawn: UInt8[np.ndarray, "drawn_height drawn_width 4"],
    place: Rectangle,
    *,
    mirrored: bool,
) -> None:
    left, top, right, bottom = place
    sprite = _resized(drawn.tobytes(), drawn.shape[:2], right - left, bottom - top)
    if mirrored:
        sprite = sprite[:, ::-1]
    alpha = sprite[..., 3:].astype(np.float32) / 255
    target = picture[top:bottom, left:right]
    target[...] = np.rint(sprite[..., :3] * alpha + target * (1 - alpha)).astype(np.uint8)


@cache
def _art() -> dict[str, np.ndarray]:
    with np.load(Path(__file__).with_name("human_art.npz")) as file:
        return {name: file[name] for name in file.files}


@cache
def _photograph(name: str) -> Image.Image:
    """A picture that is stored as JPEG bytes."""
    return Image.open(io.BytesIO(photograph(name))).convert("RGB")


def art(name: str) -> UInt8[np.ndarray, "height width 4"]:
    """The large picture of the 'cheese' or the 'mouse', with opacity.

    Example:
        >>> art("mouse").shape
        (96, 96, 4)
    """
    return _art()[name]


def photograph(name: str) -> bytes:
    """The JPEG file of the "wall", or of a background such as "background_0".

    Example:
        >>> photograph("wall")[:2].hex()
        'ffd8'
    """
    return _art()[name].tobytes()


@lru_cache(maxsize=64)
def _resized(
    pixels: bytes, shape: tuple[int, int], width: int, height: int
) -> UInt8[np.ndarray, "height width 4"]:
    picture = Image.fromarray(np.frombuffer(pixels, np.uint8).reshape(*shape, 4))
    return np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS))


@lru_cache(maxsize=8)
def _wall(pixels: int, span: int) -> UInt8[np.ndarray, "height width 3"]:
    """A picture full of sand, with one tile per square."""
    side = max(1, round(pixels / span))
    tile = np.asarray(_photograph("wall").resize((side, side), Image.Resampling.LANCZOS))
    times = -(-pixels // side)
    return np.tile(tile, (times, times, 1))[:pixels, :pixels]


@lru_cache(maxsize=16)
def _background(
    index: int, pixels: int, box: tuple[float, float, float, float]
) -> UInt8[np.ndarray, "height width 3"]:
    picture = _photograph(f"background_{index}")
    return np.asarray(picture.resize((pixels, pixels), Image.Resampling.BICUBIC, box=box))


def _floor(maze: GridLevel, place: Layout) -> UInt8[np.ndarray, "height width 3"]:
    """The visible part of the background, which is stretched over the world."""
    if not isinstance(maze.background, int):
        shade = GREY if maze.background == "grey" else 0
        return np.full((place.pixels, place.pixels, 3), shade, dtype=np.uint8)
    source = _photograph(f"background_{maze.background}").width / maze.world_size
    left = maze.padding - place.margin
    top = maze.world_size - left - place.span
    corners = (left, top, left + place.span, top + place.span)
    left_x, top_y, right_x, bottom_y = (source * corner for corner in corners)
    return _background(maze.background, place.pixels, (left_x, top_y, right_x, bottom_y))
