"""The painter's rectangles and pixels: against those stored from procgen's art."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools.worlds.maze.agent_view import pixel_tables
from procgen_tools.worlds.maze.painter import CELL_OVERLAP, Painter, premultiplied


def test_squares_of_a_small_world_begin_at_the_measured_columns() -> None:
    """Cells overlap their neighbours by a pixel at some borders; the mouse does not."""
    cells = [Painter(5).columns(col, 1, CELL_OVERLAP, 128) for col in range(5)]
    assert [(first, first + len(sources)) for first, sources in cells] == [
        (0, 13),
        (13, 26),
        (25, 39),
        (38, 51),
        (51, 64),
    ]
    mice = [Painter(5).columns(col, 1, np.float32(0), 128) for col in range(5)]
    assert [first for first, _ in mice] == [0, 13, 26, 38, 51]


@pytest.mark.parametrize("world_size", [5, 15, 25])
def test_a_sprite_lies_where_the_stored_ones_do(world_size: int) -> None:
    """A full square covers the pixels that the cheese's patches may cover, and no others."""
    full = np.full((27, 27, 4), 255, np.uint8)
    sprite, cheese = Painter(world_size).sprite(full), pixel_tables(world_size).cheese
    assert np.array_equal(sprite.top, cheese.top)
    assert np.array_equal(sprite.left, cheese.left)
    assert sprite.pixels.shape == cheese.pixels.shape
    assert ((sprite.pixels[..., 3] > 0) >= (cheese.pixels[..., 3] > 0)).all()


def test_patches_stay_inside_the_frame() -> None:
    sprite = Painter(25).sprite(np.full((9, 9, 4), 255, np.uint8))
    side = sprite.pixels.shape[2]
    assert sprite.top.max() + side <= 64
    assert sprite.left.max() + side <= 64
    # The last column is drawn to the very edge: shifted within its patch, not lost.
    assert sprite.pixels[0, -1, -1, -1, 3] == 255


def test_colours_are_multiplied_by_their_opacity() -> None:
    picture = np.array([[[200, 100, 0, 255], [200, 100, 0, 0], [200, 100, 0, 128]]], np.uint8)
    assert premultiplied(picture).tolist() == [
        [[200, 100, 0, 255], [0, 0, 0, 0], [100, 50, 0, 128]]
    ]
