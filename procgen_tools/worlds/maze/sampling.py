"""Random levels that meet conditions on their size, their cheese or their decision square."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from procgen_tools.checks import whole_number
from procgen_tools.worlds.maze.edit import move_mouse
from procgen_tools.worlds.maze.grid import Maze, check_inside
from procgen_tools.worlds.maze.levels import MAX_SEED, LevelRule, make_bank, make_level
from procgen_tools.worlds.maze.paths import decision_square

BATCH = 2048
MOST_LEVELS = 2_000_000
"""Levels to search before giving up: about half a minute."""


def find_seeds(
    count: int,
    rule: LevelRule | None = None,
    *,
    seed: int = 0,
    size: int | None = None,
    cheese: tuple[int, int] | None = None,
    has_decision_square: bool | None = None,
    seed_range: tuple[int, int] = (0, MAX_SEED),
) -> list[int]:
    """Find seeds of random levels that meet every given condition, all different.

    Args:
        count: number of seeds.
        rule: the rule by which levels are drawn. Defaults to hard `maze`.
        seed: seed of the search. The same seed finds the same levels.
        size: side of the maze in squares.
        cheese: inner square of the cheese.
        has_decision_square: whether the level must have (True) or must not have (False) a decision
            square.
        seed_range: level seeds to search, (lowest, highest + 1).

    Raises:
        TypeError: an argument that is not a whole number.
        ValueError: conditions that no level can meet, or fewer than `count` levels that meet them
            among 2,000,000.

    Example:
        >>> found = find_seeds(2, size=5, has_decision_square=True)
        >>> [make_level(seed).size for seed in found]
        [5, 5]
    """
    rule = LevelRule() if rule is None else rule
    count = whole_number("count", count, 1)
    seed = whole_number("seed", seed, 0)
    try:
        low, high = (whole_number("seed_range", end) for end in seed_range)
    except (TypeError, ValueError):
        raise TypeError(
            f"seed_range is {seed_range!r:.60}: give (low, high), two whole numbers"
        ) from None
    if size is not None:
        size = whole_number("size", size)
    if not 0 <= low < high <= MAX_SEED:
        raise ValueError(f"seed_range {seed_range} is empty or not within 0..{MAX_SEED}")
    if size is not None and (size % 2 == 0 or not 3 <= size <= rule.world_size):
        raise ValueError(
            f"no level has size {size}: give an odd number in 3..{rule.world_size}, or None"
        )
    if cheese is not None:
        row, col = _check_sometimes_open(cheese, size or rule.world_size, "cheese")
    rng = np.random.default_rng(seed)
    found: dict[int, None] = {}
    for _ in range(MOST_LEVELS // BATCH):
        bank = make_bank(rng.integers(low, high, BATCH), rule)
        fits = np.ones(BATCH, bool)
        if size is not None:
            fits &= bank.sizes == size
        if cheese is not None:
            fits &= (bank.objects[:, 0] == (row, col)).all(axis=1)
        for index in np.flatnonzero(fits).tolist():
            if has_decision_square is None or has_decision_square == (
                decision_square(bank[index]) is not None
            ):
                found[int(bank.seeds[index])] = None
            if len(found) == count:
                return list(found)
    raise ValueError(
        f"{len(found)} of {count} levels found among {MOST_LEVELS:,} with size={size}, "
        f"cheese={cheese}, has_decision_square={has_decision_square}, seeds {low}..{high - 1}: "
        "ask for fewer, or drop a condition"
    )


def _check_sometimes_open(square: tuple[int, int], side: int, what: str) -> tuple[int, int]:
    """Row and column of a square that is open in some level; ValueError for any other."""
    row, col = check_inside(square, side, what)
    if row % 2 and col % 2:
        raise ValueError(
            f"no level has its {what} at {(row, col)}: squares with odd row and column are walls; "
            "choose another"
        )
    return row, col


MOST_SKIPPED = 10_000
"""Levels in a row that random_mazes skips before it refuses a square of the mouse."""


def random_mazes(
    count: int,
    rule: LevelRule | None = None,
    *,
    seed: int = 0,
    size: int | None = None,
    mouse: tuple[int, int] | None = None,
    random_mouse: bool = False,
    cheese: tuple[int, int] | None = None,
    has_decision_square: bool | None = None,
) -> Iterator[Maze]:
    """Generate random levels that meet the conditions of `find_seeds`, with a given mouse square.

    Args:
        mouse: the mouse's square. Levels with a wall there are skipped. Defaults to the start
            square.
        random_mouse: place the mouse at a random open square other than the cheese's.

    The other arguments are those of `find_seeds`.

    Raises:
        ValueError: see `find_seeds`; both `mouse` and `random_mouse` are given, or no level has an
            open square at `mouse`.

    Example:
        >>> [level.mouse for level in random_mazes(2, size=5, mouse=(0, 2), seed=1)]
        [Square(row=0, col=2), Square(row=0, col=2)]
    """
    if mouse is not None and random_mouse:
        raise ValueError(f"mouse {mouse} and random_mouse contradict each other: give one of them")
    count = whole_number("count", count, 0)
    rng = np.random.default_rng([whole_number("seed", seed, 0), 1])
    if mouse is not None:
        world_size = (LevelRule() if rule is None else rule).world_size
        _check_sometimes_open(mouse, size or world_size, "mouse")
    made = 0
    round_ = 0
    skipped = 0
    while made < count:
        seeds = find_seeds(
            count - made,
            rule,
            seed=seed + round_,
            size=size,
            cheese=cheese,
            has_decision_square=has_decision_square,
        )
        round_ += 1
        for level_seed in seeds:
            maze = make_level(level_seed, rule)
            if random_mouse:
                free = [square for square in maze.open_squares() if square != maze.cheese]
                maze = move_mouse(maze, free[rng.integers(len(free))])
            elif mouse is not None:
                if not maze.is_open(mouse):
                    skipped += 1
                    if skipped == MOST_SKIPPED:
                        raise ValueError(
                            f"{skipped:,} levels in a row have a wall at {tuple(mouse)} or are "
                            "smaller: choose another square, or another size"
                        )
                    continue
                skipped = 0
                maze = move_mouse(maze, mouse)
            made += 1
            yield maze
