"""Make procgen_tools/worlds/maze/pixel_tables.npz from the art of an installed procgen.

    python scripts/make_pixel_tables.py

The script reads the pictures of the installed `procgen` package and samples them like procgen's
painter for 64 x 64 observations, so that drawing a frame is a table look-up. Run it again only
when a world size is added. As measured, the painter computes the rectangle of each picture in
float32 and rounds its corners. Pixels take the nearest source pixel in 16.16 fixed point.
Colours are premultiplied by their opacity with rounding (t + (t >> 8) + 128) >> 8.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from PIL import Image

FRAME = 64
WORLD_SIZES = (15, 25)
CELL_OVERLAP = np.float32(0.02)  # cells are painted this much larger on every side
OUTPUT = Path(__file__).parents[1] / "procgen_tools" / "worlds" / "maze" / "pixel_tables.npz"
BACKGROUNDS = ["floortiles", *(f"backgrounddetailed{number}" for number in range(1, 9))]
f32 = np.float32


def load_premultiplied(path: Path) -> np.ndarray:
    rgba = np.array(Image.open(path).convert("RGBA")).astype(np.int64)
    product = rgba[..., :3] * rgba[..., 3:]
    rgba[..., :3] = (product + (product >> 8) + 0x80) >> 8
    return rgba.astype(np.uint8)


def sample_axis(start: float, length: float, source_length: int) -> tuple[int, list[int]]:
    """The first pixel that a rectangle covers, and the source coordinate of each covered pixel."""
    first = max(0, math.floor(start + 0.5))
    end = min(FRAME, math.floor(start + length + 0.5))
    step = int(65536 / (length / source_length))
    position = math.ceil((first + 0.5 - start) * step) - 1
    return first, [min(source_length - 1, (position + k * step) >> 16) for k in range(end - first)]


class Painter:
    """The positions at which procgen paints in a frame of a world of `world_size` squares."""

    def __init__(self, world_size: int) -> None:
        self.size = world_size
        self.unit = f32(FRAME) / f32(world_size)
        self.view = f32(FRAME) / self.unit
        # Not quite zero in easy mode, where unit is not exact in float32; it moves pixels.
        self.offset = self.unit * (f32(world_size) * f32(0.5) - self.view * f32(0.5))

    def columns(self, col: int, squares: int, overlap: np.float32, source: int):
        start = (f32(col) - overlap) * self.unit - self.offset
        return sample_axis(float(start), self._length(squares, overlap), source)

    def rows(self, row: int, squares: int, overlap: np.float32, source: int):
        start = (self.view - f32(row + squares) - overlap) * self.unit + self.offset
        return sample_axis(float(start), self._length(squares, overlap), source)

    def _length(self, squares: int, overlap: np.float32) -> float:
        return float((f32(squares) + f32(2) * overlap) * self.unit)

    def background(self, picture: np.ndarray) -> np.ndarray:
        _, rows = self.rows(0, self.size, f32(0), picture.shape[0])
        _, columns = self.columns(0, self.size, f32(0), picture.shape[1])
        return picture[np.ix_(rows, columns)][..., :3]

    def wall_layers(self, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The cells that cover each pixel, in painting order, and their wall texture.

        Neighbouring cells share a few lines of pixels, so up to four cells cover a pixel.
        Columns are painted from the left, and each column from the bottom. If fewer cells
        cover a pixel, cells repeat.
        """
        covering: list[list[list[tuple[int, np.ndarray]]]] = [
            [[] for _ in range(FRAME)] for _ in range(FRAME)
        ]
        for col in range(self.size):
            x, from_columns = self.columns(col, 1, CELL_OVERLAP, picture.shape[1])
            for row in range(self.size):
                y, from_rows = self.rows(row, 1, CELL_OVERLAP, picture.shape[0])
                for i, source_row in enumerate(from_rows):
                    for j, source_col in enumerate(from_columns):
                        covering[y + i][x + j].append(
                            (row * self.size + col, picture[source_row, source_col, :3])
                        )
        cells = np.empty((4, FRAME, FRAME), np.int16)
        textures = np.empty((4, FRAME, FRAME, 3), np.uint8)
        for y in range(FRAME):
            for x in range(FRAME):
                stack = covering[y][x]
                for layer in range(4):
                    cell, colour = stack[layer * len(stack) // 4]
                    cells[layer, y, x] = cell
                    textures[layer, y, x] = colour
        return cells, textures

    def sprite(self, picture: np.ndarray, overlap: np.float32):
        """First pixel row and column at each square's row and column, and the pixels.

        Pixels are (row, col, pixel row, pixel col, 4): premultiplied red, green, blue, and
        opacity, zero beyond the sprite.
        """
        rows = [self.rows(row, 1, overlap, picture.shape[0]) for row in range(self.size)]
        columns = [self.columns(col, 1, overlap, picture.shape[1]) for col in range(self.size)]
        side = max(len(sources) for _, sources in rows + columns)
        pixels = np.zeros((self.size, self.size, side, side, 4), np.uint8)
        for row, (_, from_rows) in enumerate(rows):
            for col, (_, from_columns) in enumerate(columns):
                pixels[row, col, : len(from_rows), : len(from_columns)] = picture[
                    np.ix_(from_rows, from_columns)
                ]
        # A patch must lie inside the frame even where the sprite is narrower than its side.
        top = np.array([first for first, _ in rows], np.int16)
        left = np.array([first for first, _ in columns], np.int16)
        for number, starts in (("row", top), ("col", left)):
            for index, start in enumerate(starts):
                shift = max(0, int(start) + side - FRAME)
                if shift:
                    line = pixels[index] if number == "row" else pixels[:, index]
                    axis = -3 if number == "row" else -2
                    line[...] = np.roll(line, shift, axis)
                    starts[index] -= shift
        return top, left, pixels


def main() -> None:
    import procgen

    assets = Path(procgen.__file__).parent / "data" / "assets"
    wall = load_premultiplied(assets / "kenney/Ground/Sand/sandCenter.png")
    cheese = load_premultiplied(assets / "misc_assets/cheese.png")
    mouse = load_premultiplied(assets / "kenney/Enemies/mouse_move.png")
    backgrounds = [
        load_premultiplied(assets / "topdown_backgrounds" / f"{name}.png") for name in BACKGROUNDS
    ]
    tables: dict[str, np.ndarray] = {}
    for size in WORLD_SIZES:
        painter = Painter(size)
        cells, textures = painter.wall_layers(wall)
        tables[f"{size}/cells"] = cells
        tables[f"{size}/textures"] = textures
        tables[f"{size}/backgrounds"] = np.stack([painter.background(b) for b in backgrounds])
        for name, picture, overlap in (
            ("cheese", cheese, CELL_OVERLAP),
            ("mouse", mouse, f32(0)),
            ("mirrored_mouse", mouse[:, ::-1], f32(0)),
        ):
            for part, table in zip(
                ("top", "left", "pixels"), painter.sprite(picture, overlap), strict=True
            ):
                tables[f"{size}/{name}/{part}"] = table
    np.savez_compressed(OUTPUT, **tables)
    print(f"{OUTPUT}: {OUTPUT.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
