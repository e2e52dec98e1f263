"""The same maze with its cheese in different places, so that only the place differs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Bool

from procgen_tools.worlds.maze.grid import START, Maze, Square
from procgen_tools.worlds.maze.levels import LevelRule, make_level
from procgen_tools.worlds.maze.paths import corner_path_distances

NEAR, FAR = 4, 10
"""Steps from the path to the top right: at most NEAR is near, at least FAR is far."""

REGION_SIDE = 5

NONE = "no cheese"
ON_THE_WAY = "on the way"
NEAR_THE_WAY = "near the way"
FAR_FROM_THE_WAY = "far from the way"
IN_REGION = "in the top-right 5 x 5"
IN_CORNER = "in the corner"

SITUATIONS = {
    NONE: "there is none",
    ON_THE_WAY: "on the path from the start to the top right, outside the top-right 5 x 5",
    NEAR_THE_WAY: f"1 to {NEAR} steps off that path, outside the top-right 5 x 5",
    FAR_FROM_THE_WAY: f"{FAR} steps or more off that path, outside the top-right 5 x 5",
    IN_REGION: "where agents with rand_region 5 met it, but not in the corner itself",
    IN_CORNER: "the top-right square",
}
"""Where the cheese lies, by name."""


def places(maze: Maze) -> dict[str, Bool[np.ndarray, "row col"]]:
    """The possible squares of the cheese in each situation except NONE.

    Off the path, steps are counted from the decision square, where the paths diverge.
    """
    away = corner_path_distances(maze)
    row, col = np.indices(maze.walls.shape)
    region = np.minimum(row, col) >= maze.size - REGION_SIDE
    corner = np.zeros_like(region)
    corner[maze.corner] = True
    free = ~maze.walls
    free[START] = False
    return {
        ON_THE_WAY: free & ~region & (away == 0),
        NEAR_THE_WAY: free & ~region & (away >= 1) & (away <= NEAR),
        FAR_FROM_THE_WAY: free & ~region & (away >= FAR) & np.isfinite(away),
        IN_REGION: free & region & ~corner,
        IN_CORNER: free & corner,
    }


def situations(maze: Maze, seed: int = 0) -> dict[str, Maze]:
    """The maze in each possible situation of SITUATIONS, with the cheese at a random square.

    The mouse keeps its place.
    """
    rng = np.random.default_rng(seed)
    made = {NONE: replace(maze, cheese=None)}
    for name, squares in places(maze).items():
        squares = squares.copy()
        squares[maze.mouse] = False
        if squares.any():
            choices = np.argwhere(squares)
            made[name] = replace(maze, cheese=Square(*choices[rng.integers(len(choices))].tolist()))
    return made


def levels_with_all_situations(
    count: int, seed: int = 0, rule: LevelRule | None = None
) -> dict[int, dict[str, Maze]]:
    """The first levels in which all of SITUATIONS are possible, by level seed.

    Args:
        count: number of levels.
        seed: seed of the cheese's places.
        rule: defaults to hard levels.

    Raises:
        ValueError: no maze is large enough for all of them.
    """
    rule = rule or LevelRule()
    largest = rule.largest
    if largest <= REGION_SIDE:
        raise ValueError(
            f"mazes of up to {largest} x {largest} squares have no square outside the top-right "
            f"{REGION_SIDE} x {REGION_SIDE}: allow larger mazes"
        )
    levels: dict[int, dict[str, Maze]] = {}
    level = 0
    while len(levels) < count:
        made = situations(make_level(level, rule), seed=seed + level)
        if len(made) == len(SITUATIONS):
            levels[level] = made
        level += 1
    return levels
