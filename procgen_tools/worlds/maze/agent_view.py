"""The observations of agents: 64 x 64 frames, equal to procgen's in every pixel.

A frame is drawn by table look-up: each pixel shows the wall texture if a cell that covers it is a
wall, and otherwise the background; then the objects and the mouse are blended in. The tables are
made by scripts/make_pixel_tables.py. Frames are (row, column, RGB) bytes with row 0 at the top of
the picture, whereas rows of squares count from the bottom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int, Int16, Shaped, UInt8

from procgen_tools.shown import brief
from procgen_tools.worlds.maze import view_kernels as kernels
from procgen_tools.worlds.maze.grid import (
    CHEESE,
    FRAME_SIZE,
    NUM_BACKGROUNDS,
    OPEN,
    WALL,
    GridLevel,
    check_inside,
)
from procgen_tools.worlds.maze.painter import Sprite

TABLES_PATH = Path(__file__).with_name("pixel_tables.npz")


@dataclass(frozen=True, eq=False)
class PixelTables:
    """The tables to draw observations of one world size.

    Attributes:
        layer_cells: (layer, y, x): flat index of the outer cells that cover a pixel, in the order
            of painting. Cells repeat if fewer than four cover the pixel.
        textures: (layer, y, x, 3): the colour of this cell's wall at this pixel.
        backgrounds: (background, y, x, 3).
        cheese, mouse, mirrored_mouse: the sprites.
    """

    layer_cells: Int16[np.ndarray, "4 64 64"]
    textures: UInt8[np.ndarray, "4 64 64 3"]
    backgrounds: UInt8[np.ndarray, "background 64 64 3"]
    cheese: Sprite
    mouse: Sprite
    mirrored_mouse: Sprite

    __repr__ = brief

    @property
    def level_arguments(self) -> tuple[Shaped[np.ndarray, " ..."], ...]:
        """The tables in the order of the arguments of `kernels.draw_level`, without the sprites."""
        return self.backgrounds, self.layer_cells, self.textures

    @property
    def mouse_arguments(self) -> tuple[Shaped[np.ndarray, " ..."], ...]:
        """The tables in the order of the arguments of `kernels.draw_mice`."""
        mouse = self.mouse
        return mouse.top, mouse.left, mouse.pixels, self.mirrored_mouse.pixels


@cache
def pixel_tables(world_size: int) -> PixelTables:
    """The tables for an outer grid with `world_size` squares per side, read once.

    Raises:
        ValueError: there are no tables for this size.
    """
    with np.load(TABLES_PATH, allow_pickle=False) as stored:
        if f"{world_size}/cells" not in stored:
            sizes = sorted(int(name.split("/")[0]) for name in stored if name.endswith("/cells"))
            raise ValueError(
                f"no pixel tables for a world of {world_size} squares: use one of "
                f"{sizes}, or add it in scripts/make_pixel_tables.py"
            )

        def sprite(name: str) -> Sprite:
            parts = (stored[f"{world_size}/{name}/{part}"] for part in ("top", "left", "pixels"))
            return Sprite(*parts)

        return PixelTables(
            stored[f"{world_size}/cells"],
            stored[f"{world_size}/textures"],
            stored[f"backgrounds/{stored[f'{world_size}/background_kind']}"],
            sprite("cheese"),
            sprite("mouse"),
            sprite("mirrored_mouse"),
        )


def draw_levels(
    cells: UInt8[np.ndarray, "frame row col"],
    backgrounds: UInt8[np.ndarray, " background"],
    sprites: Sequence[Sprite] | None = None,
) -> UInt8[np.ndarray, "frame 64 64 3"]:
    """Draw frames without the mouse.

    Args:
        cells: cell codes of outer grids: WALL, OPEN, and CHEESE + k for object k.
        backgrounds: index of each frame's picture, or an entry of `kernels.PLAIN`, such as
            `kernels.NO_BACKGROUND` for black.
        sprites: the sprite of each object, for this world size. Defaults to the cheese.

    Raises:
        TypeError: cells or backgrounds that are not whole numbers.
        ValueError: grids that are not square or of a world without tables, a number of
            backgrounds that differs from the number of grids, an unknown background, an object
            without a sprite, or sprites of different patch sizes or of another world.
    """
    # The compiled loop checks nothing: it would read outside its tables.
    cells, backgrounds = np.asarray(cells), np.asarray(backgrounds)
    _check_whole("cells", cells)
    _check_whole("backgrounds", backgrounds)
    if cells.ndim != 3 or cells.shape[1] != cells.shape[2] or backgrounds.shape != cells.shape[:1]:
        raise ValueError(
            f"grids of shape {cells.shape} and backgrounds of shape {backgrounds.shape} do not fit "
            "together: give (frame, row, col) with as many rows as columns, and one background "
            "per frame"
        )
    known = (backgrounds >= 0) & (backgrounds < NUM_BACKGROUNDS)
    for code in kernels.PLAIN.values():
        known |= backgrounds == code
    unknown = backgrounds[~known]
    if unknown.size:
        raise ValueError(
            f"background {unknown[0]} does not exist: use 0..{NUM_BACKGROUNDS - 1}, "
            f"{' or '.join(f'{code} for {name}' for name, code in kernels.PLAIN.items())}"
        )
    tables = pixel_tables(cells.shape[-1])
    shown = _stacked((tables.cheese,) if sprites is None else tuple(sprites), cells)
    frames = np.empty((len(cells), FRAME_SIZE, FRAME_SIZE, 3), np.uint8)
    kernels.draw_levels(
        frames, np.ascontiguousarray(cells), backgrounds, *tables.level_arguments, *shown
    )
    return frames


def _stacked(
    sprites: tuple[Sprite, ...], cells: UInt8[np.ndarray, "frame row col"]
) -> tuple[Shaped[np.ndarray, " ..."], ...]:
    """top, left and pixels of the sprites, with one row per object, after checks."""
    world_size = cells.shape[-1]
    objects = cells[(cells != WALL) & (cells != OPEN)]
    if objects.size and not CHEESE <= objects.min() <= objects.max() < CHEESE + len(sprites):
        wrong = objects[(objects < CHEESE) | (objects >= CHEESE + len(sprites))][0]
        raise ValueError(
            f"cell code {wrong} has no sprite: use {WALL} (wall), {OPEN} (open), and {CHEESE} up "
            f"to {CHEESE + len(sprites) - 1} for the {len(sprites)} objects given"
        )
    if any(sprite.pixels.shape[:2] != (world_size, world_size) for sprite in sprites):
        raise ValueError(
            f"a sprite is not for a world of {world_size} squares: render it for this world"
        )
    return _stack(sprites)


@lru_cache(maxsize=64)  # a step of a batch draws a few levels, in less time than stacking takes
def _stack(sprites: tuple[Sprite, ...]) -> tuple[Shaped[np.ndarray, " ..."], ...]:
    if len({sprite.pixels.shape for sprite in sprites}) > 1:
        raise ValueError("the sprites have patches of different sizes: render them alike")
    if not sprites:
        return np.empty((0, 0), np.int16), np.empty((0, 0), np.int16), np.empty((0,) * 6, np.uint8)
    return tuple(
        np.stack([getattr(sprite, part) for sprite in sprites])
        for part in ("top", "left", "pixels")
    )


def draw_mice(
    frames: UInt8[np.ndarray, "frame 64 64 3"],
    squares: Int[np.ndarray, "mouse 2"],
    mirrored: Bool[np.ndarray, " facing"],
    world_size: int,
) -> None:
    """Blend a mouse into each frame, in place, at outer squares (row, col).

    Raises:
        TypeError: frames that are not an array, or squares that are not whole numbers.
        ValueError: frames that are not writable (frame, 64, 64, 3) bytes, a number of squares or
            facings that differs from the number of frames, or a square outside.
    """
    if not isinstance(frames, np.ndarray):
        raise TypeError(
            f"frames are of type {type(frames).__name__}: give an array, which is drawn into"
        )
    shape = (len(frames) if frames.ndim else 0, FRAME_SIZE, FRAME_SIZE, 3)
    if frames.shape != shape or frames.dtype != np.uint8 or not frames.flags.writeable:
        raise ValueError(
            f"frames have shape {frames.shape} and type {frames.dtype}"
            f"{'' if frames.flags.writeable else ' and are read-only'}: give (frame, "
            f"{FRAME_SIZE}, {FRAME_SIZE}, 3) uint8 that can be written to, as draw_levels returns"
        )
    squares, mirrored = np.asarray(squares), np.asarray(mirrored)
    _check_whole("squares", squares)
    if squares.shape != (len(frames), 2) or mirrored.shape != (len(frames),):
        raise ValueError(
            f"squares of shape {squares.shape} and facings of shape {mirrored.shape} for "
            f"{len(frames)} frames: give a (row, col) and a bool for each frame"
        )
    outside = squares[((squares < 0) | (squares >= world_size)).any(axis=1)]
    if len(outside):
        raise ValueError(
            f"the mouse cannot be at outer square {tuple(outside[0].tolist())}: this world has "
            f"rows and columns 0..{world_size - 1}"
        )
    kernels.draw_mice(frames, squares, mirrored, *pixel_tables(world_size).mouse_arguments)


def _check_whole(name: str, array: Shaped[np.ndarray, "*any"]) -> None:
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} are of type {array.dtype}: give whole numbers")


def background_code(maze: GridLevel) -> int:
    """The maze's background as an argument of `draw_levels`."""
    background = maze.background
    if isinstance(background, int):
        return background
    return kernels.PLAIN["black" if background is None else background]


def draw_level(maze: GridLevel) -> UInt8[np.ndarray, "1 64 64 3"]:
    """The frame of one level, without the mouse."""
    backgrounds = np.array([background_code(maze)], np.uint8)
    frames: UInt8[np.ndarray, "1 64 64 3"] = draw_levels(
        maze.cells()[None], backgrounds, maze.sprites()
    )
    return frames


def agent_frames(
    maze: GridLevel, squares: Sequence[tuple[int, int]] | Int[np.ndarray, "frame 2"] | None = None
) -> UInt8[np.ndarray, "frame 64 64 3"]:
    """The observation with the mouse at each of `squares`, and everything else as in `maze`.

    Args:
        maze: the maze.
        squares: inner squares. Defaults to the mouse's own square.

    Raises:
        ValueError: a square outside the maze or in a wall.
    """
    places = [maze.mouse] if squares is None else squares
    chosen = [check_inside(square, maze.size, "mouse") for square in places]
    array = np.array(chosen, dtype=np.int64).reshape(-1, 2)
    in_wall = maze.walls[array[:, 0], array[:, 1]]
    if in_wall.any():
        wrong = tuple(array[in_wall][0].tolist())
        raise ValueError(
            f"the mouse cannot stand at {wrong}: that square is a wall; "
            "choose open squares, such as maze.open_squares()"
        )
    level = draw_level(maze)
    frames = np.repeat(level, len(array), axis=0)
    mirrored = np.full(len(array), maze.mouse_mirrored)
    draw_mice(frames, array + maze.padding, mirrored, maze.world_size)
    return frames


def agent_frame(maze: GridLevel) -> UInt8[np.ndarray, "64 64 3"]:
    """The observation of a maze."""
    frame: UInt8[np.ndarray, "64 64 3"] = agent_frames(maze)[0]
    return frame
