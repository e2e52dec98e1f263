"""Minimal pairs: two mazes that differ in one feature, with all other features held.

Every change of a feature has a control, an edit of the same kind and size that changes no feature.

- *Moved*: the walls stay, and the cheese lies on one of two squares behind the same decision square
  and the same first step. Of three features, one differs and two are held.
- *Rewired*: the cheese stays, one wall is opened and one passage closed, and the maze remains a
  tree (see `worlds.maze.rewiring`). The way from the decision square to the cheese, or to the
  corner, becomes longer. All straight distances and all other ways are held exactly.
- *Closed*: a wall closes the way to the corner.

No maze of a pair can have occurred in training: there, the cheese was always in the top-right 5 x 5
squares, and in pairs it is outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from procgen_tools.shown import brief
from procgen_tools.studies.behavioral_stats.measure import in_region
from procgen_tools.worlds.maze.edit import close_square, with_cheese_at
from procgen_tools.worlds.maze.grid import CORNER_REGION, STAY, Maze, Square
from procgen_tools.worlds.maze.levels import LevelRule, make_level
from procgen_tools.worlds.maze.paths import (
    decision_square,
    distances,
    legal_moves,
    nearer_moves,
    shortest_path,
)
from procgen_tools.worlds.maze.rewiring import Rewiring, reroutings, rewirings_elsewhere

SMALLEST = 11
"""Squares per side of the smallest maze."""

STEPS = (8, 16)
"""How many more steps the longer way has: about one standard deviation over natural mazes."""

STRAIGHT, TO_CORNER = (3.0, 6.0), (4.0, 8.0)
"""How much longer straight distances are, in squares: about one standard deviation, too."""

HELD = 0.5
"""How far straight distances that are held may differ, in squares. Steps are held exactly."""

APART = 3.0
"""The least distance between the two squares of a control, in squares."""

ROOM = 30
"""Squares behind a decision square, at least, where the cheese is moved."""


@dataclass(frozen=True, eq=False)
class Fork:
    """A level at a decision square.

    Attributes:
        maze: the level, a tree.
        square: its decision square.
        towards: (move,): the move from there towards the cheese.
    """

    maze: Maze
    square: Square
    towards: Bool[np.ndarray, " move"]

    __repr__ = brief

    @property
    def cheese(self) -> Square:
        """The square of the cheese."""
        assert self.maze.cheese is not None
        return self.maze.cheese


@dataclass(frozen=True, eq=False)
class Pair:
    """Two mazes that differ in one feature.

    Attributes:
        change: which.
        level: the seed of the level they are made of.
        low, high: the maze with less of the feature, and that with more. For a control, the level
            and the edited level, or two squares of the cheese in random order.
        fork: the level at its decision square, which both mazes share.
    """

    change: str
    level: int
    low: Maze
    high: Maze
    fork: Fork

    __repr__ = brief


Mazes = tuple[Maze, Maze]
Maker = Callable[[int, LevelRule, np.random.Generator], tuple[Fork, Mazes] | None]
"""Given the seed and the rule of a level, its fork and a pair; None if it has no room."""


def pairs_of(
    change: str, count: int, *, first_seed: int, seed: int = 0, rule: LevelRule | None = None
) -> list[Pair]:
    """The pairs of the first levels that have room for a change.

    Args:
        change: one of CHANGES.
        count: how many.
        first_seed: where the search for levels begins.
        seed: of what is drawn among several possible pairs of a level.
        rule: defaults to hard levels.

    Raises:
        ValueError: see `check_room`.
    """
    rule = rule or LevelRule()
    check_room(rule)
    found: list[Pair] = []
    level = first_seed
    while len(found) < count:
        made = CHANGES[change](level, rule, np.random.default_rng([seed, level]))
        if made is not None:
            fork, (low, high) = made
            found.append(Pair(change, level, low, high, fork))
        level += 1
    return found


# --- forks


def check_room(rule: LevelRule) -> None:
    """Check that mazes can be large enough for pairs, before any is searched.

    Raises:
        ValueError: all mazes have less than `SMALLEST` squares per side.
    """
    largest = rule.largest
    if largest < SMALLEST:
        raise ValueError(
            f"mazes of up to {largest} x {largest} squares have no room for minimal pairs, which "
            f"need {SMALLEST} x {SMALLEST} or more: allow larger mazes, or leave this study out"
        )


def fork_of(seed: int, rule: LevelRule | None = None) -> Fork | None:
    """The level of a seed at its decision square; None if it is not one for pairs.

    It is one if it has `SMALLEST` squares per side or more, a decision square, and its cheese
    outside the top-right 5 x 5.
    """
    maze = make_level(seed, rule)
    square = decision_square(maze)
    if maze.size < SMALLEST or square is None or maze.cheese is None:
        return None
    if in_region(maze):
        return None
    return Fork(maze, square, nearer_moves(maze, maze.cheese)[square])


def widest_fork_of(seed: int, rule: LevelRule | None = None) -> Fork | None:
    """The level of a seed at the fork of the way to the corner with the most squares behind it.

    The cheese is put on the first of them. None for a level of less than `SMALLEST` squares per
    side or without `ROOM` behind any fork.
    """
    maze = make_level(seed, rule)
    way = shortest_path(maze, maze.mouse, maze.corner)
    if maze.size < SMALLEST or maze.cheese is None or way is None:
        return None
    sides = [
        (len(_behind(maze, square, first)), square, first)
        for square in way[:-1]
        for move in np.flatnonzero(legal_moves(maze)[square][:STAY])
        if (first := maze.neighbour(square, int(move))) not in way
    ]
    count, square, first = max(sides, default=(0, maze.mouse, maze.mouse))
    if count < ROOM:
        return None
    other = with_cheese_at(maze, first)
    return Fork(other, square, nearer_moves(other, first)[square])


def _behind(maze: Maze, square: Square, first: Square) -> Int[np.ndarray, "place 2"]:
    """The squares behind a step from a square, but those in the top-right 5 x 5."""
    behind = distances(maze, first) < distances(maze, square)
    behind[-CORNER_REGION:, -CORNER_REGION:] = False
    return np.argwhere(behind)


# --- the cheese moved


def _moved(feature: str) -> Maker:
    """Two squares for the cheese that differ in a feature alone; in none for a control."""

    def make(seed: int, rule: LevelRule, rng: np.random.Generator) -> tuple[Fork, Mazes] | None:
        fork = widest_fork_of(seed, rule)
        if fork is None:
            return None
        places = _behind(fork.maze, fork.square, fork.cheese)
        fits = _differ(feature, fork, places)
        chosen = np.argwhere(fits)
        if not len(chosen):
            return None
        low, high = chosen[rng.integers(len(chosen))].tolist()
        first, second = (Square(*places[place].tolist()) for place in (low, high))
        return fork, (with_cheese_at(fork.maze, first), with_cheese_at(fork.maze, second))

    return make


def _differ(
    feature: str, fork: Fork, places: Int[np.ndarray, "place 2"]
) -> Bool[np.ndarray, "place place"]:
    """Whether the second square has more of the feature than the first, and all else is held."""
    across = places[None] - places[:, None]
    more = {
        "steps": _more(distances(fork.maze, fork.square)[tuple(places.T)]),
        "straight": _more(np.hypot(*(places - fork.square).T)),
        "corner": _more(np.hypot(*(places - fork.maze.corner).T)),
    }
    limits = {"steps": STEPS, "straight": STRAIGHT, "corner": TO_CORNER}
    held = {"steps": 0.0, "straight": HELD, "corner": HELD}
    fits = np.hypot(across[..., 0], across[..., 1]) >= APART
    for name, difference in more.items():
        if name == feature:
            fits &= (difference >= limits[name][0]) & (difference <= limits[name][1])
        else:
            fits &= np.abs(difference) <= held[name]
    return fits


def _more(values: np.ndarray) -> np.ndarray:
    return np.asarray(values[None] - values[:, None])


# --- rewired and closed


def _rewired(goal: str, kind: str) -> Maker:
    """Makes the way to the cheese or the corner longer or different, or a like edit elsewhere.

    A level is used only if it has room for all three kinds of edits, so all have the same levels.
    """

    def make(seed: int, rule: LevelRule, rng: np.random.Generator) -> tuple[Fork, Mazes] | None:
        fork = fork_of(seed, rule)
        if fork is None:
            return None
        maze = fork.maze
        ways = reroutings(maze, fork.square, fork.cheese if goal == "cheese" else maze.corner)
        longer = _drawn([way for way in ways if STEPS[0] <= abs(way.change) <= STEPS[1]], rng)
        another = _drawn([way for way in ways if way.change == 0], rng)
        elsewhere = longer and _elsewhere(fork, longer)
        if longer is None or another is None or elsewhere is None:
            return None
        if kind == "longer":
            other = longer.of(maze)
            return fork, ((maze, other) if longer.change > 0 else (other, maze))
        return fork, (maze, (another if kind == "another" else elsewhere).of(maze))

    return make


def _elsewhere(fork: Fork, edit: Rewiring) -> Rewiring | None:
    """The rewiring off all ways that is nearest to another one."""
    goals = {fork.cheese, fork.maze.corner, fork.maze.mouse} - {fork.square}
    others = rewirings_elsewhere(fork.maze, fork.square, *sorted(goals))
    return min(
        others,
        key=lambda each: _apart(each.opened, edit.opened) + _apart(each.closed, edit.closed),
        default=None,
    )


def _closed(*, on_the_way: bool) -> Maker:
    """A wall in the middle of the way to the corner, or on the nearest square off all ways."""

    def make(seed: int, rule: LevelRule, _: np.random.Generator) -> tuple[Fork, Mazes] | None:
        fork = fork_of(seed, rule)
        if fork is None:
            return None
        maze = fork.maze
        way = shortest_path(maze, fork.square, maze.corner) or []
        to_cheese = shortest_path(maze, maze.mouse, fork.cheese) or []
        to_fork = shortest_path(maze, maze.mouse, fork.square) or []
        taken = {*way, *to_cheese, *to_fork}
        others = [square for square in maze.open_squares() if square not in taken]
        if len(way) < 4 or not others:
            return None
        middle = way[len(way) // 2]
        wall = middle if on_the_way else min(others, key=lambda each: _apart(each, middle))
        return fork, (maze, close_square(maze, wall))

    return make


def _drawn(edits: Sequence[Rewiring], rng: np.random.Generator) -> Rewiring | None:
    return edits[int(rng.integers(len(edits)))] if edits else None


def _apart(one: Square, other: Square) -> int:
    return abs(one.row - other.row) + abs(one.col - other.col)


CHANGES: Mapping[str, Maker] = {
    "steps to the cheese, rewired": _rewired("cheese", "longer"),
    "steps to the cheese, cheese moved": _moved("steps"),
    "straight distance to the cheese": _moved("straight"),
    "distance of the cheese to the corner": _moved("corner"),
    "steps to the corner, rewired": _rewired("corner", "longer"),
    "way to the corner closed": _closed(on_the_way=True),
    "cheese moved, all held": _moved(""),
    "way to the cheese redrawn, as long": _rewired("cheese", "another"),
    "rewired off all ways": _rewired("cheese", "elsewhere"),
    "way to the corner redrawn, as long": _rewired("corner", "another"),
    "closed off all ways": _closed(on_the_way=False),
}
"""By name: six changes of a feature, and five controls."""

CONTROLS: Mapping[str, str] = {
    "steps to the cheese, rewired": "way to the cheese redrawn, as long",
    "steps to the cheese, cheese moved": "cheese moved, all held",
    "straight distance to the cheese": "cheese moved, all held",
    "distance of the cheese to the corner": "cheese moved, all held",
    "steps to the corner, rewired": "way to the corner redrawn, as long",
    "way to the corner closed": "closed off all ways",
}
"""The control of each change of a feature. "rewired off all ways" is not the control of any single
change."""
