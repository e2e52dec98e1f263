"""Forward passes of frames that differ from a known picture in one small place.

Wherever the mouse is, the rest of a level's frame stays the same. The first convolution and
max-pool take a fifth of a forward pass in float32, and more in bfloat16. Here they run once for
each picture, and then only around what differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn
from torch.nn import functional

from procgen_tools.models.impala import (
    HalvingMaxPool,
    ImpalaBlock,
    ImpalaEmbedder,
    ImpalaPolicy,
    ResidualAdd,
    ResidualBlock,
)
from procgen_tools.models.interface import precise
from procgen_tools.shown import brief
from procgen_tools.worlds.maze.observations import to_observations

SIDE = 32
"""Side of the first max-pool's result."""


MODULES = (
    ImpalaEmbedder, ImpalaBlock, ResidualBlock, ResidualAdd, HalvingMaxPool,
    nn.Conv2d, nn.ReLU, nn.Flatten, nn.Linear,
)  # fmt: skip
"""The modules whose computation is known here."""


def is_plain(policy: object) -> bool:
    """Whether a policy computes what `PooledPictures` does, unless it has hooks.

    A mirrored policy does not, because its max-pools are others.

    Example:
        >>> is_plain(ImpalaPolicy())
        True
    """
    return type(policy) is ImpalaPolicy and all(
        type(module) in MODULES for module in policy.embedder.modules()
    )


@dataclass(frozen=True, eq=False)
class PooledPictures:
    """The first max-pool of a policy for some pictures.

    Attributes:
        policy: the policy. It must be plain (see `is_plain`) and have no hooks, because its modules
            are not called as usual.
        pictures: the pictures.
        pooled: the result of the first max-pool, channels last.
    """

    policy: ImpalaPolicy
    pictures: UInt8[np.ndarray, "picture 64 64 3"]
    pooled: Tensor

    __repr__ = brief

    @classmethod
    @torch.no_grad()
    def of(
        cls, policy: ImpalaPolicy, pictures: UInt8[np.ndarray, "picture 64 64 3"], batch: int = 64
    ) -> PooledPictures:
        """Run the first layers for some pictures, `batch` at a time."""
        block = policy.embedder.block1
        parts = [
            block.maxpool(block.conv(_observations(policy, pictures[each : each + batch])))
            for each in range(0, len(pictures), batch)
        ]
        return cls(policy, pictures, torch.cat(parts).permute(0, 2, 3, 1).contiguous())

    @torch.no_grad()
    def logits_and_value(
        self,
        frames: UInt8[np.ndarray, "frame 64 64 3"],
        picture: Int[np.ndarray, " frame"],
    ) -> tuple[Float[Tensor, "frame action"], Float[Tensor, " frame"]]:
        """The policy's `logits_and_value` of frames, up to rounding.

        Args:
            frames: the frames; the smaller the square in which they differ from their pictures, the
                sooner the answer comes.
            picture: the number of each frame's picture.

        Example:
            >>> policy = ImpalaPolicy()
            >>> pictures = np.zeros((1, 64, 64, 3), np.uint8)
            >>> frames = pictures.copy()
            >>> frames[0, 20:24, 30:34] = 255  # a white square
            >>> pooled = PooledPictures.of(policy, pictures)
            >>> logits, _ = pooled.logits_and_value(frames, np.array([0]))
            >>> whole, _ = policy.logits_and_value(torch.from_numpy(to_observations(frames)))
            >>> torch.allclose(logits, whole, atol=1e-5)
            True
        """
        conv = self.policy.embedder.block1.conv
        corner, side = _changed_cells(frames != self.pictures[picture])
        # A cell of the pool sees 3 rows of the convolution, which see 5 rows of pixels.
        padded = np.pad(frames, ((0, 0), (2, 1), (2, 1), (0, 0)))
        windows = padded[tuple(_squares(2 * corner, 2 * side + 3))]
        x = functional.conv2d(_observations(self.policy, windows), conv.weight, conv.bias)
        # Outside the frame, the pool is padded with less than any number.
        x[torch.from_numpy(corner[:, 0] == 0), :, 0] = -torch.inf
        x[torch.from_numpy(corner[:, 1] == 0), :, :, 0] = -torch.inf
        x = functional.max_pool2d(x, kernel_size=3, stride=2)
        pooled = self.pooled[torch.from_numpy(picture)]
        cells = tuple(map(torch.from_numpy, _squares(corner, side)))
        pooled[cells] = x.permute(0, 2, 3, 1).to(pooled.dtype)
        hidden = _after_first_pool(self.policy.embedder, pooled.permute(0, 3, 1, 2))
        logits, values = self.policy._heads(hidden)
        return precise(logits), precise(values).flatten()


def _after_first_pool(embedder: ImpalaEmbedder, x: Tensor) -> Tensor:
    """The rest of `ImpalaEmbedder.forward`, with as few new tensors as possible."""
    x = _residuals(embedder.block1, x)
    for block in (embedder.block2, embedder.block3):
        x = _residuals(block, block.maxpool(block.conv(x)))
    return embedder.fc(x.relu_().flatten(1)).relu_()


def _residuals(block: ImpalaBlock, x: Tensor) -> Tensor:
    for residual in (block.res1, block.res2):
        x = residual.conv2(residual.conv1(x.relu()).relu_()).add_(x)
    return x


def _observations(policy: ImpalaPolicy, frames: np.ndarray) -> Tensor:
    weight = policy.embedder.block1.conv.weight
    observations: Tensor = to_observations(torch.from_numpy(frames))
    return observations.to(weight.device, weight.dtype)


def _changed_cells(changed: np.ndarray) -> tuple[Int[np.ndarray, "frame 2"], int]:
    """The top-left cells, and the side, of squares of the pool that see every changed pixel."""
    first, last = np.zeros((2, len(changed), 2), np.int64)
    bytes_of_rows = changed.reshape(len(changed), 64, 192)  # numpy is slow with short axes
    rows, cols = bytes_of_rows.any(axis=2), bytes_of_rows.any(axis=1).reshape(-1, 64, 3).any(axis=2)
    for axis, lines in enumerate((rows, cols)):
        first[:, axis] = lines.argmax(axis=1)
        last[:, axis] = np.where(lines.any(axis=1), 63 - lines[:, ::-1].argmax(axis=1), 0)
    corner = np.maximum((first - 1) // 2, 0)
    side = int((np.minimum((last + 2) // 2, SIDE - 1) - corner).max()) + 1
    return np.minimum(corner, SIDE - side), side


def _squares(corner: Int[np.ndarray, "frame 2"], side: int) -> Iterator[np.ndarray]:
    """The numbers of frame, row and column in a square of each frame."""
    yield np.arange(len(corner))[:, None, None]
    yield (corner[:, 0, None] + np.arange(side))[:, :, None]
    yield (corner[:, 1, None] + np.arange(side))[:, None, :]
