"""The distances of procgen-tools, as functions of a coded grid, for migration.

In new code, call `worlds.maze.features.feature_table`, which computes all sixteen for many
mazes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from procgen_tools.worlds.maze import coded_grids, paths
from procgen_tools.worlds.maze.coded_grids import Grid, Step
from procgen_tools.worlds.maze.features import FEATURES
from procgen_tools.worlds.maze.grid import Square

MetricFn = Callable[..., int | float]

_PLACES = {
    "cheese_decision_square": "decision square, cheese",
    "cheese_top_right": "cheese, top right",
    "decision_square_top_right": "decision square, top right",
    "cheese_5x5": "cheese, top right 5x5",
    "decision_square_5x5": "decision square, top right 5x5",
}
_MEASURES = {"euc_dist_": "euclidean", "taxi_dist_": "taxicab", "steps_between_": "steps"}


def _metric(old_name: str, feature: str) -> MetricFn:
    def metric(grid: Grid) -> int | float:
        value = FEATURES[feature](coded_grids.maze_from_grid(coded_grids.inner_grid(grid)))
        if np.isnan(value):
            raise ValueError(
                f"{old_name}: this grid lacks a place that it needs (cheese or decision square); "
                "feature_table has NaN there"
            )
        return int(value) if old_name.startswith("steps") and np.isfinite(value) else value

    metric.__name__ = old_name
    metric.__doc__ = f"{feature} of a coded grid; ValueError where the grid lacks a place."
    return metric


metrics: dict[str, MetricFn] = {
    f"{old}{places}": _metric(f"{old}{places}", f"{measure}({named})")
    for places, named in _PLACES.items()
    for old, measure in _MEASURES.items()
}
metrics["cheese_coord_norm"] = _metric("cheese_coord_norm", "norm(cheese)")


def decision_square(mgrid: Grid) -> Step | None:
    """The inner square at which the paths from (0, 0) to cheese and top right diverge, or None.

    Raises:
        ValueError: a grid without cheese.
    """
    grid = coded_grids.inner_grid(mgrid)
    if coded_grids.get_cheese_pos(grid) is None:
        raise ValueError("the grid has no cheese, so no paths that part: put a 2 in it")
    square = paths.decision_square(coded_grids.maze_from_grid(grid))
    return None if square is None else _step(square)


def get_dsq(grid: Grid) -> Step:
    """The decision square.

    Raises:
        ValueError: there is none.
    """
    square = decision_square(grid)
    if square is None:
        raise ValueError("the maze has no decision square: the paths to cheese and corner agree")
    return square


def shortest_path_to_nxn(grid: Grid, start: Step, n: int) -> tuple[Any, Any, dict[str, Any]]:
    """A search from `start` for the nearest square of the top-right n x n; see `shortest_path`."""
    lowest = len(coded_grids.inner_grid(grid)) - n
    return coded_grids.search(grid, start, lambda _, square: min(square) >= lowest)


def path_len(cost: dict[Step, int], _: Any, extra: dict[str, Any]) -> int:
    """The steps that a search took: `path_len(*shortest_path(...))`.

    Raises:
        ValueError: it did not find what it was looking for.
    """
    if extra["last_square"] is None:
        raise ValueError("the search ended without a square that meets its condition")
    return cost[extra["last_square"]]


def distance(s1: Step, s2: Step, p: int | float = 2) -> float:
    """The p-norm of the difference of two squares."""
    return float(np.linalg.norm(np.subtract(s1, s2), ord=p))


def _step(square: Square) -> Step:
    return square.row, square.col


def __getattr__(name: str) -> MetricFn:
    if name in metrics:
        return metrics[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
