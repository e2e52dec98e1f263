"""The procgen maze: levels, mazes, states, edits, paths and environments.

    from procgen_tools import maze

    maze.make_level(51)
    venv = maze.create_venv(1, start_level=51, num_levels=1)

A square is (row, column), and row 0 is the bottom row of the picture.
"""

from __future__ import annotations

from procgen_tools.names import lazy
from procgen_tools.worlds.maze.by_argument import is_tree, move_cheese, remove_cheese, shortest_path
from procgen_tools.worlds.maze.edit import (
    carve,
    carve_path_to_corner,
    close_square,
    is_on_distribution,
    move_cheese_in_state,
    move_mouse,
    move_mouse_in_state,
    open_square,
    place_cheese,
    remove_cheese_from_state,
    set_background,
    toggle_square,
)
from procgen_tools.worlds.maze.grid import (
    CHEESE,
    MOVES,
    OPEN,
    START,
    WALL,
    Maze,
    Square,
    draw,
    from_cells,
    parse,
)
from procgen_tools.worlds.maze.levels import LevelBank, LevelRule, level_rule, make_bank, make_level
from procgen_tools.worlds.maze.paths import (
    NodeType,
    decision_square,
    distances,
    legal_moves,
    node_type,
)
from procgen_tools.worlds.maze.sampling import find_seeds, random_mazes
from procgen_tools.worlds.maze.state import EnvState
from procgen_tools.worlds.maze.storage import load_mazes, save_mazes

__path__: list[str] = []
"""Makes this module a package, so that `moved` finds its former submodules."""

_HOMES = {
    "MazeEnv": "worlds.maze.env",
    "MazeVectorEnv": "worlds.maze.env",
    "MazeVenv": "worlds.maze.venv",
    "NativeMaze": "worlds.maze.native",
    "create_venv": "worlds.maze.venv",
    "state_from_venv": "worlds.maze.venv",
    "venv_from_mazes": "worlds.maze.venv",
    "venv_pair": "worlds.maze.venv",
}
"""Environments load on first use, because gymnasium takes a third of a second to import."""

__all__ = [
    "CHEESE",
    "MOVES",
    "OPEN",
    "START",
    "WALL",
    "EnvState",
    "LevelBank",
    "LevelRule",
    "Maze",
    "NodeType",
    "Square",
    "carve",
    "carve_path_to_corner",
    "close_square",
    "decision_square",
    "distances",
    "draw",
    "find_seeds",
    "from_cells",
    "is_on_distribution",
    "is_tree",
    "legal_moves",
    "level_rule",
    "load_mazes",
    "make_bank",
    "make_level",
    "move_cheese",
    "move_cheese_in_state",
    "move_mouse",
    "move_mouse_in_state",
    "node_type",
    "open_square",
    "parse",
    "place_cheese",
    "random_mazes",
    "remove_cheese",
    "remove_cheese_from_state",
    "save_mazes",
    "set_background",
    "shortest_path",
    "toggle_square",
    *_HOMES,
]


__getattr__ = lazy(__name__, _HOMES, older="maze")
