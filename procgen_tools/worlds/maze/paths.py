"""Distances, shortest paths, and what follows from them: the decision square, kinds of squares.

Mazes need not be trees and squares need not be reachable, since people edit them. Distances are
floats counted in steps, and infinite where no path leads, so that none can pass for a number of
steps. Where several shortest paths exist, a path takes the first nearer move in the order of
MOVES; `decision_square` and `corner_path_distances` consider all shortest paths instead.
"""

from __future__ import annotations

from enum import IntEnum
from math import inf

import numpy as np
from jaxtyping import Bool, Float, Int

from procgen_tools.worlds.maze.grid import MOVE_STEPS, START, STAY, Maze, Square, check_inside


class NodeType(IntEnum):
    """What kind of square this is in the graph of the maze; the value is its open neighbours."""

    ISOLATED = 0
    DEAD_END = 1
    CORRIDOR = 2
    BRANCH_OF_2 = 3
    BRANCH_OF_3 = 4


def distances(maze: Maze, *sources: tuple[int, int]) -> Float[np.ndarray, "row col"]:
    """Steps from the nearest of `sources` to every square; inf for walls and the unreachable.

    Raises:
        ValueError: a source outside the maze or in a wall, or no source at all.
    """
    if not sources:
        raise ValueError("distances need a square to start from: give one or several")
    # A border of walls spares the search every test of the edge, and one number names a square.
    side = maze.size + 2
    blocked = np.pad(maze.walls, 1, constant_values=True).ravel().tolist()
    steps = [inf] * side**2
    queue = []
    for source in sources:
        row, col = _check_open(maze, source)
        place = (row + 1) * side + col + 1
        if not blocked[place]:
            blocked[place] = True
            steps[place] = 0.0
            queue.append(place)
    for place in queue:
        ahead = steps[place] + 1.0
        for neighbour in (place - 1, place + 1, place + side, place - side):
            if not blocked[neighbour]:
                blocked[neighbour] = True
                steps[neighbour] = ahead
                queue.append(neighbour)
    return np.array(steps).reshape(side, side)[1:-1, 1:-1]


def nearer_moves(maze: Maze, target: tuple[int, int]) -> Bool[np.ndarray, "row col move"]:
    """Which moves bring the mouse one step nearer to `target`, at every square.

    None does at the target, in walls, and where the target cannot be reached.

    Raises:
        ValueError: a target outside the maze or in a wall.
    """
    away = distances(maze, target)
    around = _neighbours(away, outside=inf)
    return np.isfinite(away)[..., None] & (around < away[..., None])


def next_moves(maze: Maze, target: tuple[int, int]) -> Int[np.ndarray, "row col"]:
    """The first move of the shortest path to `target` from every square, as an index into MOVES.

    It is STAY where no move brings the mouse nearer: at the target, in walls, and where the
    target cannot be reached. Ties go to the move that comes first in MOVES.

    Raises:
        ValueError: a target outside the maze or in a wall.
    """
    nearer = nearer_moves(maze, target)
    return np.where(nearer.any(axis=-1), nearer.argmax(axis=-1), STAY)


def shortest_path(maze: Maze, start: tuple[int, int], goal: tuple[int, int]) -> list[Square] | None:
    """The squares of the shortest path, both ends included; None when no path leads there.

    Ties go to the move that comes first in MOVES.

    Raises:
        ValueError: a start or goal outside the maze or in a wall.
    """
    square = _check_open(maze, start)
    goal = _check_open(maze, goal)
    moves = next_moves(maze, goal)
    path = [square]
    while square != goal:
        move = int(moves[square])
        if move == STAY:
            return None
        square = Square(square.row + MOVE_STEPS[move].row, square.col + MOVE_STEPS[move].col)
        path.append(square)
    return path


def decision_square(maze: Maze, start: tuple[int, int] = START) -> Square | None:
    """Where the paths from `start` to the cheese and to the top-right corner part.

    It is the last square that the two paths have in common. In a maze with several shortest
    paths it is the square farthest from the start that lies on one to the cheese and on one to
    the corner (of several equally far, the first row by row from the bottom), so that no move
    from it brings the mouse nearer to both.

    None when the paths do not part: the cheese lies on a path to the corner, or the corner on a
    path to the cheese. None also when a path is missing: there is no cheese, the start or the
    corner is a wall, or one of them cannot be reached.

    Raises:
        ValueError: a start outside the maze.
    """
    start = check_inside(start, maze.size, "start")
    if maze.cheese is None or maze.walls[start] or maze.walls[maze.corner]:
        return None
    from_start = distances(maze, start)
    to_cheese, to_corner = from_start[maze.cheese], from_start[maze.corner]
    if np.isinf(to_cheese) or np.isinf(to_corner):
        return None
    common = (from_start + distances(maze, maze.cheese) == to_cheese) & (
        from_start + distances(maze, maze.corner) == to_corner
    )
    last = np.where(common, from_start, -inf).argmax()
    square = Square(*divmod(int(last), maze.size))
    return None if square in (maze.cheese, maze.corner) else square


def corner_path_distances(
    maze: Maze, start: tuple[int, int] = START
) -> Float[np.ndarray, "row col"]:
    """Steps from every square to the shortest paths from `start` to the top-right corner.

    All infinite when no path leads from the start to the corner.

    Raises:
        ValueError: a start outside the maze or in a wall.
    """
    from_start = distances(maze, start)
    if np.isinf(from_start[maze.corner]):
        return np.full_like(from_start, inf)
    on_path = from_start + distances(maze, maze.corner) == from_start[maze.corner]
    return distances(maze, *((int(row), int(col)) for row, col in np.argwhere(on_path)))


def is_tree(maze: Maze) -> bool:
    """Whether the open squares are connected and without cycles, as in procgen's mazes."""
    is_open = ~maze.walls
    edges = (is_open[1:] & is_open[:-1]).sum() + (is_open[:, 1:] & is_open[:, :-1]).sum()
    reached = np.isfinite(distances(maze, maze.mouse))
    return bool(edges == is_open.sum() - 1 and reached.sum() == is_open.sum())


def node_type(maze: Maze, square: tuple[int, int]) -> NodeType:
    """Whether `square` is a dead end, a corridor, or a branch.

    Raises:
        ValueError: a square outside the maze or in a wall.
    """
    return NodeType(int(legal_moves(maze)[_check_open(maze, square)][:STAY].sum()))


def legal_moves(maze: Maze) -> Bool[np.ndarray, "row col move"]:
    """Which moves lead from every open square to an open square; STAY always does.

    In walls no move is legal.
    """
    is_open = ~maze.walls
    return _neighbours(is_open, outside=False) & is_open[..., None]


def successors(maze: Maze) -> Int[np.ndarray, "square move"]:
    """Where each move leads, squares numbered as in `maze.open_squares()`.

    A move into a wall or over the edge leaves the mouse where it is.
    """
    is_open = ~maze.walls
    numbers = np.zeros(maze.walls.shape, dtype=np.intp)
    numbers[is_open] = np.arange(is_open.sum())
    around = _neighbours(numbers, outside=0)
    return np.where(legal_moves(maze), around, numbers[..., None])[is_open]


def _neighbours(grid: np.ndarray, outside: float | int) -> np.ndarray:
    """(row, col, move): the entries of `grid` one move away, `outside` beyond the edge."""
    padded = np.pad(grid, 1, constant_values=outside)
    rows, cols = grid.shape
    return np.stack(
        [padded[1 + dr : 1 + dr + rows, 1 + dc : 1 + dc + cols] for dr, dc in MOVE_STEPS], axis=-1
    )


def _check_open(maze: Maze, square: tuple[int, int]) -> Square:
    square = check_inside(square, maze.size, "path")
    if maze.walls[square]:
        raise ValueError(
            f"no path begins or ends at {tuple(square)}: that square is a wall; "
            "open it first or choose an open square"
        )
    return square
