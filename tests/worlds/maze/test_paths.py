"""Paths: laws on random mazes, trees or not, and procgen's own levels."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from procgen_tools.worlds.maze import paths
from procgen_tools.worlds.maze.grid import MOVE_STEPS, MOVES, START, Maze, Square, parse
from procgen_tools.worlds.maze.levels import LevelBank, make_bank
from procgen_tools.worlds.maze.paths import NodeType

STAY = MOVES.index("STAY")


@pytest.fixture(scope="module")
def levels() -> LevelBank:
    return make_bank(range(300))


@st.composite
def mazes(draw: st.DrawFn) -> Maze:
    """Mazes with walls anywhere: loops, unreachable squares, a corner that may be a wall."""
    size = draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    walls = rng.random((size, size)) < draw(st.sampled_from([0.0, 0.2, 0.4, 0.6]))
    walls[START] = False
    squares = np.argwhere(~walls)
    cheese = squares[rng.integers(len(squares))].tolist() if rng.random() < 0.9 else None
    return Maze(walls, cheese=None if cheese is None else Square(*cheese))


def floyd_warshall(maze: Maze) -> np.ndarray:
    """All distances by another algorithm: (row, col, row, col)."""
    squares = maze.open_squares()
    table = np.full((len(squares), len(squares)), np.inf)
    for i, j in product(range(len(squares)), repeat=2):
        table[i, j] = abs(np.subtract(squares[i], squares[j])).sum()
    table[table > 1] = np.inf
    for middle in range(len(squares)):
        table = np.minimum(table, table[:, [middle]] + table[[middle]])
    full = np.full((maze.size,) * 4, np.inf)
    for i, j in product(range(len(squares)), repeat=2):
        full[squares[i] + squares[j]] = table[i, j]
    return full


@given(mazes())
def test_distances_equal_floyd_warshall(maze: Maze) -> None:
    expected = floyd_warshall(maze)
    for square in maze.open_squares():
        assert np.array_equal(paths.distances(maze, square), expected[square])
    several = maze.open_squares()[:3]
    nearest = np.min([expected[square] for square in several], axis=0)
    assert np.array_equal(paths.distances(maze, *several), nearest)


@given(mazes())
def test_shortest_paths_are_walks_as_long_as_the_distance(maze: Maze) -> None:
    away = paths.distances(maze, START)
    for goal in maze.open_squares():
        path = paths.shortest_path(maze, START, goal)
        if path is None:
            assert np.isinf(away[goal])
            continue
        assert (path[0], path[-1]) == (START, goal)
        assert len(path) - 1 == away[goal]
        assert all(maze.is_open(square) for square in path)
        assert all(abs(np.subtract(a, b)).sum() == 1 for a, b in pairwise(path))


@given(mazes())
def test_next_moves_are_the_first_of_the_nearer_moves(maze: Maze) -> None:
    target = maze.cheese or START
    away = paths.distances(maze, target)
    nearer = paths.nearer_moves(maze, target)
    moves = paths.next_moves(maze, target)
    for row, col in product(range(maze.size), repeat=2):
        fitting = [
            move
            for move, (up, right) in enumerate(MOVE_STEPS)
            if np.isfinite(away[row, col])
            and maze.is_open((row + up, col + right))
            and away[row + up, col + right] == away[row, col] - 1
        ]
        assert np.flatnonzero(nearer[row, col]).tolist() == fitting
        assert moves[row, col] == (fitting[0] if fitting else STAY)


@given(mazes())
def test_successors_follow_the_legal_moves(maze: Maze) -> None:
    squares = maze.open_squares()
    legal = paths.legal_moves(maze)
    assert not legal[maze.walls].any()
    for square, following in zip(squares, paths.successors(maze), strict=True):
        for move, step in enumerate(MOVE_STEPS):
            there = (square.row + step.row, square.col + step.col)
            assert legal[square][move] == maze.is_open(there)
            assert squares[following[move]] == (there if maze.is_open(there) else square)


@given(mazes())
def test_the_decision_square_is_the_last_that_shortest_paths_share(maze: Maze) -> None:
    square = paths.decision_square(maze)
    table = floyd_warshall(maze)
    shared = []
    if maze.cheese is not None:
        shared = [
            place
            for place in maze.open_squares()
            if all(
                np.isfinite(table[START + goal])
                and table[START + place] + table[place + goal] == table[START + goal]
                for goal in (maze.cheese, maze.corner)
            )
        ]
    last = max(shared, key=lambda place: table[START + place], default=None)
    assert square == (None if last in (maze.cheese, maze.corner) else last)
    if square is not None and maze.cheese is not None:
        cheese = paths.nearer_moves(maze, maze.cheese)[square]
        corner = paths.nearer_moves(maze, maze.corner)[square]
        assert cheese.any()
        assert corner.any()
        assert not (cheese & corner).any()


def test_decision_squares_of_procgen_levels(levels: LevelBank) -> None:
    squares = [paths.decision_square(maze) for maze in levels]
    assert squares[0] == (6, 4)
    assert (levels[0].cheese, levels[0].size) == ((5, 0), 13)
    assert sum(square is not None for square in squares) == 168  # 56% of 300
    for maze, square in zip(levels, squares, strict=True):
        assert maze.cheese is not None
        to_cheese = paths.shortest_path(maze, START, maze.cheese)
        to_corner = paths.shortest_path(maze, START, maze.corner)
        assert to_cheese is not None
        assert to_corner is not None
        common = [a for a, b in zip(to_cheese, to_corner, strict=False) if a == b]
        parts = len(common) < min(len(to_cheese), len(to_corner))
        assert square == (common[-1] if parts else None)


@pytest.mark.parametrize(
    "drawing",
    [
        pytest.param("...\n...\nM..", id="no cheese"),
        pytest.param("..C\n...\nM..", id="cheese in the corner"),
        pytest.param("...\n.##\nC.M", id="cheese at the start"),
        pytest.param("C..\n.##\nM##", id="cheese on the path to the corner"),
        pytest.param("C.#\n..#\nM..", id="the corner a wall"),
        pytest.param("C#.\n..#\nM..", id="the corner unreachable"),
        pytest.param("..#\n.#C\nM#.", id="the cheese unreachable"),
    ],
)
def test_mazes_without_a_decision_square(drawing: str) -> None:
    assert paths.decision_square(parse(drawing)) is None


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("...\n.##\nM.C", (0, 0)),
        ("#..\n#.#\nM.C", (0, 1)),
        # Both paths may go either way round: they part as late as they can.
        ("..C#.\n.#.#.\n.....\n.#.#.\nM....", (2, 2)),
    ],
)
def test_paths_part_at_the_decision_square(drawing: str, expected: tuple[int, int]) -> None:
    assert paths.decision_square(parse(drawing)) == expected


def test_a_decision_square_needs_an_open_start() -> None:
    maze = parse("C..\n...\n#M.")
    assert paths.decision_square(maze) is None
    assert paths.decision_square(maze, Square(0, 1)) == (2, 1)


@given(mazes())
def test_corner_path_distances_are_distances_to_the_paths(maze: Maze) -> None:
    table = floyd_warshall(maze)
    length = table[START + maze.corner]
    on_path = np.isfinite(length) & (table[START] + table[maze.corner] == length)
    nearest = np.full_like(table[START], np.inf)
    for row, col in np.argwhere(on_path):
        nearest = np.minimum(nearest, table[row, col])
    assert np.array_equal(paths.corner_path_distances(maze), nearest)


def test_procgen_levels_are_trees_until_edited(levels: LevelBank) -> None:
    assert all(paths.is_tree(maze) for maze in levels)
    assert paths.is_tree(parse("M"))
    assert not paths.is_tree(parse("..#\n..#\nM##"))  # a loop
    assert not paths.is_tree(parse("..#\n###\nM.."))  # two parts
    assert not paths.is_tree(parse("..##\n..##\n####\nM..."))  # as many edges as a tree has


def test_node_types_count_open_neighbours() -> None:
    maze = parse(
        """
        .#.##
        ...#.
        #.##.
        M..#.
        #####
        """
    )
    assert paths.node_type(maze, (1, 0)) is NodeType.DEAD_END
    assert paths.node_type(maze, (2, 1)) is NodeType.CORRIDOR
    assert paths.node_type(maze, (1, 1)) is NodeType.BRANCH_OF_2
    assert paths.node_type(parse("...\n...\nM.."), (1, 1)) is NodeType.BRANCH_OF_3
    assert paths.node_type(parse("M#\n#."), (0, 1)) is NodeType.ISOLATED


def test_squares_that_no_path_can_join_are_named() -> None:
    maze = parse(".#.\n...\nM..")
    for call in (
        lambda: paths.distances(maze, (2, 1)),
        lambda: paths.next_moves(maze, (2, 1)),
        lambda: paths.shortest_path(maze, START, (2, 1)),
        lambda: paths.shortest_path(maze, (2, 1), START),
        lambda: paths.node_type(maze, (2, 1)),
        lambda: paths.corner_path_distances(maze, (2, 1)),
    ):
        with pytest.raises(ValueError, match=r"\(2, 1\).*wall.*choose an open square"):
            call()
    with pytest.raises(ValueError, match=r"\(3, 0\).*rows and columns 0\.\.2"):
        paths.distances(maze, (3, 0))
    with pytest.raises(ValueError, match=r"\(-1, 0\)"):
        paths.decision_square(maze, (-1, 0))
    with pytest.raises(ValueError, match="give one or several"):
        paths.distances(maze)
