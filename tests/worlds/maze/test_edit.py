"""Edits: laws on random mazes, each rule's error, and what procgen can generate."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procgen_tools.maze import venv_from_mazes
from procgen_tools.worlds.maze import edit
from procgen_tools.worlds.maze.grid import CHEESE, WALL, Maze, Square, parse
from procgen_tools.worlds.maze.levels import LevelRule, make_bank, make_level
from procgen_tools.worlds.maze.state import EnvState

SMALL = parse(
    """
    ..C
    .##
    M..
    """
)


@st.composite
def mazes(draw: st.DrawFn, max_size: int = 7) -> Maze:
    """Mazes with walls anywhere: no level of procgen, but all that people can make."""
    size = draw(st.integers(2, max_size))
    bits = draw(st.integers(0, 2 ** (size * size) - 1))
    walls = np.array([bool(bits >> place & 1) for place in range(size * size)])
    walls = walls.reshape(size, size)
    squares = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))
    mouse = Square(*draw(squares))
    cheese = draw(st.none() | squares.map(lambda square: Square(*square)))
    for square in (mouse, cheese):
        if square is not None:
            walls[square] = False
    world_size = draw(st.sampled_from([15, 25]))
    return Maze(walls, mouse, cheese, world_size, draw(st.none() | st.integers(0, 8)))


@st.composite
def mazes_and_squares(draw: st.DrawFn) -> tuple[Maze, Square]:
    maze = draw(mazes())
    return maze, Square(*(draw(st.integers(0, maze.size - 1)) for _ in range(2)))


@settings(deadline=None, max_examples=60)
@given(mazes_and_squares())
def test_toggling_twice_changes_nothing_and_once_changes_one_square(
    case: tuple[Maze, Square],
) -> None:
    maze, square = case
    if square in (maze.mouse, maze.cheese):
        with pytest.raises(ValueError, match="move it first"):
            edit.toggle_square(maze, square)
        return
    before = maze.walls.copy()
    once = edit.toggle_square(maze, square)
    assert np.argwhere(once.walls != maze.walls).tolist() == [list(square)]
    assert edit.toggle_square(once, square) == maze
    assert np.array_equal(maze.walls, before)


@settings(deadline=None, max_examples=60)
@given(mazes_and_squares())
def test_opening_and_closing_are_idempotent_and_undo_each_other(case: tuple[Maze, Square]) -> None:
    maze, square = case
    opened = edit.open_square(maze, square)
    assert opened.is_open(square)
    assert edit.open_square(opened, square) == opened
    if square not in (maze.mouse, maze.cheese):
        closed = edit.close_square(maze, square)
        assert not closed.is_open(square)
        assert edit.close_square(closed, square) == closed
        assert edit.open_square(closed, square) == opened


@pytest.mark.filterwarnings("ignore:mouse and cheese are both")
@settings(deadline=None, max_examples=60)
@given(mazes_and_squares())
def test_moving_the_mouse_and_the_cheese(case: tuple[Maze, Square]) -> None:
    maze, square = case
    bare = edit.remove_cheese(maze)
    assert bare.cheese is None
    if not maze.is_open(square):
        for move in (edit.move_mouse, edit.place_cheese):
            with pytest.raises(ValueError, match="wall; open it first"):
                move(bare, square)
        return
    assert edit.move_mouse(edit.move_mouse(maze, square), maze.mouse) == maze
    assert edit.move_mouse(maze, square).mouse == square
    placed = edit.place_cheese(bare, square)
    assert placed.cheese == square
    assert edit.remove_cheese(placed) == bare
    if maze.cheese is not None:
        assert edit.move_cheese(maze, square) == placed
        assert edit.move_cheese(placed, maze.cheese) == maze


@settings(deadline=None, max_examples=60)
@given(mazes())
def test_mouse_positions_are_the_open_squares_without_the_cheese(maze: Maze) -> None:
    positions = [Square(*position) for position in edit.mouse_positions(maze).tolist()]
    assert positions == [square for square in maze.open_squares() if square != maze.cheese]


@settings(deadline=None, max_examples=60)
@given(mazes(max_size=5))
def test_carving_to_the_corner_opens_the_fewest_walls(maze: Maze) -> None:
    ups, rights = maze.size - 1 - maze.mouse.row, maze.size - 1 - maze.mouse.col
    candidates = []
    for climbs in combinations(range(ups + rights), ups):
        path, square = [maze.mouse], maze.mouse
        for step in range(ups + rights):
            up = step in climbs
            square = Square(square.row + up, square.col + (not up))
            path.append(square)
        candidates.append(path)
    carved = edit.carve_path_to_corner(maze)
    assert any(all(carved.is_open(square) for square in path) for path in candidates)
    assert not (carved.walls & ~maze.walls).any()
    fewest = min(sum(bool(maze.walls[square]) for square in path) for path in candidates)
    assert maze.walls.sum() - carved.walls.sum() == fewest
    assert edit.carve_path_to_corner(carved) == carved


def test_carving_can_start_anywhere() -> None:
    carved = edit.carve_path_to_corner(SMALL, start=(1, 1))
    assert str(carved) == "..C\n..#\nM.."


@settings(deadline=None, max_examples=60)
@given(mazes())
def test_the_whole_world_shows_the_same_cells(maze: Maze) -> None:
    world = edit.whole_world(maze)
    assert world.size == maze.world_size
    assert np.array_equal(world.cells(), maze.cells())
    assert world.mouse == edit.to_outer(maze, maze.mouse)
    assert edit.whole_world(world) == world


@settings(deadline=None, max_examples=60)
@given(mazes_and_squares())
def test_inner_and_outer_coordinates_are_inverse(case: tuple[Maze, Square]) -> None:
    maze, square = case
    outer = edit.to_outer(maze, square)
    assert edit.to_inner(maze, outer) == square
    assert (maze.cells()[outer] == WALL) == maze.walls[square]


@pytest.mark.parametrize("seed", range(5))
def test_the_path_to_the_world_corner_is_an_l(seed: int) -> None:
    maze = make_level(seed)
    path = edit.carve_path_to_world_corner(maze)
    opened = np.argwhere(path.cells() != maze.cells()).tolist()
    last = maze.padding + maze.size - 1
    up = [[row, last] for row in range(last + 1, 25)]
    right = [[24, col] for col in range(last + 1, 25)]
    assert opened == sorted(up + right)


def test_backgrounds() -> None:
    assert edit.set_background(SMALL, 3).background == 3
    assert edit.set_background(edit.set_background(SMALL, 3), SMALL.background) == SMALL
    assert edit.set_background(SMALL, None).background is None
    with pytest.raises(ValueError, match="background 9 is not in"):
        edit.set_background(SMALL, 9)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda: edit.move_mouse(SMALL, (1, 1)), r"mouse cannot stand at \(1, 1\).*wall"),
        (lambda: edit.move_mouse(SMALL, (3, 0)), r"mouse cannot be at \(3, 0\).*0\.\.2"),
        (lambda: edit.move_cheese(SMALL, (-1, 0)), r"cheese cannot be at \(-1, 0\)"),
        (lambda: edit.place_cheese(SMALL, (0, 1)), r"cheese at \(2, 2\).*use move_cheese"),
        (
            lambda: edit.move_cheese(edit.remove_cheese(SMALL), (0, 1)),
            "has none; use place_cheese",
        ),
        (lambda: edit.close_square(SMALL, (0, 0)), r"\(0, 0\) cannot become a wall: the mouse"),
        (lambda: edit.close_square(SMALL, (2, 2)), r"\(2, 2\) cannot become a wall: the cheese"),
        (lambda: edit.carve(SMALL, [(0, 1), (0, 3)]), r"opening cannot be at \(0, 3\)"),
        (lambda: edit.to_inner(SMALL, (0, 0)), r"\(0, 0\) lies outside.*11\.\.13"),
        (lambda: edit.to_outer(SMALL, (0, 25)), r"inner square cannot be at \(0, 25\)"),
    ],
)
def test_what_cannot_be_is_refused(action: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        action()


@pytest.mark.parametrize("rand_region", [None, 0, 1, 5, 40])
def test_generated_levels_are_on_the_distribution(rand_region: int | None) -> None:
    for maze in make_bank(list(range(200)), LevelRule(rand_region=rand_region)):
        assert edit.off_distribution_reasons(maze, rand_region) == []
        assert edit.is_on_distribution(maze)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 999), st.data())
def test_any_other_wall_takes_a_level_off_the_distribution(seed: int, data: st.DataObject) -> None:
    maze = make_level(seed)
    rows = st.integers(0, maze.size - 1)
    square = data.draw(st.tuples(rows, rows).filter(lambda s: s not in (maze.mouse, maze.cheese)))
    assert not edit.is_on_distribution(edit.toggle_square(maze, square))


@pytest.mark.parametrize(
    ("drawing", "rand_region", "reason"),
    [
        ("..\nM.", None, "size 2"),
        ("#.C\n.##\nM..", None, "even row and an even column is a wall"),
        ("..C\n..#\nM..", None, "odd row and an odd column is open"),
        ("..C\n.#.\nM..", None, "not a tree"),
        ("..C\n##.\nM.#", None, "not a tree"),
        ("...\n.##\nM..", None, "no cheese"),
        ("...\n.##\nCM.", None, "at the start"),
        ("..C\n.##\nM..", 0, None),
        (".C.\n.##\nM..", 1, r"rand_region 1: rows and columns 2\.\.2"),
        (".C.\n.##\nM..", 0, r"rand_region 0: rows and columns 2\.\.2"),
        ("C..\n.##\nM..", 2, r"rand_region 2: rows and columns 1\.\.2"),
        ("C..\n.##\nM..", 3, None),
    ],
)
def test_reasons(drawing: str, rand_region: int | None, reason: str | None) -> None:
    reasons = edit.off_distribution_reasons(parse(drawing), rand_region)
    if reason is None:
        assert reasons == []
    else:
        assert any(re.search(reason, text) for text in reasons)


def test_a_negative_region_is_refused() -> None:
    with pytest.raises(ValueError, match="rand_region -1 is negative"):
        edit.is_on_distribution(SMALL, -1)


def procgen_state(seed: int) -> EnvState:
    pytest.importorskip("procgen")
    from procgen import ProcgenGym3Env

    env = ProcgenGym3Env(
        num=1, env_name="maze", start_level=seed, num_levels=1, distribution_mode="hard"
    )
    return EnvState(env.callmethod("get_state")[0])


@pytest.mark.filterwarnings("ignore:mouse and cheese are both")
def test_the_in_place_forms_equal_the_pure_ones() -> None:
    state = procgen_state(7)
    maze = state.to_maze()
    for square in maze.open_squares()[:10]:
        outer = edit.to_outer(maze, square)
        edit.move_mouse_in_state(state, outer)
        edit.move_cheese_in_state(state, outer)
        assert state.to_maze() == edit.move_cheese(edit.move_mouse(maze, square), square)
        # procgen's own grid, which procgen-tools indexes by the same pair
        assert state.outer_grid[outer] == CHEESE
    edit.remove_cheese_from_state(state)
    assert state.to_maze().cheese is None
    edit.remove_cheese_from_state(state)


def test_in_state_squares_are_outer_ones_as_in_procgen_tools() -> None:
    """Its README moves the cheese of level 0 to (6, 7): right of the mouse at (6, 6)."""
    state = procgen_state(0)
    edit.move_cheese_in_state(state, (6, 7))
    assert (state.mouse, state.cheese) == ((0, 0), (0, 1))
    assert state.to_maze() == edit.move_cheese(make_level(0), (0, 1))


def test_a_refused_edit_leaves_the_state_as_it_was() -> None:
    state = procgen_state(0)
    before = state.state_bytes
    for square, message in [
        ((7, 6), r"cannot stand at \(1, 0\).*wall"),
        ((5, 6), r"outer square \(5, 6\) lies outside.*6\.\.18"),
        ((25, 0), r"outer square cannot be at \(25, 0\)"),
    ]:
        for move in (edit.move_cheese_in_state, edit.move_mouse_in_state):
            with pytest.raises(ValueError, match=message):
                move(state, square)
            assert state.state_bytes == before
    edit.remove_cheese_from_state(state)
    with pytest.raises(ValueError, match=r"outer square \(6, 7\): this state has none"):
        edit.move_cheese_in_state(state, (6, 7))


def test_a_carved_world_goes_into_a_state_and_back() -> None:
    state = procgen_state(0)
    carved = edit.carve_path_to_world_corner(state.to_maze())
    state.set_maze(carved)
    assert EnvState(state.state_bytes).to_maze() == carved
    assert np.array_equal(state.outer_grid, carved.cells())


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    "square", [(0.9, 2.7), (0.0, 2.0), (True, 0), ("0", "2"), (0, 1, 2), 3, None, (None, 0)]
)
@pytest.mark.parametrize(
    "change",
    [edit.move_mouse, edit.move_cheese, edit.open_square, edit.close_square, edit.toggle_square],
)
def test_squares_are_whole_numbers(
    change: Callable[[Maze, tuple[int, int]], Maze], square: tuple[int, int]
) -> None:
    with pytest.raises(
        ValueError, match=r"square .* is not a \(row, column\) pair of whole numbers"
    ):
        change(SMALL, square)


def test_cheese_on_the_mouse_is_allowed_with_a_warning() -> None:
    """procgen plays it: staying finds the cheese, moving away leaves it behind."""
    noticed = r"mouse and cheese are both at \(0, 0\): the mouse finds it without a move"
    with pytest.warns(UserWarning, match=noticed):
        maze = edit.move_cheese(SMALL, (0, 0))
    with pytest.warns(UserWarning, match=noticed):
        assert edit.place_cheese(edit.remove_cheese(SMALL), (0, 0)) == maze
    with pytest.warns(UserWarning, match=r"both at \(2, 2\)"):
        assert edit.move_mouse(SMALL, (2, 2)).mouse == SMALL.cheese
    for backend in ("native", "procgen"):
        if backend == "procgen":
            pytest.importorskip("procgen")
        venv = venv_from_mazes([maze, maze], backend=backend)
        _, rewards, dones, _ = venv.step([4, 7])
        assert (rewards.tolist(), dones.tolist()) == ([10, 0], [True, False]), backend
