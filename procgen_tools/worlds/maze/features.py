"""Sixteen numbers that describe a maze: how far cheese, decision square and top right lie apart.

They are the features with which "Behavioural statistics for a maze-solving agent" (Grietzer and
Turner, 2023) predicts whether an agent gets the cheese: three measures of five pairs of places,
and the norm of the cheese's position. The top right is a place in two ways: as the corner square,
and as a 5 x 5 region, of which the nearest open square counts.

In mazes without cycles the steps add up: from the cheese to the corner they lead over the decision
square. So no regression can tell all sixteen apart.

A maze without decision square or cheese has NaN where they are needed; a place that cannot be
reached is infinitely many steps away. Wherever the mouse stands, the decision square is that of a
mouse which begins at the start square (0, 0).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import hypot, nan
from types import MappingProxyType

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from procgen_tools.shown import brief
from procgen_tools.worlds.maze.grid import Maze, Square
from procgen_tools.worlds.maze.paths import decision_square, distances

REGION_SIDE = 5
"""Squares along one side of the top-right region; a smaller maze is all region."""

EUCLIDEAN, TAXICAB, STEPS = "euclidean", "taxicab", "steps"
"""Straight lines; rows plus columns, walls or no; moves on a shortest path between the walls."""

CHEESE, DECISION, CORNER = "cheese", "decision square", "top right"
REGION = f"top right {REGION_SIDE}x{REGION_SIDE}"

PAIRS = (
    (DECISION, CHEESE),
    (CHEESE, CORNER),
    (DECISION, CORNER),
    (CHEESE, REGION),
    (DECISION, REGION),
)
"""Between which places distances are measured."""


@dataclass(frozen=True, eq=False)
class Landmarks:
    """The places of one maze and the steps from them, each computed once, when first needed."""

    maze: Maze

    __repr__ = brief

    @cached_property
    def squares(self) -> Mapping[str, Int[np.ndarray, "square 2"]]:
        """(square, 2) row and column of the squares of each place: none where a maze lacks it."""
        first = max(0, self.maze.size - REGION_SIDE)
        return {
            CHEESE: _one(self.maze.cheese),
            DECISION: _one(decision_square(self.maze)),
            CORNER: _one(self.maze.corner),
            REGION: first + np.argwhere(~self.maze.walls[first:, first:]),
        }

    @cached_property
    def steps_from_cheese(self) -> Float[np.ndarray, "row col"]:
        return self._steps_from(CHEESE)

    @cached_property
    def steps_from_decision_square(self) -> Float[np.ndarray, "row col"]:
        return self._steps_from(DECISION)

    def _steps_from(self, place: str) -> Float[np.ndarray, "row col"]:
        (square,) = self.squares[place].tolist()
        return distances(self.maze, (square[0], square[1]))


@dataclass(frozen=True)
class Distance:
    """How far `start` is from the nearest square of `end`, in squares or, for STEPS, in steps.

    NaN in a maze that has no cheese, no decision square, or a region of nothing but walls, when
    that is one of the two places.

    Attributes:
        measure: EUCLIDEAN, TAXICAB or STEPS.
        start: CHEESE or DECISION.
        end: CHEESE, CORNER or REGION.
    """

    measure: str
    start: str
    end: str

    @property
    def name(self) -> str:
        """Such as "steps(decision square, cheese)"."""
        return f"{self.measure}({self.start}, {self.end})"

    def __call__(self, maze: Maze) -> float:
        return self.between(Landmarks(maze))

    def between(self, landmarks: Landmarks) -> float:
        """The same for a maze of which other features are computed too."""
        starts, ends = landmarks.squares[self.start], landmarks.squares[self.end]
        if not len(starts) or not len(ends):
            return nan
        if self.measure == STEPS:
            steps = (
                landmarks.steps_from_cheese
                if self.start == CHEESE
                else landmarks.steps_from_decision_square
            )
            return float(steps[tuple(ends.T)].min())
        across = np.abs(ends - starts)
        away = np.hypot(*across.T) if self.measure == EUCLIDEAN else across.sum(axis=1)
        return float(away.min())


@dataclass(frozen=True)
class CheeseNorm:
    """How far the cheese is from the bottom-left square of the outer grid, in a straight line.

    In squares; NaN without cheese. It measures the top right as a fixed place of the picture that
    the agent sees, where the corner of a maze depends on the maze's size.
    """

    name: str = "norm(cheese)"

    def __call__(self, maze: Maze) -> float:
        if maze.cheese is None:
            return nan
        return hypot(*(number + maze.padding for number in maze.cheese))

    def between(self, landmarks: Landmarks) -> float:
        """The same for a maze of which other features are computed too."""
        return self(landmarks.maze)


Feature = Distance | CheeseNorm
"""A pure function of a maze, which knows its name."""

_SIXTEEN: tuple[Feature, ...] = (
    *(Distance(measure, *pair) for pair, measure in product(PAIRS, (EUCLIDEAN, TAXICAB, STEPS))),
    CheeseNorm(),
)

FEATURES: Mapping[str, Feature] = MappingProxyType({each.name: each for each in _SIXTEEN})
"""All sixteen, by name, in the order of the columns of `feature_table`."""


def feature_table(mazes: Iterable[Maze]) -> pd.DataFrame:
    """All features of many mazes: a row a maze, in their order, and a column a feature.

    NaN stands where a maze has no such feature; `table.dropna()` keeps the mazes that have all.
    """
    rows = [
        [feature.between(landmarks) for feature in FEATURES.values()]
        for landmarks in map(Landmarks, mazes)
    ]
    return pd.DataFrame(
        np.array(rows, dtype=np.float64).reshape(-1, len(FEATURES)), columns=list(FEATURES)
    )


def _one(square: Square | None) -> Int[np.ndarray, "square 2"]:
    return np.array([] if square is None else [square], dtype=np.intp).reshape(-1, 2)
