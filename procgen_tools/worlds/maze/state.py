"""EnvState: procgen's state bytes as named values, and as a maze."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Integer, UInt8

from procgen_tools.worlds.maze.coded_grids import MOUSE, InnerGrid, find_mouse
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
from procgen_tools.worlds.maze.state_layout import MODE_CODES, MOUSE_TYPE, Number, Values

_MODES = {code: mode for mode, code in MODE_CODES.items()}


class EnvState:
    """A state of one procgen maze environment.

    Reading and writing give the same bytes: `EnvState(b).state_bytes == b`. Change a state by
    its checked setters, which leave it as it was when they raise, or change `state_vals`
    directly: then `state_bytes` checks.

    procgen-tools edits cells and mouse but leaves `maze_dim`, the side of the inner grid, as it
    was. procgen does not mind, as it reads `maze_dim` nowhere. Here a `maze_dim` that leaves open
    squares or the mouse beside the inner grid is corrected, with a warning, when the state is
    read and when it becomes a maze: to the smallest inner grid that holds them all.

    Attributes:
        state_vals: all 78 values by name, in procgen's order (see `state_layout.FIELDS`).
    """

    state_vals: Values

    def __init__(self, state_bytes: bytes) -> None:
        """Read what procgen's `get_state` wrote.

        Raises:
            TypeError: no bytes.
            ValueError: bytes that are no state of a maze: what was read, where, and the rule.

        Warns:
            UserWarning: `maze_dim` was too small, and was corrected.
        """
        self.state_vals = read_values(state_bytes)
        self._correct_maze_size()

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> EnvState:
        """The state with these values, which are copied.

        Raises:
            ValueError: missing or unknown names, or a value that a state cannot hold.
        """
        return cls(write_values(values))

    @property
    def state_bytes(self) -> bytes:
        """The bytes that procgen's `set_state` reads.

        Raises:
            ValueError: values that a state cannot hold.
        """
        return write_values(self.state_vals)

    def copy(self) -> EnvState:
        """A state of its own with the same values."""
        return EnvState(self.state_bytes)

    # --- what the state shows

    @property
    def distribution_mode(self) -> str:
        """'easy', 'hard' or 'memory'."""
        return _MODES[self.state_vals["options.distribution_mode"]]

    @property
    def world_size(self) -> int:
        """Side of the outer grid in squares: 15 (easy), 25 (hard), 31 (memory)."""
        return int(self.state_vals["world_dim"])

    @property
    def maze_size(self) -> int:
        """Side of the inner grid in squares (`maze_dim`)."""
        return int(self.state_vals["maze_dim"])

    @property
    def padding(self) -> int:
        """Squares between the edge of the world and the inner grid."""
        return (self.world_size - self.maze_size) // 2

    @property
    def outer_grid(self) -> UInt8[np.ndarray, "row col"]:
        """Cell codes of the world, row 0 at the bottom (a new array)."""
        side = self.world_size
        return self.state_vals["data"].astype(np.uint8).reshape(side, side)

    @property
    def inner_grid(self) -> InnerGrid:
        """Cell codes of the maze, row 0 at the bottom (a new array).

        Called, as `state.inner_grid()`, it gives a coded grid with the mouse in it, as in
        procgen-tools; `state.inner_grid(with_mouse=False)` leaves the mouse out.
        """
        row, col = (int(self._mouse_entity[axis] - 0.5) - self.padding for axis in "yx")
        inside = 0 <= row < self.maze_size and 0 <= col < self.maze_size
        cells = self.outer_grid[self._inner, self._inner]
        return InnerGrid.of(cells, (row, col) if inside else None)

    @property
    def mouse(self) -> Square:
        """The mouse's inner square.

        Raises:
            ValueError: a mouse beside the maze or between squares.
        """
        row, col = self._outer_mouse
        return check_inside((row - self.padding, col - self.padding), self.maze_size, "mouse")

    @property
    def cheese(self) -> Square | None:
        """The cheese's inner square; None when the maze has none.

        Raises:
            ValueError: more than one cheese.
        """
        squares = np.argwhere(self.inner_grid == CHEESE).tolist()
        if len(squares) > 1:
            raise ValueError(f"the maze has cheese at {squares}: set_cheese leaves one or none")
        return Square(*squares[0]) if squares else None

    @property
    def background(self) -> int:
        """Index 0..8 of the background picture, drawn only if `uses_backgrounds`."""
        return int(self.state_vals["background_index"])

    @property
    def uses_backgrounds(self) -> bool:
        """Whether the background picture is drawn; black otherwise."""
        return bool(self.state_vals["options.use_backgrounds"])

    @property
    def mouse_mirrored(self) -> bool:
        """Whether the picture of the mouse is flipped, as after a move to the right."""
        return bool(self._mouse_entity["is_reflected"])

    def to_maze(self) -> Maze:
        """The state as a maze.

        Raises:
            ValueError: what a maze cannot show: a mouse in a wall or between squares, two
                cheeses, the world of memory mode.

        Warns:
            UserWarning: `maze_dim` was too small, and was corrected.
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
        """Put the only cheese on an open inner square; None takes it away.

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
        """Replace the maze by another, of any size that fits; the mouse stays where it is.

        Args:
            cells: codes WALL, OPEN, CHEESE of the inner grid, row 0 at the bottom.

        Raises:
            ValueError: other codes, a grid that is not square or does not fit the world, a
                mouse that would stand beside the maze or in a wall (`set_maze` moves it).
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
        """Replace all cells of the world; the mouse and the size of the maze stay as they are.

        Args:
            cells: codes WALL, OPEN, CHEESE of the outer grid, row 0 at the bottom.

        Raises:
            ValueError: other codes, another shape, a mouse that would stand in a wall.
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
                f"the mouse at outer square {tuple(mouse)} would stand in a wall: open "
                "it there, or use set_maze, which moves the mouse"
            )
        self._set_cells(cells)

    def set_background(self, background: int | None) -> None:
        """Choose the background picture, 0..8, or None for black.

        Raises:
            ValueError: an unknown background.
        """
        maze = Maze(np.zeros((1, 1), dtype=bool), background=background)
        self.state_vals["options.use_backgrounds"] = int(maze.background is not None)
        if maze.background is not None:
            self.state_vals["background_index"] = Number(maze.background)

    def set_mouse_mirrored(self, mirrored: bool) -> None:
        """Flip the picture of the mouse, or not."""
        self._mouse_entity["is_reflected"] = int(mirrored)

    def set_maze(self, maze: Maze) -> None:
        """Make the state show `maze`: walls, mouse, cheese, background.

        Time, seeds and random numbers go on as they were.

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

    @property
    def world_dim(self) -> int:
        """procgen-tools' name of `world_size`."""
        return self.world_size

    @property
    def mouse_pos(self) -> tuple[int, int]:
        """The mouse's outer square, (row, column); `mouse` is the inner one.

        Raises:
            ValueError: a mouse between squares or outside the world.
        """
        row, col = self._outer_mouse
        return row, col

    def full_grid(self, with_mouse: bool = True) -> Integer[np.ndarray, "row col"]:
        """The outer grid as a coded grid (a new array), by default with the mouse in it."""
        grid = self.outer_grid.astype(np.int64)
        if with_mouse:
            grid[self.mouse_pos] = MOUSE
        return grid

    def set_mouse_pos(self, x: int, y: int) -> None:
        """Move the mouse to the open outer square in row `x` and column `y`.

        Raises:
            ValueError: a square outside the world or in a wall; the state stays as it was.
        """
        row, col = check_inside((x, y), self.world_size, "mouse, on the outer grid,")
        if self.outer_grid[row, col] == WALL:
            raise ValueError(
                f"the mouse cannot stand at the outer square {(row, col)}: that square is a wall; "
                "choose an open one, row first"
            )
        self._place_mouse(row, col)

    def set_grid(self, grid: Integer[np.ndarray, "row col"], pad: bool = False) -> None:
        """Replace the cells of the world by a coded outer grid, and the mouse if it is in it.

        Args:
            grid: a coded outer grid, or with `pad` an inner one.
            pad: put walls around the grid.

        Raises:
            ValueError: another shape, other codes, two mice, or a mouse in a wall; the state stays
                as it was.
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
        """Enlarge the inner grid until nothing but walls lies beside it."""
        needed = self._needed_size()
        if needed == self.maze_size:
            return
        warnings.warn(
            f"maze_dim is {self.maze_size}, but there are open squares or the mouse beside the "
            f"inner {self.maze_size} x {self.maze_size} squares: it becomes {needed}, the smallest "
            "that holds them. Set state_vals['maze_dim'] yourself to choose another",
            UserWarning,
            stacklevel=3,
        )
        self.state_vals["maze_dim"] = Number(needed)

    def _needed_size(self) -> int:
        """The side of the inner grid, enlarged if open squares or the mouse lie beside it."""
        side = self.world_size
        places = np.argwhere(self.outer_grid != WALL)
        x, y = self._mouse_entity["x"], self._mouse_entity["y"]
        if 0 < x < side and 0 < y < side:
            places = np.append(places, [[int(y), int(x)]], axis=0)
        inner = self._inner
        if not places.size or (inner.start <= places.min() and places.max() < inner.stop):
            return self.maze_size
        # Squares between the edge of the world and the open square nearest to it.
        margin = int(min(places.min(), side - 1 - places.max()))
        return side - 2 * margin

    @property
    def _inner(self) -> slice:
        return slice(self.padding, self.padding + self.maze_size)

    @property
    def _mouse_entity(self) -> Values:
        # procgen, too, takes the last when there are several.
        mice = [entity for entity in self.state_vals["ents"] if entity["type"] == MOUSE_TYPE]
        return mice[-1]

    @property
    def _outer_mouse(self) -> Square:
        x, y = self._mouse_entity["x"], self._mouse_entity["y"]
        if not ((y - 0.5).is_integer() and (x - 0.5).is_integer()):
            raise ValueError(
                f"the mouse at x = {x}, y = {y} stands on no square: set_mouse moves it to one"
            )
        # The half is taken off first: int() would round -.5 up to square 0.
        row, col = int(y - 0.5), int(x - 0.5)
        return check_inside((row, col), self.world_size, "mouse, on the outer grid,")

    def _open_square(self, square: tuple[int, int], thing: str) -> Square:
        inside = check_inside(square, self.maze_size, thing)
        if self.inner_grid[inside] == WALL:
            raise ValueError(
                f"the {thing} cannot stand at {tuple(inside)}: that square is a "
                "wall; open it first or choose an open square"
            )
        return inside

    def _place_mouse(self, row: int, col: int) -> None:
        """Put the mouse on an outer square, and the camera on the mouse where it follows it."""
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
