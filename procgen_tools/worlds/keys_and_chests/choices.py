"""Levels for a choice between two objects: a path to a square, and a place for each object.

The walls are those of generated levels. The player is led along the path to its last square. From
there, the two places are given numbers of steps away, and neither is on a shortest path to the
other. The player takes all keys on the path, so the choice looks the same however many it holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64

from procgen_tools.checks import whole_number
from procgen_tools.shown import brief
from procgen_tools.worlds.keys_and_chests.grid import EMPTY, KEY, MAX_TICKS, WALL, Level
from procgen_tools.worlds.keys_and_chests.levels import VARIANTS, make_level
from procgen_tools.worlds.keys_and_chests.rules import DOWNS, MOVES, RIGHTS
from procgen_tools.worlds.keys_and_chests.step_kernels import measure_distances

Square = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Choice:
    """Walls, a way in, and two places.

    Attributes:
        seed: of the level with these walls.
        walls: (row, col).
        path: the squares of the way in. The player begins on the first and chooses on the last.
        actions: (tick,) the moves along the path.
        places: the squares of the two objects.
        distances: steps from the end of the path to each place.
        between: steps from one place to the other.
    """

    seed: int
    walls: Bool[np.ndarray, "row col"]
    path: tuple[Square, ...]
    actions: Int64[np.ndarray, " tick"]
    places: tuple[Square, Square]
    distances: tuple[int, int]
    between: int

    __repr__ = brief

    def level(
        self, objects: Mapping[Square, int], keys: int = 0, *, max_ticks: int = MAX_TICKS
    ) -> Level:
        """The level with these objects, and keys to take on the last squares of the path.

        Args:
            objects: codes of cells (`grid.KEY`, `grid.CHEST`) by square.
            keys: how many keys the player holds when it chooses.
            max_ticks: ticks of an episode.

        Raises:
            ValueError: more keys than steps of the path, or an object in a wall or on the path.
        """
        whole_number("keys", keys, 0, len(self.actions))
        cells = np.where(self.walls, WALL, EMPTY).astype(np.int8)
        for square, code in objects.items():
            if cells[square] == WALL or square in self.path:
                raise ValueError(f"{square} is a wall or on the way in: choose another square")
            cells[square] = code
        for square in self.path[len(self.path) - keys :]:
            cells[square] = KEY
        return Level(cells, np.zeros(cells.shape, bool), self.path[0], max_ticks)

    def free(self, away: int) -> tuple[Square, ...]:
        """The squares more than `away` steps from both places and from the end of the path."""
        far = ~self.walls
        for square in (*self.places, self.path[-1]):
            steps = distances_to(self.walls, square)
            far &= steps > away
        for square in self.path:
            far[square] = False
        return tuple((int(row), int(col)) for row, col in np.argwhere(far))


MOST_LEVELS = 1000
"""Levels in a row that are searched in vain before distances are refused."""


def make_choices(
    count: int, *, distances: Sequence[int] = (2, 4, 6, 8), lead: int = 3, first_seed: int = 0
) -> tuple[Choice, ...]:
    """Choices with every pair of distances in turn, one per drawn level.

    Args:
        count: how many.
        distances: steps to the two places.
        lead: moves of the way in.
        first_seed: levels are drawn from this seed on. Those without such places are left out.

    Raises:
        ValueError: no distances, one below 1, or distances that no level has.

    Example:
        >>> choices = make_choices(3, distances=(2, 4))
        >>> [choice.distances for choice in choices]
        [(2, 2), (2, 4), (4, 2)]
    """
    if not distances or min(distances) < 1:
        raise ValueError(f"distances are {tuple(distances)}: give one or more, from 1 up")
    whole_number("lead", lead, 1)
    pairs = [(one, two) for one in distances for two in distances]
    found: list[Choice] = []
    seed, latest = first_seed, first_seed
    while len(found) < count:
        wanted = pairs[len(found) % len(pairs)]
        choice = _choice(seed, wanted, lead)
        if choice is not None:
            found.append(choice)
            latest = seed
        elif seed - latest == MOST_LEVELS:
            raise ValueError(
                f"none of {MOST_LEVELS} levels has places {wanted[0]} and {wanted[1]} steps from "
                "the end of such a way: give shorter distances, or a shorter lead"
            )
        seed += 1
    return tuple(found)


def _choice(seed: int, wanted: tuple[int, int], lead: int) -> Choice | None:
    walls = make_level(seed, VARIANTS["test"]).cells == WALL
    rng = np.random.default_rng(seed)
    squares = [(int(row), int(col)) for row, col in np.argwhere(~walls)]
    rng.shuffle(squares)
    steps = {square: distances_to(walls, square) for square in squares}
    for end in squares:
        for start in squares:
            if steps[end][start] != lead:
                continue
            path, actions = _way(steps[end], start)
            for one, two in _places(steps, end, path, wanted):
                return Choice(seed, walls, path, actions, (one, two), wanted, int(steps[one][two]))
    return None


def _places(
    steps: Mapping[Square, Int64[np.ndarray, "row col"]],
    end: Square,
    path: Sequence[Square],
    wanted: tuple[int, int],
) -> Iterator[tuple[Square, Square]]:
    """Pairs of squares of which neither is on a shortest way to the other."""
    ones, twos = (
        [each for each in steps if steps[end][each] == far and each not in path] for far in wanted
    )
    for one in ones:
        for two in twos:
            if steps[one][two] > abs(wanted[0] - wanted[1]) and one != two:
                yield one, two


def _way(
    to_end: Int64[np.ndarray, "row col"], start: Square
) -> tuple[tuple[Square, ...], Int64[np.ndarray, " tick"]]:
    """A shortest way from `start` to where the steps are 0."""
    path, actions = [start], []
    while to_end[path[-1]]:
        row, col = path[-1]
        for action in range(len(MOVES)):
            after = (row + int(DOWNS[action]), col + int(RIGHTS[action]))
            if to_end[after] == to_end[row, col] - 1:
                path.append(after)
                actions.append(action)
                break
    return tuple(path), np.array(actions, np.int64)


def distances_to(
    walls: Bool[np.ndarray, "row col"], square: Square
) -> Int64[np.ndarray, "row col"]:
    """Steps from every cell to a square; -1 in walls and where there is no path.

    Example:
        >>> distances_to(np.array([[False, True, False], [False, False, False]]), (0, 0))
        array([[ 0, -1,  4],
               [ 1,  2,  3]])
    """
    cells = np.where(walls, WALL, EMPTY).astype(np.int8)
    target = np.zeros(walls.shape, bool)
    target[square] = True
    found = np.empty(walls.shape, np.int64)
    measure_distances(cells, target, found, np.empty(walls.size, np.int64))
    found[walls] = -1
    return found
