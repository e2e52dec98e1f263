"""Distances, shortest paths, the decision square, and kinds of squares.

Mazes need not be trees and squares need not be reachable, because mazes can be edited. Distances
are numbers of steps as floats, and infinite if there is no path. Among several shortest paths,
`shortest_path` takes the first nearer move in the order of MOVES; `decision_square` and
`corner_path_distances` consider all shortest paths.
"""

from __future__ import annotations

from enum import IntEnum
from math import inf

import numpy as np
from jaxtyping import Bool, Float, Int

from procgen_tools.worlds.maze.grid import (
    MOVE_STEPS,
    START,
    STAY,
    GridLevel,
    Maze,
    Square,
    check_inside,
)


class NodeType(IntEnum):
    """The kind of a square in the graph of the maze; the value is its number of open neighbours.

    Example:
        >>> NodeType(2)
        <NodeType.CORRIDOR: 2>
    """

    ISOLATED = 0
    DEAD_END = 1
    CORRIDOR = 2
    BRANCH_OF_2 = 3
    BRANCH_OF_3 = 4


def distances(maze: GridLevel, *sources: tuple[int, int]) -> Float[np.ndarray, "row col"]:
    """Steps from the nearest of `sources` to every square; inf for walls and unreachable squares.

    Raises:
        ValueError: a source outside the maze or in a wall, or no source at all.

    Example:
        >>> from procgen_tools import maze
        >>> distances(maze.parse("..C\\n.##\\nM.."), (0, 0))  # row 0 is the bottom row
        array([[ 0.,  1.,  2.],
               [ 1., inf, inf],
               [ 2.,  3.,  4.]])
    """
    if not sources:
        raise ValueError("distances need a square to start from: give one or several")
    # A border of walls saves all tests of the edge, and one number identifies a square.
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


def nearer_moves(maze: GridLevel, target: tuple[int, int]) -> Bool[np.ndarray, "row col move"]:
    """Which moves bring the mouse one step nearer to `target`, at every square.

    All are False at the target, in walls, and where the target cannot be reached.

    Raises:
        ValueError: a target outside the maze or in a wall.
    """
    away = distances(maze, target)
    around = _neighbours(away, outside=inf)
    return np.isfinite(away)[..., None] & (around < away[..., None])


def next_moves(maze: GridLevel, target: tuple[int, int]) -> Int[np.ndarray, "row col"]:
    """The first move of the shortest path to `target` from every square, as an index into MOVES.

    The move is STAY where no move brings the mouse nearer: at the target, in walls, and where the
    target cannot be reached. Ties go to the move that comes first in MOVES.

    Raises:
        ValueError: a target outside the maze or in a wall.
    """
    nearer = nearer_moves(maze, target)
    return np.where(nearer.any(axis=-1), nearer.argmax(axis=-1), STAY)


def shortest_path(
    maze: GridLevel, start: tuple[int, int], goal: tuple[int, int]
) -> list[Square] | None:
    """The squares of the shortest path, including both ends; None if there is no path.

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
    """The square where the paths from `start` to the cheese and to the top-right corner diverge.

    This is the last square that the two paths share. If there are several shortest paths, it is
    the square farthest from the start that is on one to the cheese and on one to the corner (among
    equals, the first row by row from the bottom), so that no move from it leads nearer to both.

    Returns None if the paths do not diverge: the cheese is on a path to the corner, or the corner
    is on a path to the cheese. Also returns None if a path is missing: there is no cheese, the
    start or the corner is a wall, or one of them cannot be reached.

    Raises:
        ValueError: `start` is outside the maze.

    Example:
        >>> from procgen_tools import maze
        >>> decision_square(maze.parse(".....\\n.####\\n....C\\n.####\\nM...."))
        Square(row=2, col=0)
    """
    start = check_inside(start, maze.size, "start")
    if maze.cheese is None or maze.walls[start] or maze.walls[maze.corner]:
        return None
    return diverging_square(maze, start, maze.cheese, maze.corner)


def diverging_square(
    maze: GridLevel, start: tuple[int, int], one: tuple[int, int], other: tuple[int, int]
) -> Square | None:
    """The square where the paths from `start` to two squares diverge (see `decision_square`).

    Returns None if one of them is on a path to the other, or cannot be reached.

    Raises:
        ValueError: a square outside the maze or in a wall.

    Example:
        >>> from procgen_tools import maze
        >>> diverging_square(maze.parse("...\\n.##\\nM.C"), (0, 0), (0, 2), (2, 2))
        Square(row=0, col=0)
    """
    from_start = distances(maze, start)
    to_one, to_other = from_start[one], from_start[other]
    if np.isinf(to_one) or np.isinf(to_other):
        return None
    common = (from_start + distances(maze, one) == to_one) & (
        from_start + distances(maze, other) == to_other
    )
    last = np.where(common, from_start, -inf).argmax()
    square = Square(*divmod(int(last), maze.size))
    return None if square in (tuple(one), tuple(other)) else square


def corner_path_distances(
    maze: Maze, start: tuple[int, int] = START
) -> Float[np.ndarray, "row col"]:
    """Steps from every square to the shortest paths from `start` to the top-right corner.

    All are infinite if there is no path from the start to the corner.

    Raises:
        ValueError: a start outside the maze or in a wall.
    """
    from_start = distances(maze, start)
    if np.isinf(from_start[maze.corner]):
        return np.full_like(from_start, inf)
    on_path = from_start + distances(maze, maze.corner) == from_start[maze.corner]
    return distances(maze, *((int(row), int(col)) for row, col in np.argwhere(on_path)))


def is_tree(maze: GridLevel) -> bool:
    """Whether the open squares are connected and without cycles, as in procgen's mazes."""
    is_open = ~maze.walls
    edges = (is_open[1:] & is_open[:-1]).sum() + (is_open[:, 1:] & is_open[:, :-1]).sum()
    reached = np.isfinite(distances(maze, maze.mouse))
    return bool(edges == is_open.sum() - 1 and reached.sum() == is_open.sum())


def node_type(maze: GridLevel, square: tuple[int, int]) -> NodeType:
    """Whether `square` is a dead end, a corridor, or a branch.

    Raises:
        ValueError: `square` is outside the maze or a wall.

    Example:
        >>> from procgen_tools import maze
        >>> node_type(maze.parse("..C\\n.##\\nM.."), (0, 2))
        <NodeType.DEAD_END: 1>
    """
    return NodeType(int(legal_moves(maze)[_check_open(maze, square)][:STAY].sum()))


def legal_moves(maze: GridLevel) -> Bool[np.ndarray, "row col move"]:
    """Which moves lead from each open square to an open square; STAY always does.

    No move is legal in walls.

    Example:
        >>> from procgen_tools import maze
        >>> legal_moves(maze.parse("..C\\n.##\\nM.."))[0, 0]  # left, right, up, down, stay
        array([False,  True,  True, False,  True])
    """
    is_open = ~maze.walls
    return _neighbours(is_open, outside=False) & is_open[..., None]


def successors(maze: GridLevel) -> Int[np.ndarray, "square move"]:
    """Where each move leads, with squares numbered as in `maze.open_squares()`.

    A move into a wall or over the edge leaves the mouse in place.
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


def _check_open(maze: GridLevel, square: tuple[int, int]) -> Square:
    square = check_inside(square, maze.size, "path")
    if maze.walls[square]:
        raise ValueError(
            f"no path begins or ends at {tuple(square)}: that square is a wall; "
            "open it first or choose an open square"
        )
    return square
