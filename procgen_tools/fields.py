"""Fields: what a policy would do in every state of a level, as values.

`vfield` computes them from a policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Num

from procgen_tools.checks import whole_number
from procgen_tools.shown import brief, drawn_png, summary
from procgen_tools.worlds.graph import Graph, Level
from procgen_tools.worlds.maze.coded_grids import field_entry
from procgen_tools.worlds.maze.grid import (
    DOWN,
    LEFT,
    MOVES,
    RIGHT,
    UP,
    GridLevel,
    Square,
    check_inside,
)

SUM_TOLERANCE = 1e-4
"""Largest deviation of a square's probabilities from sum 1: allows for float32 rounding only."""


def _check_finite(name: str, numbers: np.ndarray, places: Sequence[Any]) -> None:
    """ValueError if a number is not finite; `places` are the squares or states of the rows."""
    wrong = np.argwhere(~np.isfinite(numbers))
    if len(wrong):
        raise ValueError(
            f"{name} contain {numbers[tuple(wrong[0])]} at {_place(places[wrong[0][0]])}: every "
            "number must be finite; check the policy's weights and inputs"
        )


def _check_sums(name: str, probabilities: np.ndarray, places: Sequence[Any]) -> None:
    """ValueError if probabilities are negative or do not sum to 1 in each row."""
    sums = probabilities.sum(axis=1)
    wrong = np.flatnonzero((np.abs(sums - 1) > SUM_TOLERANCE) | (probabilities < 0).any(axis=1))
    if len(wrong):
        index = wrong[0]
        raise ValueError(
            f"the {name} at {_place(places[index])} are {probabilities[index].tolist()}, with "
            f"sum {sums[index]:.6g}: they must be at least 0 and sum to 1; apply softmax to logits "
            "first"
        )


def _place(place: Any) -> str:
    return f"square {place}" if isinstance(place, Square) else f"state {place}"


@dataclass(frozen=True, eq=False)
class VectorField:
    """The probabilities of the five moves, and the value, with the mouse at every open square.

    Attributes:
        maze: the maze, or another level on squares. Its mouse square is where an episode starts.
        probabilities: (square, move), read-only float64. Squares are in the order of
            `maze.open_squares()`, which includes the cheese's square and the corner; moves are in
            the order of MOVES.
        values: (square,), read-only float64: the policy's estimates of its discounted return.
        flipped_probabilities: the same as `probabilities` with the mouse facing the other way
            (`not maze.mouse_mirrored`), or None if unknown. The mouse faces right after a move to
            the right, so an episode meets both.

    Raises:
        ValueError: arrays of the wrong shape, numbers that are not finite, negative
            probabilities, or rows that do not sum to 1.

    Example:
        >>> from procgen_tools import maze
        >>> level = maze.parse("###\\n###\\nM.C")
        >>> always_right = np.tile(np.eye(5)[RIGHT], (3, 1))
        >>> field = VectorField(level, always_right, np.zeros(3))
        >>> field.arrows  # to the right and up
        array([[1., 0.],
               [1., 0.],
               [1., 0.]])
        >>> field.at((0, 1))
        array([0., 1., 0., 0., 0.])
    """

    maze: Any  # a GridLevel; code about one world uses the members of its own class
    probabilities: Float[np.ndarray, "square move"]
    values: Float[np.ndarray, " square"]

    flipped_probabilities: Float[np.ndarray, "square move"] | None = None

    def __post_init__(self) -> None:
        for name in ("probabilities", "values", "flipped_probabilities"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, self._finite(name))
        for name in ("probabilities", "flipped_probabilities"):
            if getattr(self, name) is not None:
                _check_sums(name, getattr(self, name), self.squares)

    def _finite(self, name: str) -> np.ndarray:
        """A read-only copy of an array, after a check of its shape and that it is finite."""
        array = np.array(getattr(self, name), dtype=np.float64)
        squares = len(self.squares)
        shape = (squares,) if name == "values" else (squares, len(MOVES))
        if array.shape != shape:
            raise ValueError(
                f"{name} have shape {array.shape}, but this maze has {squares} open squares: "
                f"give {shape}, one row per square of maze.open_squares()"
            )
        _check_finite(name, array, self.squares)
        array.setflags(write=False)
        return array

    @cached_property
    def squares(self) -> tuple[Square, ...]:
        """The open squares, row by row from the bottom: the first axis of the arrays."""
        return tuple(self.maze.open_squares())

    @property
    def level(self) -> GridLevel:
        """The maze, as the level on whose graph exact chances are computed."""
        level: GridLevel = self.maze
        return level

    @property
    def starts(self) -> tuple[Square, ...]:
        """The squares where an episode can begin: the open squares."""
        return self.squares

    @property
    def by_state(self) -> Float[np.ndarray, "state move"]:
        """The moves' probabilities in every state of `graph()`, for both facings if known."""
        if self.flipped_probabilities is None:
            return self.probabilities
        return np.concatenate([self.probabilities, self.flipped_probabilities])

    def graph(self, **goals: Any) -> Graph:
        """The maze's graph, with one state per row of `by_state`; see `Maze.graph`."""
        return self.maze.graph(both_facings=self.flipped_probabilities is not None, **goals)

    def place(self, square: tuple[int, int]) -> int | None:
        """The index of a square, or None for a wall; ValueError if it is outside the maze."""
        return self._numbers.get(check_inside(square, self.maze.size, "path"))

    @cached_property
    def _numbers(self) -> dict[Square, int]:
        return {square: number for number, square in enumerate(self.squares)}

    def index(self, square: tuple[int, int]) -> int:
        """The index of `square` in the arrays; ValueError if it is a wall or outside the maze."""
        square = check_inside(square, self.maze.size, "mouse")
        if square not in self._numbers:
            raise ValueError(
                f"the field has no square {tuple(square)}: it is a wall; choose an open square"
            )
        return self._numbers[square]

    def at(self, square: tuple[int, int]) -> Float[np.ndarray, " move"]:
        """The probabilities of the five moves at `square`; ValueError if it is not open."""
        return self.probabilities[self.index(square)]

    @property
    def arrows(self) -> Float[np.ndarray, "square 2"]:
        """The mean move at every square, to the right and up: P(RIGHT) - P(LEFT), P(UP) - P(DOWN).

        Moves into walls count, because they are part of the policy's preference.
        """
        p = self.probabilities
        return np.stack([p[:, RIGHT] - p[:, LEFT], p[:, UP] - p[:, DOWN]], axis=1)

    @property
    def facing_variation(self) -> Float[np.ndarray, " square"]:
        """Total variation between the two facings of the mouse at every square, in [0, 1].

        Raises:
            ValueError: the field has one facing only.
        """
        if self.flipped_probabilities is None:
            raise ValueError(
                "the field has one facing of the mouse only: compute it with "
                "vector_field(..., both_facings=True)"
            )
        return total_variation(self.probabilities, self.flipped_probabilities)

    def __getitem__(self, name: str) -> Any:
        """An entry of procgen-tools' dictionary of a field, for migration; see `field_entry`.

        Raises:
            KeyError: a name other than 'arrows', 'legal_mouse_positions', 'grid' or 'probs'.
        """
        return field_entry(self.maze, self.probabilities, name)

    def grid(self, numbers: Num[np.ndarray, " square *rest"]) -> Float[np.ndarray, "row col *rest"]:
        """Arrange one number (or row of numbers) per open square as a grid, with NaN in walls.

        Raises:
            ValueError: the length of the first axis is not the number of open squares.
        """
        if len(numbers) != len(self.squares):
            raise ValueError(
                f"{len(numbers)} numbers do not fit {len(self.squares)} open squares: "
                "give one per square"
            )
        grid = np.full((self.maze.size, self.maze.size, *numbers.shape[1:]), np.nan)
        grid[~self.maze.walls] = numbers
        return grid

    def __repr__(self) -> str:
        return summary(
            self,
            self.maze.caption(),
            "one facing" if self.flipped_probabilities is None else "both facings",
            f"value {self.values.mean():.3g} on average" if len(self.values) else "",
        )

    def _repr_png_(self) -> bytes:
        """The field's picture, for a notebook."""
        return drawn_png("plots.fields:field_figure", self)


@dataclass(frozen=True, eq=False)
class StateField:
    """The probabilities of the moves, and the value, in every state of a level.

    This is the field of worlds whose states are not just squares. For mazes see `VectorField`.

    Attributes:
        level: the level.
        probabilities: (state, move), for the states that do not end the episode, in order.
        values: (state,): the policy's estimates of its return.

    Raises:
        ValueError: the number of states differs from that of the level's graph, or numbers are not
            finite, or probabilities do not sum to 1.
    """

    level: Level
    probabilities: Float[np.ndarray, "state move"]
    values: Float[np.ndarray, " state"]

    __repr__ = brief

    def __post_init__(self) -> None:
        going_on = int((~self._graph.ends).sum())
        if not len(self.probabilities) == len(self.values) == going_on:
            raise ValueError(
                f"{len(self.probabilities)} rows of probabilities and {len(self.values)} values "
                f"do not fit {going_on} states that do not end the episode: give one per state"
            )
        states = np.flatnonzero(~self._graph.ends).tolist()
        _check_finite("values", self.values, states)
        _check_finite("probabilities", self.probabilities, states)
        _check_sums("probabilities", self.probabilities, states)

    @cached_property
    def _graph(self) -> Graph:
        return self.level.graph()

    @property
    def starts(self) -> range:
        """The states in which an episode can begin, by number."""
        return range(len(self._graph))

    @cached_property
    def by_state(self) -> Float[np.ndarray, "state move"]:
        """The probabilities in every state of `graph()`; uniform where the episode has ended."""
        moves = self.probabilities.shape[1]
        filled = np.full((len(self._graph), moves), 1 / moves)
        filled[~self._graph.ends] = self.probabilities
        return filled

    def graph(self, **goals: Any) -> Graph:
        """The level's graph."""
        return self.level.graph(**goals) if goals else self._graph

    def index(self, start: int) -> int:
        """The state itself; ValueError if it does not exist."""
        return whole_number("the state", start, 0, len(self._graph) - 1)

    def place(self, square: int) -> int | None:
        """The number of a place, or None if no state is there."""
        return int(square) if square in self._graph.places else None


@dataclass(frozen=True, eq=False)
class FieldDifference:
    """The change between two fields of one kind: after minus before.

    Fields over squares are compared with the mouse facing as in the maze.
    """

    before: Any
    after: Any

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
        """The change of the mean move, to the right and up; only for fields over squares."""
        return self.after.arrows - self.before.arrows

    @property
    def lengths(self) -> Float[np.ndarray, " square"]:
        """The Euclidean length of every square's change of arrow, at most 2."""
        return np.linalg.norm(self.arrows, axis=1)

    @property
    def magnitude(self) -> float:
        """The Euclidean norm of all changes of arrows, which grows with the number of squares.

        Divided by the square root of the number of squares, it is the root mean square of
        `lengths`.
        """
        return float(np.linalg.norm(self.arrows))

    @property
    def total_variation(self) -> Float[np.ndarray, " square"]:
        """The total variation distance between the moves at every square, in [0, 1]."""
        return total_variation(self.before.probabilities, self.after.probabilities)

    def __repr__(self) -> str:
        variation = self.total_variation
        most = self.before.starts[int(variation.argmax())]
        return summary(
            self,
            self.before.level.caption(),
            f"total variation {variation.mean():.3g} on average",
            f"at most {variation.max():.3g} at {tuple(most) if isinstance(most, tuple) else most}",
        )

    def _repr_png_(self) -> bytes:
        """Both fields and their difference, for a notebook."""
        return drawn_png("plots.fields:plot_vfs", self.before, self.after)


def total_variation(
    first: Float[np.ndarray, "square move"], second: Float[np.ndarray, "square move"]
) -> Float[np.ndarray, " square"]:
    """Total variation distance of each row: half the sum of absolute differences, in [0, 1].

    Example:
        >>> total_variation(np.array([[0.5, 0.5, 0]]), np.array([[0.5, 0.1, 0.4]]))
        array([0.4])
    """
    return np.abs(second - first).sum(axis=1) / 2


def difference(
    before: VectorField | StateField, after: VectorField | StateField
) -> FieldDifference:
    """The change from one field to another, square by square or state by state.

    Mazes must have the same walls. Mouse, cheese and background may differ.

    Raises:
        ValueError: the fields have different walls or different numbers of states.

    Example:
        >>> from procgen_tools import maze
        >>> level = maze.parse("###\\n###\\nM.C")
        >>> before, after = (
        ...     VectorField(level, np.tile(np.eye(5)[move], (3, 1)), np.zeros(3))
        ...     for move in (LEFT, RIGHT)
        ... )
        >>> difference(before, after).lengths
        array([2., 2., 2.])
    """
    if isinstance(before, VectorField) and isinstance(after, VectorField):
        if not np.array_equal(before.maze.walls, after.maze.walls):
            raise ValueError(
                f"the fields belong to mazes with different walls ({before.maze.size} x "
                f"{before.maze.size} with {len(before.squares)} open squares, {after.maze.size} x "
                f"{after.maze.size} with {len(after.squares)}): compare fields of one maze"
            )
    elif type(before) is not type(after) or len(before.values) != len(after.values):
        raise ValueError("the fields have different states: compare fields of one level")
    return FieldDifference(before, after)
