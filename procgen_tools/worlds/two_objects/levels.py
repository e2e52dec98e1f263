"""Levels: mazes with one or two objects, as the variants of `variants` draw them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from jaxtyping import Bool, UInt8

from procgen_tools.worlds.graph import Decision, Graph
from procgen_tools.worlds.maze import level_kernels as kernels
from procgen_tools.worlds.maze.grid_level import GridLevel
from procgen_tools.worlds.maze.levels import LevelBank, make_bank
from procgen_tools.worlds.maze.painter import Sprite
from procgen_tools.worlds.maze.squares import (
    CHEESE,
    START,
    WALL,
    WORLD_SIZES,
    Square,
    outer_cells,
)
from procgen_tools.worlds.maze.view_kernels import PLAIN
from procgen_tools.worlds.two_objects.objects import picture, sprite
from procgen_tools.worlds.two_objects.variants import (
    FIXED_SIZES,
    REWARD,
    VARIANTS,
    Kind,
    Variant,
    variant,
)

__all__ = [
    "BACKGROUNDS",
    "FIXED_SIZES",
    "REWARD",
    "VARIANTS",
    "Kind",
    "Level",
    "Thing",
    "Variant",
    "check_backgrounds",
    "goal_names",
    "level_of",
    "make_level",
    "make_levels",
    "variant",
]

BACKGROUNDS = ("textured", *PLAIN)


@dataclass(frozen=True)
class Thing:
    """An object at its square.

    Attributes:
        kind: the object, and what it is worth.
        square: its inner square.
    """

    kind: Kind
    square: Square


@dataclass(frozen=True, eq=False)
class Level(GridLevel):
    """A maze with one or two objects, and everything else that a frame shows.

    The goals of its graph are the objects, by name (see `goals`). Copies and unpickled levels are
    checked again, and their walls are read-only.

    Attributes:
        walls: (row, col) of the inner grid, True for walls; read-only.
        things: the objects at their squares, the first object first.
        mouse: the mouse's inner square.
        world_size: side of the outer grid in squares, odd, at most 25.
        background: index 0..8 of the background picture, None for black, or 'grey'.
        mouse_mirrored: True after a move to the right (the picture of the mouse is flipped).

    Raises:
        TypeError: a world size or background of the wrong type.
        ValueError: walls that are not square or do not fit the world, a mouse or object outside the
            grid or in a wall, two objects on one square, no object or more than two, or an
            unknown background.

    Example:
        >>> str(make_level(100_000)).splitlines()  # the top row first
        ['....2', '.#.#.', '.#.#.', '.#.#.', 'M...1']
    """

    walls: Bool[np.ndarray, "row col"]
    things: tuple[Thing, ...]
    mouse: Square = START
    world_size: int = FIXED_SIZES["easy"]
    background: int | str | None = None
    mouse_mirrored: bool = False

    effect_goals = MappingProxyType({})

    __repr__ = GridLevel.__repr__
    world_sizes = range(1, max(WORLD_SIZES.values()) + 1, 2)
    plain_backgrounds = tuple(PLAIN)

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.things) not in (1, 2):
            raise ValueError(f"{len(self.things)} objects: a level has one or two")
        things = tuple(
            replace(thing, square=self.checked_open(thing.square, thing.kind.name))
            for thing in self.things
        )
        if len({thing.square for thing in things}) < len(things):
            raise ValueError(
                f"both objects are at {tuple(things[0].square)}: give each a square of its own"
            )
        object.__setattr__(self, "things", things)

    @property
    def objects(self) -> tuple[str, ...]:
        """The names of the objects."""
        return tuple(thing.kind.name for thing in self.things)

    @property
    def goals(self) -> tuple[str, ...]:
        """The names of the goals: those of the objects, numbered if both are alike.

        Example:
            >>> make_level(0, variant(objects=["red_line", "red_line"])).goals
            ('red_line_1', 'red_line_2')
        """
        return goal_names(self.objects)

    @property
    def ending_goals(self) -> tuple[str, ...]:  # type: ignore[override]
        """The goals whose squares end the episode."""
        pairs = zip(self.goals, self.things, strict=True)
        return tuple(name for name, thing in pairs if thing.kind.ends)

    @property
    def ways(self) -> tuple[str, ...]:  # type: ignore[override]
        """The goals at a decision square: the two objects, if there are two."""
        return self.goals if len(self.things) > 1 else ()

    def cells(self) -> UInt8[np.ndarray, "row col"]:
        """The outer grid as cell codes WALL, OPEN, and CHEESE + k for object k (a new array)."""
        cells = outer_cells(self.walls, None, self.world_size)
        for number, thing in enumerate(self.things):
            row, col = thing.square
            cells[row + self.padding, col + self.padding] = CHEESE + number
        return cells

    def sprites(self) -> list[Sprite]:
        """The objects as agents see them."""
        return [sprite(name, self.world_size) for name in self.objects]

    def pictures(self) -> list[tuple[Square, UInt8[np.ndarray, "height width 4"]]]:
        """The square and the picture of every object."""
        return [(thing.square, picture(thing.kind.name)) for thing in self.things]

    def graph(self, *, both_facings: bool = True) -> Graph:
        """The graph of the mouse's moves, with the objects as goals: see `graph.graph_of`."""
        from procgen_tools.worlds.two_objects.graph import graph_of

        return graph_of(self, both_facings=both_facings)

    def decision(self, start: tuple[int, int] | None = None) -> Decision | None:
        """The square where the paths to the two objects diverge: see `graph.decision`."""
        from procgen_tools.worlds.two_objects.graph import decision

        return decision(self, self.mouse if start is None else start)

    def landmarks(self) -> dict[str, Square]:
        """The mouse and the objects."""
        named = {goal: thing.square for goal, thing in zip(self.goals, self.things, strict=True)}
        return {"mouse": self.mouse, **named}

    def ending_squares(self) -> set[Square]:
        """The squares of the objects that end the episode."""
        return {thing.square for thing in self.things if thing.kind.ends}

    def with_objects(self, *names: str) -> Level:
        """The level with other objects at the same squares, worth the same.

        Raises:
            ValueError: an unknown object, or another number of objects.

        Example:
            >>> make_level(0).with_objects("green_line", "white_gem").objects
            ('green_line', 'white_gem')
        """
        if len(names) != len(self.things):
            raise ValueError(
                f"{len(names)} names for {len(self.things)} objects: give one for each"
            )
        things = tuple(
            replace(thing, kind=replace(thing.kind, name=name))
            for thing, name in zip(self.things, names, strict=True)
        )
        return replace(self, things=things)

    def swapped(self) -> Level:
        """The level with the two objects' places exchanged.

        Raises:
            ValueError: a level with one object.
        """
        if len(self.things) != 2:
            raise ValueError("a level with one object has nothing to swap: give one with two")
        first, second = self.things
        things = (replace(first, square=second.square), replace(second, square=first.square))
        return replace(self, things=things)

    def __str__(self) -> str:
        from procgen_tools.worlds.two_objects.text import draw

        return draw(self)

    def caption(self) -> str:
        """A short description: "5 x 5, mouse (0, 0), red_line (0, 4), yellow_gem (4, 4)"."""
        things = (f"{name} {tuple(place)}" for name, place in list(self.landmarks().items())[1:])
        return ", ".join((f"{self.size} x {self.size}", f"mouse {tuple(self.mouse)}", *things))


def goal_names(objects: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the goals of a level with these objects (see `Level.goals`).

    Example:
        >>> goal_names(("red_line", "yellow_gem"))
        ('red_line', 'yellow_gem')
    """
    if len(set(objects)) == len(objects):
        return objects
    return tuple(f"{name}_{number}" for number, name in enumerate(objects, 1))


def make_levels(
    seeds: Sequence[int] | range | np.ndarray,
    of: Variant | None = None,
    *,
    background: str = "black",
) -> list[Level]:
    """The levels of some seeds, with the mouse at the start.

    Args:
        seeds: level seeds.
        of: the variant. Defaults to the red line against the yellow gem in 5 x 5 mazes.
        background: 'textured' (the level's own picture), 'black' or 'grey'.

    Raises:
        ValueError: an unknown background, or seeds that are not whole numbers in [0, 2**31 - 1).

    Example:
        >>> [level.things[0].square for level in make_levels([0, 1])]
        [Square(row=2, col=2), Square(row=4, col=0)]
    """
    of = variant() if of is None else of
    check_backgrounds(background)
    bank = make_bank(seeds, of.rule)
    return [level_of(bank, index, of, background) for index in range(len(bank))]


def make_level(seed: int, of: Variant | None = None, *, background: str = "black") -> Level:
    """The level of one seed (see `make_levels`)."""
    return make_levels([seed], of, background=background)[0]


def level_of(bank: LevelBank, index: int, of: Variant, background: str) -> Level:
    """One level of a bank as a value.

    Raises:
        ValueError: procgen's attempts placed no object.
    """
    size = int(bank.sizes[index])
    padding = (of.rule.world_size - size) // 2
    inner = bank.cells[index, padding : padding + size, padding : padding + size]
    squares = bank.objects[index].tolist()
    if any(row == kernels.NO_SQUARE for row, _ in squares):
        raise ValueError(f"level {index} of the bank lacks an object: choose another seed")
    shown: int | str | None = int(bank.backgrounds[index])
    if background != "textured":
        shown = None if background == "black" else background
    return Level(
        walls=inner == WALL,
        things=tuple(
            Thing(kind, Square(row, col))
            for kind, (row, col) in zip(of.kinds, squares, strict=True)
        ),
        world_size=of.rule.world_size,
        background=shown,
    )


def check_backgrounds(background: str) -> str:
    """The name of a kind of background, after a check.

    Raises:
        ValueError: neither 'textured', 'black' nor 'grey'.
    """
    if background not in BACKGROUNDS:
        raise ValueError(
            f"unknown background {background!r}: choose one of {', '.join(BACKGROUNDS)}"
        )
    return background
