"""What levels on squares have in common: the mouse in its maze, drawn as procgen draws it.

`Maze` and the levels of two objects extend `GridLevel`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8

from procgen_tools.checks import true_or_false, whole_number
from procgen_tools.shown import pixels_png, summary
from procgen_tools.worlds.graph import Decision, Graph
from procgen_tools.worlds.maze.squares import (
    EPISODE_STEPS,
    MOVE_STEPS,
    NUM_BACKGROUNDS,
    Square,
    check_inside,
    checked_walls,
)


class GridLevel:
    """A level on squares: a mouse in a maze, drawn as procgen draws it.

    A subclass is a frozen dataclass with the attributes below and its objects. It defines `cells`,
    `sprites`, `pictures`, `landmarks`, `ending_squares`, `graph`, `decision` and `caption`, and
    checks its objects after `super().__post_init__()`.

    Attributes:
        walls: (row, col) of the inner grid, True for walls; read-only.
        mouse: the mouse's inner square.
        world_size: side of the outer grid in squares.
        background: index 0..8 of the background picture, one of `plain_backgrounds`, or None for
            black.
        mouse_mirrored: True after a move to the right (the picture of the mouse is flipped).
        world_sizes: the sides that the outer grid may have, for all levels of the class.
        plain_backgrounds: names of backgrounds without a picture, for all levels of the class.
    """

    walls: Bool[np.ndarray, "row col"]
    mouse: Square
    world_size: int
    background: int | str | None
    mouse_mirrored: bool

    world_sizes: Sequence[int]
    plain_backgrounds: Sequence[str] = ()
    step_limit = EPISODE_STEPS
    ending_goals: Sequence[str]
    ways: Sequence[str]
    effect_goals: Mapping[str, Any]

    def __post_init__(self) -> None:
        """Check what all levels on squares have.

        Raises:
            TypeError: `world_size` or `background` is not a whole number, or `mouse_mirrored` is
                not a bool.
            ValueError: walls that are not square or do not fit into the world, a mouse outside the
                grid or in a wall, or an unknown background.
        """
        walls = checked_walls(self.walls)
        walls.setflags(write=False)
        checked = {
            "walls": walls,
            "world_size": self._checked_world_size(len(walls)),
            "background": self._checked_background(),
            "mouse_mirrored": true_or_false("mouse_mirrored", self.mouse_mirrored),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "mouse", self.checked_open(self.mouse, "mouse"))

    def _checked_world_size(self, size: int) -> int:
        world_size = whole_number("world_size", self.world_size)
        if world_size not in self.world_sizes:
            raise ValueError(
                f"world_size {world_size} is not one of {', '.join(map(str, self.world_sizes))}: "
                "choose one of these"
            )
        if size > world_size:
            raise ValueError(
                f"a {size} x {size} maze does not fit a world of "
                f"{world_size} x {world_size} squares: make it smaller"
            )
        return world_size

    def _checked_background(self) -> int | str | None:
        background = self.background
        if background is None or background in self.plain_backgrounds:
            return None if background == "black" else background
        plain = "".join(f"{name!r}, " for name in self.plain_backgrounds if name != "black")
        remedy = f"use one of 0..{NUM_BACKGROUNDS - 1}, {plain}or None for black"
        if self.plain_backgrounds and isinstance(background, str):
            raise ValueError(f"background {background!r} does not exist: {remedy}")
        number = whole_number("background", background)
        if not 0 <= number < NUM_BACKGROUNDS:
            raise ValueError(f"background {number} is not in 0..{NUM_BACKGROUNDS - 1}: {remedy}")
        return number

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

    def __repr__(self) -> str:
        background = "black background" if self.background is None else None
        return summary(
            self,
            self.caption(),
            f"world {self.world_size} x {self.world_size}",
            background or f"background {self.background}",
            "mouse mirrored" if self.mouse_mirrored else "",
        )

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
