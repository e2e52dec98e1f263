"""Vector fields in procgen-tools' form, and figures of them; for migration.

A field is either a `VectorField`, which can be indexed with procgen-tools' names, or a
dictionary like that of procgen-tools, such as a difference or the content of an old file. The
axes of figures count the squares of the maze, with row 0 at the bottom. In procgen-tools, they
count pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from procgen_tools.compat.actions import MAZE_ACTION_DELTAS, human_readable_actions
from procgen_tools.plots.mazes import plot_maze
from procgen_tools.vfield import VectorField, vector_field
from procgen_tools.worlds.maze import coded_grids
from procgen_tools.worlds.maze.coded_grids import Step
from procgen_tools.worlds.maze.edit import whole_world
from procgen_tools.worlds.maze.grid import WALL, Maze
from procgen_tools.worlds.maze.venv import MazeVenv

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Field = VectorField | Mapping[str, Any]


def vector_field_tup(
    venv_all: Any, legal_mouse_positions: Sequence[Step], grid: np.ndarray, policy: Any
) -> dict[str, Any]:
    """The field of a policy, from a venv with one environment per square."""
    with torch.no_grad():
        distribution, _ = policy(torch.as_tensor(venv_all.reset()))
    arrows, probs = get_arrows_and_probs(legal_mouse_positions, distribution.probs)
    squares = list(legal_mouse_positions)
    return {"arrows": arrows, "legal_mouse_positions": squares, "grid": grid, "probs": probs}


def get_arrows_and_probs(
    legal_mouse_positions: Sequence[Step], c_probs: Any
) -> tuple[list[Any], list[Any]]:
    """For each square, the step of each move times its probability, and the probabilities."""
    moves = human_readable_actions(c_probs)
    probs = list(zip(*(column.tolist() for column in moves.values()), strict=True))
    steps = [MAZE_ACTION_DELTAS[name] for name in moves]
    arrows = [
        [(row * p, col * p) for (row, col), p in zip(steps, each, strict=True)]
        for each in probs[: len(legal_mouse_positions)]
    ]
    return arrows, probs


def get_vf_diff(vf1: Field, vf2: Field) -> dict[str, Any]:
    """The first field minus the second, as a dictionary, on the squares that both have.

    Raises:
        ValueError: the mazes differ in more than the cheese.
    """
    walls = [vf["grid"] == WALL for vf in (vf1, vf2)]
    if not np.array_equal(*walls):
        raise ValueError("the fields are of mazes with different walls: give fields of one maze")
    places = [
        {square: number for number, square in enumerate(vf["legal_mouse_positions"])}
        for vf in (vf1, vf2)
    ]
    squares = [square for square in places[1] if square in places[0]]
    arrows = [vf["arrows"] for vf in (vf1, vf2)]
    changes = [
        [
            (first[0] - second[0], first[1] - second[1])
            for first, second in zip(
                arrows[0][places[0][square]], arrows[1][places[1][square]], strict=True
            )
        ]
        for square in squares
    ]
    return {"arrows": changes, "legal_mouse_positions": squares, "grid": vf2["grid"]}


def vf_diff_magnitude(vf_diff: Field) -> float:
    """The norm of all differences divided by the number of squares, as in procgen-tools.

    It shrinks with the square root of the number of squares: in new code, use
    `vfield.difference(...).lengths.mean()` or `.total_variation.mean()`.
    """
    arrows = vf_diff["arrows"]
    return float(np.linalg.norm(arrows) / len(arrows))


def plot_vf(
    vf: Field,
    ax: Axes | None = None,
    human_render: bool = True,
    render_padding: bool = False,
    show_components: bool = False,
) -> Axes:
    """Draw a field's arrows over its maze.

    Args:
        vf: the field.
        ax: where to draw. Defaults to the current axes.
        human_render: draw over the picture for people; otherwise over the codes of the cells.
        render_padding: also draw the walls around the maze.
        show_components: draw one arrow per move, not their sum.
    """
    return _draw(vf, ax, human_render, render_padding, show_components, "black")


def plot_vf_diff(
    vf1: Field,
    vf2: Field,
    ax: Axes | None = None,
    human_render: bool = True,
    render_padding: bool = False,
    show_components: bool = False,
) -> dict[str, Any]:
    """Draw the first field minus the second, and return it; see `plot_vf`."""
    change = get_vf_diff(vf1, vf2)
    _draw(change, ax, human_render, render_padding, show_components, "#0072B2")
    return change


def plot_vfs(
    vf1: Field,
    vf2: Field,
    human_render: bool = True,
    render_padding: bool = False,
    ax_size: int = 5,
    show_diff: bool = True,
    show_original: bool = True,
    show_components: bool = False,
) -> tuple[Figure, Any, dict[str, Any] | None]:
    """Draw two fields and the second minus the first.

    Returns:
        The figure; its axes, an array; and the difference, None without `show_diff`.
    """
    import matplotlib.pyplot as plt

    count = 1 + show_diff + show_original
    figure, axes = plt.subplots(
        1, count, figsize=(ax_size * count, ax_size), layout="constrained", squeeze=False
    )
    panels = iter(axes[0])
    options = (human_render, render_padding, show_components)
    for wanted, field, label in ((show_original, vf1, "Original"), (True, vf2, "Patched")):
        if wanted:
            ax = next(panels)
            plot_vf(field, ax, *options)
            ax.set_xlabel(label, fontsize=16)
    change = None
    if show_diff:
        ax = next(panels)
        change = plot_vf_diff(vf2, vf1, ax, *options)
        ax.set_xlabel("Patched vfield minus original", fontsize=16)
    return figure, axes[0] if count > 1 else axes[0, 0], change


def plot_vector_field(
    venv: MazeVenv, policy: Any, ax: Axes | None = None, env_num: int = 0
) -> Axes:
    """Compute and draw the field of one environment."""
    return plot_vf(vector_field(venv, policy, index=env_num, both_facings=False), ax)


def maze_of(vf: Field) -> Maze:
    """The maze of a field. A dictionary does not contain the mouse or the background."""
    if isinstance(vf, VectorField):
        return vf.maze
    grid = np.array(vf["grid"])
    if grid[0, 0] != WALL or (grid == coded_grids.MOUSE).any():
        return coded_grids.maze_from_grid(grid)
    row, col = np.argwhere(grid != WALL)[0].tolist()
    grid[row, col] = coded_grids.MOUSE if grid[row, col] == coded_grids.EMPTY else grid[row, col]
    return coded_grids.maze_from_grid(grid)


def _draw(
    vf: Field,
    ax: Axes | None,
    human_render: bool,
    render_padding: bool,
    show_components: bool,
    colour: str,
) -> Axes:
    import matplotlib.pyplot as plt

    maze = maze_of(vf)
    shift = maze.padding if render_padding else 0
    shown = whole_world(maze) if render_padding else maze
    ax = ax or plt.gca()
    if human_render:
        plot_maze(shown, ax, fade=0.4)
    else:
        draw_codes(shown, ax)
    ax.set(xticks=[], yticks=[], xlabel="", ylabel="")
    starts, steps = [], []
    for square, arrows in zip(vf["legal_mouse_positions"], vf["arrows"], strict=True):
        for step in arrows if show_components else [np.sum(arrows, axis=0)]:
            starts.append((square[1] + shift, square[0] + shift))
            steps.append((step[1], step[0]))
    ax.quiver(
        *np.reshape(starts, (-1, 2)).T,
        *np.reshape(steps, (-1, 2)).T,
        color=colour,
        angles="xy",
        scale=1,
        scale_units="xy",
        width=0.07 / shown.size,
        zorder=3,
    )
    return ax


def draw_codes(maze: Maze, ax: Axes) -> None:
    """The codes of a maze's cells as colours."""
    inner = slice(maze.padding, maze.padding + maze.size)
    last = maze.size - 0.5
    ax.imshow(maze.cells()[inner, inner], origin="lower", extent=(-0.5, last, -0.5, last))


def geometric_probability_path(start: Step, end: Step, vf: Field) -> float:
    """The geometric mean of the probabilities of the moves on the path between two inner squares.

    The move from the cheese's square is left out. From a square to itself, it is the probability
    of staying. In new code, use `chains.chances`, the exact probability of getting there.

    Raises:
        ValueError: no path leads there.
    """
    probs = dict(zip(vf["legal_mouse_positions"], vf["probs"], strict=True))
    names = list(coded_grids.MOVE_ORDER)
    if start == end:
        return float(probs[start][names.index("NOOP")])
    grid = np.array(vf["grid"])
    path = coded_grids.pathfind(grid, start, end)
    cheese = coded_grids.get_cheese_pos(grid)
    logs = [
        np.log(
            probs[here][
                names.index(MAZE_ACTION_DELTAS.inverse[there[0] - here[0], there[1] - here[1]])
            ]
        )
        for here, there in pairwise(path)
        if here != cheese
    ]
    return float(np.exp(np.mean(logs))) if logs else 1.0


def decision_probabilities(vf: Field, return_dict: bool = False) -> Any:
    """At the decision square, the probabilities of the moves to the cheese and to the top right.

    With `return_dict`, the probabilities of all five moves, by name.

    Raises:
        ValueError: the maze has no decision square.
    """
    from procgen_tools.compat.metrics import get_dsq

    grid = np.array(vf["grid"])
    square = get_dsq(grid)
    probs = vf["probs"][list(vf["legal_mouse_positions"]).index(square)]
    by_name = dict(zip(coded_grids.MOVE_ORDER, probs, strict=True))
    if return_dict:
        return by_name
    steps = coded_grids.deltas_from(grid, square)
    cheese, corner = (by_name[MAZE_ACTION_DELTAS.inverse[step]] for step in steps)
    return cheese, corner
