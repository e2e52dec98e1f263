"""Pictures of crops and humans: policies, episodes and dreams, each drawn over its maze."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import nn

from procgen_tools import crops_and_humans
from procgen_tools.plots import marks, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from procgen_tools.studies.crops_and_humans.dreaming import Dreams

_CELL = 40
_PALEST, _CLEAR = 0.15, 2.0
"""Of arrows: the least opacity, and the gap between values from which on they are black."""

_HEADS = {(1, 0): "v", (-1, 0): "^", (0, 1): ">", (0, -1): "<"}
"""Markers of arrows, by (down, right)."""

_ASIDE = 0.11
"""How far a path keeps to the right of the middle of a passage, in cells: both ways show."""


def plot_policy(
    networks: Mapping[str, nn.Module],
    cells: crops_and_humans.Cells,
    *,
    marked: Sequence[tuple[int, int]] = (),
) -> Figure:
    """What each network does at every empty cell of a maze: an arrow along its best action.

    An arrow is darker the more its action is worth compared with the next best; one that points
    into a wall means that the agent stays there for ever.

    Args:
        networks: by title.
        cells: (7, 7) of the maze.
        marked: cells to put a frame around.
    """
    figure, (axes,) = _panels(1, networks)
    states = crops_and_humans.states_of(cells[None])
    inside = np.pad(cells, 1, constant_values=crops_and_humans.WALL)
    found = []
    for ax, (title, network) in zip(axes, networks.items(), strict=True):
        with torch.no_grad():
            values = network(torch.from_numpy(states.inputs())).numpy()
        picture = crops_and_humans.picture(cells, None, cell_pixels=_CELL, marked=marked)
        show_maze(ax, picture, title)
        best = crops_and_humans.OFFSETS[values.argmax(axis=1)]
        _arrows(ax, states.positions, best, values)
        around = states.positions[:, None] + crops_and_humans.OFFSETS + 1
        beside = (inside[tuple(np.moveaxis(around, -1, 0))] == crops_and_humans.HUMAN).any(axis=1)
        takes = inside[tuple((states.positions + best + 1).T)] == crops_and_humans.HUMAN
        found.append(f"{title} {takes.sum()} of {beside.sum()}")
    note = "Arrows: the best action, darker the more it is worth compared with the next best."
    if len(marked):
        note += " Frames: cells that changed."
    finding = f"Cells beside a human where the best action harvests it: {'; '.join(found)}"
    style.headline(figure, finding, note)
    return figure


def _panels(rows: int, titled: Mapping[str, Any], extra: float = 0.0) -> tuple[Figure, np.ndarray]:
    """A figure with one column of pictures per title."""
    width = max(3.7 * len(titled) + extra, 5.2)
    return style.panels(rows, len(titled), (width, 3.7 * rows + 0.9), framed=True)


def _arrows(
    ax: Axes,
    places: Int[np.ndarray, "cell 2"],
    steps: Int[np.ndarray, "cell 2"],
    values: Float[np.ndarray, "cell action"],
) -> None:
    ordered = np.sort(values, axis=1)
    strength = np.clip((ordered[:, -1] - ordered[:, -2]) / _CLEAR, _PALEST, 1)
    (down, right), (rows, cols) = steps.T, places.T
    tails = (cols + 0.5 - 0.3 * right) * _CELL, (rows + 0.5 - 0.3 * down) * _CELL
    arrows = 0.6 * _CELL * right, 0.6 * _CELL * down
    shape: dict[str, Any] = {"angles": "xy", "scale_units": "xy", "scale": 1}
    ax.quiver(*tails, *arrows, **shape, width=0.012, headwidth=4.5, color=style.INK, alpha=strength)


def show_maze(ax: Axes, picture: np.ndarray, title: str) -> None:
    """A picture of a maze with its rows and columns."""
    ax.imshow(picture)
    side = picture.shape[0] / crops_and_humans.SIZE
    middles = (np.arange(crops_and_humans.SIZE) + 0.5) * side
    ax.set_xticks(middles, [str(number) for number in range(crops_and_humans.SIZE)])
    ax.set_yticks(middles, [str(number) for number in range(crops_and_humans.SIZE)])
    ax.tick_params(length=0, labelsize=8)
    ax.set(xlabel="column", ylabel="row")
    ax.set_title(title, fontsize=10)


def plot_walks(walked: Mapping[str, tuple[crops_and_humans.Cells, np.ndarray]]) -> Figure:
    """Episodes as paths through their mazes.

    Args:
        walked: by title, the maze and the cells that were visited, (step, 2).
    """
    figure, (axes,) = _panels(1, walked)
    told = []
    for ax, (title, (cells, visited)) in zip(axes, walked.items(), strict=True):
        picture = crops_and_humans.picture(cells, crops_and_humans.START, cell_pixels=_CELL)
        show_maze(ax, picture, title)
        _path(ax, visited)
        places = {(int(row), int(col)) for row, col in visited}
        taken = sum(cells[place] == crops_and_humans.HUMAN for place in places)
        there = int((cells == crops_and_humans.HUMAN).sum())
        told.append(f"{title} {taken} of {there}")
    style.headline(
        figure,
        f"Humans harvested on the way: {'; '.join(told)}",
        "Line: one episode, on the right-hand side of each passage. Dot: its end.",
    )
    return figure


def _path(ax: Axes, visited: Int[np.ndarray, "step 2"]) -> None:
    """A line that keeps to the right, with an arrow at every other step where it goes straight."""
    moves = np.diff(visited, axis=0)
    moving = np.abs(moves).sum(axis=1) == 1
    if not moving.any():
        return
    starts, moves = visited[:-1][moving] + 0.5, moves[moving]
    # To the right of (down, right) is (right, -down) in rows and columns.
    aside = _ASIDE * np.stack([moves[:, 1], -moves[:, 0]], axis=1)
    points = [starts[0] + aside[0]]
    for number, middle in enumerate(starts[1:]):
        turned = moves[number] @ moves[number + 1]
        if turned < 0:  # back where it came from
            points += [middle + aside[number], middle + aside[number + 1]]
        elif turned == 0:
            points.append(middle + aside[number] + aside[number + 1])
        elif not number % 2:
            head = _HEADS[int(moves[number, 0]), int(moves[number, 1])]
            row, col = (middle + aside[number]) * _CELL
            ax.plot(col, row, head, color=style.INK, markersize=8)
    points.append(starts[-1] + moves[-1] + aside[-1])
    rows, cols = np.array(points).T * _CELL
    ax.plot(cols, rows, color=style.INK, linewidth=2.2, solid_joinstyle="round")
    ax.plot(cols[-1], rows[-1], "o", color=style.INK, markersize=7)


def plot_dream(dreams: Mapping[str, Dreams], index: int = 0) -> Figure:
    """One dream by each network: the walls at its end, and the maze decoded from them.

    Args:
        dreams: by title.
        index: which encounter.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap

    figure, axes = _panels(2, dreams, extra=0.7)
    told = []
    for (top, bottom), (title, found) in zip(axes.T, dreams.items(), strict=True):
        place = found.encounters.agents[index]
        agent = (int(place[0]), int(place[1]))
        decoded = found.decoded()[index]
        walls = found.walls[index, -1]
        show_maze(top, _blended(decoded, walls, agent), f"{title}: dreamt walls")
        picture = crops_and_humans.picture(decoded, agent, cell_pixels=_CELL)
        show_maze(bottom, picture, f"{title}: nearest maze")
        margin = found.margins[index]
        told.append(f"{title} {margin[0]:.1f} → {margin[-1]:.1f}".replace("-", "−"))
    colours = LinearSegmentedColormap.from_list("walls", [_colour(0.0), _colour(1.0)])
    bar = ScalarMappable(cmap=colours)
    marks.colour_bar(figure, bar, axes[0].tolist(), "wall (0: none, 1: whole)")
    style.headline(
        figure,
        f"Q(harvest) minus the other Qs while dreaming: {'; '.join(told)}",
        "One dream of each agent, first and last step. The agent stands beside the human.",
    )
    return figure


def _blended(
    cells: crops_and_humans.Cells, walls: Float[np.ndarray, "7 7"], agent: tuple[int, int]
) -> Float[np.ndarray, "height width rgb"]:
    """The maze without walls, and over it dreamt walls, each as dark as it is whole."""
    open_maze = np.where(cells == crops_and_humans.WALL, crops_and_humans.EMPTY, cells)
    empty = crops_and_humans.picture(open_maze, agent, cell_pixels=_CELL) / 255
    solid = np.array(_colour(1.0))
    share = np.kron(walls, np.ones((_CELL, _CELL)))[..., None]
    return empty * (1 - share) + solid * share


def _colour(wall: float) -> tuple[float, float, float]:
    """Of a cell that is so much of a wall."""
    maze = np.full(
        (crops_and_humans.SIZE, crops_and_humans.SIZE),
        crops_and_humans.WALL if wall else crops_and_humans.EMPTY,
        np.int8,
    )
    red, green, blue = (
        crops_and_humans.picture(maze, None, cell_pixels=_CELL)[_CELL // 2, _CELL // 2] / 255
    )
    return float(red), float(green), float(blue)
