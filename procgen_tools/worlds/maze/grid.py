"""The maze as data: cell codes, squares, and the two grids.

A square is (row, column). Row 0 is the bottom row of the picture, so UP is row + 1::

      row
       4  . . . . C      the inner grid: the maze itself, n x n squares, n odd
       3  . # . # #      C  the top-right corner square (n - 1, n - 1)
       2  . # . . .      S  the start square (0, 0), where the mouse begins
       1  . # # # .
       0  S . . . .
          0 1 2 3 4  column

The outer grid is the world around the maze: 25 x 25 squares (hard) or 15 x 15 (easy), with the
inner grid in its middle and walls elsewhere. outer = inner + (world_size - n) // 2, for rows and
columns alike. Coordinates are inner, except where a name says outer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, NamedTuple, no_type_check

import numpy as np
from jaxtyping import Bool, Float, Integer, UInt8

from procgen_tools.checks import true_or_false, whole_number
from procgen_tools.shown import pixels_png, summary
from procgen_tools.worlds.graph import Decision, Graph

CHEESE = 2
WALL = 51
OPEN = 100

EASY_WORLD_SIZE = 15
HARD_WORLD_SIZE = 25
WORLD_SIZES = {"easy": EASY_WORLD_SIZE, "hard": HARD_WORLD_SIZE}
"""Squares per side of the outer grid, by distribution mode."""

NUM_BACKGROUNDS = 9

GREY = 127
"""Red, green and blue of the grey background."""

DEFAULT_BACKGROUND = 0
"""The background of mazes made by hand: that of level 0, because agents are trained on textures."""

FRAME_SIZE = 64
"""Side of an observation in pixels."""

EPISODE_STEPS = 500
"""Steps after which procgen ends an episode."""

CORNER_REGION = 5
"""Side of the top-right region that counts as the corner, in squares (Langosco et al., 2022)."""


class Square(NamedTuple):
    """A square of the grid: row 0 is at the bottom, column 0 at the left.

    Example:
        >>> Square(1, 2) == (1, 2), Square(1, 2).row
        (True, 1)
    """

    row: int
    col: int


START = Square(0, 0)

MOVES = ("LEFT", "RIGHT", "UP", "DOWN", "STAY")
"""The five moves, in the order of every array of move probabilities."""

LEFT, RIGHT, UP, DOWN, STAY = range(len(MOVES))
"""The index of each move in MOVES."""

MOVE_STEPS = (Square(0, -1), Square(0, 1), Square(1, 0), Square(-1, 0), Square(0, 0))
"""The (row, column) that each move adds to the mouse's square."""


@no_type_check  # step_kernels compiles this function: nothing may wrap it
def turned(mirrored: Any, columns: Any) -> Any:
    """Whether the mouse's picture is mirrored after a move: the mouse faces the way it last went.

    Accepts numbers, numpy arrays and torch tensors, and compiles with numba.

    Args:
        mirrored: whether the picture was mirrored before the move.
        columns: how many columns the move goes to the right, as in `MOVE_STEPS`, even if a wall
            stops it.

    Example:
        >>> turned(False, 1), turned(True, 0), turned(True, -1)
        (True, True, False)
    """
    return (columns > 0) | (mirrored & (columns == 0))


class GridLevel:
    """What levels on squares have in common: a mouse in a maze, drawn as procgen draws it.

    `Maze` and the levels of two objects extend it. A subclass has the attributes below, `cells`,
    `sprites`, `pictures`, `graph`, `decision` and `caption`.

    Attributes:
        walls: (row, col) of the inner grid, True for walls; read-only.
        mouse: the mouse's inner square.
        world_size: side of the outer grid in squares.
        background: index 0..8 of the background picture, None for black, or 'grey'.
        mouse_mirrored: True after a move to the right (the picture of the mouse is flipped).
    """

    walls: Bool[np.ndarray, "row col"]
    mouse: Square
    world_size: int
    background: int | str | None
    mouse_mirrored: bool

    step_limit = EPISODE_STEPS
    ending_goals: Sequence[str]
    ways: Sequence[str]
    effect_goals: Mapping[str, Any]

    @property
    def size(self) -> int:
        """Side of the inner grid, in squares."""
        return int(self.walls.shape[0])

    @property
    def corner(self) -> Square:
        """The top-right corner square of the inner grid."""
        return Square(self.size - 1, self.size - 1)

    @property
    def padding(self) -> int:
        """Squares between the edge of the world and the inner grid."""
        return (self.world_size - self.size) // 2

    def is_open(self, square: tuple[int, int]) -> bool:
        """Whether `square` is inside the maze and not a wall."""
        row, col = square
        return 0 <= row < self.size and 0 <= col < self.size and not self.walls[row, col]

    def neighbour(self, square: tuple[int, int], move: int) -> Square:
        """The square that a move (an index into MOVES) from `square` leads to.

        A move into a wall leads to `square` itself.
        """
        step = MOVE_STEPS[move]
        there = Square(square[0] + step.row, square[1] + step.col)
        return there if self.is_open(there) else Square(*square)

    def open_squares(self) -> list[Square]:
        """All open squares, row by row from the bottom."""
        return [Square(int(row), int(col)) for row, col in np.argwhere(~self.walls)]

    def checked_open(self, square: Any, thing: str) -> Square:
        """`square` as a Square, after a check that it is an open square of the level.

        Raises:
            ValueError: it is not a pair of whole numbers, or outside or in a wall.
        """
        square = check_inside(square, self.size, thing)
        if self.walls[square]:
            raise ValueError(
                f"the {thing} cannot stand at {tuple(square)}: that square is a wall; "
                "open it first or choose an open square"
            )
        return square

    def cells(self) -> UInt8[np.ndarray, "row col"]:
        """The outer grid as cell codes WALL, OPEN, and CHEESE + k for object k (a new array)."""
        raise NotImplementedError

    def sprites(self) -> Sequence[Any] | None:
        """The sprites of the objects for `agent_view.draw_levels`; None for the cheese's."""
        raise NotImplementedError

    def pictures(self) -> Sequence[tuple[Square, UInt8[np.ndarray, "height width 4"]]]:
        """The square and the picture for people of every object."""
        raise NotImplementedError

    def landmarks(self) -> dict[str, Square]:
        """The squares that matter, by name, for figures."""
        raise NotImplementedError

    def ending_squares(self) -> set[Square]:
        """The squares on which the episode ends."""
        raise NotImplementedError

    def caption(self) -> str:
        """A short description of the level."""
        raise NotImplementedError

    @property
    def graph(self) -> Callable[..., Graph]:
        """Makes the graph of the mouse's moves (see `worlds.graph`), with `both_facings` or not."""
        raise NotImplementedError

    def decision(self, start: tuple[int, int] | None = None) -> Decision | None:
        """The square where the paths from `start` to the goals diverge, or None."""
        raise NotImplementedError

    def flipped(self) -> GridLevel:
        """The level with the mouse facing the other way."""
        level: GridLevel = replace(self, mouse_mirrored=not self.mouse_mirrored)  # type: ignore[type-var]
        return level

    def views(self) -> tuple[UInt8[np.ndarray, "square 64 64 3"], ...]:
        """The frames with the mouse at every open square, for both facings, the level's first."""
        from procgen_tools.worlds.maze.graph import views

        return views(self)

    def moves(self, logits: Any) -> Float[np.ndarray, "square move"]:
        """The probabilities of the five moves, from logits of the 15 actions; float64."""
        from procgen_tools.worlds.maze.moves import move_probabilities

        # Moved to the CPU first, because not every device supports float64.
        moves: Float[np.ndarray, "square move"] = move_probabilities(logits.cpu().double()).numpy()
        return moves

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __reduce__(self) -> tuple[Any, ...]:
        # A plain copy of the attributes would have writable walls.
        return type(self), tuple(getattr(self, field.name) for field in fields(self))  # type: ignore[arg-type]

    def _key(self) -> tuple[object, ...]:
        values = (getattr(self, field.name) for field in fields(self))  # type: ignore[arg-type]
        return tuple(
            (value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value
            for value in values
        )

    def _repr_png_(self) -> bytes:
        """The picture of the level for people, for a notebook."""
        from procgen_tools.worlds.maze.human_view import human_view

        return pixels_png(human_view(self, square_pixels=16))


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

    def __post_init__(self) -> None:
        walls = checked_walls(self.walls)
        size = len(walls)
        world_size = whole_number("world_size", self.world_size)
        if world_size not in WORLD_SIZES.values():
            raise ValueError(
                f"world_size {world_size} is not one of {sorted(WORLD_SIZES.values())}: "
                "use 15 (easy) or 25 (hard)"
            )
        if size > world_size:
            raise ValueError(
                f"a {size} x {size} maze does not fit a world of "
                f"{world_size} x {world_size} squares: make it smaller"
            )
        object.__setattr__(self, "world_size", world_size)
        if self.background is not None:
            background = whole_number("background", self.background)
            if not 0 <= background < NUM_BACKGROUNDS:
                raise ValueError(
                    f"background {background} is not in 0..{NUM_BACKGROUNDS - 1}: "
                    "use one of these, or None for black"
                )
            object.__setattr__(self, "background", background)
        mirrored = true_or_false("mouse_mirrored", self.mouse_mirrored)
        object.__setattr__(self, "mouse_mirrored", mirrored)
        walls.setflags(write=False)
        object.__setattr__(self, "walls", walls)
        object.__setattr__(self, "mouse", self.checked_open(self.mouse, "mouse"))
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
        return draw(self)

    def __repr__(self) -> str:
        return summary(
            self,
            self.caption(),
            f"world {self.world_size} x {self.world_size}",
            "black background" if self.background is None else f"background {self.background}",
            "mouse mirrored" if self.mouse_mirrored else "",
        )

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


def check_inside(square: Any, size: int, thing: str) -> Square:
    """`square` as a Square, after a check that it is in a size x size grid.

    Raises:
        ValueError: not a pair of whole numbers, or a square outside.
    """
    try:
        row, col = square
        row, col = whole_number(thing, row), whole_number(thing, col)
    except (TypeError, ValueError):
        raise ValueError(
            f"the {thing}'s square {square!r:.60} is not a (row, column) pair of whole numbers: "
            f"give one, such as (0, {size - 1})"
        ) from None
    if not (0 <= row < size and 0 <= col < size):
        raise ValueError(
            f"the {thing} cannot be at {(row, col)}: this maze has rows and columns "
            f"0..{size - 1}, counted from the bottom left; choose a square inside"
        )
    return Square(row, col)


def checked_walls(given: Any) -> Bool[np.ndarray, "row col"]:
    """A copy of the walls, checked to be a square array of booleans."""
    walls = np.array(given)
    if walls.ndim != 2 or walls.shape[0] != walls.shape[1] or walls.shape[0] < 1:
        raise ValueError(f"walls have shape {walls.shape}: give a square array of squares")
    if walls.dtype == bool:
        return walls
    if walls.dtype.kind not in "iu" or not np.isin(walls, (0, 1)).all():
        raise ValueError(
            f"walls have type {walls.dtype} and contain {walls.ravel()[:3].tolist()}: give True "
            f"for walls and False for open squares; from_cells takes codes ({WALL}, {OPEN})"
        )
    return walls.astype(bool)


def outer_cells(
    walls: Bool[np.ndarray, "row col"], cheese: tuple[int, int] | None, world_size: int
) -> UInt8[np.ndarray, "outer_row outer_col"]:
    """Cell codes of the whole world, for the given inner walls and cheese square."""
    size = walls.shape[0]
    padding = (world_size - size) // 2
    cells = np.full((world_size, world_size), WALL, dtype=np.uint8)
    inner = cells[padding : padding + size, padding : padding + size]
    inner[~walls] = OPEN
    if cheese is not None:
        inner[cheese] = CHEESE
    return cells


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


SYMBOLS = {"wall": "#", "open": ".", "mouse": "M", "cheese": "C"}


def draw(maze: Maze) -> str:
    """Draw the maze as text, top row first: '#' wall, '.' open, 'M' mouse, 'C' cheese.

    Example:
        >>> draw(parse("..C\\n.##\\nM.."))
        '..C\\n.##\\nM..'
    """
    text = np.where(maze.walls, SYMBOLS["wall"], SYMBOLS["open"])
    if maze.cheese is not None:
        text[maze.cheese] = SYMBOLS["cheese"]
    text[maze.mouse] = SYMBOLS["mouse"]
    return "\n".join("".join(row) for row in text[::-1])


def parse(
    drawing: str,
    *,
    world_size: int = HARD_WORLD_SIZE,
    background: int | None = DEFAULT_BACKGROUND,
) -> Maze:
    """Make a maze from its drawing: the inverse of `draw`.

    Without an 'M' the mouse is at the start square. Without a 'C' there is no cheese.

    Args:
        drawing: rows of '#', '.', 'M' and 'C', the top row first.
        world_size: side of the outer grid in squares, 15 (easy) or 25 (hard).
        background: index 0..8 of the background picture, or None for black, which agents trained
            with backgrounds have never seen.

    Raises:
        TypeError: `drawing` is not a string.
        ValueError: no rows, an unknown symbol, rows of unequal length, two mice or two cheeses.

    Example:
        >>> print(parse("..C\\n.##\\nM.."))
        ..C
        .##
        M..
    """
    if not isinstance(drawing, str):
        raise TypeError(
            f"the drawing is of type {type(drawing).__name__}: give a string; from_cells takes "
            "arrays"
        )
    rows = [line.strip() for line in drawing.strip().splitlines()][::-1]
    if not rows:
        raise ValueError(
            f"the drawing {drawing!r:.60} has no rows: give rows of '#' (wall), '.' (open), 'M' "
            "(mouse) and 'C' (cheese), such as '..C\\n.##\\nM..'"
        )
    if len({len(row) for row in rows}) != 1:
        raise ValueError(
            f"rows of the drawing have lengths {[len(row) for row in rows[::-1]]}: make them equal"
        )
    letters = np.array([list(row) for row in rows])
    unknown = sorted(set(letters.ravel().tolist()) - set(SYMBOLS.values()))
    if unknown:
        raise ValueError(f"unknown symbols {unknown} in the drawing: use only '#', '.', 'M', 'C'")
    found: dict[str, Square | None] = {}
    for thing in ("mouse", "cheese"):
        squares = np.argwhere(letters == SYMBOLS[thing])
        if len(squares) > 1:
            raise ValueError(
                f"the drawing has {len(squares)} squares marked "
                f"{SYMBOLS[thing]!r}: a maze has at most one {thing}"
            )
        found[thing] = Square(*squares[0].tolist()) if len(squares) else None
    return Maze(
        walls=letters == SYMBOLS["wall"],
        mouse=found["mouse"] or START,
        cheese=found["cheese"],
        world_size=world_size,
        background=background,
    )
