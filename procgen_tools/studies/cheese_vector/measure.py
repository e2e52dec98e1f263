"""The edits that the study of the cheese vector measures in each maze."""

from __future__ import annotations

import numpy as np

from procgen_tools.interventions import (
    Add,
    Intervention,
    cheese_vector,
    random_direction,
    shuffled_positions,
)
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.base import LAYER
from procgen_tools.worlds.maze.edit import move_cheese
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.levels import LevelRule, make_level
from procgen_tools.worlds.maze.sampling import find_seeds

PIXELS = "embedder.block1.conv_in0"
"""What the agent sees."""

COEFFICIENTS = (-3.0, -2.0, -1.5, -1.0, -0.75, -0.5, -0.25, 0.5, 1.0, 2.0)
SUBTRACTED = "coefficient -1"
RANDOM = "random direction"
SAME_SQUARE = "vector of another maze, cheese at the same square"
REMOVED = "cheese removed from the picture"
ELSEWHERE = "vector of another maze, cheese elsewhere"


def donors(maze: Maze, seed: int, drawn: int) -> tuple[Maze, Maze]:
    """Another level of the same size with the cheese at the same square, and with it elsewhere."""
    assert maze.cheese is not None
    rule = LevelRule(maze.world_size)
    (other,) = find_seeds(1, rule, seed=drawn + seed, size=maze.size, cheese=maze.cheese)
    same = make_level(other, rule)
    free = [square for square in same.open_squares() if square not in (maze.cheese, same.mouse)]
    rng = np.random.default_rng([drawn, seed])
    return same, move_cheese(same, free[rng.integers(len(free))])


def edits(
    policy: ImpalaPolicy, maze: Maze, others: tuple[Maze, Maze], seed: int
) -> dict[str, Intervention]:
    """Multiples of the maze's own vector, and its controls, by name.

    Args:
        policy: whose activations the vectors are taken from.
        maze: with cheese.
        others: see `donors`.
        seed: of the random direction and the shuffled positions.
    """
    vector = cheese_vector(policy, maze, LAYER)
    controls = {
        RANDOM: random_direction(vector, seed),
        "shuffled positions": shuffled_positions(vector, seed),
        SAME_SQUARE: cheese_vector(policy, others[0], LAYER),
        ELSEWHERE: cheese_vector(policy, others[1], LAYER),
    }
    return {
        **{f"coefficient {each:g}": Add(vector, each) for each in COEFFICIENTS},
        **{name: Add(control, -1.0) for name, control in controls.items()},
    }


def floor(policy: ImpalaPolicy, maze: Maze) -> dict[str, Intervention]:
    """The cheese taken out of what the agent sees; it still ends the episode.

    The cheese vector of the pixels is the picture of the cheese. With it subtracted, the agent sees
    the maze without the cheese, from every square but the cheese's own.
    """
    return {REMOVED: Add(cheese_vector(policy, maze, PIXELS), -1.0)}
