"""How procgen paints pictures into a 64 x 64 frame: rectangles in float32, nearest source pixels.

As measured, procgen's painter computes the rectangle of each picture in float32 and rounds its
corners. A pixel takes the nearest source pixel in 16.16 fixed point. Colours are premultiplied by
their opacity with rounding (t + (t >> 8) + 128) >> 8.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int16, UInt8

from procgen_tools.shown import brief
from procgen_tools.worlds.maze.grid import FRAME_SIZE

CELL_OVERLAP = np.float32(0.02)
"""Cells are painted this much larger on every side, in squares."""

RGBA = UInt8[np.ndarray, "height width 4"]

_f32 = np.float32


@dataclass(frozen=True, eq=False)
class Sprite:
    """A picture, rendered at every square of the outer grid.

    Attributes:
        top: (row,): first pixel row of the patch, by the square's row.
        left: (col,): first pixel column, by the square's column.
        pixels: (row, col, pixel_row, pixel_col, 4): red, green and blue, premultiplied by opacity,
            and opacity. Opacity is 0 beyond the picture.
    """

    top: Int16[np.ndarray, " row"]
    left: Int16[np.ndarray, " col"]
    pixels: UInt8[np.ndarray, "row col pixel_row pixel_col 4"]

    __repr__ = brief


def premultiplied(picture: RGBA) -> RGBA:
    """A picture whose colours are multiplied by their opacity, with procgen's rounding.

    Example:
        >>> premultiplied(np.array([[[255, 100, 0, 128]]], np.uint8)).tolist()
        [[[128, 50, 0, 128]]]
    """
    rgba = picture.astype(np.int64)
    product = rgba[..., :3] * rgba[..., 3:]
    rgba[..., :3] = (product + (product >> 8) + 0x80) >> 8
    return rgba.astype(np.uint8)


@dataclass(frozen=True)
class Painter:
    """The positions at which procgen paints in a frame of a world.

    Attributes:
        world_size: side of the outer grid in squares.

    Example:
        >>> Painter(5).columns(1, 1, np.float32(0), 128)[0]  # squares are 12.8 pixels wide
        13
    """

    world_size: int

    @property
    def unit(self) -> np.float32:
        """The side of a square in pixels."""
        return _f32(FRAME_SIZE) / _f32(self.world_size)

    @property
    def _view(self) -> np.float32:
        return _f32(FRAME_SIZE) / self.unit

    @property
    def _offset(self) -> np.float32:
        # Not quite zero where the unit is not exact in float32; it moves pixels.
        return _f32(self.unit * (_f32(self.world_size) * _f32(0.5) - self._view * _f32(0.5)))

    def columns(
        self, col: int, squares: int, overlap: np.float32, source: int
    ) -> tuple[int, list[int]]:
        """The first pixel column that a picture covers, and the source column of each.

        Args:
            col: the outer column of its leftmost square.
            squares: the width of the picture in squares.
            overlap: how far the picture extends on every side, in squares.
            source: the width of the picture in source pixels.
        """
        start = (_f32(col) - overlap) * self.unit - self._offset
        return _sample_axis(float(start), self._length(squares, overlap), source)

    def rows(
        self, row: int, squares: int, overlap: np.float32, source: int
    ) -> tuple[int, list[int]]:
        """The first pixel row that a picture covers, and the source row of each (see `columns`)."""
        start = (self._view - _f32(row + squares) - overlap) * self.unit + self._offset
        return _sample_axis(float(start), self._length(squares, overlap), source)

    def _length(self, squares: int, overlap: np.float32) -> float:
        return float((_f32(squares) + _f32(2) * overlap) * self.unit)

    def sprite(self, picture: RGBA, overlap: np.float32 = CELL_OVERLAP) -> Sprite:
        """A premultiplied picture, rendered at every square.

        Args:
            picture: see `premultiplied`.
            overlap: how far the picture extends on every side, in squares.
        """
        size = self.world_size
        rows = [self.rows(row, 1, overlap, picture.shape[0]) for row in range(size)]
        columns = [self.columns(col, 1, overlap, picture.shape[1]) for col in range(size)]
        side = max(len(sources) for _, sources in rows + columns)
        pixels = np.zeros((size, size, side, side, 4), np.uint8)
        for row, (_, from_rows) in enumerate(rows):
            for col, (_, from_columns) in enumerate(columns):
                pixels[row, col, : len(from_rows), : len(from_columns)] = picture[
                    np.ix_(from_rows, from_columns)
                ]
        # A patch must lie inside the frame even where the picture is narrower than its side.
        top = np.array([first for first, _ in rows], np.int16)
        left = np.array([first for first, _ in columns], np.int16)
        for by_column, starts in ((False, top), (True, left)):
            for index, start in enumerate(starts.tolist()):
                shift = max(0, start + side - FRAME_SIZE)
                if shift:
                    line = pixels[:, index] if by_column else pixels[index]
                    line[...] = np.roll(line, shift, -2 if by_column else -3)
                    starts[index] -= shift
        return Sprite(top, left, pixels)


def _sample_axis(start: float, length: float, source_length: int) -> tuple[int, list[int]]:
    """The first pixel that a rectangle covers, and the source coordinate of each covered pixel."""
    first = max(0, math.floor(start + 0.5))
    end = min(FRAME_SIZE, math.floor(start + length + 0.5))
    step = int(65536 / (length / source_length))
    position = math.ceil((first + 0.5 - start) * step) - 1
    return first, [min(source_length - 1, (position + k * step) >> 16) for k in range(end - first)]
