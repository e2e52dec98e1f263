"""What an agent without memory does in each maze, by exact chances: nothing is sampled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import nan

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from procgen_tools.chains import chances
from procgen_tools.episodes.rollouts import MemoryPolicy
from procgen_tools.shown import brief
from procgen_tools.vfield import Policy, VectorField, vector_field
from procgen_tools.worlds.maze.edit import mouse_positions
from procgen_tools.worlds.maze.grid import CORNER_REGION, EPISODE_STEPS, Maze
from procgen_tools.worlds.maze.paths import nearer_moves
from procgen_tools.worlds.maze.state_values import CHEESE_REWARD


@dataclass(frozen=True, eq=False)
class ExactScores:
    """Chances of an episode that begins as the maze stands, a number a level.

    Attributes:
        cheese: (level,) probability that the mouse reaches the cheese.
        region: (level,) probability that it visits the top-right 5 x 5 squares; reaching a
            cheese that lies there is a visit.
        region_first: (level,) probability that it visits them before the cheese.
        steps: (level,) mean length of an episode.
        move_agreement: (level,) see `move_agreement`.
    """

    cheese: Float[np.ndarray, " level"]
    region: Float[np.ndarray, " level"]
    region_first: Float[np.ndarray, " level"]
    steps: Float[np.ndarray, " level"]
    move_agreement: Float[np.ndarray, " level"]

    __repr__ = brief

    @property
    def returns(self) -> Float[np.ndarray, " level"]:
        """(level,) mean undiscounted return: 10 for the cheese."""
        return CHEESE_REWARD * self.cheese


def exact_scores(
    policy: Policy,
    mazes: Sequence[Maze],
    *,
    step_limit: int = EPISODE_STEPS,
    progress_bar: bool = False,
) -> ExactScores:
    """The chances in each maze, by solving the chain of the agent's field.

    Args:
        policy: without memory.
        mazes: where the episodes begin.
        step_limit: steps after which an episode ends.

    Raises:
        ValueError: a policy with a memory, or a step limit below 1.
    """
    if isinstance(policy, MemoryPolicy):
        raise ValueError(
            f"a policy with a memory ({type(policy).__name__}) has no exact chances, as what it "
            "does at a square depends on how it came there: leave them out (--no-exact)"
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
    """At how many positions the most probable move lies on a shortest path to the cheese.

    A share of the open squares but the cheese's, the mouse looking as it does in the maze. NaN in
    a maze without cheese.
    """
    maze = field.maze
    if maze.cheese is None:
        return nan
    nearer = nearer_moves(maze, maze.cheese)
    best = field.grid(field.probabilities).argmax(axis=-1)
    rows, cols = mouse_positions(maze).T
    return float(nearer[rows, cols, best[rows, cols]].mean())
