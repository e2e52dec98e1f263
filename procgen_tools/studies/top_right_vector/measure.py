"""The mazes and edits of the study of the top-right vector."""

from __future__ import annotations

from procgen_tools.interventions import (
    Add,
    Intervention,
    cheese_vector,
    random_direction,
    shuffled_positions,
    top_right_vector,
)
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.base import LAYER, decision_levels
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.levels import LevelRule, make_level
from procgen_tools.worlds.maze.sampling import find_seeds

COEFFICIENTS = (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0, 3.0)
ADDED, SUBTRACTED = "coefficient 1", "coefficient -1"
CHEESE = "cheese vector subtracted"
BOTH = "top right added, cheese subtracted"
RANDOM, SHUFFLED = "random direction", "shuffled positions"
SAME_SIZE = "vector of another maze of the same size"
OTHER_SIZE = "vector of a maze of another size"


def levels_with_margin(count: int, rule: LevelRule | None = None) -> dict[int, Maze]:
    """The first levels with a decision square that are smaller than their world, by seed.

    The path that makes the vector leads from the maze's corner to that of the world. A maze that
    fills its world leaves no such path to carve, and its vector is zero.

    Args:
        count: how many.
        rule: defaults to hard levels with the cheese anywhere.
    """
    levels: dict[int, Maze] = {}
    first = 0
    while len(levels) < count:
        ((seed, maze),) = decision_levels(1, rule, first_seed=first).items()
        first = seed + 1
        if maze.padding:
            levels[seed] = maze
    return levels


def donors(maze: Maze, seed: int, drawn: int) -> tuple[Maze, Maze]:
    """Other levels that have a margin, too: one of the same size, and one of another size."""
    rule = LevelRule(maze.world_size)
    (same,) = find_seeds(1, rule, seed=drawn + seed, size=maze.size)
    other_size = maze.size - 4 if maze.size > maze.world_size // 2 else maze.size + 4
    (other,) = find_seeds(1, rule, seed=drawn + seed, size=other_size)
    return make_level(same, rule), make_level(other, rule)


def edits(
    policy: ImpalaPolicy, maze: Maze, others: tuple[Maze, Maze], seed: int
) -> dict[str, Intervention]:
    """Multiples of the maze's own vector, its sum with the cheese vector, and controls, by name.

    Args:
        policy: whose activations the vectors are taken from.
        maze: with cheese and a margin.
        others: see `donors`.
        seed: of the random direction and the shuffled positions.
    """
    vector = top_right_vector(policy, maze, LAYER)
    without_cheese = Add(cheese_vector(policy, maze, LAYER), -1.0)
    controls = {
        RANDOM: random_direction(vector, seed),
        SHUFFLED: shuffled_positions(vector, seed),
        SAME_SIZE: top_right_vector(policy, others[0], LAYER),
        OTHER_SIZE: top_right_vector(policy, others[1], LAYER),
    }
    return {
        **{f"coefficient {each:g}": Add(vector, each) for each in COEFFICIENTS},
        CHEESE: without_cheese,
        BOTH: Add(vector, 1.0) + without_cheese,
        **{name: Add(control, 1.0) for name, control in controls.items()},
    }
