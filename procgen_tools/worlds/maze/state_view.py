"""What a state of procgen shows: the maze in it, and the world around the maze."""

from __future__ import annotations

import numpy as np
from jaxtyping import Integer, UInt8

from procgen_tools.worlds.maze.coded_grids import MOUSE, InnerGrid
from procgen_tools.worlds.maze.squares import CHEESE, WALL, Square, check_inside
from procgen_tools.worlds.maze.state_layout import MODE_CODES, MOUSE_TYPE, Values

_MODES = {code: mode for mode, code in MODE_CODES.items()}


class StateView:
    """The readable part of `EnvState`.

    Attributes:
        state_vals: all 78 values by name, in procgen's order (see `state_layout.FIELDS`).
    """

    state_vals: Values

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

        As in procgen-tools, `state.inner_grid()` returns a coded grid with the mouse, and
        `state.inner_grid(with_mouse=False)` a coded grid without it.
        """
        row, col = (int(self._mouse_entity[axis] - 0.5) - self.padding for axis in "yx")
        inside = 0 <= row < self.maze_size and 0 <= col < self.maze_size
        cells = self.outer_grid[self._inner, self._inner]
        return InnerGrid.of(cells, (row, col) if inside else None)

    @property
    def mouse(self) -> Square:
        """The mouse's inner square.

        Raises:
            ValueError: the mouse is outside the maze or between squares.
        """
        row, col = self._outer_mouse
        return check_inside((row - self.padding, col - self.padding), self.maze_size, "mouse")

    @property
    def cheese(self) -> Square | None:
        """The cheese's inner square, or None if the maze has no cheese.

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
        """Whether the background picture is drawn; otherwise the background is black."""
        return bool(self.state_vals["options.use_backgrounds"])

    @property
    def mouse_mirrored(self) -> bool:
        """Whether the picture of the mouse is flipped, as after a move to the right."""
        return bool(self._mouse_entity["is_reflected"])

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
        """The outer grid as a coded grid (a new array), by default with the mouse."""
        grid = self.outer_grid.astype(np.int64)
        if with_mouse:
            grid[self.mouse_pos] = MOUSE
        return grid

    # ---

    def _needed_size(self) -> int:
        """The side of the inner grid, enlarged if open squares or the mouse are outside it."""
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
        # If there are several, procgen takes the last, too.
        mice = [entity for entity in self.state_vals["ents"] if entity["type"] == MOUSE_TYPE]
        return mice[-1]

    @property
    def _outer_mouse(self) -> Square:
        x, y = self._mouse_entity["x"], self._mouse_entity["y"]
        if not ((y - 0.5).is_integer() and (x - 0.5).is_integer()):
            raise ValueError(
                f"the mouse at x = {x}, y = {y} is between squares: set_mouse moves it to one"
            )
        # The half is subtracted first: int() would round -0.5 up to square 0.
        row, col = int(y - 0.5), int(x - 0.5)
        return check_inside((row, col), self.world_size, "mouse, on the outer grid,")
