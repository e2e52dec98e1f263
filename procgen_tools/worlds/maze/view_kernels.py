"""Compiled loops that draw 64 x 64 observations from the pixel tables. Callers check arguments."""

from __future__ import annotations

from types import MappingProxyType

from numba import njit

from procgen_tools.worlds.maze.grid import CHEESE, GREY, WALL

NO_BACKGROUND = 255
GREY_BACKGROUND = 254
PLAIN = MappingProxyType({"black": NO_BACKGROUND, "grey": GREY_BACKGROUND})
"""The codes of backgrounds without a texture."""


@njit(cache=True, nogil=True)
def blend(below, colour, opacity):
    """Premultiplied source-over with procgen's rounding."""
    product = int(below) * (255 - int(opacity))
    return colour + ((product + (product >> 8) + 0x80) >> 8)


@njit(cache=True, nogil=True)
def draw_level(frame, cells, background, backgrounds, layer_cells, textures, tops, lefts, sprites):
    """One frame without its mouse: background, walls, objects.

    cells is the flat outer grid. Up to four cells cover a pixel, painted in the order of the
    layers. Walls are opaque, so the last wall is visible. Object k has code CHEESE + k, and the
    sprite of row k of tops, lefts and sprites.
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
                elif background == GREY_BACKGROUND:
                    frame[y, x, c] = GREY
                else:
                    frame[y, x, c] = backgrounds[background, y, x, c]
    if len(sprites) == 0:
        return
    world = tops.shape[1]
    for col in range(world):
        for row in range(world):
            thing = cells[row * world + col] - CHEESE
            if 0 <= thing < len(sprites):
                draw_object(
                    frame, cells, layer_cells, row, col, tops[thing], lefts[thing], sprites[thing]
                )


@njit(cache=True, nogil=True)
def draw_object(frame, cells, layer_cells, row, col, top, left, pixels):
    """Blend an object over the frame, except where a wall is painted after it."""
    cell = row * len(top) + col
    for i in range(pixels.shape[2]):
        y = top[row] + i
        for j in range(pixels.shape[3]):
            opacity = pixels[row, col, i, j, 3]
            if opacity == 0:
                continue
            x = left[col] + j
            layer = 3
            hidden = False
            while layer >= 0 and layer_cells[layer, y, x] != cell:
                hidden |= cells[layer_cells[layer, y, x]] == WALL
                layer -= 1
            if hidden:
                continue
            for c in range(3):
                frame[y, x, c] = blend(frame[y, x, c], pixels[row, col, i, j, c], opacity)


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
def draw_levels(
    frames, cells, background, backgrounds, layer_cells, textures, tops, lefts, sprites
):
    for i in range(len(frames)):
        draw_level(
            frames[i],
            cells[i].ravel(),
            background[i],
            backgrounds,
            layer_cells,
            textures,
            tops,
            lefts,
            sprites,
        )


@njit(cache=True, nogil=True)
def draw_mice(frames, squares, mirrored, top, left, mouse, mirrored_mouse):
    """squares (frame, 2): outer row and column of each mouse."""
    for i in range(len(frames)):
        row, col = squares[i, 0], squares[i, 1]
        draw_sprite(frames[i], row, col, top, left, mirrored_mouse if mirrored[i] else mouse)
