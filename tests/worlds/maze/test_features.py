"""Features of mazes: written out by hand, by another search, and by their symmetries."""

from __future__ import annotations

from dataclasses import replace
from math import hypot, inf, sqrt

import numpy as np
import pandas as pd
import pytest

from procgen_tools.worlds.maze.edit import remove_cheese
from procgen_tools.worlds.maze.features import FEATURES, feature_table
from procgen_tools.worlds.maze.grid import Maze, Square, parse
from procgen_tools.worlds.maze.levels import LevelBank, make_bank

BY_HAND = parse("""
    .......
    .######
    .######
    .######
    .######
    ...#C##
    .#...##
""")
"""The ways part at (1, 0); of the top-right region, rows and columns 2 to 6, row 6 is open."""

NUMBERS = {
    "euclidean(decision square, cheese)": 4.0,
    "taxicab(decision square, cheese)": 4.0,
    "steps(decision square, cheese)": 6.0,
    "euclidean(cheese, top right)": sqrt(5**2 + 2**2),
    "taxicab(cheese, top right)": 7.0,
    "steps(cheese, top right)": 17.0,
    "euclidean(decision square, top right)": sqrt(5**2 + 6**2),
    "taxicab(decision square, top right)": 11.0,
    "steps(decision square, top right)": 11.0,
    "euclidean(cheese, top right 5x5)": 5.0,
    "taxicab(cheese, top right 5x5)": 5.0,
    "steps(cheese, top right 5x5)": 13.0,
    "euclidean(decision square, top right 5x5)": sqrt(5**2 + 2**2),
    "taxicab(decision square, top right 5x5)": 7.0,
    "steps(decision square, top right 5x5)": 7.0,
    "norm(cheese)": sqrt((1 + 9) ** 2 + (4 + 9) ** 2),  # nine squares of wall around the maze
}


@pytest.fixture(scope="module")
def levels() -> LevelBank:
    return make_bank(range(150))


@pytest.fixture(scope="module")
def table(levels: LevelBank) -> pd.DataFrame:
    return feature_table(levels)


def column(table: pd.DataFrame, name: str) -> np.ndarray:
    return table[name].to_numpy()


def test_sixteen_by_hand() -> None:
    assert {name: feature(BY_HAND) for name, feature in FEATURES.items()} == pytest.approx(NUMBERS)
    assert list(FEATURES) == list(NUMBERS)


def walk(maze: Maze, source: tuple[int, int]) -> dict[tuple[int, int], tuple[int, int] | None]:
    """From which square each square is first reached, in the order of the steps."""
    came_from: dict[tuple[int, int], tuple[int, int] | None] = {source: None}
    for row, col in (queue := [source]):
        for there in ((row + 1, col), (row - 1, col), (row, col + 1), (row, col - 1)):
            if maze.is_open(there) and there not in came_from:
                came_from[there] = (row, col)
                queue.append(there)
    return came_from


def way(
    came_from: dict[tuple[int, int], tuple[int, int] | None], goal: tuple[int, int]
) -> list[tuple[int, int]]:
    """The squares of a shortest path, from the goal back to where the walk began."""
    path = [goal]
    while (before := came_from[path[-1]]) is not None:
        path.append(before)
    return path


def oracle(maze: Maze) -> dict[str, float]:
    """All features of a level, from paths walked square by square."""
    assert maze.cheese is not None
    to_cheese, to_corner = (
        way(walk(maze, (0, 0)), goal)[::-1] for goal in (tuple(maze.cheese), tuple(maze.corner))
    )
    common = [a for a, b in zip(to_cheese, to_corner, strict=False) if a == b]
    has_decision = len(common) < min(len(to_cheese), len(to_corner))
    first = max(0, maze.size - 5)
    region = [square for square in maze.open_squares() if min(square) >= first]
    expected = {}
    for start_name, start in (("decision square", common[-1]), ("cheese", tuple(maze.cheese))):
        came_from = walk(maze, start)
        for end_name, ends in (
            ("cheese", [tuple(maze.cheese)]),
            ("top right", [tuple(maze.corner)]),
            ("top right 5x5", region),
        ):
            apart = [(abs(start[0] - row), abs(start[1] - col)) for row, col in ends]
            for measure, numbers in (
                ("euclidean", [hypot(*each) for each in apart]),
                ("taxicab", [sum(each) for each in apart]),
                ("steps", [len(way(came_from, tuple(end))) - 1 for end in ends]),
            ):
                missing = start_name == "decision square" and not has_decision
                expected[f"{measure}({start_name}, {end_name})"] = (
                    np.nan if missing else min(numbers)
                )
    outer = [number + (25 - maze.size) // 2 for number in maze.cheese]
    return expected | {"norm(cheese)": hypot(*outer)}


def test_the_table_equals_another_search(levels: LevelBank, table: pd.DataFrame) -> None:
    expected = pd.DataFrame([oracle(level) for level in levels])[list(FEATURES)]
    pd.testing.assert_frame_equal(table, expected, check_dtype=False)
    assert 40 < table["steps(decision square, cheese)"].notna().sum() < 110


def test_a_row_holds_what_the_functions_give(levels: LevelBank, table: pd.DataFrame) -> None:
    for i in (0, 1, 2):
        each = [feature(levels[i]) for feature in FEATURES.values()]
        assert np.array_equal(table.iloc[i], each, equal_nan=True)


def test_transposed_mazes_have_the_same_features(levels: LevelBank, table: pd.DataFrame) -> None:
    """Rows for columns: nothing is measured in one direction only."""
    mirrored = [
        replace(level, walls=level.walls.T, cheese=Square(level.cheese.col, level.cheese.row))
        for level in levels
        if level.cheese is not None
    ]
    pd.testing.assert_frame_equal(feature_table(mirrored), table)


def test_laws_of_distances(table: pd.DataFrame) -> None:
    complete = table.dropna()
    for pair in {name.partition("(")[2] for name in FEATURES if name.startswith("steps")}:
        straight, grid, walked = (
            column(complete, f"{how}({pair}") for how in ("euclidean", "taxicab", "steps")
        )
        assert (straight <= grid + 1e-9).all()
        assert (grid <= walked).all()
        assert ((walked - grid) % 2 == 0).all() or "5x5" in pair
    for start in ("cheese", "decision square"):
        for how in ("euclidean", "taxicab", "steps"):
            nearest = column(complete, f"{how}({start}, top right 5x5)")
            assert (nearest <= column(complete, f"{how}({start}, top right)")).all()
    # Without cycles the way from the cheese to the corner leads over the decision square.
    assert np.array_equal(
        column(complete, "steps(cheese, top right)"),
        column(complete, "steps(decision square, cheese)")
        + column(complete, "steps(decision square, top right)"),
    )


def test_what_a_maze_lacks_is_nan() -> None:
    no_cheese = feature_table([remove_cheese(BY_HAND)])
    assert no_cheese.isna().all(axis=None)
    on_the_way = feature_table([replace(BY_HAND, cheese=Square(3, 0))]).iloc[0]
    assert {name for name in FEATURES if np.isnan(on_the_way[name])} == {
        name for name in FEATURES if "decision square" in name
    }


def test_walls_around_the_top_right() -> None:
    shut = parse("""
        #####.
        #####.
        ######
        ######
        ######
        .C####
    """)
    values = {name: feature(shut) for name, feature in FEATURES.items()}
    assert values["steps(cheese, top right)"] == inf
    assert values["steps(cheese, top right 5x5)"] == inf
    assert values["euclidean(cheese, top right 5x5)"] == hypot(4, 4)
    nothing = parse("######\n######\n######\n######\n######\n.C####")
    assert np.isnan(FEATURES["taxicab(cheese, top right 5x5)"](nothing))
    assert FEATURES["taxicab(cheese, top right)"](nothing) == 9  # the corner is a place, open or no


def test_small_mazes_are_all_region() -> None:
    small = parse("...\n.##\n.C.")
    assert FEATURES["steps(cheese, top right 5x5)"](small) == 0
    assert FEATURES["steps(cheese, top right)"](small) == 5


def test_the_world_matters_to_the_norm_alone() -> None:
    easy = feature_table([replace(BY_HAND, world_size=15)]).iloc[0]
    assert easy["norm(cheese)"] == hypot(1 + 4, 4 + 4)
    others = [name for name in FEATURES if name != "norm(cheese)"]
    assert easy[others].to_dict() == pytest.approx({name: NUMBERS[name] for name in others})


def test_the_mouse_does_not_matter() -> None:
    moved = feature_table([replace(BY_HAND, mouse=Square(0, 3))])
    pd.testing.assert_frame_equal(moved, feature_table([BY_HAND]))


def test_the_mapping_is_read_only_and_a_table_may_be_empty() -> None:
    with pytest.raises(TypeError):
        FEATURES["new"] = FEATURES["norm(cheese)"]  # type: ignore[index]
    empty = feature_table([])
    assert empty.shape == (0, 16)
    assert list(empty) == list(FEATURES)
