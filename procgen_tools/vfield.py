"""Vector fields: what a policy would do at every open square of a maze."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Num

from procgen_tools.maze.grid import MOVES, Maze, Square, check_inside

LEFT, RIGHT, UP, DOWN, STAY = range(len(MOVES))

SUM_TOLERANCE = 1e-4
"""How far a square's probabilities may sum from 1: room for float32, not for an error."""


@dataclass(frozen=True, eq=False)
class VectorField:
    """The probabilities of the five moves, and the value, with the mouse at every open square.

    Attributes:
        maze: the maze; its own mouse square only says where an episode starts.
        probabilities: (square, move), squares in the order of `maze.open_squares()` (the cheese's
            square and the corner included), moves in the order of MOVES; kept read-only, float64.
        values: (square), the policy's estimate of its discounted return; read-only, float64.

    Raises:
        ValueError: arrays of the wrong shape, numbers that are not finite, negative
            probabilities, or rows that do not sum to 1.
    """

    maze: Maze
    probabilities: Float[np.ndarray, "square move"]
    values: Float[np.ndarray, " square"]

    def __post_init__(self) -> None:
        squares = int((~self.maze.walls).sum())
        shapes = {"probabilities": (squares, len(MOVES)), "values": (squares,)}
        for name, shape in shapes.items():
            array = np.array(getattr(self, name), dtype=np.float64)
            if array.shape != shape:
                raise ValueError(
                    f"{name} have shape {array.shape}, but this maze has {squares} open squares: "
                    f"give {shape}, one row for each of maze.open_squares()"
                )
            wrong = np.argwhere(~np.isfinite(array))
            if len(wrong):
                raise ValueError(
                    f"{name} hold {array[tuple(wrong[0])]} at square {self.squares[wrong[0][0]]}: "
                    "every number must be finite; check the policy's weights and inputs"
                )
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        sums = self.probabilities.sum(axis=1)
        wrong = np.flatnonzero(
            (np.abs(sums - 1) > SUM_TOLERANCE) | (self.probabilities < 0).any(axis=1)
        )
        if len(wrong):
            index = wrong[0]
            raise ValueError(
                f"the probabilities at square {self.squares[index]} are "
                f"{self.probabilities[index].tolist()}, with sum {sums[index]:.6g}: they must be "
                "at least 0 and sum to 1; apply softmax to logits first"
            )

    @cached_property
    def squares(self) -> tuple[Square, ...]:
        """The open squares, row by row from the bottom: the first axis of the arrays."""
        return tuple(self.maze.open_squares())

    @cached_property
    def _numbers(self) -> dict[Square, int]:
        return {square: number for number, square in enumerate(self.squares)}

    def index(self, square: tuple[int, int]) -> int:
        """The place of `square` in the arrays; ValueError when it is a wall or outside."""
        square = check_inside(square, self.maze.size, "mouse")
        if square not in self._numbers:
            raise ValueError(
                f"the field has no square {tuple(square)}: it is a wall; choose an open square"
            )
        return self._numbers[square]

    def at(self, square: tuple[int, int]) -> Float[np.ndarray, " move"]:
        """The probabilities of the five moves at `square`; ValueError when it is not open."""
        return self.probabilities[self.index(square)]

    @property
    def arrows(self) -> Float[np.ndarray, "square 2"]:
        """The mean move at every square, to the right and up: P(RIGHT) - P(LEFT), P(UP) - P(DOWN).

        Moves into walls count, as they are part of what the policy prefers.
        """
        p = self.probabilities
        return np.stack([p[:, RIGHT] - p[:, LEFT], p[:, UP] - p[:, DOWN]], axis=1)

    def grid(self, numbers: Num[np.ndarray, " square *rest"]) -> Float[np.ndarray, "row col *rest"]:
        """One number (or row of numbers) for every open square, laid out as the maze is.

        Walls are NaN.

        Raises:
            ValueError: a first axis that is not one entry for each open square.
        """
        if len(numbers) != len(self.squares):
            raise ValueError(
                f"{len(numbers)} numbers do not fit {len(self.squares)} open squares: "
                "give one for each"
            )
        grid = np.full((self.maze.size, self.maze.size, *numbers.shape[1:]), np.nan)
        grid[~self.maze.walls] = numbers
        return grid


@dataclass(frozen=True, eq=False)
class FieldDifference:
    """What changed between two fields over the same open squares; all are after minus before."""

    before: VectorField
    after: VectorField

    @property
    def probabilities(self) -> Float[np.ndarray, "square move"]:
        """The change of every move's probability."""
        return self.after.probabilities - self.before.probabilities

    @property
    def values(self) -> Float[np.ndarray, " square"]:
        """The change of the value."""
        return self.after.values - self.before.values

    @property
    def arrows(self) -> Float[np.ndarray, "square 2"]:
        """The change of the mean move, to the right and up."""
        return self.after.arrows - self.before.arrows

    @property
    def lengths(self) -> Float[np.ndarray, " square"]:
        """The Euclidean length of every square's change of arrow, at most 2."""
        return np.linalg.norm(self.arrows, axis=1)

    @property
    def magnitude(self) -> float:
        """The Euclidean norm of all changes of arrows together, which grows with the squares.

        Divided by the root of the number of squares it is the root mean square of `lengths`.
        """
        return float(np.linalg.norm(self.arrows))

    @property
    def total_variation(self) -> Float[np.ndarray, " square"]:
        """Half the sum of absolute changes: the probability moved elsewhere, in [0, 1]."""
        return np.abs(self.probabilities).sum(axis=1) / 2


def difference(before: VectorField, after: VectorField) -> FieldDifference:
    """The change from one field to another, square by square.

    The mazes must have the same walls; mouse, cheese and background may differ.

    Raises:
        ValueError: different walls.
    """
    if not np.array_equal(before.maze.walls, after.maze.walls):
        raise ValueError(
            f"the fields belong to mazes with different walls ({before.maze.size} x "
            f"{before.maze.size} with {len(before.squares)} open squares, {after.maze.size} x "
            f"{after.maze.size} with {len(after.squares)}): compare fields of one maze"
        )
    return FieldDifference(before, after)
