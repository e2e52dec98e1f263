"""Grids of cell codes in which the mouse has a code, too, as in procgen-tools.

A coded grid consists of `BLOCKED`, `EMPTY`, `CHEESE` and at most one `MOUSE`, row 0 at the bottom.
New code should use a `Maze`, which is always valid; `maze_from_grid` makes one. These functions are
for migration: `docs/from-procgen-tools.md` lists their replacements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Integer

from procgen_tools.worlds.maze.grid import CHEESE as CHEESE
from procgen_tools.worlds.maze.grid import (
    DOWN,
    HARD_WORLD_SIZE,
    LEFT,
    MOVE_STEPS,
    OPEN,
    RIGHT,
    START,
    STAY,
    UP,
    WALL,
    Maze,
    from_cells,
)

EMPTY, BLOCKED, MOUSE = OPEN, WALL, 25
WORLD_DIM = HARD_WORLD_SIZE

Grid = Integer[np.ndarray, "row col"]
Step = tuple[int, int]

MOVE_ORDER = {"LEFT": LEFT, "DOWN": DOWN, "UP": UP, "RIGHT": RIGHT, "NOOP": STAY}
"""The names of the moves in procgen-tools, in its order, with their indices here."""


class InnerGrid(np.ndarray):
    """An array of cell codes that can also be called, as procgen-tools' `state.inner_grid()`."""

    with_mouse: np.ndarray | None = None
    """The same grid with the mouse; None for arrays derived from this one."""

    @classmethod
    def of(cls, cells: Grid, mouse: Step | None) -> InnerGrid:
        """The cells, callable; `mouse` is an inner square, or None if it is elsewhere."""
        grid = cells.view(cls)
        grid.with_mouse = np.array(cells, dtype=np.int64)
        if mouse is not None:
            grid.with_mouse[mouse] = MOUSE
        return grid

    def __call__(self, with_mouse: bool = True) -> Integer[np.ndarray, "row col"]:
        """A new array of codes, by default with the mouse."""
        if self.with_mouse is None:
            raise TypeError(
                "this array was computed from a grid: only state.inner_grid is callable"
            )
        return self.with_mouse.copy() if with_mouse else np.array(self, dtype=np.int64)


# --- the two grids


def inner_grid(grid: Grid) -> Integer[np.ndarray, "inner_row inner_col"]:
    """The maze without the rings of wall around it (a view)."""
    rings = 0
    while rings < len(grid) // 2 and all(
        (side == BLOCKED).all()
        for side in (grid[rings], grid[-rings - 1], grid[:, rings], grid[:, -rings - 1])
    ):
        rings += 1
    return grid[rings : len(grid) - rings, rings : len(grid) - rings]


def outer_grid(grid: Grid, world_size: int = WORLD_DIM) -> Integer[np.ndarray, "out_row out_col"]:
    """The whole world with this maze in its middle.

    Raises:
        ValueError: the grid is not square, or does not fit into the middle of the world.
    """
    size = len(grid)
    if grid.shape != (size, size) or size > world_size or (world_size - size) % 2:
        raise ValueError(
            f"a grid of shape {grid.shape} does not fit into the middle of a world of "
            f"{world_size} x {world_size}: give a square one with an odd side of at most "
            f"{world_size}"
        )
    return np.pad(grid, get_padding(grid, world_size), constant_values=BLOCKED)


def get_padding(grid: Grid, world_size: int = WORLD_DIM) -> int:
    """Rings of wall between this inner grid and the edge of the world."""
    return (world_size - len(grid)) // 2


def inside_inner_grid(grid: Grid, row: int, col: int) -> bool:
    """Whether an outer square is inside this inner grid."""
    padding = get_padding(grid)
    return all(padding <= number < WORLD_DIM - padding for number in (row, col))


def maze_from_grid(grid: Grid, *, background: int | None = None) -> Maze:
    """Make a Maze from a coded inner grid. The mouse defaults to the start square.

    Raises:
        ValueError: two mice, or an invalid grid (see `from_cells`).
    """
    cells = np.array(grid)
    mouse = find_mouse(cells)
    if mouse is not None:
        cells[mouse] = EMPTY
    return from_cells(cells, mouse=mouse or START, background=background)


def find_mouse(grid: Grid) -> Step | None:
    """The square of the mouse in a coded grid, or None.

    Raises:
        ValueError: two mice.
    """
    mice = np.argwhere(grid == MOUSE).tolist()
    if len(mice) > 1:
        raise ValueError(f"the grid has mice (code {MOUSE}) at {mice}: leave one")
    return (mice[0][0], mice[0][1]) if mice else None


# --- where things are


def get_cheese_pos(grid: Grid, flip_y: bool = False) -> Step | None:
    """The cheese's (row, column), or None. With `flip_y`, rows count from the top of the world."""
    squares = np.argwhere(grid == CHEESE).tolist()
    return _flipped(squares[0], flip_y) if squares else None


def get_mouse_pos(grid: Grid, flip_y: bool = False) -> Step:
    """The mouse's (row, column). With `flip_y`, rows count from the top of the world.

    Raises:
        ValueError: no mouse or two.
    """
    mouse = find_mouse(grid)
    if mouse is None:
        raise ValueError(f"the grid has no mouse (code {MOUSE}): take it with_mouse=True")
    return _flipped(mouse, flip_y)


def _flipped(square: Sequence[int], flip_y: bool) -> Step:
    row, col = square
    return (WORLD_DIM - 1 - row if flip_y else row), col


def get_object_pos_in_grid(grid: Grid, obj_value: int) -> Integer[np.ndarray, " 2"]:
    """Row and column of the first cell with this code, row by row from the bottom.

    Raises:
        ValueError: there is none.
    """
    squares = np.argwhere(grid == obj_value)
    if not len(squares):
        raise ValueError(f"the grid has no cell with the code {obj_value}")
    return squares[0]


def get_legal_mouse_positions(grid: Grid) -> list[Step]:
    """The empty squares, row by row from the bottom; neither the cheese's nor the mouse's."""
    return [(row, col) for row, col in np.argwhere(grid == EMPTY).tolist()]


def get_empty_neighbors(grid: Grid, x: int, y: int) -> list[Step]:
    """The neighbours of (row, column) that are inside the grid and not walls."""
    around = (
        (x + step.row, y + step.col) for step in (MOVE_STEPS[i] for i in (UP, DOWN, RIGHT, LEFT))
    )
    return [
        (row, col)
        for row, col in around
        if 0 <= row < grid.shape[0] and 0 <= col < grid.shape[1] and grid[row, col] != BLOCKED
    ]


# --- paths


def search(
    grid: Grid,
    start: Step,
    stop_condition: Callable[[np.ndarray, Step], bool] | None = None,
) -> tuple[dict[Step, int], dict[Step, Step | None], dict[str, Any]]:
    """Breadth-first search from `start` until a square meets the condition.

    Args:
        grid: a coded grid, inner or outer. Squares are in its inner grid.
        start: the first square.
        stop_condition: a function of the grid and a square. By default it looks for the cheese.

    Returns:
        the number of steps to every visited square; the predecessor of each on a shortest path,
        None for the start; and `{"last_square": ...}`, where the search stopped, or None if no
        square met the condition.
    """
    grid = inner_grid(grid)
    found = stop_condition or (lambda cells, square: bool(cells[square] == CHEESE))
    steps: dict[Step, int] = {start: 0}
    came_from: dict[Step, Step | None] = {start: None}
    queue = [start]
    for square in queue:
        if found(grid, square):
            return steps, came_from, {"last_square": square}
        for neighbour in get_empty_neighbors(grid, *square):
            if neighbour not in steps:
                steps[neighbour] = steps[square] + 1
                came_from[neighbour] = square
                queue.append(neighbour)
    return steps, came_from, {"last_square": None}


def reconstruct_path(came_from: Mapping[Step, Step | None], end: Step | None) -> list[Step]:
    """The squares of the path that a search found to `end`, from its start on.

    Raises:
        ValueError: the search did not reach `end`.
    """
    if end is None or end not in came_from:
        raise ValueError(f"the search did not reach {end}: no path leads there")
    path: list[Step] = []
    square: Step | None = end
    while square is not None:
        path.append(square)
        square = came_from[square]
    return path[::-1]


def pathfind(grid: Grid, start: Step, end: Step) -> list[Step]:
    """The squares of a shortest path, including both ends.

    Raises:
        ValueError: no path leads there.
    """
    _, came_from, found = search(grid, start, lambda _, square: square == end)
    if found["last_square"] is None:
        raise ValueError(f"no path leads from {start} to {end}")
    return reconstruct_path(came_from, end)


def distance_to_tr_path(grid: Grid, target: Step, tr_path: Sequence[Step] | None = None) -> int:
    """Squares on the path from (0, 0) to `target` that are not on the one to the top right."""
    if tr_path is None:
        tr_path = pathfind(grid, (0, 0), (len(grid) - 1, len(grid) - 1))
    return len(set(pathfind(grid, (0, 0), target)) - set(tr_path))


def deltas_from(grid: Grid, sq: Step) -> tuple[Step, Step]:
    """The first steps from a square towards the cheese and towards the top right.

    Raises:
        ValueError: no cheese, no path, or a square that is one of the two.
    """
    cheese = get_cheese_pos(grid)
    if cheese is None:
        raise ValueError("the grid has no cheese to go to")
    steps = []
    for goal in (cheese, (len(grid) - 1, len(grid) - 1)):
        path = pathfind(grid, sq, goal)
        if len(path) < 2:
            raise ValueError(f"the square {sq} is the goal itself: no step leads there")
        steps.append((path[1][0] - sq[0], path[1][1] - sq[1]))
    return steps[0], steps[1]


# --- vector fields as dictionaries


def field_entry(
    maze: Maze, probabilities: Float[np.ndarray, "square move"], name: str
) -> list[Any] | np.ndarray:
    """One entry of procgen-tools' dictionary of a vector field.

    "legal_mouse_positions" lists the open squares but the cheese's; "probs" and "arrows" follow
    their order and, at each square, the order of `MOVE_ORDER`: five probabilities, and each move's
    (row, column) step times its probability. "grid" is the coded inner grid without the mouse.

    Raises:
        KeyError: another name.
    """
    squares = maze.open_squares()
    kept = [number for number, square in enumerate(squares) if square != maze.cheese]
    if name == "legal_mouse_positions":
        return [tuple(squares[number]) for number in kept]
    if name == "grid":
        inner = slice(maze.padding, maze.padding + maze.size)
        return maze.cells()[inner, inner].astype(np.int64)
    order = list(MOVE_ORDER.values())
    rows = probabilities[kept][:, order].tolist()
    if name == "probs":
        return [tuple(row) for row in rows]
    if name == "arrows":
        steps = [MOVE_STEPS[move] for move in order]
        return [
            [(step.row * p, step.col * p) for step, p in zip(steps, row, strict=True)]
            for row in rows
        ]
    raise KeyError(
        f"{name!r}: a field has the entries 'arrows', 'legal_mouse_positions', 'grid' and 'probs'"
    )
