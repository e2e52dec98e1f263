"""Mazes as networkx graphs, and procgen-tools' functions of single squares, for migration.

Only these functions need networkx. In new code call `maze.shortest_path`,
`maze.decision_square` and `maze.node_type`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Int64

from procgen_tools.worlds.maze import coded_grids
from procgen_tools.worlds.maze.coded_grids import BLOCKED, CHEESE, MOUSE, Grid, Step
from procgen_tools.worlds.maze.state import EnvState
from procgen_tools.worlds.maze.state_layout import Number

NODE_TYPES = ["wall", "unconn", "end", "path", "branch2", "branch3"]


def maze_grid_to_graph(inner_grid: Grid) -> Any:
    """A networkx Graph of the open squares with a neighbour; edges join neighbours.

    Raises:
        ModuleNotFoundError: networkx is not installed.
    """
    try:
        import networkx
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "a maze as a graph needs networkx: pip install networkx, or use maze.shortest_path"
        ) from error
    graph: Any = networkx.Graph()
    for square in np.argwhere(inner_grid != BLOCKED).tolist():
        here = (square[0], square[1])
        for there in coded_grids.get_empty_neighbors(inner_grid, *here):
            graph.add_edge(here, there)
    return graph


def get_path_to_cheese(inner_grid: Grid, graph: Any, start_node: Step = (0, 0)) -> list[Step]:
    """The squares of a shortest path to the cheese; `graph` is not needed.

    Raises:
        ValueError: no cheese, or no path.
    """
    cheese = coded_grids.get_cheese_pos(inner_grid)
    if cheese is None:
        raise ValueError("the grid has no cheese: put a 2 in it")
    return coded_grids.pathfind(inner_grid, start_node, cheese)


def get_path_to_corner(inner_grid: Grid, graph: Any, start_node: Step = (0, 0)) -> list[Step]:
    """The squares of a shortest path to the top-right corner; `graph` is not needed.

    Raises:
        ValueError: no path.
    """
    return coded_grids.pathfind(inner_grid, start_node, (len(inner_grid) - 1, len(inner_grid) - 1))


def grid_graph_has_decision_square(inner_grid: Grid, graph: Any) -> bool:
    """Whether the cheese is off the path from (0, 0) to the corner."""
    cheese = coded_grids.get_cheese_pos(inner_grid)
    return cheese not in get_path_to_corner(inner_grid, graph)


def get_decision_square_from_grid_graph(inner_grid: Grid, graph: Any) -> Step | None:
    """The last square that the paths to cheese and corner share.

    If the corner is on the path to the cheese, it is the square after the corner. None if the
    cheese is on the path to the corner.
    """
    to_cheese = get_path_to_cheese(inner_grid, graph)
    to_corner = get_path_to_corner(inner_grid, graph)
    for number, square in enumerate(to_cheese):
        if number >= len(to_corner):
            return square
        if square != to_corner[number]:
            return to_cheese[number - 1]
    return None


def maze_has_decision_square(states_bytes: bytes) -> bool:
    """Whether the cheese of a state is off the path to the corner."""
    return grid_graph_has_decision_square(EnvState(states_bytes).inner_grid(), None)


def get_decision_square_from_maze_state(state: EnvState) -> Step | None:
    """See `get_decision_square_from_grid_graph`."""
    return get_decision_square_from_grid_graph(state.inner_grid(), None)


def get_node_value_at_offset(outer_grid: Grid, node: Step, offset: Step) -> int:
    """The code of a square's neighbour; a wall beyond the edge."""
    row, col = node[0] + offset[0], node[1] + offset[1]
    inside = 0 <= row < outer_grid.shape[0] and 0 <= col < outer_grid.shape[1]
    return int(outer_grid[row, col]) if inside else BLOCKED


def get_node_type_by_world_loc(
    states_bytes: bytes, world_node: Step
) -> tuple[str, Bool[np.ndarray, " side"]]:
    """The kind of an outer square, one of NODE_TYPES, and which neighbours are open (LRDU)."""
    grid = EnvState(states_bytes).full_grid()
    around = [
        get_node_value_at_offset(grid, world_node, offset)
        for offset in ((0, -1), (0, 1), (-1, 0), (1, 0))
    ]
    is_open = np.array(around) != BLOCKED
    kind = 0 if grid[world_node] == BLOCKED else 1 + int(is_open.sum())
    return NODE_TYPES[kind], is_open


def get_object_pos_from_seq_of_states(
    state_bytes_seq: Any, obj_value: int
) -> Int64[np.ndarray, "time 2"]:
    """The outer square of the mouse or the cheese in each of a sequence of states.

    Raises:
        ValueError: a state without it.
    """
    grids = (EnvState(bytes(state)).full_grid() for state in state_bytes_seq)
    squares = [coded_grids.get_object_pos_in_grid(grid, obj_value) for grid in grids]
    return np.array(squares, dtype=np.int64).reshape(-1, 2)


def get_mouse_pos_from_seq_of_states(state_bytes_seq: Any) -> Int64[np.ndarray, "time 2"]:
    """The mouse's outer square in each state; procgen-tools' own returns None."""
    return get_object_pos_from_seq_of_states(state_bytes_seq, MOUSE)


def get_cheese_pos_from_seq_of_states(state_bytes_seq: Any) -> Int64[np.ndarray, "time 2"]:
    """The cheese's outer square in each state; procgen-tools' own returns None."""
    return get_object_pos_from_seq_of_states(state_bytes_seq, CHEESE)


# --- state values


class FloatValue(float):
    """A float with a `.val`, like the values of a state in procgen-tools."""

    @property
    def val(self) -> float:
        """The number."""
        return float(self)


class TextValue(str):
    """The same for text."""

    @property
    def val(self) -> str:
        """The text."""
        return str(self)


def with_val(values: Any) -> Any:
    """Values of a state in procgen-tools' form: numbers have a `.val`, cells are `{"i": ...}`."""
    if isinstance(values, dict):
        return {
            name: [{"i": Number(code)} for code in each.tolist()]
            if isinstance(each, np.ndarray)
            else with_val(each)
            for name, each in values.items()
        }
    if isinstance(values, list):
        return [with_val(each) for each in values]
    kind = {float: FloatValue, str: TextValue}.get(type(values), Number)
    return kind(values)


def parse_maze_state_bytes(state_bytes: bytes, assert_: bool = True) -> dict[str, Any]:
    """All values of a state by name, each with a `.val`. In new code, use
    `EnvState(...).state_vals`."""
    return with_val(EnvState(state_bytes).state_vals)


def get_grid(state_vals: dict[str, Any]) -> Int64[np.ndarray, "row col"]:
    """The outer grid of a state's values, without the mouse."""
    side = int(state_vals["world_dim"])
    data = state_vals["data"]
    codes = data if isinstance(data, np.ndarray) else [cell["i"] for cell in data]
    return np.array(codes, dtype=np.int64).reshape(side, side)


def get_mouse_pos_sv(state_vals: dict[str, Any]) -> Step:
    """The mouse's outer square, from a state's values."""
    mouse = state_vals["ents"][0]
    return int(mouse["y"]), int(mouse["x"])
