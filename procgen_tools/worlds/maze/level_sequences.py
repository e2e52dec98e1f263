"""The sequence of levels of each environment in a batch, as in procgen."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64

from procgen_tools.worlds.maze.random_text import seeded


class LevelSequences:
    """Draws the next level seeds in the sequence of each environment.

    A level seed depends on the seed, the environment's number, its range, and the number of
    earlier levels. It depends neither on actions nor on other environments.

    Args:
        seed: procgen's `rand_seed`.
        ranges: (env, 2): lowest level seed of each environment, and highest + 1.
        begun: (env,): number of earlier levels in each sequence.
    """

    def __init__(
        self, seed: int, ranges: Int64[np.ndarray, "env 2"], begun: Int64[np.ndarray, " env"]
    ) -> None:
        self._ranges = ranges
        self._generators = [
            seeded(int(own), int(number))
            for own, number in zip(seeded(seed).random_raw(len(ranges)), begun, strict=True)
        ]

    def draw(self, counts: Int64[np.ndarray, " env"]) -> Int64[np.ndarray, " level"]:
        """The next `counts` (env,) level seeds of each environment, environment by environment."""
        parts = [
            generator.random_raw(int(count))
            for generator, count in zip(self._generators, counts, strict=True)
        ]
        draws = np.concatenate(parts).astype(np.int64)
        low, high = np.repeat(self._ranges, counts, axis=0).T
        return low + draws % (high - low)
