"""Scores of sampled episodes, one per level: whether and how fast the agent reaches the cheese."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from procgen_tools.episodes.answers import MemoryPolicy, PlainPolicy
from procgen_tools.episodes.rollouts import Rollouts, play
from procgen_tools.shown import brief
from procgen_tools.statistics.intervals import Share
from procgen_tools.worlds.maze.grid import CORNER_REGION, EPISODE_STEPS, Maze
from procgen_tools.worlds.maze.state_values import CHEESE_REWARD


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The scores of sampled episodes, one per level.

    Attributes:
        sizes: (level,) side of each maze in squares.
        found: (level,) whether the cheese was reached.
        steps: (level,) number of steps in the episode.
        visited_corner: (level,) whether the mouse was ever on the top-right square, including at
            the end.
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
        """The scores of these episodes."""
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
        """(level,) undiscounted return: 10 if the cheese was reached, 0 otherwise."""
        return CHEESE_REWARD * self.found.astype(np.float64)

    def by_size(self) -> dict[int, Share]:
        """`success` by the size of the maze, in squares.

        Example:
            >>> from procgen_tools import maze, models
            >>> policy = models.load_policy("rand_region_5")
            >>> scores = evaluate(policy, [maze.parse("..C\\n.##\\nM..")])
            >>> {size: share.count for size, share in scores.by_size().items()}
            {3: 1}
        """
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
    """Play one episode in each maze and score it. The arguments are those of `play`.

    Raises:
        ValueError: no mazes, or a `step_limit` out of range.

    Example:
        >>> from procgen_tools import maze, models
        >>> policy = models.load_policy("rand_region_5")
        >>> print(evaluate(policy, [maze.parse("..C\\n.##\\nM..")]).success)
        100.0% [20.7%, 100.0%] (1/1)
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
