"""What the vector environments do alike: seeds, masks and infos of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

MAX_SEED = 2**32


def seed_list(seed: int | Sequence[int | None] | None, num: int) -> list[int | None]:
    """The seed of each environment: seed + i, or the i-th of a list; None to go on.

    Raises:
        ValueError: another number of seeds, or one that is out of range.
    """
    seeds: list[int | None]
    if seed is None:
        seeds = [None] * num
    elif isinstance(seed, int | np.integer):
        seeds = [int(seed) + index for index in range(num)]
    else:
        seeds = list(seed)
    if len(seeds) != num:
        raise ValueError(f"{len(seeds)} seeds for {num} environments: give one for each, or one "
                         "number for all")  # fmt: skip
    wrong = [number for number in seeds if number is not None and not 0 <= number < MAX_SEED]
    if wrong:
        raise ValueError(f"seed {wrong[0]} is not in 0..{MAX_SEED - 1}: choose seeds that are "
                         "(environment i takes seed + i)")  # fmt: skip
    return seeds


def reset_mask(options: dict[str, Any] | None, num: int) -> Bool[np.ndarray, " env"]:
    """Which environments `options` asks to begin anew; all unless it says.

    Raises:
        ValueError: unknown options, or a mask that does not fit.
    """
    unknown = sorted(set(options or {}) - {"reset_mask"})
    if unknown:
        raise ValueError(f"unknown options {unknown}: there is 'reset_mask'")
    mask = np.array((options or {}).get("reset_mask", np.ones(num, bool)))
    if mask.shape != (num,) or mask.dtype != bool:
        raise ValueError(f"reset_mask has shape {mask.shape} and type {mask.dtype}: give "
                         f"{num} booleans, one for each environment")  # fmt: skip
    return mask


def masked(
    name: str, values: Int[np.ndarray, " env"], which: Bool[np.ndarray, " env"]
) -> dict[str, Any]:
    """An info as gymnasium's vector environments give it: values, 0 where there is none."""
    return {name: np.where(which, values, 0), f"_{name}": which.copy()}
