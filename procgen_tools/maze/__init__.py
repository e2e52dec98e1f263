"""The world as data: mazes, levels, states, edits, paths.

`create_venv`, `venv_from_mazes`, `venv_pair` and `state_from_venv` stand in the room of
environments above this one; they load when they are first named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procgen_tools.maze.by_argument import is_tree, move_cheese, remove_cheese, shortest_path
from procgen_tools.maze.edit import (
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
from procgen_tools.maze.grid import (
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
from procgen_tools.maze.levels import LevelBank, LevelRule, level_rule, make_bank, make_level
from procgen_tools.maze.paths import (
    NodeType,
    decision_square,
    distances,
    legal_moves,
    node_type,
)
from procgen_tools.maze.sampling import find_seeds, random_mazes
from procgen_tools.maze.state import EnvState
from procgen_tools.maze.storage import load_mazes, save_mazes

if TYPE_CHECKING:
    from procgen_tools.envs.venv import (
        create_venv,
        state_from_venv,
        venv_from_mazes,
        venv_pair,
    )

_FROM_ENVS = ("create_venv", "state_from_venv", "venv_from_mazes", "venv_pair")

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
    "create_venv",
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
    "state_from_venv",
    "toggle_square",
    "venv_from_mazes",
    "venv_pair",
]


def __getattr__(name: str) -> Any:
    if name in _FROM_ENVS:
        from procgen_tools.envs import venv

        return getattr(venv, name)
    from procgen_tools.compat.resolve import find

    return find("maze", name)
