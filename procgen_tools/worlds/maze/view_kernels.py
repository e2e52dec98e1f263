"""Compiled loops that draw 64 x 64 observations from the pixel tables. Callers check arguments."""

from __future__ import annotations

from numba import njit

from procgen_tools.worlds.maze.grid import CHEESE, WALL

NO_BACKGROUND = 255


@njit(cache=True, nogil=True)
def blend(below, colour, opacity):
    """Premultiplied source-over with procgen's rounding."""
    product = int(below) * (255 - int(opacity))
    return colour + ((product + (product >> 8) + 0x80) >> 8)


@njit(cache=True, nogil=True)
def draw_level(frame, cells, background, backgrounds, layer_cells, textures, top, left, cheese):
    """One frame without its mouse: background, walls, cheese.

    cells is the flat outer grid. Up to four cells cover a pixel, painted in the order of the
    layers. Walls are opaque, so the last wall is visible. Cells painted after the cheese's never
    cover a pixel of the cheese (which is tested), so the cheese can be drawn last.
    """
    side = frame.shape[0]
    for y in range(side):
        for x in range(side):
            layer = 3
            while layer >= 0 and cells[layer_cells[layer, y, x]] != WALL:
                layer -= 1
            for c in range(3):
                if layer >= 0:
                    frame[y, x, c] = textures[layer, y, x, c]
                elif background == NO_BACKGROUND:
                    frame[y, x, c] = 0
                else:
                    frame[y, x, c] = backgrounds[background, y, x, c]
    world = len(top)
    for col in range(world):
        for row in range(world):
            if cells[row * world + col] == CHEESE:
                draw_sprite(frame, row, col, top, left, cheese)


@njit(cache=True, nogil=True)
def draw_sprite(frame, row, col, top, left, pixels):
    """Blend a sprite at an outer square over the frame."""
    for i in range(pixels.shape[2]):
        y = top[row] + i
        for j in range(pixels.shape[3]):
            opacity = pixels[row, col, i, j, 3]
            if opacity == 0:
                continue
            x = left[col] + j
            for c in range(3):
                frame[y, x, c] = blend(frame[y, x, c], pixels[row, col, i, j, c], opacity)


@njit(cache=True, nogil=True)
def draw_levels(frames, cells, background, backgrounds, layer_cells, textures, top, left, cheese):
    for i in range(len(frames)):
        draw_level(
            frames[i],
            cells[i].ravel(),
            background[i],
            backgrounds,
            layer_cells,
            textures,
            top,
            left,
            cheese,
        )


@njit(cache=True, nogil=True)
def draw_mice(frames, squares, mirrored, top, left, mouse, mirrored_mouse):
    """squares (frame, 2): outer row and column of each mouse."""
    for i in range(len(frames)):
        row, col = squares[i, 0], squares[i, 1]
        draw_sprite(frames[i], row, col, top, left, mirrored_mouse if mirrored[i] else mouse)
