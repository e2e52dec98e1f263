"""Examples to imitate: new levels, a square in each, the shortest path and its return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from procgen_tools.shown import brief
from procgen_tools.worlds.maze import level_kernels as kernels
from procgen_tools.worlds.maze.agent_view import draw_levels, draw_mice
from procgen_tools.worlds.maze.levels import FIRST_TRAINING_SEED, MAX_SEED, LevelRule, make_bank
from procgen_tools.worlds.maze.painter import Sprite
from procgen_tools.worlds.maze.state_values import CHEESE_REWARD


@dataclass(frozen=True, eq=False)
class Examples:
    """A batch to imitate.

    Attributes:
        frames: (example, y, x, 3) observations.
        moves: (example,) index into grid.MOVES of the first move on the shortest path.
        returns: (example,) discounted reward of following that path.
    """

    frames: UInt8[np.ndarray, "example 64 64 3"]
    moves: Int64[np.ndarray, " example"]
    returns: Float32[np.ndarray, " example"]

    __repr__ = brief


def pool_seeds(
    count: int,
    rng: np.random.Generator,
    seed_range: tuple[int, int] = (FIRST_TRAINING_SEED, MAX_SEED),
) -> Int64[np.ndarray, " level"]:
    """The level seeds that `count` examples are chosen from: the first draw of the generator."""
    return rng.integers(*seed_range, size=2 * count)


def make_examples(
    rule: LevelRule,
    count: int,
    rng: np.random.Generator,
    *,
    focus: float = 0.0,
    discount: float = 0.99,
    background: int | None = None,
    sprites: Sequence[Sprite] | None = None,
    seed_range: tuple[int, int] = (FIRST_TRAINING_SEED, MAX_SEED),
) -> Examples:
    """`count` examples from newly drawn levels.

    Args:
        rule: how levels are drawn.
        count: number of examples.
        rng: draws levels and squares.
        focus: 0 takes levels as procgen draws them, and any open square. 1 takes mazes in
            proportion to their side, and four of five squares from the path between start and
            cheese. Values between give a mixture.
        discount: of the return, per step.
        background: the code of all backgrounds (see `view_kernels.PLAIN`). Defaults to each level's
            own texture.
        sprites: the goal as the agent sees it. Defaults to the cheese.
        seed_range: level seeds to draw from.
    """
    pool = make_bank(pool_seeds(count, rng, seed_range), rule)
    has_cheese = pool.objects[:, 0, 0] != kernels.NO_SQUARE
    weights = (1 - focus + focus * pool.sizes / pool.sizes.mean()) * has_cheese
    chosen = rng.choice(len(pool), size=count, p=weights / weights.sum())
    cells, sizes, objects = pool.cells[chosen], pool.sizes[chosen], pool.objects[chosen]
    squares = np.empty((count, 2), np.int64)
    moves = np.empty(count, np.int64)
    steps = np.empty(count, np.int64)
    on_path = rng.random(count) < 0.8 * focus
    kernels.label_positions(
        cells, sizes, objects, on_path, rng.random(count), squares, moves, steps
    )
    backgrounds = pool.backgrounds[chosen]
    if background is not None:
        backgrounds = np.full_like(backgrounds, background)
    frames = draw_levels(cells, backgrounds, sprites)
    draw_mice(frames, squares, rng.random(count) < 0.5, rule.world_size)
    returns = (CHEESE_REWARD * discount ** (steps - 1)).astype(np.float32)
    return Examples(frames, moves, returns)
