"""Rewirings: one wall is opened and one square closed, and a maze without cycles stays one.

In procgen's mazes, squares with an even row and an even column are always open, and the squares
between two of them are walls or passages, so that the open squares are a tree. Closing a passage
divides the tree into two parts, and opening a wall between the parts joins them again. The result
is a maze that procgen could have drawn. The length of one route can so be changed while everything
else about a maze is held: the places, their straight distances, and all other routes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Int

from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.paths import distances, is_tree, shortest_path
from procgen_tools.worlds.maze.squares import Square


@dataclass(frozen=True)
class Rewiring:
    """One wall opened and one passage closed.

    Attributes:
        opened: the square that was a wall.
        closed: the square that becomes a wall.
        change: by how many steps the route becomes longer; negative if it becomes shorter.
    """

    opened: Square
    closed: Square
    change: int

    def of(self, maze: Maze) -> Maze:
        """The rewired maze."""
        walls = maze.walls.copy()
        walls[self.opened], walls[self.closed] = False, True
        return replace(maze, walls=walls)


def reroutings(maze: Maze, start: Square, goal: Square) -> list[Rewiring]:
    """The rewirings that change the route between two squares, but not its first step.

    The squares of the mouse and the cheese are never closed. Only the part of the maze behind that
    first step changes. Routes from `start` that begin with another step therefore stay as they
    are, square by square.

    Args:
        maze: a tree, as in procgen.
        start: where the route begins.
        goal: where it ends.

    Raises:
        ValueError: the maze is not a tree, or the two squares are equal.

    Example:
        >>> from procgen_tools.worlds.maze.grid import parse
        >>> level = parse("....C\\n.#.##\\n.#...\\n.####\\nM....")
        >>> found = reroutings(level, Square(0, 0), Square(4, 4))
        >>> found[-1]
        Rewiring(opened=Square(row=3, col=4), closed=Square(row=4, col=3), change=4)
        >>> [each.change for each in found]
        [0, 0, 4]
    """
    route = _route(maze, start, goal)
    from_start, from_goal = distances(maze, start), distances(maze, goal)
    behind = distances(maze, route[1]) < from_start
    walls, one, other = _walls_between(maze)
    found = []
    for passage in route[2:-1]:
        if not _between(passage) or passage in maze.landmarks().values():
            continue
        beyond = distances(maze, passage) + from_start[passage] == from_start
        for near, far in ((one, other), (other, one)):
            joins = _at(behind & ~beyond, near) & _at(beyond, far)
            change = _at(from_start, near) + 2 + _at(from_goal, far) - from_start[goal]
            found += [
                Rewiring(Square(row, col), passage, int(longer))
                for (row, col), longer in zip(walls[joins].tolist(), change[joins], strict=True)
            ]
    return found


def rewirings_elsewhere(maze: Maze, start: Square, *goals: Square) -> list[Rewiring]:
    """The rewirings that leave the routes from a square to all goals as they are.

    Raises:
        ValueError: the maze is not a tree, or a goal is the start.
    """
    kept = {square for goal in goals for square in _route(maze, start, goal)}
    kept |= set(maze.landmarks().values())
    from_start = distances(maze, start)
    walls, one, other = _walls_between(maze)
    found = []
    for row, col in np.argwhere(~maze.walls).tolist():
        passage = Square(row, col)
        if not _between(passage) or passage in kept:
            continue
        beyond = distances(maze, passage) + from_start[passage] == from_start
        joins = _at(beyond, one) != _at(beyond, other)
        found += [Rewiring(Square(*wall), passage, 0) for wall in walls[joins].tolist()]
    return found


def _route(maze: Maze, start: Square, goal: Square) -> list[Square]:
    if not is_tree(maze):
        raise ValueError(
            "the open squares of this maze are not a tree, so a closed passage may change any "
            "route: give a maze without cycles, such as those of make_level"
        )
    route = shortest_path(maze, start, goal)
    if start == goal or route is None:
        raise ValueError(f"no route leads from {tuple(start)} to itself: give two squares")
    return route


def _between(square: Square) -> bool:
    """Whether a square lies between two squares that are always open."""
    return (square.row + square.col) % 2 == 1


def _at(grid: np.ndarray, squares: Int[np.ndarray, "wall 2"]) -> np.ndarray:
    return np.asarray(grid[squares[:, 0], squares[:, 1]])


def _walls_between(maze: Maze) -> tuple[Int[np.ndarray, "wall 2"], ...]:
    """The walls between two squares that are always open, and the squares on either side."""
    walls = np.argwhere(maze.walls)
    walls = walls[walls.sum(axis=1) % 2 == 1]
    step = np.stack([walls[:, 0] % 2, walls[:, 1] % 2], axis=1)
    return walls, walls - step, walls + step
