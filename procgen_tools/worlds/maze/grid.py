"""The maze as a value: its walls, mouse, cheese and background.

Squares, moves and cell codes are in `squares`, what all levels on squares have in common is in
`grid_level`, and drawings are in `text`. All of their names also work here.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Integer, UInt8

from procgen_tools.names import lazy
from procgen_tools.worlds.graph import Decision, Graph
from procgen_tools.worlds.maze.grid_level import GridLevel
from procgen_tools.worlds.maze.squares import (
    CHEESE,
    CORNER_REGION,
    DEFAULT_BACKGROUND,
    DOWN,
    EASY_WORLD_SIZE,
    EPISODE_STEPS,
    FRAME_SIZE,
    GREY,
    HARD_WORLD_SIZE,
    LEFT,
    MOVE_STEPS,
    MOVES,
    NUM_BACKGROUNDS,
    OPEN,
    RIGHT,
    START,
    STAY,
    UP,
    WALL,
    WORLD_SIZES,
    Square,
    check_inside,
    checked_walls,
    outer_cells,
    turned,
)

if TYPE_CHECKING:
    from procgen_tools.worlds.maze.text import draw, parse

__all__ = [
    "CHEESE",
    "CORNER_REGION",
    "DEFAULT_BACKGROUND",
    "DOWN",
    "EASY_WORLD_SIZE",
    "EPISODE_STEPS",
    "FRAME_SIZE",
    "GREY",
    "HARD_WORLD_SIZE",
    "LEFT",
    "MOVES",
    "MOVE_STEPS",
    "NUM_BACKGROUNDS",
    "OPEN",
    "RIGHT",
    "START",
    "STAY",
    "UP",
    "WALL",
    "WORLD_SIZES",
    "GridLevel",
    "Maze",
    "Square",
    "check_inside",
    "checked_walls",
    "draw",
    "from_cells",
    "outer_cells",
    "parse",
    "turned",
]

__getattr__ = lazy(__name__, dict.fromkeys(("draw", "parse"), "worlds.maze.text"))


@dataclass(frozen=True, eq=False)
class Maze(GridLevel):
    """A maze with everything that a frame shows: walls, mouse, cheese and background.

    Attributes:
        walls: (row, col) of the inner grid, True for walls; read-only.
        mouse: the mouse's inner square.
        cheese: the cheese's inner square, or None if there is no cheese.
        world_size: side of the outer grid in squares, 15 (easy) or 25 (hard).
        background: index 0..8 of the background picture, or None for black.
        mouse_mirrored: True after a move to the right (the picture of the mouse is flipped).

    Copies and unpickled mazes are checked again, and their walls are read-only.

    Raises:
        TypeError: `world_size` or `background` is not a whole number, or `mouse_mirrored` is not a
            bool.
        ValueError: walls that are not square or do not fit into the world, a mouse or cheese
            outside the grid or in a wall, or an unknown background.

    Example:
        >>> walls = np.array([[False, False, False], [False, True, True], [False, False, False]])
        >>> level = Maze(walls, cheese=Square(2, 2))
        >>> print(level)
        ..C
        .##
        M..
        >>> level.corner, level.is_open((1, 1))
        (Square(row=2, col=2), False)
    """

    walls: Bool[np.ndarray, "row col"]
    mouse: Square = START
    cheese: Square | None = None
    world_size: int = HARD_WORLD_SIZE
    background: int | None = None
    mouse_mirrored: bool = False

    __repr__ = GridLevel.__repr__
    world_sizes = tuple(WORLD_SIZES.values())

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.cheese is not None:
            object.__setattr__(self, "cheese", self.checked_open(self.cheese, "cheese"))

    def cells(self) -> UInt8[np.ndarray, "row col"]:
        """The outer grid as cell codes WALL, OPEN and CHEESE (a new array)."""
        return outer_cells(self.walls, self.cheese, self.world_size)

    def sprites(self) -> None:
        """None: the only object is the cheese."""

    def pictures(self) -> list[tuple[Square, UInt8[np.ndarray, "height width 4"]]]:
        """The cheese's square and its picture for people, if there is a cheese."""
        from procgen_tools.worlds.maze.human_view import art

        return [] if self.cheese is None else [(self.cheese, art("cheese"))]

    def landmarks(self) -> dict[str, Square]:
        """The corner, mouse, cheese and decision square, where they are."""
        from procgen_tools.worlds.maze.paths import decision_square

        named = {
            "top-right corner": self.corner,
            "mouse": self.mouse,
            "cheese": self.cheese,
            "decision square": decision_square(self),
        }
        return {name: square for name, square in named.items() if square is not None}

    def ending_squares(self) -> set[Square]:
        """The square of the cheese, if there is a cheese."""
        return set() if self.cheese is None else {self.cheese}

    def __str__(self) -> str:
        from procgen_tools.worlds.maze.text import draw

        return draw(self)

    def caption(self) -> str:
        """A short description: "5 x 5, 18 open squares, mouse (0, 0), no cheese"."""
        cheese = "no cheese" if self.cheese is None else f"cheese {tuple(self.cheese)}"
        return (
            f"{self.size} x {self.size}, {int((~self.walls).sum())} open squares, "
            f"mouse {tuple(self.mouse)}, {cheese}"
        )

    ending_goals = ("cheese",)
    ways = ("cheese", "top_right")
    effect_goals = MappingProxyType({"corner_region": CORNER_REGION})

    def graph(self, *, both_facings: bool = True, corner_region: int = 1) -> Graph:
        """The graph of the mouse's moves, with goals cheese and corner: see `graph.graph_of`."""
        from procgen_tools.worlds.maze.graph import graph_of

        return graph_of(self, both_facings=both_facings, corner_region=corner_region)

    def decision(self, start: tuple[int, int] | None = None) -> Decision | None:
        """The decision square; `start` defaults to the mouse's square: see `graph.decision`."""
        from procgen_tools.worlds.maze.graph import decision

        return decision(self, self.mouse if start is None else start)


def from_cells(
    cells: Integer[np.ndarray, "row col"],
    *,
    mouse: tuple[int, int] = START,
    world_size: int = HARD_WORLD_SIZE,
    background: int | None = DEFAULT_BACKGROUND,
) -> Maze:
    """Make a maze from the cell codes of its inner grid: WALL, OPEN, and CHEESE at most once.

    Args:
        cells: (row, col) codes, row 0 at the bottom.
        mouse: the mouse's inner square.
        world_size: side of the outer grid in squares, 15 (easy) or 25 (hard).
        background: index 0..8 of the background picture, or None for black, which agents trained
            with backgrounds have never seen.

    Raises:
        ValueError: another code, two cheeses, or an invalid maze (see `Maze`).

    Example:
        >>> print(from_cells(np.array([[OPEN, OPEN], [WALL, CHEESE]])))
        #C
        M.
    """
    cells = np.asarray(cells)
    unknown = sorted(set(np.unique(cells).tolist()) - {WALL, OPEN, CHEESE})
    if unknown or cells.ndim != 2:
        raise ValueError(
            f"the grid has shape {cells.shape} and cells {unknown[:5]}: use only {WALL} (wall), "
            f"{OPEN} (open) and {CHEESE} (cheese), in rows and columns"
        )
    cheeses = np.argwhere(cells == CHEESE).tolist()
    if len(cheeses) > 1:
        raise ValueError(f"the grid has cheese at {cheeses}: a maze has at most one")
    return Maze(
        walls=cells == WALL,
        mouse=check_inside(mouse, len(cells), "mouse"),
        cheese=Square(*cheeses[0]) if cheeses else None,
        world_size=world_size,
        background=background,
    )
