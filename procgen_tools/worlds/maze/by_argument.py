"""Four functions that take a Maze here, and a venv or a grid in procgen-tools.

The first argument decides. With a Maze they are the functions of `edit` and `paths`. As in
procgen-tools, a venv is changed in place, in outer coordinates, and a coded grid is searched. Both
are for migration.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

import numpy as np
from jaxtyping import Integer

from procgen_tools.worlds.maze import coded_grids, edit, paths
from procgen_tools.worlds.maze.grid import Maze, Square
from procgen_tools.worlds.maze.state import EnvState

Codes = Integer[np.ndarray, "row col"]


@overload
def remove_cheese(maze: Maze) -> Maze: ...
@overload
def remove_cheese(maze: Any, idx: int = 0) -> Any: ...
def remove_cheese(maze: Any, idx: int = 0) -> Any:
    """Remove the cheese, if the maze has any, and return the new maze.

    For a venv, removes the cheese of environment `idx` in place and returns the venv.

    Raises:
        TypeError: neither a maze nor a venv.
        ValueError: the environment does not exist.

    Example:
        >>> from procgen_tools import maze
        >>> print(maze.remove_cheese(maze.parse("..#\\n.##\\nM.C")))
        ..#
        .##
        M..
    """
    if isinstance(maze, Maze):
        return edit.remove_cheese(maze)
    return change_state(maze, "remove_cheese", edit.remove_cheese_from_state, idx)


@overload
def move_cheese(maze: Maze, square: tuple[int, int]) -> Maze: ...
@overload
def move_cheese(maze: Any, square: tuple[int, int], idx: int = 0) -> Any: ...
def move_cheese(maze: Any, square: tuple[int, int], idx: int = 0) -> Any:
    """Move the cheese to another open inner square and return the new maze.

    For a venv, moves the cheese of environment `idx` to an outer square in place and returns the
    venv.

    Raises:
        TypeError: neither a maze nor a venv.
        ValueError: there is no cheese, the environment does not exist, or the square is not open.

    Example:
        >>> from procgen_tools import maze
        >>> print(maze.move_cheese(maze.parse("..#\\n.##\\nM.C"), (2, 1)))
        .C#
        .##
        M..
    """
    if isinstance(maze, Maze):
        return edit.noticed(edit.with_cheese_at(maze, square))

    def move(state: EnvState) -> None:
        edit.move_cheese_in_state(state, square)

    return change_state(maze, "move_cheese", move, idx)


@overload
def shortest_path(
    maze: Maze, start: tuple[int, int], goal: tuple[int, int]
) -> list[Square] | None: ...
@overload
def shortest_path(
    maze: Codes,
    start: tuple[int, int],
    goal: Callable[[np.ndarray, tuple[int, int]], bool] | None = None,
    heuristic: object = None,
    *,
    stop_condition: Callable[[np.ndarray, tuple[int, int]], bool] | None = None,
) -> tuple[dict[Any, int], dict[Any, Any], dict[str, Any]]: ...
def shortest_path(
    maze: Any,
    start: tuple[int, int],
    goal: Any = None,
    heuristic: object = None,
    *,
    stop_condition: Any = None,
) -> Any:
    """The squares of the shortest path, including both ends; None if there is no path.

    Ties go to the move that comes first in MOVES. For a coded grid, `goal` is a condition on the
    grid and a square (`stop_condition`), and the result is that of `coded_grids.search`. Its
    `heuristic` is ignored, because it does not change the length of the path.

    Raises:
        TypeError: a maze without a goal, or neither a maze nor a grid.
        ValueError: `start` or `goal` is outside the maze or a wall.

    Example:
        >>> from procgen_tools import maze
        >>> path = maze.shortest_path(maze.parse("..C\\n.##\\nM.."), (0, 0), (2, 1))
        >>> [tuple(square) for square in path]
        [(0, 0), (1, 0), (2, 0), (2, 1)]
    """
    if isinstance(maze, np.ndarray):
        return coded_grids.search(maze, start, goal or stop_condition)
    _check_maze(maze, "shortest_path")
    if goal is None:
        raise TypeError(
            "shortest_path(maze, start, goal) needs a goal: give a square, such as maze.cheese; a "
            "stop_condition is for a grid of codes"
        )
    return paths.shortest_path(maze, start, goal)


def is_tree(maze: Any, debug: bool = False) -> bool:
    """Whether the open squares are connected and without cycles, as in procgen's mazes.

    Also accepts a coded grid. `debug` is ignored.

    Raises:
        TypeError: neither a maze nor a grid.
        ValueError: the grid is not that of a maze.

    Example:
        >>> from procgen_tools import maze
        >>> maze.is_tree(maze.parse("..C\\n.##\\nM..")), maze.is_tree(maze.parse("..C\\n.#.\\nM.."))
        (True, False)
    """
    if isinstance(maze, np.ndarray):
        cells = np.array(coded_grids.inner_grid(maze))
        cells[cells != coded_grids.BLOCKED] = coded_grids.EMPTY
        if cells[0, 0] == coded_grids.BLOCKED:
            return False
        maze = coded_grids.maze_from_grid(cells)
    _check_maze(maze, "is_tree")
    return paths.is_tree(maze)


def change_state(venv: Any, name: str, change: Callable[[EnvState], None], index: int) -> Any:
    """Change the state of one environment in place, and return the venv.

    Raises:
        TypeError: not a venv.
        ValueError: the environment does not exist.
    """
    engine: Any = getattr(venv, "env", None)
    if not hasattr(engine, "callmethod"):
        _check_maze(venv, name)
        raise TypeError(f"{name} changes one environment of a venv, not a Maze")
    states = list(engine.callmethod("get_state"))
    if not 0 <= index < len(states):
        raise ValueError(
            f"environment {index} does not exist: the venv has {len(states)}, numbered from 0"
        )
    state = EnvState(states[index])
    change(state)
    states[index] = state.state_bytes
    engine.callmethod("set_state", states)
    return venv


def _check_maze(thing: object, name: str) -> None:
    if isinstance(thing, Maze):
        return
    remedies = {
        "EnvState": f"call maze.{name}_from_state, or {name}(state.to_maze())"
        if name == "remove_cheese"
        else f"call {name} with state.to_maze()",
        "MazeVenv": f"call {name} with venv.maze(0)",
        "ndarray": f"call {name} with maze.maze_from_grid(grid)",
    }
    kind = type(thing).__name__
    remedy = remedies.get(kind, "give a Maze, as make_level, parse and venv.maze(0) return")
    raise TypeError(f"{name} was given a {kind}: {remedy}")
