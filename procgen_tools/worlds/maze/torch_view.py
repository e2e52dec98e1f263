"""`agent_view` on torch tensors: the same frames, byte for byte, on any device.

This is a separate module, because `agent_view` does not need torch.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Int32, Int64, UInt8
from torch import Tensor

from procgen_tools.worlds.maze.agent_view import pixel_tables
from procgen_tools.worlds.maze.grid import CHEESE, FRAME_SIZE, GREY, NUM_BACKGROUNDS, WALL
from procgen_tools.worlds.maze.painter import Sprite
from procgen_tools.worlds.maze.view_kernels import GREY_BACKGROUND, NO_BACKGROUND

_FRAME_SHAPE = (FRAME_SIZE, FRAME_SIZE, 3)


class TorchView:
    """Draws observations of one world size on one device.

    Args:
        world_size: side of the outer grid in squares, such as 15 (easy) or 25 (hard).
        device: the device of the frames.
        sprites: the sprite of each object (see `agent_view.draw_levels`). Defaults to the cheese.

    Raises:
        ValueError: a world size without pixel tables.
    """

    def __init__(
        self,
        world_size: int,
        device: torch.device | str = "cpu",
        sprites: Sequence[Sprite] | None = None,
    ) -> None:
        tables = pixel_tables(world_size)
        self.world_size = world_size
        self.device = torch.device(device)
        cells = tables.layer_cells.reshape(len(tables.layer_cells), -1)
        black, grey = (
            np.zeros_like(tables.backgrounds[:1]),
            np.full_like(tables.backgrounds[:1], GREY),
        )
        self._layer_cells = self._put(cells.astype(np.int64))
        self._textures = self._put(_packed(tables.textures))
        self._backgrounds = self._put(_packed(np.concatenate([tables.backgrounds, black, grey])))
        numbers = np.full(256, -1)
        numbers[:NUM_BACKGROUNDS] = np.arange(NUM_BACKGROUNDS)
        numbers[[NO_BACKGROUND, GREY_BACKGROUND]] = NUM_BACKGROUNDS, NUM_BACKGROUNDS + 1
        self._background_numbers = self._put(numbers)
        shown = (tables.cheese,) if sprites is None else tuple(sprites)
        self._object_pixels = self._put(_patch_pixels(tables.cheese))
        self._objects = self._put(np.stack([_patch_colours(sprite) for sprite in shown]))
        self._later = self._put(_painted_later(tables.layer_cells, tables.cheese))
        self._mouse_pixels = self._put(_patch_pixels(tables.mouse))
        mice = [_patch_colours(sprite) for sprite in (tables.mouse, tables.mirrored_mouse)]
        self._mice = self._put(np.stack(mice))

    def draw_levels(
        self, cells: UInt8[Tensor, "frame row col"], backgrounds: UInt8[Tensor, " background"]
    ) -> UInt8[Tensor, "frame 64 64 3"]:
        """Draw frames without the mouse. Waits for the device.

        Args:
            cells: cell codes of outer grids: WALL, OPEN, and CHEESE + k for object k.
            backgrounds: index of each frame's picture, 255 for black, 254 for grey.

        Raises:
            ValueError: grids of another world size, or an unknown background.
        """
        side = self.world_size
        if cells.shape[1:] != (side, side) or backgrounds.shape != cells.shape[:1]:
            raise ValueError(
                f"cells have shape {tuple(cells.shape)} and backgrounds "
                f"{tuple(backgrounds.shape)}: give (frame, {side}, {side}) and (frame,)"
            )
        index = self._background_numbers[backgrounds.long()]
        if (index < 0).any():
            raise ValueError(
                f"background {int(backgrounds[index < 0][0])} does not exist: use "
                f"0..{NUM_BACKGROUNDS - 1}, {NO_BACKGROUND} for black or {GREY_BACKGROUND} for grey"
            )
        picture = self._backgrounds[index]
        channels = picture.view(torch.uint8).view(*picture.shape, 4)
        flat = cells.flatten(1)
        walls = flat == WALL
        # Up to four cells cover a pixel. The wall that is painted last is visible.
        for layer, texture in zip(self._layer_cells, self._textures, strict=True):
            covered = walls.gather(1, layer.expand(len(flat), -1))
            torch.where(covered, texture, picture, out=picture)
        # In painting order: columns from the left, each from the bottom.
        objects = (cells >= CHEESE) & (cells < CHEESE + len(self._objects))
        frame, col, row = objects.transpose(1, 2).nonzero(as_tuple=True)
        place = row * side + col
        number = (flat[frame, place] - CHEESE).long()
        turn = torch.arange(len(frame), device=self.device) - torch.searchsorted(frame, frame)
        for now in range(int(turn.max()) + 1 if len(turn) else 0):
            chosen = turn == now
            self._draw_objects(channels, walls, frame[chosen], place[chosen], number[chosen])
        return channels[..., :3].reshape(-1, *_FRAME_SHAPE).contiguous()

    def _draw_objects(
        self,
        channels: UInt8[Tensor, "frame pixel 4"],
        walls: Bool[Tensor, "frame cell"],
        frame: Int64[Tensor, " drawn"],
        place: Int64[Tensor, " drawn"],
        number: Int64[Tensor, " drawn"],
    ) -> None:
        """Blend one object into each of some frames, except where a later wall hides it."""
        pixels = self._objects[number, place]
        hidden = walls[frame[:, None, None], self._later[place]].any(dim=-1)
        which, spot = ((pixels[..., 3] > 0) & ~hidden).nonzero(as_tuple=True)
        at = frame[which], self._object_pixels[place][which, spot], slice(3)
        channels[at] = _blend(channels[at], pixels[which, spot])

    def draw_mice(
        self,
        frames: UInt8[Tensor, "frame 64 64 3"],
        squares: Int64[Tensor, "mouse 2"],
        mirrored: Bool[Tensor, " facing"],
    ) -> None:
        """Blend a mouse into each frame, in place.

        Squares must be in the outer grid. This is not checked, because a check would have to wait
        for the device.

        Args:
            frames: the frames, contiguous.
            squares: (row, col) in the outer grid.
            mirrored: whether the mouse faces right.

        Raises:
            ValueError: incompatible shapes, or frames that are not contiguous.
        """
        count = len(squares)
        if frames.shape != (count, *_FRAME_SHAPE) or mirrored.shape != (count,):
            raise ValueError(
                f"frames have shape {tuple(frames.shape)}, squares {tuple(squares.shape)} and "
                f"mirrored {tuple(mirrored.shape)}: give as many of each"
            )
        if not frames.is_contiguous():
            raise ValueError("the frames are not contiguous: draw into frames.contiguous()")
        places = squares[:, 0] * self.world_size + squares[:, 1]
        pixels = self._mouse_pixels[places].unsqueeze(-1).expand(-1, -1, 3)
        flat = frames.view(count, FRAME_SIZE**2, 3)
        sprite = self._mice[mirrored.long(), places]
        flat.scatter_(1, pixels, _blend(flat.gather(1, pixels), sprite))

    def _put(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self.device)


def _blend(below: UInt8[Tensor, "*pixel 3"], over: Int32[Tensor, "*pixel 4"]) -> Tensor:
    """Premultiplied source-over with procgen's rounding."""
    product = below * (255 - over[..., 3:])
    return (over[..., :3] + ((product + (product >> 8) + 0x80) >> 8)).to(torch.uint8)


def _packed(pictures: UInt8[np.ndarray, "picture 64 64 3"]) -> np.ndarray:
    """(picture, pixel): int32, the three bytes of a colour and a zero."""
    padded = np.pad(pictures.reshape(len(pictures), -1, 3), ((0, 0), (0, 0), (0, 1)))
    return padded.view(np.int32)[..., 0]


def _patch_pixels(sprite: Sprite) -> np.ndarray:
    """(square, patch pixel): flat index in the frame of each pixel of the sprite's patch."""
    world, _, height, width, _ = sprite.pixels.shape
    y = (sprite.top[:, None] + np.arange(height)).astype(np.int64)
    x = sprite.left[:, None] + np.arange(width)
    numbers = y[:, None, :, None] * FRAME_SIZE + x[None, :, None, :]
    return numbers.reshape(world * world, height * width)


def _painted_later(layer_cells: np.ndarray, sprite: Sprite) -> np.ndarray:
    """(square, patch pixel, 3): the cells painted on each pixel of a patch after the square's own.

    Where there are fewer than three, the own cell fills up the row.
    """
    pixels = _patch_pixels(sprite)
    stacks = layer_cells.reshape(len(layer_cells), -1).T.astype(np.int64)[pixels]
    own = np.arange(len(pixels))[:, None, None]
    after = np.zeros(stacks.shape, bool)
    after[..., 1:] = np.logical_or.accumulate(stacks == own, axis=-1)[..., :-1]
    # Beyond the square's own pixels the sprite is transparent, so that its cells do not matter.
    return np.where(after, stacks, own)[..., 1:]


def _patch_colours(sprite: Sprite) -> np.ndarray:
    """(square, patch pixel, 4): the sprite's colours and opacity."""
    world, _, height, width, _ = sprite.pixels.shape
    return sprite.pixels.reshape(world * world, height * width, 4).astype(np.int32)
