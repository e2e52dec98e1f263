"""Draw levels in a notebook: click, drag and paint, with the checks of the world."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from procgen_tools.web.bundle import bundle, theme
from procgen_tools.web.scenes import AnyLevel
from procgen_tools.widgets.live import LevelWidget
from procgen_tools.worlds.maze.state import EnvState
from procgen_tools.worlds.maze.venv import MazeVenv, venv_from_mazes


class MazeEditor(LevelWidget):
    """Edit a level of any world in a notebook.

    A click toggles a wall, and a drag paints walls or moves the mouse, the cheese or another thing.
    Further tools place and remove things. All of this also works from the keyboard. An edit that
    the world does not allow is refused with a message, and nothing changes.

    In a saved notebook or on a web page, the widget is a picture.

    Args:
        level: a level of any world, such as `maze.make_level(0)`.
        folder: a folder in which levels can be saved and loaded by name. Mazes are saved as
            `maze.save_mazes` writes them. Defaults to None: nothing can be saved.

    Attributes:
        maze: the current level, a frozen value. Set it to show another one, and observe it to react
            to edits: `editor.observe(function, "maze")`.

    Raises:
        TypeError: not a level.
        ImportError: anywidget is not installed.

    Example:
        >>> from procgen_tools import maze
        >>> editor = MazeEditor(maze.parse("..C\\n.##\\nM.."))
        >>> editor.maze = maze.move_cheese(editor.maze, (0, 2))
        >>> editor.undo()
        >>> editor.maze.cheese
        Square(row=2, col=2)
    """

    _esm = bundle("editor_widget")
    _css = theme()

    def __init__(self, level: AnyLevel, *, folder: str | os.PathLike[str] | None = None) -> None:
        super().__init__(level, folder=folder)

    @property
    def state(self) -> bytes:
        """The bytes of procgen's state of the current maze. They can also be set.

        Raises:
            TypeError: a level of another world, which has no states of procgen.
        """
        return venv_from_mazes(self.maze).state(0).state_bytes

    @state.setter
    def state(self, state_bytes: bytes) -> None:
        self.maze = EnvState(state_bytes).to_maze()


def side_by_side(widgets: Iterable[Any]) -> Any:
    """Several widgets in a grid, as many in a row as fit.

    Example:
        >>> from procgen_tools import maze
        >>> grid = side_by_side(MazeEditor(maze.make_level(seed)) for seed in range(3))
        >>> [editor.maze.size for editor in grid.children]
        [13, 3, 13]
    """
    import ipywidgets

    layout = ipywidgets.Layout(
        grid_template_columns="repeat(auto-fit, minmax(320px, 1fr))", grid_gap="16px"
    )
    return ipywidgets.GridBox(list(widgets), layout=layout)


def venv_editors(venv: MazeVenv, indices: Iterable[int] | None = None) -> list[MazeEditor]:
    """One editor per environment of a venv. Each edit reaches its environment at once.

    Args:
        venv: the environments.
        indices: the environments to edit. Defaults to all.

    Raises:
        ValueError: an environment that does not exist.

    Example:
        >>> from procgen_tools import maze
        >>> venv = maze.create_venv(2, start_level=0, num_levels=1)
        >>> first, second = venv_editors(venv)
        >>> second.maze = maze.remove_cheese(second.maze)
        >>> venv.maze(0).cheese, venv.maze(1).cheese
        (Square(row=5, col=0), None)
    """
    editors = []
    for index in range(venv.num_envs) if indices is None else indices:
        editor = MazeEditor(venv.maze(index))

        def apply(change: Any, index: int = index) -> None:
            venv.set_maze(change["new"], index)

        editor.observe(apply, "maze")
        editors.append(editor)
    return editors
