"""What an intervention is compared with: edits that are as large, but mean nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import torch

from procgen_tools.interventions.vectors import ActivationVector


def random_direction(vector: ActivationVector, seed: int) -> ActivationVector:
    """A vector of the same norm in a direction drawn evenly from all, at the same activation."""
    rng = np.random.default_rng(seed)
    drawn = torch.from_numpy(rng.standard_normal(tuple(vector.values.shape)))
    scaled = (drawn * (vector.norm / drawn.norm())).to(vector.values)
    return replace(vector, values=scaled, name=f"random direction as long as the {vector.name}")


def shuffled_positions(vector: ActivationVector, seed: int) -> ActivationVector:
    """The same numbers in each channel at other positions: as large, in the same channels.

    Raises:
        ValueError: a vector without positions.
    """
    if vector.values.ndim != 3:
        raise ValueError(f"{vector.name} has no positions to shuffle: {vector.layer} is a row")
    cells = vector.values[0].numel()
    order = torch.from_numpy(np.random.default_rng(seed).permutation(cells))
    flat = vector.values.flatten(1)[:, order.to(vector.values.device)]
    return replace(
        vector,
        values=flat.view_as(vector.values),
        name=f"{vector.name} with its positions shuffled",
    )


def random_channels(
    count: int, channels: int, seed: int, *, besides: Collection[int] = ()
) -> tuple[int, ...]:
    """`count` different channels out of 0..channels - 1, without those in `besides`, sorted.

    Raises:
        ValueError: fewer channels than are wanted.
    """
    allowed = [channel for channel in range(channels) if channel not in besides]
    if not 0 <= count <= len(allowed):
        raise ValueError(
            f"{count} random channels cannot be drawn from {len(allowed)}: ask for fewer"
        )
    drawn = np.random.default_rng(seed).choice(allowed, count, replace=False)
    return tuple(sorted(int(channel) for channel in drawn))
