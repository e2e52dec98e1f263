"""The levels that a batch of environments goes through, each its own sequence, as in procgen."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64

from procgen_tools.worlds.maze.random_text import seeded


class LevelSequences:
    """Draws level seeds, for each environment the next ones of its sequence.

    A level seed is a function of the seed, the environment's number, its range, and how many
    levels came before: neither the actions nor the other environments matter.

    Args:
        seed: procgen's `rand_seed`.
        ranges: (env, 2) lowest level seed of each environment, and the one after the highest.
        begun: (env,) levels of each sequence that lie behind.
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
        draws = np.concatenate(
            [generator.random_raw(int(count))
             for generator, count in zip(self._generators, counts, strict=True)]
        ).astype(np.int64)  # fmt: skip
        low, high = np.repeat(self._ranges, counts, axis=0).T
        return low + draws % (high - low)
