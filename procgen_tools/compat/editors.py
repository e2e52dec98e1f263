"""The clickable maze editors of procgen-tools' notebooks, for migration. They need ipywidgets.

A click places the missing cheese, then the missing mouse. Otherwise it toggles a wall, or
removes the cheese or the mouse. Edits do not reach the environment while the maze is invalid,
such as without a mouse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from procgen_tools.compat.fields import plot_vf
from procgen_tools.compat.pictures import visualize_venv
from procgen_tools.compat.venvs import copy_venv
from procgen_tools.vfield import vector_field
from procgen_tools.worlds.maze import coded_grids
from procgen_tools.worlds.maze.coded_grids import BLOCKED, CHEESE, EMPTY, MOUSE, Grid
from procgen_tools.worlds.maze.edit import off_distribution_reasons
from procgen_tools.worlds.maze.venv import MazeVenv, create_venv

COLOURS = {EMPTY: "#D9D9D6", BLOCKED: "#6B5B4B", CHEESE: "#E69F00", MOUSE: "#0072B2"}
SAID = {EMPTY: "open", BLOCKED: "wall", CHEESE: "cheese", MOUSE: "mouse"}


def clicked(grid: Grid, square: tuple[int, int], *, has_mouse: bool = True) -> None:
    """Apply a click on a square to a coded grid, in place.

    Args:
        grid: the grid.
        square: (row, column) in it.
        has_mouse: whether a mouse belongs in the grid.
    """
    if not (grid == CHEESE).any():
        grid[square] = CHEESE
    elif has_mouse and not (grid == MOUSE).any():
        grid[square] = MOUSE
    else:
        grid[square] = BLOCKED if grid[square] == EMPTY else EMPTY


def on_distribution(grid: Grid, p: Callable[[str], Any] = print, full: bool = False) -> bool:
    """Whether procgen could have generated the walls of a coded grid. If not, `p` gets the
    reason.

    Args:
        grid: inner or outer.
        p: called with the first reason why not.
        full: also require a mouse and a cheese.
    """
    for code in (MOUSE, CHEESE) if full else ():
        count = int((grid == code).sum())
        if count != 1:
            p(f"the grid has {count} squares with {SAID[code]}, not one")
            return False
    cells = np.array(coded_grids.inner_grid(grid))
    cells[cells != BLOCKED] = EMPTY
    open_squares = np.argwhere(cells == EMPTY).tolist()
    if not open_squares:
        p("the grid is all walls")
        return False
    # Where mouse and cheese are not checked, they are put where procgen could put them.
    row, col = open_squares[0]
    cells[tuple(open_squares[-1])] = CHEESE
    cells[row, col] = MOUSE
    reasons = off_distribution_reasons(coded_grids.maze_from_grid(cells))
    if reasons:
        p(reasons[0])
    return not reasons


def grid_editor(
    grid: Grid,
    node_radius: str = "8px",
    delay: int | float = 0.01,
    callback: Callable[[np.ndarray], Any] | None = None,
    check_on_dist: bool = True,
    show_full: bool = False,
) -> Any:
    """A grid of buttons, one per square, that edit a coded outer grid in place.

    Args:
        grid: the grid to edit.
        node_radius: half the side of a button.
        delay: ignored.
        callback: called with the whole grid after each click.
        check_on_dist: report what procgen could not have generated.
        show_full: show the walls around the maze.

    Raises:
        ModuleNotFoundError: ipywidgets is not installed.
        ValueError: two mice.
    """
    from ipywidgets import Button, GridspecLayout, HBox, Layout, Output

    has_mouse = coded_grids.find_mouse(grid) is not None
    shown = grid if show_full else coded_grids.inner_grid(grid)
    side = len(shown)
    board, said = GridspecLayout(side, side, width="min-content"), Output()

    def paint(button: Any, code: int) -> None:
        button.style.button_color = COLOURS[code]
        button.tooltip = SAID[code]

    def react(button: Any) -> None:
        clicked(shown, button.square, has_mouse=has_mouse)
        paint(button, int(shown[button.square]))
        said.clear_output()
        with said:
            if check_on_dist:
                on_distribution(shown)
            if callback is not None:
                callback(grid)

    for row, col in np.ndindex(side, side):
        button = Button(layout=Layout(padding=node_radius, width="0px", height="0px", margin="0px"))
        button.square = (row, col)
        paint(button, int(shown[row, col]))
        button.on_click(react)
        board[side - 1 - row, col] = button
    return HBox([board, said])


def venv_editors(
    venv: Any,
    check_on_dist: bool = True,
    env_nums: Iterable[int] | None = None,
    callback: Callable[[np.ndarray], Any] | None = None,
    **kwargs: Any,
) -> list[Any]:
    """One editor per environment, or per environment in `env_nums`. Edits reach the environment.

    Args:
        venv: the environments.
        check_on_dist: do not apply edits that procgen could not have generated.
        env_nums: indices of the environments.
        callback: called with the grid after each edit that reached the environment.
        kwargs: for `grid_editor`.
    """

    def editor(index: int) -> Any:
        state = venv.state(index)

        def keep(grid: np.ndarray) -> None:
            has_mouse = coded_grids.find_mouse(grid) is not None
            if not has_mouse or (check_on_dist and not on_distribution(grid, lambda _: None)):
                return
            state.set_grid(grid)
            venv.set_state(index, state)
            if callback is not None:
                callback(grid)

        return grid_editor(state.full_grid(), callback=keep, check_on_dist=check_on_dist, **kwargs)

    return [editor(index) for index in (range(venv.num_envs) if env_nums is None else env_nums)]


def venv_editor(venv: Any, **kwargs: Any) -> Any:
    """The editors of `venv_editors`, one below the other."""
    from ipywidgets import HTML, VBox

    parts: list[Any] = []
    for each in venv_editors(venv, **kwargs):
        parts += [each, HTML("<hr>")]
    return VBox(parts)


def get_custom_venv_pair(seed: int, num_envs: int = 2) -> MazeVenv:
    """A venv that plays one level `num_envs` times, displayed with its editors."""
    from IPython.display import display

    venv = create_venv(num_envs, start_level=seed, num_levels=1)
    display(venv_editor(venv, check_on_dist=False))
    return venv


def custom_vfield(
    policy: Any,
    venv: Any = None,
    seed: int = 0,
    ax_size: int | float | None = None,
    callback: Callable[[np.ndarray], Any] | None = None,
    show_vfield: bool = True,
    show_components: bool = False,
    show_full: bool = False,
) -> Any:
    """A maze editor beside the policy's field, which is redrawn after each edit.

    Args:
        policy: the policy of the field.
        venv: the environments, the first of which is edited. Defaults to level `seed`.
        seed: the seed of the level.
        ax_size: size of the figure in inches.
        callback: called with the grid after each edit, before the field is drawn.
        show_vfield: False draws the maze alone.
        show_components: see `plot_vf`.
        show_full: show the walls around the maze.
    """
    import io

    import matplotlib.pyplot as plt
    from ipywidgets import HBox, Image

    chosen = create_venv(1, start_level=seed, num_levels=1) if venv is None else venv
    side = chosen.state(0).world_size if show_full else chosen.state(0).maze_size
    inches = ax_size or max(3.0, side / 4)
    picture = Image(format="png")

    def draw() -> None:
        figure, ax = plt.subplots(figsize=(inches, inches), layout="constrained")
        if show_vfield:
            field = vector_field(chosen, policy, both_facings=False)
            plot_vf(field, ax, render_padding=show_full, show_components=show_components)
        else:
            visualize_venv(chosen, ax=ax, render_padding=show_full)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
        plt.close(figure)
        picture.value = buffer.getvalue()

    def edited(grid: np.ndarray) -> None:
        if callback is not None:
            callback(grid)
        draw()

    draw()
    editors = venv_editors(
        chosen, check_on_dist=False, env_nums=[0], callback=edited, show_full=show_full
    )
    return HBox([*editors, picture])


def custom_vfields(policy: Any, venv: Any, **kwargs: Any) -> Any:
    """`custom_vfield` for a copy of each environment, one below the other."""
    from ipywidgets import VBox

    copies = (copy_venv(venv, index) for index in range(venv.num_envs))
    return VBox([custom_vfield(policy, venv=each, **kwargs) for each in copies])
