"""Make procgen_tools/worlds/maze/pixel_tables.npz from the art of an installed procgen.

    python scripts/make_pixel_tables.py

The script reads the pictures of the installed `procgen` package and samples them as procgen's
painter does (see `worlds.maze.painter`), so that drawing a frame is a table look-up. Run it again
only when a table is added.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from procgen_tools.worlds.maze.agent_view import TABLES_PATH
from procgen_tools.worlds.maze.grid import FRAME_SIZE
from procgen_tools.worlds.maze.painter import CELL_OVERLAP, Painter, premultiplied

WORLD_SIZES = range(3, 27, 2)
"""The worlds of the maze have 15 and 25 squares, those of two objects all of these."""

BACKGROUNDS = ["floortiles", *(f"backgrounddetailed{number}" for number in range(1, 9))]


def load(path: Path) -> np.ndarray:
    return premultiplied(np.array(Image.open(path).convert("RGBA")))


def background(painter: Painter, picture: np.ndarray) -> np.ndarray:
    _, rows = painter.rows(0, painter.world_size, np.float32(0), picture.shape[0])
    _, columns = painter.columns(0, painter.world_size, np.float32(0), picture.shape[1])
    return picture[np.ix_(rows, columns)][..., :3]


def wall_layers(painter: Painter, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cells that cover each pixel, in painting order, and their wall texture.

    Neighbouring cells share a few lines of pixels, so up to four cells cover a pixel.
    Columns are painted from the left, and each column from the bottom. If fewer cells
    cover a pixel, cells repeat.
    """
    covering: list[list[list[tuple[int, np.ndarray]]]] = [
        [[] for _ in range(FRAME_SIZE)] for _ in range(FRAME_SIZE)
    ]
    size = painter.world_size
    for col in range(size):
        x, from_columns = painter.columns(col, 1, CELL_OVERLAP, picture.shape[1])
        for row in range(size):
            y, from_rows = painter.rows(row, 1, CELL_OVERLAP, picture.shape[0])
            for i, source_row in enumerate(from_rows):
                for j, source_col in enumerate(from_columns):
                    covering[y + i][x + j].append(
                        (row * size + col, picture[source_row, source_col, :3])
                    )
    cells = np.empty((4, FRAME_SIZE, FRAME_SIZE), np.int16)
    textures = np.empty((4, FRAME_SIZE, FRAME_SIZE, 3), np.uint8)
    for y in range(FRAME_SIZE):
        for x in range(FRAME_SIZE):
            stack = covering[y][x]
            for layer in range(4):
                cell, colour = stack[layer * len(stack) // 4]
                cells[layer, y, x] = cell
                textures[layer, y, x] = colour
    return cells, textures


def main() -> None:
    import procgen

    assets = Path(procgen.__file__).parent / "data" / "assets"
    wall = load(assets / "kenney/Ground/Sand/sandCenter.png")
    cheese = load(assets / "misc_assets/cheese.png")
    mouse = load(assets / "kenney/Enemies/mouse_move.png")
    pictures = [load(assets / "topdown_backgrounds" / f"{name}.png") for name in BACKGROUNDS]
    tables: dict[str, np.ndarray] = {}
    kinds: list[np.ndarray] = []
    for size in WORLD_SIZES:
        painter = Painter(size)
        tables[f"{size}/cells"], tables[f"{size}/textures"] = wall_layers(painter, wall)
        # Rounding makes two kinds of backgrounds; many sizes share one.
        shown = np.stack([background(painter, picture) for picture in pictures])
        kind = next((k for k, other in enumerate(kinds) if np.array_equal(other, shown)), None)
        if kind is None:
            kind = len(kinds)
            kinds.append(shown)
            tables[f"backgrounds/{kind}"] = shown
        tables[f"{size}/background_kind"] = np.array(kind)
        for name, picture, overlap in (
            ("cheese", cheese, CELL_OVERLAP),
            ("mouse", mouse, np.float32(0)),
            ("mirrored_mouse", mouse[:, ::-1], np.float32(0)),
        ):
            sprite = painter.sprite(picture, overlap)
            for part in ("top", "left", "pixels"):
                tables[f"{size}/{name}/{part}"] = getattr(sprite, part)
    np.savez_compressed(TABLES_PATH, **tables)
    print(f"{TABLES_PATH}: {TABLES_PATH.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
