"""Sixteen features of a maze: distances between cheese, decision square and top right.

"Behavioural statistics for a maze-solving agent" (Grietzer and Turner, 2023) uses these features to
predict whether an agent gets the cheese: three distance measures for five pairs of places, and the
norm of the cheese's position. The top right is represented twice: as the corner square, and as a
5 x 5 region, whose nearest open square counts.

In mazes without cycles the steps are collinear, because the path from the cheese to the corner
leads over the decision square. No regression can therefore identify all sixteen coefficients.

Features that need a missing decision square or cheese are NaN. A place that cannot be reached is
infinitely many steps away. The decision square is that of an episode from the start square (0, 0),
wherever the mouse is.
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
"""Squares per side of the top-right region; a smaller maze is in the region as a whole."""

EUCLIDEAN, TAXICAB, STEPS = "euclidean", "taxicab", "steps"
"""Straight line; rows plus columns, ignoring walls; number of moves on a shortest path."""

CHEESE, DECISION, CORNER = "cheese", "decision square", "top right"
REGION = f"top right {REGION_SIDE}x{REGION_SIDE}"

PAIRS = (
    (DECISION, CHEESE),
    (CHEESE, CORNER),
    (DECISION, CORNER),
    (CHEESE, REGION),
    (DECISION, REGION),
)
"""The pairs of places whose distances are measured."""


@dataclass(frozen=True, eq=False)
class Landmarks:
    """The places of one maze and the steps from them, each computed once, on first use."""

    maze: Maze

    __repr__ = brief

    @cached_property
    def squares(self) -> Mapping[str, Int[np.ndarray, "square 2"]]:
        """(square, 2): row and column of the squares of each place; none if the maze lacks it."""
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
    """The distance from `start` to the nearest square of `end`, in squares or, for STEPS, steps.

    NaN if the maze lacks one of the two places: it has no cheese, no decision square, or only
    walls in the region.

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
        """The name of the feature, such as "steps(decision square, cheese)"."""
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
    """The Euclidean distance of the cheese from the bottom-left square of the outer grid.

    In squares; NaN without cheese. It describes the cheese's place in the agent's picture, whereas
    the corner of a maze depends on the size of the maze.
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
"""A pure function of a maze, with a name."""

_SIXTEEN: tuple[Feature, ...] = (
    *(Distance(measure, *pair) for pair, measure in product(PAIRS, (EUCLIDEAN, TAXICAB, STEPS))),
    CheeseNorm(),
)

FEATURES: Mapping[str, Feature] = MappingProxyType({each.name: each for each in _SIXTEEN})
"""All sixteen, by name, in the order of the columns of `feature_table`."""


def feature_table(mazes: Iterable[Maze]) -> pd.DataFrame:
    """All features of many mazes: one row per maze, in their order, and one column per feature.

    Missing features are NaN; `table.dropna()` keeps the mazes that have all features.

    Example:
        >>> from procgen_tools.worlds.maze.grid import parse
        >>> table = feature_table([parse(".....\\n.####\\n....C\\n.####\\nM....")])
        >>> table["steps(cheese, top right)"].tolist()
        [10.0]
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
