"""Exact scores of an agent without memory in each maze, without sampling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import nan

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from procgen_tools.chains import chances
from procgen_tools.episodes.answers import MemoryPolicy
from procgen_tools.shown import brief
from procgen_tools.vfield import Policy, VectorField, vector_field
from procgen_tools.worlds.maze.edit import mouse_positions
from procgen_tools.worlds.maze.grid import CORNER_REGION, EPISODE_STEPS, Maze
from procgen_tools.worlds.maze.paths import nearer_moves
from procgen_tools.worlds.maze.state_values import CHEESE_REWARD


@dataclass(frozen=True, eq=False)
class ExactScores:
    """Exact scores of an episode in each level, starting from the maze's own state.

    Attributes:
        cheese: (level,) probability that the mouse reaches the cheese.
        region: (level,) probability that it visits the top-right 5 x 5 squares. Reaching a
            cheese in this region counts as visiting it.
        region_first: (level,) probability that it visits the region before the cheese.
        steps: (level,) expected number of steps in an episode.
        move_agreement: (level,) see the function `move_agreement`.
    """

    cheese: Float[np.ndarray, " level"]
    region: Float[np.ndarray, " level"]
    region_first: Float[np.ndarray, " level"]
    steps: Float[np.ndarray, " level"]
    move_agreement: Float[np.ndarray, " level"]

    __repr__ = brief

    @property
    def returns(self) -> Float[np.ndarray, " level"]:
        """(level,) expected undiscounted return; the cheese gives 10."""
        return CHEESE_REWARD * self.cheese


def exact_scores(
    policy: Policy,
    mazes: Sequence[Maze],
    *,
    step_limit: int = EPISODE_STEPS,
    progress_bar: bool = False,
) -> ExactScores:
    """Compute exact scores in each maze, by solving the Markov chain of the agent's field.

    Args:
        policy: a policy without memory.
        mazes: the mazes in which the episodes start.
        step_limit: number of steps after which an episode ends.
        progress_bar: whether to show a progress bar.

    Raises:
        ValueError: the policy has a memory, or the step limit is below 1.

    Example:
        >>> from procgen_tools import maze, models
        >>> policy = models.load_policy("rand_region_5")
        >>> scores = exact_scores(policy, [maze.parse("..C\\n.##\\nM..")])
        >>> scores.cheese.round(3)
        array([1.])
        >>> scores.move_agreement  # the most probable move is on a shortest path, everywhere
        array([1.])
    """
    if isinstance(policy, MemoryPolicy):
        raise ValueError(
            f"a policy with a memory ({type(policy).__name__}) has no exact chances, because its "
            "action at a square depends on its path there: leave them out (--no-exact)"
        )
    rows = []
    for maze in tqdm(mazes, disable=not progress_bar, unit=" levels", desc="exact chances"):
        field = vector_field(maze, policy)
        exact = chances(field, step_limit=step_limit, corner_region=CORNER_REGION)
        rows.append(
            (
                exact.cheese,
                exact.corner,
                exact.corner_first,
                exact.episode_steps,
                move_agreement(field),
            )
        )
    columns = np.array(rows, np.float64).reshape(len(rows), len(fields(ExactScores))).T
    return ExactScores(*columns)


def move_agreement(field: VectorField) -> float:
    """The share of squares at which the most probable move is on a shortest path to the cheese.

    The share is over all open squares except the one with the cheese. The mouse faces as it does
    in the maze. NaN for a maze without cheese.

    Example:
        >>> from procgen_tools import maze, vfield
        >>> level = maze.parse("..C\\n.##\\nM..")
        >>> always_up = np.tile([0, 0, 1.0, 0, 0], (7, 1))  # left, right, up, down, stay
        >>> round(move_agreement(VectorField(level, always_up, np.zeros(7))), 3)
        0.333
    """
    maze = field.maze
    if maze.cheese is None:
        return nan
    nearer = nearer_moves(maze, maze.cheese)
    best = field.grid(field.probabilities).argmax(axis=-1)
    rows, cols = mouse_positions(maze).T
    return float(nearer[rows, cols, best[rows, cols]].mean())
