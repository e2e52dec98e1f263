"""Controls for interventions: edits of the same size without meaning."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import torch

from procgen_tools.interventions.vectors import ActivationVector


def random_direction(vector: ActivationVector, seed: int) -> ActivationVector:
    """A vector of the same norm at the same activation, in a uniformly random direction.

    Example:
        >>> vector = ActivationVector("embedder.fc", torch.arange(256.0), "ramp")
        >>> control = random_direction(vector, seed=0)
        >>> bool(abs(control.norm - vector.norm) < 1e-3 * vector.norm)
        True
    """
    rng = np.random.default_rng(seed)
    drawn = torch.from_numpy(rng.standard_normal(tuple(vector.values.shape)))
    scaled = (drawn * (vector.norm / drawn.norm())).to(vector.values)
    return replace(vector, values=scaled, name=f"random direction as long as the {vector.name}")


def shuffled_positions(vector: ActivationVector, seed: int) -> ActivationVector:
    """The same numbers in each channel, at shuffled positions. All channels share the permutation.

    Raises:
        ValueError: a vector without positions.

    Example:
        >>> values = torch.tensor([[[1.0, 2.0, 3.0]], [[10.0, 20.0, 30.0]]])
        >>> vector = ActivationVector("embedder.block3.conv", values, "example")
        >>> shuffled_positions(vector, seed=0).values
        tensor([[[ 3.,  1.,  2.]],
        <BLANKLINE>
                [[30., 10., 20.]]])
    """
    if vector.values.ndim != 3:
        raise ValueError(
            f"{vector.name} has no positions to shuffle, because {vector.layer} has none: choose a "
            "vector at a convolutional activation"
        )
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
    """Draw `count` different channels out of 0..channels - 1, sorted, none of them in `besides`.

    Raises:
        ValueError: there are fewer than `count` channels to draw from.

    Example:
        >>> random_channels(3, 32, seed=0, besides=[1, 2])
        (17, 20, 25)
    """
    allowed = [channel for channel in range(channels) if channel not in besides]
    if not 0 <= count <= len(allowed):
        raise ValueError(
            f"{count} random channels cannot be drawn from {len(allowed)}: ask for fewer"
        )
    drawn = np.random.default_rng(seed).choice(allowed, count, replace=False)
    return tuple(sorted(int(channel) for channel in drawn))
