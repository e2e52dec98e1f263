"""Figures of mazes: squares lie where their numbers say."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt

from procgen_tools.plots import style
from procgen_tools.plots.mazes import marked_squares, plot_maze, ring_squares
from procgen_tools.worlds.maze.edit import move_mouse
from procgen_tools.worlds.maze.grid import parse
from procgen_tools.worlds.maze.levels import make_level
from procgen_tools.worlds.maze.paths import decision_square

MAZE = parse("..C\n.##\nM..", background=4)


def test_squares_are_centred_at_their_column_and_row() -> None:
    ax = plot_maze(MAZE)
    ax.figure.canvas.draw()
    pixels = np.asarray(ax.figure.canvas.buffer_rgba())[..., :3].astype(int)
    for row, col in np.ndindex(3, 3):
        # Two corners of the square, which mouse and cheese leave free.
        for away in (-0.45, 0.45):
            x, y = ax.transData.transform((col + away, row + away))
            red, _, blue = pixels[len(pixels) - 1 - round(y), round(x)].tolist()
            assert (red > blue) == bool(MAZE.walls[row, col])
    plt.close(ax.figure)


def test_marks_ring_their_squares_and_are_named() -> None:
    ax = plot_maze(MAZE, marks={"decision square": (2, 0)}, title="a maze")
    ring = ax.patches[-1]
    assert (ring.get_x(), ring.get_y(), ring.get_width(), ring.get_height()) == (-0.5, 1.5, 1, 1)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["decision square"]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("column", "row", "a maze")
    plt.close(ax.figure)


def test_rings_of_one_square_lie_within_each_other_and_hide_nothing() -> None:
    level = make_level(51)
    square = decision_square(level)
    assert square is not None
    _, ax = plt.subplots()
    ring_squares(ax, move_mouse(level, square))
    rings = {ring.get_label(): ring for ring in ax.patches if ring.get_label() in style.SQUARES}
    mouse, decision = rings["mouse"].get_bbox(), rings["decision square"].get_bbox()
    assert mouse.x0 < decision.x0 < decision.x1 < mouse.x1
    assert (mouse.x0 + mouse.x1, mouse.y0 + mouse.y1) == (2 * square.col, 2 * square.row)
    assert not any(ring.get_fill() for ring in ax.patches)
    assert mpl.colors.same_color(rings["cheese"].get_edgecolor(), style.CHEESE.colour)
    plt.close(ax.figure)


def test_fading_makes_the_picture_lighter() -> None:
    figure, axes = plt.subplots(1, 3)
    for ax, fade in zip(axes, (0.0, 0.5, 1.0), strict=True):
        assert plot_maze(MAZE, ax, fade=fade) is ax
    means = [ax.images[0].get_array().mean() for ax in axes]
    assert means[0] < means[1] < means[2] == 255
    plt.close(figure)


def test_what_cannot_be_drawn_is_refused_before_a_figure_is_made() -> None:
    before = plt.get_fignums()
    with pytest.raises(ValueError, match=r"decision square cannot be at \(3, 0\)"):
        plot_maze(MAZE, marks={"decision square": (3, 0)})
    with pytest.raises(ValueError, match=r"fade 1\.5 is not between 0"):
        plot_maze(MAZE, fade=1.5)
    assert plt.get_fignums() == before


def test_the_former_name_of_landmarks_works_with_a_warning() -> None:
    level = make_level(51)
    with pytest.warns(FutureWarning, match=r"marked_squares\(maze\) is now maze\.landmarks\(\)"):
        assert marked_squares(level) == level.landmarks()
