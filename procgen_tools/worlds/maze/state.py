"""EnvState: the state bytes of procgen as named values and as a maze."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Integer

from procgen_tools.worlds.maze.coded_grids import find_mouse
from procgen_tools.worlds.maze.coded_grids import outer_grid as with_padding
from procgen_tools.worlds.maze.grid import (
    CHEESE,
    OPEN,
    WALL,
    Maze,
    Square,
    check_inside,
    outer_cells,
)
from procgen_tools.worlds.maze.state_codec import read_values, write_values
from procgen_tools.worlds.maze.state_layout import Number, Values
from procgen_tools.worlds.maze.state_view import StateView


class EnvState(StateView):
    """A state of one procgen maze environment.

    Reading and writing preserve all bytes: `EnvState(b).state_bytes == b`. A state changes by its
    setters, which check first and do not change it if they raise, or by direct assignment to
    `state_vals`, which `state_bytes` checks.

    procgen-tools edits cells and mouse without an update of `maze_dim`, the side of the inner grid.
    procgen never reads `maze_dim`. Here, if open squares or the mouse are outside the inner grid,
    `maze_dim` is corrected, with a warning, when the state is read and when it is converted to a
    maze. The new value is the size of the smallest inner grid that contains them all.

    Attributes:
        state_vals: all 78 values by name, in procgen's order (see `state_layout.FIELDS`).

    Example:
        >>> from procgen_tools import maze
        >>> venv = maze.venv_from_mazes(maze.parse("..C\\n.##\\nM.."))
        >>> state = EnvState(venv.env.callmethod("get_state")[0])
        >>> state.cheese, state.state_vals["world_dim"]
        (Square(row=2, col=2), 25)
        >>> state.set_cheese((0, 2))
        >>> venv.env.callmethod("set_state", [state.state_bytes])
        >>> venv.maze().cheese
        Square(row=0, col=2)
    """

    state_vals: Values

    def __init__(self, state_bytes: bytes) -> None:
        """Read the bytes that procgen's `get_state` returns.

        Raises:
            TypeError: not bytes.
            ValueError: the bytes are not a state of a maze. The message names the value, its place
                and the rule.

        Warns:
            UserWarning: `maze_dim` was too small and is corrected.
        """
        self.state_vals = read_values(state_bytes)
        self._correct_maze_size()

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> EnvState:
        """Make a state from these values, which are copied.

        Raises:
            ValueError: missing or unknown names, or an invalid value.
        """
        return cls(write_values(values))

    @property
    def state_bytes(self) -> bytes:
        """The bytes that procgen's `set_state` takes.

        Raises:
            ValueError: invalid values.
        """
        return write_values(self.state_vals)

    def copy(self) -> EnvState:
        """An independent state with the same values."""
        return EnvState(self.state_bytes)

    def to_maze(self) -> Maze:
        """Convert the state to a maze.

        Raises:
            ValueError: the state has no equivalent maze: the mouse is in a wall or between
                squares, there are two cheeses, or the world is that of memory mode.

        Warns:
            UserWarning: `maze_dim` was too small and is corrected.
        """
        self._correct_maze_size()
        return Maze(
            walls=self.inner_grid == WALL,
            mouse=self.mouse,
            cheese=self.cheese,
            world_size=self.world_size,
            background=self.background if self.uses_backgrounds else None,
            mouse_mirrored=self.mouse_mirrored,
        )

    # --- checked changes

    def set_mouse(self, square: tuple[int, int]) -> None:
        """Move the mouse to an open inner square.

        Raises:
            ValueError: a square outside the maze or in a wall.
        """
        row, col = self._open_square(square, "mouse")
        self._place_mouse(row + self.padding, col + self.padding)

    def set_cheese(self, square: tuple[int, int] | None) -> None:
        """Place the only cheese on an open inner square; None removes it.

        Raises:
            ValueError: a square outside the maze or in a wall.
        """
        inner = self.inner_grid
        target = None if square is None else self._open_square(square, "cheese")
        inner[inner == CHEESE] = OPEN
        if target is not None:
            inner[target] = CHEESE
        cells = self.outer_grid
        cells[self._inner, self._inner] = inner
        self._set_cells(cells)

    def set_inner_grid(self, cells: Integer[np.ndarray, "row col"]) -> None:
        """Replace the maze by another of any size that fits; the mouse keeps its place.

        Args:
            cells: codes WALL, OPEN, CHEESE of the inner grid, row 0 at the bottom.

        Raises:
            ValueError: other codes, a grid that is not square or does not fit into the world, or a
                mouse outside the new maze or in a wall (`set_maze` also moves the mouse).
        """
        cells = _check_cells(cells)
        size = len(cells)
        if cells.shape != (size, size) or not 1 <= size <= self.world_size:
            raise ValueError(
                f"the inner grid has shape {cells.shape}: give a square one of at "
                f"most {self.world_size} x {self.world_size} (the world)"
            )
        padding = (self.world_size - size) // 2
        world = np.full((self.world_size, self.world_size), WALL, dtype=np.int32)
        world[padding : padding + size, padding : padding + size] = cells
        self.set_outer_grid(world)
        self.state_vals["maze_dim"] = Number(size)

    def set_outer_grid(self, cells: Integer[np.ndarray, "row col"]) -> None:
        """Replace all cells of the world; the mouse and the size of the maze do not change.

        Args:
            cells: codes WALL, OPEN, CHEESE of the outer grid, row 0 at the bottom.

        Raises:
            ValueError: other codes, another shape, or a mouse in a wall.
        """
        cells = _check_cells(cells)
        if cells.shape != (self.world_size, self.world_size):
            raise ValueError(
                f"the outer grid has shape {cells.shape}: this world is "
                f"{self.world_size} x {self.world_size}"
            )
        mouse = self._outer_mouse
        if cells[mouse] == WALL:
            raise ValueError(
                f"the mouse at outer square {tuple(mouse)} would be in a wall: open "
                "this square, or use set_maze, which moves the mouse"
            )
        self._set_cells(cells)

    def set_background(self, background: int | None) -> None:
        """Set the background picture, 0..8, or None for black.

        Raises:
            ValueError: an unknown background.
        """
        maze = Maze(np.zeros((1, 1), dtype=bool), background=background)
        self.state_vals["options.use_backgrounds"] = int(maze.background is not None)
        if maze.background is not None:
            self.state_vals["background_index"] = Number(maze.background)

    def set_mouse_mirrored(self, mirrored: bool) -> None:
        """Set whether the picture of the mouse is flipped."""
        self._mouse_entity["is_reflected"] = int(mirrored)

    def set_maze(self, maze: Maze) -> None:
        """Set walls, mouse, cheese and background to those of `maze`.

        Time, seeds and random number generators do not change.

        Raises:
            ValueError: a maze of another world size.
        """
        if maze.world_size != self.world_size:
            raise ValueError(
                f"a maze for a world of {maze.world_size} x {maze.world_size} does "
                f"not fit this state's {self.world_size} x {self.world_size}: use a "
                f"maze of world_size {self.world_size}"
            )
        self._set_cells(outer_cells(maze.walls, maze.cheese, maze.world_size))
        self.state_vals["maze_dim"] = Number(maze.size)
        self._place_mouse(maze.mouse.row + maze.padding, maze.mouse.col + maze.padding)
        self.set_mouse_mirrored(maze.mouse_mirrored)
        self.set_background(maze.background)

    # --- procgen-tools' names, for migration

    def set_mouse_pos(self, x: int, y: int) -> None:
        """Move the mouse to the open outer square in row `x` and column `y`.

        Raises:
            ValueError: a square outside the world or in a wall. The state does not change.
        """
        row, col = check_inside((x, y), self.world_size, "mouse, on the outer grid,")
        if self.outer_grid[row, col] == WALL:
            raise ValueError(
                f"the mouse cannot stand at the outer square {(row, col)}: that square is a wall; "
                "choose an open one, row first"
            )
        self._place_mouse(row, col)

    def set_grid(self, grid: Integer[np.ndarray, "row col"], pad: bool = False) -> None:
        """Replace the cells of the world by a coded outer grid, and the mouse if the grid has one.

        Args:
            grid: a coded outer grid, or an inner one with `pad`.
            pad: put walls around the grid.

        Raises:
            ValueError: another shape, other codes, two mice, or a mouse in a wall. The state does
                not change.
        """
        cells = np.array(grid)
        size = len(cells) if pad else self.maze_size
        if pad:
            cells = with_padding(cells, self.world_size)
        mouse = find_mouse(cells)
        changed = self.copy()
        if mouse is not None:
            cells[mouse] = OPEN
            changed._place_mouse(*mouse)
        changed.set_outer_grid(cells)
        changed.state_vals["maze_dim"] = Number(size)
        changed.state_vals["maze_dim"] = Number(changed._needed_size())
        self.state_vals = changed.state_vals

    # ---

    def _correct_maze_size(self) -> None:
        """Enlarge the inner grid until only walls are outside it."""
        needed = self._needed_size()
        if needed == self.maze_size:
            return
        warnings.warn(
            f"maze_dim is {self.maze_size}, but open squares or the mouse are outside the "
            f"inner {self.maze_size} x {self.maze_size} squares: it becomes {needed}, the smallest "
            "size that contains them. Set state_vals['maze_dim'] to choose another",
            UserWarning,
            stacklevel=3,
        )
        self.state_vals["maze_dim"] = Number(needed)

    def _open_square(self, square: tuple[int, int], thing: str) -> Square:
        inside = check_inside(square, self.maze_size, thing)
        if self.inner_grid[inside] == WALL:
            raise ValueError(
                f"the {thing} cannot stand at {tuple(inside)}: that square is a "
                "wall; open it first or choose an open square"
            )
        return inside

    def _place_mouse(self, row: int, col: int) -> None:
        """Place the mouse on an outer square, and move a camera that follows the mouse."""
        values = self.state_vals
        for axis, number in (("x", col), ("y", row)):
            self._mouse_entity[axis] = number + 0.5
            if values["options.center_agent"]:
                values[f"center_{axis}"] = number + 0.5
                offset = np.float32(number + 0.5) - np.float32(values["view_dim"]) / np.float32(2)
                values[f"{axis}_off"] = float(np.float32(values["unit"]) * offset)

    def _set_cells(self, cells: Integer[np.ndarray, "row col"]) -> None:
        self.state_vals["data"] = cells.astype(np.int32).ravel()


def _check_cells(cells: Integer[np.ndarray, "row col"]) -> Integer[np.ndarray, "row col"]:
    unknown = np.setdiff1d(cells, (WALL, OPEN, CHEESE))
    if unknown.size:
        raise ValueError(
            f"the grid has cells {unknown[:5].tolist()}: use only {WALL} (wall), "
            f"{OPEN} (open) and {CHEESE} (cheese)"
        )
    return cells
