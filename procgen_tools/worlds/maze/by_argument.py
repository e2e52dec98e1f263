"""Four functions that procgen-tools calls with a venv or a grid, and we with a Maze.

What they do depends on the first argument: a Maze has the meaning of `edit` and `paths`; a venv is
changed in place, in outer coordinates, and a coded grid is searched, as in procgen-tools. The
latter two are for migration.
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
    """The maze without cheese (itself when it has none).

    Given a venv, takes the cheese out of environment `idx` in place and returns the venv.

    Raises:
        TypeError: neither a maze nor a venv.
        ValueError: there is no such environment.
    """
    if isinstance(maze, Maze):
        return edit.remove_cheese(maze)
    return change_state(maze, "remove_cheese", edit.remove_cheese_from_state, idx)


@overload
def move_cheese(maze: Maze, square: tuple[int, int]) -> Maze: ...
@overload
def move_cheese(maze: Any, square: tuple[int, int], idx: int = 0) -> Any: ...
def move_cheese(maze: Any, square: tuple[int, int], idx: int = 0) -> Any:
    """The maze with its cheese at another open inner square.

    Given a venv, moves the cheese of environment `idx` to an outer square in place and returns the
    venv.

    Raises:
        TypeError: neither a maze nor a venv.
        ValueError: no cheese, no such environment, or no open square there.
    """
    if isinstance(maze, Maze):
        return edit.move_cheese(maze, square)

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
    """The squares of the shortest path, both ends included; None when no path leads there.

    Ties go to the move that comes first in MOVES. Given a coded grid, `goal` is a condition on
    the grid and a square (`stop_condition`), and the result is that of `coded_grids.search`. Its
    `heuristic` is ignored: it speeds up a search and does not change the length of what it finds.

    Raises:
        TypeError: a maze without a goal, or neither a maze nor a grid.
        ValueError: a start or goal outside the maze or in a wall.
    """
    if isinstance(maze, np.ndarray):
        return coded_grids.search(maze, start, goal or stop_condition)
    _check_maze(maze, "shortest_path")
    if goal is None:
        raise TypeError(
            "shortest_path(maze, start, goal) needs a goal: maze.cheese, for instance; with a "
            "stop_condition it takes a grid of codes"
        )
    return paths.shortest_path(maze, start, goal)


def is_tree(maze: Any, debug: bool = False) -> bool:
    """Whether the open squares are connected and without cycles, as in procgen's mazes.

    Takes a coded grid, too; `debug` is ignored.

    Raises:
        TypeError: neither a maze nor a grid.
        ValueError: a grid that is not that of a maze.
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
        TypeError: no venv.
        ValueError: there is no such environment.
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
