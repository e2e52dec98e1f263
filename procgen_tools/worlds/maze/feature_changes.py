"""Changes of one feature of a level on squares, for minimal pairs.

Each public function returns a change: a function of a level and a random generator that returns
the changed level, or None if the level has no room for the change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from procgen_tools.worlds.maze.grid_level import GridLevel
from procgen_tools.worlds.maze.paths import distances
from procgen_tools.worlds.maze.squares import Square

Place = Callable[[Any], Square]
"""Where a thing of a level is."""
Put = Callable[[Any, Square], Any]
"""The level with the thing elsewhere."""


def farther(where: Place, put: Put, by: int) -> Callable[[Any, np.random.Generator], Any]:
    """Move a thing so that the way from the mouse is `by` steps longer; shorter if negative.

    Of several such squares the nearest ones to the old place are drawn from.
    """

    def change(level: Any, rng: np.random.Generator) -> Any:
        old = where(level)
        steps, around = distances(level, level.mouse), distances(level, old)
        candidates = _free(level, steps == steps[old] + by)
        if not candidates or not np.isfinite(steps[old]):
            return None
        nearest = min(around[square] for square in candidates)
        return put(level, _one([each for each in candidates if around[each] == nearest], rng))

    return change


def elsewhere(where: Place, put: Put) -> Callable[[Any, np.random.Generator], Any]:
    """Move a thing to another square that is as many steps from the mouse.

    The way keeps its length, while the straight distances change.
    """

    def change(level: Any, rng: np.random.Generator) -> Any:
        steps = distances(level, level.mouse)
        candidates = _free(level, steps == steps[where(level)])
        return put(level, _one(candidates, rng)) if candidates else None

    return change


def wall_opened_far_away(*things: Place) -> Callable[[Any, np.random.Generator], Any]:
    """Open a wall that is far from the mouse and the things, and on none of the shortest ways.

    All distances between the mouse and the things stay as they are.
    """

    def change(level: Any, rng: np.random.Generator) -> Any:
        places = [level.mouse, *(each(level) for each in things)]
        before = [distances(level, place) for place in places]
        walls = np.argwhere(level.walls)
        apart = [min(abs(row - r) + abs(col - c) for r, c in places) for row, col in walls]
        if not len(walls):
            return None
        order = rng.permutation(len(walls))
        for number in sorted(order.tolist(), key=lambda each: -apart[each])[:8]:
            opened = level.walls.copy()
            opened[tuple(walls[number])] = False
            other = replace(level, walls=opened)
            if all(
                distances(other, place)[there] == before[index][there]
                for index, place in enumerate(places)
                for there in places
            ):
                return other
        return None

    return change


def other_background(choices: Sequence[Any]) -> Callable[[Any, np.random.Generator], Any]:
    """Change the background."""

    def change(level: Any, rng: np.random.Generator) -> Any:
        return replace(level, background=_one([c for c in choices if c != level.background], rng))

    return change


def _free(level: GridLevel, where: Any) -> list[Square]:
    """The squares of a mask that are empty."""
    taken = set(level.landmarks().values())
    return [
        square
        for row, col in np.argwhere(where & ~level.walls)
        if (square := Square(int(row), int(col))) not in taken
    ]


def _one(candidates: Sequence[Any], rng: np.random.Generator) -> Any:
    return candidates[int(rng.integers(len(candidates)))]
