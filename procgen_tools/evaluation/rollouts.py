"""Sampled episodes on given levels, one a level: does the agent get the cheese, and how soon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from procgen_tools.episodes.rollouts import MemoryPolicy, PlainPolicy, Rollouts, play
from procgen_tools.shown import brief
from procgen_tools.statistics.intervals import Share
from procgen_tools.worlds.maze.grid import CORNER_REGION, EPISODE_STEPS, Maze
from procgen_tools.worlds.maze.state_values import CHEESE_REWARD


@dataclass(frozen=True, eq=False)
class Evaluation:
    """One sampled episode a level.

    Attributes:
        sizes: (level,) side of each maze in squares.
        found: (level,) whether the cheese was reached.
        steps: (level,) length of the episode.
        visited_corner: (level,) whether the mouse stood on the top-right square, at the end too.
        visited_region: (level,) the same for the top-right 5 x 5 squares.
    """

    sizes: Int[np.ndarray, " level"]
    found: Bool[np.ndarray, " level"]
    steps: Int[np.ndarray, " level"]
    visited_corner: Bool[np.ndarray, " level"]
    visited_region: Bool[np.ndarray, " level"]

    __repr__ = brief

    @classmethod
    def of(cls, rollouts: Rollouts) -> Evaluation:
        """What the episodes came to."""
        return cls(
            rollouts.sizes,
            rollouts.found,
            rollouts.steps,
            rollouts.visited_top_right(1),
            rollouts.visited_top_right(CORNER_REGION),
        )

    @property
    def success(self) -> Share:
        """The share of levels in which the cheese was reached."""
        return Share.of(self.found)

    @property
    def returns(self) -> Float[np.ndarray, " level"]:
        """(level,) undiscounted return of the episode: 10 for the cheese."""
        return CHEESE_REWARD * self.found.astype(np.float64)

    def by_size(self) -> dict[int, Share]:
        """`success` by the size of the maze."""
        return {
            int(size): Share.of(self.found[self.sizes == size]) for size in np.unique(self.sizes)
        }


def evaluate(
    policy: PlainPolicy | MemoryPolicy,
    mazes: Sequence[Maze],
    *,
    seed: int = 0,
    step_limit: int = EPISODE_STEPS,
    backend: str = "native",
    progress_bar: bool = False,
) -> Evaluation:
    """Play one episode in each maze, actions sampled from the policy; arguments as for `play`.

    Raises:
        ValueError: no mazes, or a limit above the environment's own.
    """
    return Evaluation.of(
        play(
            policy,
            mazes,
            seed=seed,
            step_limit=step_limit,
            backend=backend,
            progress_bar=progress_bar,
        )
    )
