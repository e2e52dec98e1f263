"""Pictures for people: squares are where the layout says, and show what the maze holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procgen_tools.worlds.maze.edit import move_mouse, remove_cheese, toggle_square, whole_world
from procgen_tools.worlds.maze.grid import Maze, Square, parse
from procgen_tools.worlds.maze.human_view import (
    Layout,
    Rectangle,
    frame_layout,
    human_frame,
    human_view,
    layout,
    photograph,
)
from procgen_tools.worlds.maze.levels import make_level

MAZE = make_level(0)


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    size = draw(st.integers(1, 5))
    margin = draw(st.integers(0, 2))
    span = size + 2 * margin
    return Layout(size, margin, span, draw(st.integers(span, 5 * span)))


@settings(deadline=None, max_examples=60)
@given(layouts(), st.data())
def test_pixels_and_squares_are_inverse(place: Layout, data: st.DataObject) -> None:
    numbers = st.integers(0, place.maze_size - 1)
    square = Square(data.draw(numbers), data.draw(numbers))
    left, top, right, bottom = place.rectangle(square)
    assert right - left in (place.pixels // place.span, -(-place.pixels // place.span))
    assert bottom > top
    for x, y in [(left, top), (right - 1, bottom - 1), place.centre(square)]:
        assert place.square_at(x, y) == square
    outside = [(left - 1, top), (right, top), (left, top - 1), (left, bottom)]
    assert all(place.square_at(x, y) != square for x, y in outside)


@settings(deadline=None, max_examples=30)
@given(layouts())
def test_squares_tile_the_maze(place: Layout) -> None:
    cover = np.zeros((place.pixels, place.pixels), dtype=int)
    for row in range(place.maze_size):
        for col in range(place.maze_size):
            left, top, right, bottom = place.rectangle((row, col))
            cover[top:bottom, left:right] += 1
    found = [
        [place.square_at(x, y) is not None for x in range(place.pixels)]
        for y in range(place.pixels)
    ]
    assert np.array_equal(cover, np.array(found))


def test_row_0_is_at_the_bottom_and_column_0_at_the_left() -> None:
    assert layout(parse("...\n...\n..."), square_pixels=10).rectangle((0, 1)) == Rectangle(
        left=10, top=20, right=20, bottom=30
    )
    assert layout(MAZE, square_pixels=10, whole_world=True).rectangle((0, 0)) == Rectangle(
        left=60, top=180, right=70, bottom=190
    )
    assert frame_layout(MAZE).square_at(0, 0) is None
    assert layout(MAZE).square_at(-1, 0) is None


@pytest.mark.parametrize("square_pixels", [1, 7, 32])
@pytest.mark.parametrize("whole_world", [False, True])
def test_shapes(square_pixels: int, whole_world: bool) -> None:
    side = (25 if whole_world else MAZE.size) * square_pixels
    picture = human_view(MAZE, square_pixels=square_pixels, whole_world=whole_world)
    assert picture.shape == (side, side, 3)
    assert picture.dtype == np.uint8
    assert human_frame(MAZE, pixels=300).shape == (300, 300, 3)


def changed_squares(first: Maze, second: Maze) -> set[Square | None]:
    """The squares in whose pixels two mazes look different, without neighbours' shadows."""
    place = layout(first, square_pixels=24)
    differs = (human_view(first, square_pixels=24) != human_view(second, square_pixels=24)).any(-1)
    return {place.square_at(x, y) for y, x in np.argwhere(differs).tolist()}


@pytest.mark.parametrize("background", [None, *range(9)])
def test_an_edit_shows_in_its_square(background: int | None) -> None:
    maze = replace(MAZE, background=background)
    assert maze.cheese is not None
    assert changed_squares(maze, remove_cheese(maze)) == {maze.cheese}
    assert changed_squares(maze, move_mouse(maze, (0, 2))) == {(0, 0), (0, 2)}
    assert changed_squares(maze, replace(maze, mouse_mirrored=True)) == {(0, 0)}
    around = {Square(row, col) for row in (5, 6, 7) for col in (3, 4, 5)}
    changed = changed_squares(maze, toggle_square(maze, (6, 4)))
    assert Square(6, 4) in changed
    assert changed <= around


def test_backgrounds_differ_on_open_squares_only() -> None:
    place = layout(MAZE)
    pictures = [human_view(replace(MAZE, background=index)) for index in (None, *range(9))]
    for row, col in [(0, 3), (12, 12)]:
        left, top, right, bottom = place.rectangle((row, col))
        assert len({picture[top:bottom, left:right].tobytes() for picture in pictures}) == 10
    left, top, right, bottom = place.rectangle((11, 9))
    assert MAZE.walls[11, 9]
    assert len({picture[top:bottom, left:right].tobytes() for picture in pictures}) == 1


def test_the_frame_shows_the_world_whatever_the_inner_grid_is_called() -> None:
    assert np.array_equal(human_frame(MAZE), human_frame(whole_world(MAZE)))
    assert human_frame(MAZE).shape == (512, 512, 3)


def test_the_view_is_cut_from_the_world() -> None:
    """Away from the edge, where the view cannot know its neighbours' shadows and rims."""
    inner = human_view(MAZE, square_pixels=20)
    margin = 20 * MAZE.padding
    world = human_view(MAZE, square_pixels=20, whole_world=True)
    cut = world[margin : margin + len(inner), margin : margin + len(inner)]
    assert np.abs(inner[5:-5, 5:-5].astype(int) - cut[5:-5, 5:-5]).max() <= 12


def test_frames_resemble_procgens_own() -> None:
    """Square by square: where procgen's picture is dark ours is, and where sandy ours is."""
    pytest.importorskip("procgen")
    from procgen import ProcgenGym3Env

    env = ProcgenGym3Env(
        num=1,
        env_name="maze",
        start_level=0,
        num_levels=1,
        distribution_mode="hard",
        render_mode="rgb_array",
    )
    theirs, ours = env.get_info()[0]["rgb"].astype(float), human_frame(MAZE).astype(float)
    place = frame_layout(MAZE)
    means = []
    for picture in (theirs, ours):
        boxes = [
            place.rectangle((row, col)) for row in range(MAZE.size) for col in range(MAZE.size)
        ]
        means.append([picture[t:b, le:r].mean((0, 1)) for le, t, r, b in boxes])
    # Shadows and rims are ours alone, and outlines are ours alone around mouse and cheese.
    assert np.abs(np.array(means[0]) - np.array(means[1])).mean() < 15
    assert np.corrcoef(np.ravel(means[0]), np.ravel(means[1]))[0, 1] > 0.95


@pytest.mark.parametrize(
    ("pixels", "message"), [(0, "0 pixels cannot show 25 squares"), (24, "24 pixels cannot")]
)
def test_too_few_pixels_are_refused(pixels: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        human_frame(MAZE, pixels=pixels)


def test_squares_outside_are_refused() -> None:
    with pytest.raises(ValueError, match=r"rectangle cannot be at \(13, 0\)"):
        layout(MAZE).rectangle((13, 0))


def test_photographs_are_jpeg_files() -> None:
    assert photograph("wall")[:2] == b"\xff\xd8"
