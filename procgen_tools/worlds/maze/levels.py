"""Levels: the mazes that procgen generates from the same seeds.

A bank holds many levels as arrays; `bank[i]` is one of them as a Maze. The rules have procgen's
names: `maze` places the cheese anywhere, and `maze_aisc` (Langosco et al., 2022) in the top-right
`rand_region` x `rand_region` squares. Fixed-size levels fill their world and have no dead ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int, Shaped, UInt8, UInt16

from procgen_tools.checks import whole_number
from procgen_tools.names import did_you_mean
from procgen_tools.shown import pixels_png, summary
from procgen_tools.worlds.maze import level_kernels as kernels
from procgen_tools.worlds.maze.grid import START, WALL, WORLD_SIZES, Maze, Square

ENV_NAMES = ("maze", "maze_aisc")
MAX_SEED = 2**31 - 1
"""Level seeds are in [0, 2**31 - 1), as in procgen."""

FIRST_TRAINING_SEED = 2**20
"""Levels below this seed are never trained on; they are for testing."""

SHOWN_LEVELS = 6
"""Number of levels that a notebook shows for a bank."""


@dataclass(frozen=True)
class LevelRule:
    """How levels are drawn.

    Attributes:
        world_size: side of the outer grid in squares, odd.
        rand_region: side of the top-right region of the cheese, in squares; 0 for the corner
            itself, None for the whole maze.
        fixed_size: the maze fills its world and has no dead ends.
        num_objects: number of objects: the cheese, and one more in two-object levels.
        maze_size: side of every maze in squares, odd. None draws a size for each level, as procgen
            does. Levels of a given size are not levels of procgen.
        max_maze_size: the largest side of a drawn maze in squares, odd. None allows the whole
            world, as procgen does. With a limit, a seed gives a different level than without.

    Example:
        >>> make_level(0, LevelRule(world_size=15, maze_size=5)).size
        5
    """

    world_size: int = WORLD_SIZES["hard"]
    rand_region: int | None = None
    fixed_size: bool = False
    num_objects: int = 1
    maze_size: int | None = None
    max_maze_size: int | None = None

    def __post_init__(self) -> None:
        for name in ("world_size", "rand_region", "num_objects", "maze_size", "max_maze_size"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, whole_number(name, getattr(self, name)))
        if self.world_size < 3 or self.world_size % 2 == 0 or self.world_size > 63:
            raise ValueError(
                f"world_size {self.world_size} is not odd and in 3..63: use 15 (easy) or 25 (hard)"
            )
        if self.rand_region is not None and self.rand_region < 0:
            raise ValueError(
                f"rand_region {self.rand_region} is negative: give the side of the "
                "top-right region in squares, 0 for the corner, None for anywhere"
            )
        size = self.maze_size
        if size is not None and (size % 2 == 0 or not 3 <= size <= self.world_size):
            raise ValueError(
                f"maze_size {size} is not odd and in 3..{self.world_size}: choose one that is, or "
                "None for procgen's draw"
            )
        if size is not None and self.fixed_size:
            raise ValueError(
                f"maze_size {size} and fixed_size: fixed-size mazes fill their world; leave one out"
            )
        largest = self.max_maze_size
        if largest is not None and (largest % 2 == 0 or not 3 <= largest <= self.world_size):
            raise ValueError(
                f"max_maze_size {largest} is not odd and in 3..{self.world_size}: choose one that "
                "is, or None for no limit but the world"
            )
        if largest is not None and (size is not None or self.fixed_size):
            other = "fixed_size" if self.fixed_size else f"maze_size {size}"
            raise ValueError(
                f"max_maze_size {largest} and {other}: a limit is for mazes whose size is drawn; "
                "leave one out"
            )
        if self.num_objects not in (1, 2):
            raise ValueError(f"num_objects {self.num_objects}: a level has one or two objects")

    @property
    def largest(self) -> int:
        """The side of the largest mazes in squares.

        Example:
            >>> LevelRule(world_size=15, max_maze_size=7).largest
            7
        """
        return self.maze_size or self.max_maze_size or self.world_size


def level_rule(
    env_name: str = "maze", distribution_mode: str = "hard", rand_region: int | None = None
) -> LevelRule:
    """The rule of a procgen environment.

    Raises:
        ValueError: an unknown name or mode, or a rand_region for an environment without one.

    Example:
        >>> rule = level_rule("maze_aisc", rand_region=5)
        >>> rule.world_size, rule.rand_region
        (25, 5)
    """
    if env_name not in ENV_NAMES:
        hint = did_you_mean(env_name, ENV_NAMES)
        raise ValueError(f"unknown env_name {env_name!r}: choose one of {list(ENV_NAMES)}{hint}")
    if distribution_mode not in list(WORLD_SIZES):
        raise ValueError(
            f"unknown distribution_mode {distribution_mode!r}: choose one of {list(WORLD_SIZES)}"
        )
    if env_name == "maze" and rand_region is not None:
        raise ValueError(
            f"rand_region {rand_region} means nothing in 'maze', whose cheese is "
            "anywhere: use env_name='maze_aisc', or leave rand_region out"
        )
    if env_name == "maze_aisc" and rand_region is None:
        rand_region = 0
    return LevelRule(WORLD_SIZES[distribution_mode], rand_region)


@dataclass(frozen=True, eq=False)
# Not Sequence[Maze], which would promise a Maze for worlds of other sizes than procgen's too.
class LevelBank(Sequence[Any]):
    """Many levels as arrays; `bank[i]` is level i as a Maze with a textured background.

    Attributes:
        rule: the rule by which the levels were drawn.
        seeds: (level,): level seeds.
        cells: (level, row, col): cell codes of the outer grid, row 0 at the bottom.
        sizes: (level,): side of each inner grid, in squares.
        objects: (level, object, 2): inner row and column of each object, the cheese first;
            `kernels.NO_SQUARE` twice if procgen's attempts placed no cheese in the region.
        backgrounds: (level,): index of the background picture.
        draws: (level,): number of random numbers that each level took from its generator.

    Example:
        >>> bank = make_bank(range(100))
        >>> len(bank), bank[7] == make_level(7)
        (100, True)
    """

    rule: LevelRule
    seeds: Int[np.ndarray, " level"]
    cells: UInt8[np.ndarray, "level row col"]
    sizes: UInt8[np.ndarray, " level"]
    objects: UInt8[np.ndarray, "level object 2"]
    backgrounds: UInt8[np.ndarray, " level"]
    draws: UInt16[np.ndarray, " level"]

    def __len__(self) -> int:
        return len(self.seeds)

    def __getitem__(self, index: int) -> Maze:  # type: ignore[override]
        if self.rule.num_objects != 1:
            raise ValueError(
                f"a level of {self.rule.num_objects} objects is no maze with a cheese: read the "
                "bank's objects, or make it with num_objects=1"
            )
        if not -len(self) <= index < len(self):
            raise IndexError(f"level {index} of a bank of {len(self)}")
        size = int(self.sizes[index])
        padding = (self.rule.world_size - size) // 2
        inner = self.cells[index, padding : padding + size, padding : padding + size]
        row, col = self.objects[index, 0].tolist()
        return Maze(
            walls=inner == WALL,
            mouse=START,
            cheese=None if row == kernels.NO_SQUARE else Square(row, col),
            world_size=self.rule.world_size,
            background=int(self.backgrounds[index]),
        )

    def __iter__(self) -> Iterator[Maze]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        def span(numbers: Shaped[np.ndarray, " level"]) -> str:
            return f"{numbers.min()} to {numbers.max()}"

        return summary(
            self,
            f"{len(self):,} levels",
            f"seeds {span(self.seeds)}" if len(self) else "",
            f"sizes {span(self.sizes)}" if len(self) else "",
            repr(self.rule),
        )

    def _repr_png_(self) -> bytes | None:
        """The first levels side by side, in their worlds, for a notebook."""
        from procgen_tools.worlds.maze.human_view import human_view

        first = [
            human_view(self[index], whole_world=True, square_pixels=6)
            for index in range(min(len(self), SHOWN_LEVELS))
        ]
        return pixels_png(np.concatenate(first, axis=1)) if first else None


def make_bank(
    seeds: Sequence[int | np.integer] | Shaped[np.ndarray, " level"], rule: LevelRule | None = None
) -> LevelBank:
    """Generate the levels of `seeds`; `rule` defaults to hard `maze`.

    Raises:
        TypeError: `rule` is not a LevelRule.
        ValueError: seeds that are not whole numbers in [0, 2**31 - 1).

    Example:
        >>> make_bank([0, 1, 2]).sizes
        array([13,  3, 13], dtype=uint8)
    """
    rule = LevelRule() if rule is None else rule
    if not isinstance(rule, LevelRule):
        raise TypeError(f"rule is {rule!r:.60}: give what level_rule returns")
    seed_array = np.asarray(seeds)
    if seed_array.ndim != 1 or (seed_array.size and seed_array.dtype.kind not in "iu"):
        raise ValueError(
            f"seeds have shape {seed_array.shape} and type {seed_array.dtype}: "
            "give a list or 1-d array of whole numbers"
        )
    wrong = seed_array[(seed_array < 0) | (seed_array >= MAX_SEED)]
    if wrong.size:
        raise ValueError(f"level seed {wrong[0]} is not in [0, {MAX_SEED}): choose one that is")
    seed_array = seed_array.astype(np.int64)
    count, world = len(seed_array), rule.world_size
    cells = np.empty((count, world, world), np.uint8)
    sizes = np.empty(count, np.uint8)
    objects = np.empty((count, rule.num_objects, 2), np.uint8)
    backgrounds = np.empty(count, np.uint8)
    draws = np.empty(count, np.uint16)
    kernels.generate_levels(
        seed_array,
        world,
        rule.maze_size or 0,
        rule.max_maze_size or world,
        rule.fixed_size,
        -1 if rule.rand_region is None else rule.rand_region,
        cells,
        sizes,
        objects,
        backgrounds,
        draws,
    )
    return LevelBank(rule, seed_array, cells, sizes, objects, backgrounds, draws)


def make_level(seed: int, rule: LevelRule | None = None) -> Maze:
    """Generate the level of one seed, with the mouse at the start square.

    Example:
        >>> print(make_level(51, LevelRule(maze_size=5)))
        .#...
        .#.##
        .#.C.
        .#.##
        M....
    """
    return make_bank([seed], rule)[0]
