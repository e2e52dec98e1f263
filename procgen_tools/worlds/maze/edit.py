"""Edits and queries of a maze. Every edit checks its arguments and returns a new maze.

Squares are inner (row, column) pairs, except where a name says outer. The functions whose names
end in `_in_state` or `_from_state` are the in-place forms of procgen-tools: they change an
`EnvState` after all checks have passed. As in procgen-tools, they take outer squares, whereas
`EnvState.set_mouse` and `set_cheese` take inner ones.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from jaxtyping import Int

from procgen_tools.worlds.maze.grid import CHEESE, WALL, GridLevel, Maze, Square, check_inside
from procgen_tools.worlds.maze.paths import is_tree
from procgen_tools.worlds.maze.state import EnvState

# --- the mouse, the cheese, the background


def move_mouse(maze: Maze, square: tuple[int, int]) -> Maze:
    """Move the mouse to `square`.

    Raises:
        ValueError: `square` is outside the maze or a wall.

    Warns:
        UserWarning: the cheese is at this square (see `move_cheese`).

    Example:
        >>> from procgen_tools import maze
        >>> print(maze.move_mouse(maze.parse("..C\\n.##\\nM.."), (0, 2)))
        ..C
        .##
        ..M
    """
    return noticed(replace(maze, mouse=check_inside(square, maze.size, "mouse")))


def move_cheese(maze: Maze, square: tuple[int, int]) -> Maze:
    """Move the cheese to `square`.

    As in procgen, this may be the square of the mouse: the mouse then finds the cheese if it stays
    or moves into a wall, and leaves the cheese behind if it moves away. No level of procgen begins
    like this.

    Raises:
        ValueError: the maze has no cheese, or `square` is outside the maze or a wall.

    Warns:
        UserWarning: the mouse is at this square.
    """
    return noticed(with_cheese_at(maze, square))


def with_cheese_at(maze: Maze, square: tuple[int, int]) -> Maze:
    """`move_cheese` without its warning."""
    if maze.cheese is None:
        raise ValueError(
            f"the cheese cannot move to {square!r:.60}: this maze has none; use place_cheese"
        )
    return replace(maze, cheese=check_inside(square, maze.size, "cheese"))


def place_cheese(maze: Maze, square: tuple[int, int]) -> Maze:
    """Place cheese at `square` in a maze that has none.

    Raises:
        ValueError: the maze has cheese, or `square` is outside the maze or a wall.

    Warns:
        UserWarning: the mouse is at this square (see `move_cheese`).

    Example:
        >>> from procgen_tools import maze
        >>> print(maze.place_cheese(maze.parse("..#\\n.##\\nM.."), (0, 2)))
        ..#
        .##
        M.C
    """
    if maze.cheese is not None:
        raise ValueError(
            f"cheese cannot be placed at {square!r:.60}: this maze has cheese at "
            f"{tuple(maze.cheese)}, and a maze has at most one; use move_cheese"
        )
    return noticed(replace(maze, cheese=check_inside(square, maze.size, "cheese")))


def remove_cheese(maze: Maze) -> Maze:
    """Remove the cheese, if the maze has any."""
    return replace(maze, cheese=None)


def set_background(maze: Maze, background: int | None) -> Maze:
    """Set the background picture: 0..8, or None for black.

    Raises:
        ValueError: an unknown background.

    Example:
        >>> from procgen_tools import maze
        >>> maze.set_background(maze.parse("..C\\n.##\\nM.."), 3)
        Maze(3 x 3, 7 open squares, mouse (0, 0), cheese (2, 2), world 25 x 25, background 3)
    """
    return replace(maze, background=background)


def noticed(maze: Maze) -> Maze:
    """Return `maze`, with a warning to the caller's caller if its mouse is on its cheese."""
    if maze.mouse == maze.cheese:
        warnings.warn(
            f"mouse and cheese are both at {tuple(maze.mouse)}: the mouse finds it without a move, "
            "which happens in no level of procgen; move one of them if this is not intended",
            UserWarning,
            stacklevel=3,
        )
    return maze


# --- the walls


def open_square(maze: Maze, square: tuple[int, int]) -> Maze:
    """Remove the wall at `square`, if any.

    Raises:
        ValueError: `square` is outside the maze.

    Example:
        >>> from procgen_tools import maze
        >>> print(maze.open_square(maze.parse("..C\\n.##\\nM.."), (1, 2)))
        ..C
        .#.
        M..
    """
    return carve(maze, [square])


def close_square(maze: Maze, square: tuple[int, int]) -> Maze:
    """Make `square` a wall.

    Raises:
        ValueError: `square` is outside the maze, or the mouse or the cheese is there.

    Example:
        >>> from procgen_tools import maze
        >>> print(maze.close_square(maze.parse("..C\\n.##\\nM.."), (0, 2)))
        ..C
        .##
        M.#
    """
    square = check_inside(square, maze.size, "wall")
    for thing, place in (("mouse", maze.mouse), ("cheese", maze.cheese)):
        if square == place:
            raise ValueError(
                f"{tuple(square)} cannot become a wall: the {thing} is there; move it first"
            )
    walls = maze.walls.copy()
    walls[square] = True
    return replace(maze, walls=walls)


def toggle_square(maze: Maze, square: tuple[int, int]) -> Maze:
    """Make `square` a wall if it is open, and open it if it is a wall.

    Raises:
        ValueError: `square` is outside the maze, or the mouse or the cheese is there.

    Example:
        >>> from procgen_tools import maze
        >>> level = maze.parse("..C\\n.##\\nM..")
        >>> print(maze.toggle_square(maze.toggle_square(level, (0, 1)), (1, 1)))
        ..C
        ..#
        M#.
    """
    square = check_inside(square, maze.size, "wall")
    return open_square(maze, square) if maze.walls[square] else close_square(maze, square)


def carve(maze: Maze, squares: Iterable[tuple[int, int]]) -> Maze:
    """Open all these squares.

    Raises:
        ValueError: a square is outside the maze.

    Example:
        >>> from procgen_tools import maze
        >>> print(maze.carve(maze.parse("..C\\n.##\\nM.."), [(1, 1), (1, 2)]))
        ..C
        ...
        M..
    """
    walls = maze.walls.copy()
    for square in squares:
        walls[check_inside(square, maze.size, "opening")] = False
    return replace(maze, walls=walls)


def carve_path_to_corner(maze: Maze, start: tuple[int, int] | None = None) -> Maze:
    """Carve a direct path to the top-right corner, with steps up and to the right only.

    Of all such paths, the one that opens the fewest walls is carved. Among equals it is one that
    goes up late. A maze that already has such a path does not change.

    Args:
        maze: the maze to carve.
        start: the start of the path. Defaults to the square of the mouse.

    Raises:
        ValueError: `start` is outside the maze.

    Example:
        >>> from procgen_tools import maze
        >>> print(maze.carve_path_to_corner(maze.parse("C##\\n###\\nM..")))
        C#.
        ##.
        M..
    """
    begin = maze.mouse if start is None else check_inside(start, maze.size, "path")
    region = maze.walls[begin.row :, begin.col :]
    # opened[row, col]: walls on the cheapest path from `begin`; inf outside the grid.
    opened = np.full((region.shape[0] + 1, region.shape[1] + 1), np.inf)
    opened[0, 1] = 0
    for row, col in np.ndindex(region.shape):
        below_or_left = min(opened[row, col + 1], opened[row + 1, col])
        opened[row + 1, col + 1] = below_or_left + region[row, col]
    row, col = region.shape[0] - 1, region.shape[1] - 1
    path = [Square(row, col)]
    while (row, col) != (0, 0):
        if col == 0 or (row > 0 and opened[row, col + 1] <= opened[row + 1, col]):
            row -= 1
        else:
            col -= 1
        path.append(Square(row, col))
    return carve(maze, [(begin.row + row, begin.col + col) for row, col in path])


def carve_path_to_world_corner(maze: Maze) -> Maze:
    """Carve a path from the maze's corner to the top-right corner of the world.

    The path leads up from the inner corner to the top row and then right. In procgen-tools, this
    path defines the top-right vector. The result is a maze as large as its world (see
    `whole_world`).
    """
    corner = to_outer(maze, maze.corner)
    last = maze.world_size - 1
    up = [(row, corner.col) for row in range(corner.row, last)]
    right = [(last, col) for col in range(corner.col, last + 1)]
    return carve(whole_world(maze), up + right)


# --- the two grids


def whole_world(maze: Maze) -> Maze:
    """The same world as a maze without padding: its inner grid is the outer grid.

    This makes squares outside the maze editable. The frames are those of `maze`.
    """
    return replace(
        maze,
        walls=maze.cells() == WALL,
        mouse=to_outer(maze, maze.mouse),
        cheese=None if maze.cheese is None else to_outer(maze, maze.cheese),
    )


def to_outer(maze: GridLevel, square: tuple[int, int]) -> Square:
    """The outer coordinates of an inner square.

    Raises:
        ValueError: a square outside the maze.
    """
    row, col = check_inside(square, maze.size, "inner square")
    return Square(row + maze.padding, col + maze.padding)


def to_inner(maze: GridLevel, outer_square: tuple[int, int]) -> Square:
    """The inner coordinates of an outer square.

    Raises:
        ValueError: a square outside the maze.
    """
    return _to_inner(outer_square, maze.size, maze.world_size)


def _to_inner(outer_square: tuple[int, int], size: int, world_size: int) -> Square:
    row, col = check_inside(outer_square, world_size, "outer square")
    padding = (world_size - size) // 2
    inner = Square(row - padding, col - padding)
    if not (0 <= inner.row < size and 0 <= inner.col < size):
        raise ValueError(
            f"the outer square {(row, col)} lies outside this maze, which is in the outer "
            f"rows and columns {padding}..{padding + size - 1}: choose one of these"
        )
    return inner


# --- procgen-tools' edits of a state in place


def move_mouse_in_state(env_state: EnvState, outer_square: tuple[int, int]) -> None:
    """Move the mouse of a state to an open outer square, in place.

    Raises:
        ValueError: the square is outside the maze or a wall. The state does not change.

    Example:
        >>> from procgen_tools import maze
        >>> state = maze.state_from_venv(maze.venv_from_mazes(maze.parse("..C\\n.##\\nM..")))
        >>> maze.move_mouse_in_state(state, (11, 13))  # a 3 x 3 maze begins at (11, 11) of 25 x 25
        >>> state.mouse
        Square(row=0, col=2)
    """
    env_state.set_mouse(_to_inner(outer_square, env_state.maze_size, env_state.world_size))


def move_cheese_in_state(env_state: EnvState, outer_square: tuple[int, int]) -> None:
    """Move the cheese of a state to an open outer square, in place.

    Raises:
        ValueError: the state has no cheese, or the square is outside the maze or a wall. The state
            does not change.

    Example:
        >>> from procgen_tools import maze
        >>> state = maze.state_from_venv(maze.venv_from_mazes(maze.parse("..C\\n.##\\nM..")))
        >>> maze.move_cheese_in_state(state, (11, 13))  # a 3 x 3 maze begins at (11, 11) of 25 x 25
        >>> state.cheese
        Square(row=0, col=2)
    """
    square = _to_inner(outer_square, env_state.maze_size, env_state.world_size)
    if not (env_state.inner_grid == CHEESE).any():
        raise ValueError(
            f"the cheese cannot move to the outer square {tuple(outer_square)}: this state has "
            "none; use env_state.set_cheese, which takes inner squares"
        )
    env_state.set_cheese(square)


def remove_cheese_from_state(env_state: EnvState) -> None:
    """Remove the cheese from a state, if it has any, in place.

    Example:
        >>> from procgen_tools import maze
        >>> state = maze.state_from_venv(maze.venv_from_mazes(maze.parse("..#\\n.##\\nM.C")))
        >>> maze.remove_cheese_from_state(state)
        >>> print(state.to_maze())
        ..#
        .##
        M..
    """
    env_state.set_cheese(None)


# --- queries


def mouse_positions(maze: Maze) -> Int[np.ndarray, "square row_col"]:
    """All open squares except the cheese's, row by row from the bottom."""
    free = ~maze.walls
    if maze.cheese is not None:
        free[maze.cheese] = False
    return np.argwhere(free)


def off_distribution_reasons(maze: Maze, rand_region: int | None = None) -> list[str]:
    """Why no level of procgen has these walls and this cheese; empty if one has.

    Args:
        maze: the maze. Its mouse may be on any open square.
        rand_region: r of `maze_aisc`, whose cheese is in the top-right r x r squares (0: in the
            corner); None for `maze`, whose cheese is anywhere except at the start.

    Raises:
        ValueError: a negative `rand_region`.
    """
    if rand_region is not None and rand_region < 0:
        raise ValueError(f"rand_region {rand_region} is negative: use 0 (the corner) or more")
    reasons = []
    if maze.size % 2 == 0 or maze.size < 3:
        reasons.append(f"the size {maze.size} is not odd and at least 3")
    if maze.walls[::2, ::2].any():
        reasons.append("a square with an even row and an even column is a wall")
    if not maze.walls[1::2, 1::2].all():
        reasons.append("a square with an odd row and an odd column is open")
    if not is_tree(maze):
        reasons.append(
            "the open squares are not a tree: some have no path, or two paths, between them"
        )
    if maze.cheese is None:
        reasons.append("there is no cheese")
    elif maze.cheese == (0, 0):
        reasons.append("the cheese lies at the start")
    elif rand_region is not None:
        lowest = maze.size - max(1, min(rand_region, maze.size))
        if min(maze.cheese) < lowest:
            reasons.append(
                f"the cheese at {tuple(maze.cheese)} lies outside the top-right region of "
                f"rand_region {rand_region}: rows and columns {lowest}..{maze.size - 1}"
            )
    return reasons


def is_on_distribution(maze: Maze, rand_region: int | None = None) -> bool:
    """Whether procgen can generate this maze (see `off_distribution_reasons`).

    Example:
        >>> from procgen_tools import maze
        >>> level = maze.make_level(0)
        >>> maze.is_on_distribution(level), maze.is_on_distribution(maze.remove_cheese(level))
        (True, False)
    """
    return not off_distribution_reasons(maze, rand_region)
