"""Fields: what they hold, how they differ, and arrays that are refused."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools.fields import VectorField, difference
from procgen_tools.worlds.maze.grid import Maze, Square, parse

MAZE = parse(".#C\n...\nM.#")


def random_field(maze: Maze, seed: int) -> VectorField:
    rng = np.random.default_rng(seed)
    squares = len(maze.open_squares())
    return VectorField(maze, rng.dirichlet(np.ones(5), squares), rng.normal(size=squares))


def test_squares_are_the_open_squares_and_at_finds_their_rows() -> None:
    field = random_field(MAZE, 0)
    assert field.squares == tuple(MAZE.open_squares())
    for number, square in enumerate(field.squares):
        assert field.index(square) == number
        assert np.array_equal(field.at(square), field.probabilities[number])


def test_arrows_point_where_the_moves_lead() -> None:
    moves = np.eye(5)[[0, 1, 2, 3, 4, 1, 1]]
    arrows = VectorField(MAZE, moves, np.zeros(7)).arrows
    assert arrows.tolist() == [[-1, 0], [1, 0], [0, 1], [0, -1], [0, 0], [1, 0], [1, 0]]


def test_grid_puts_numbers_on_squares_and_nan_in_walls() -> None:
    field = random_field(MAZE, 1)
    values, moves = field.grid(field.values), field.grid(field.probabilities)
    assert values.shape == (3, 3)
    assert moves.shape == (3, 3, 5)
    assert np.array_equal(np.isnan(values), MAZE.walls)
    for number, square in enumerate(field.squares):
        assert values[square] == field.values[number]
        assert np.array_equal(moves[square], field.at(square))
    with pytest.raises(ValueError, match="6 numbers do not fit 7 open squares"):
        field.grid(field.values[1:])


def test_a_field_keeps_its_own_read_only_arrays() -> None:
    given = np.full((7, 5), 0.2, dtype=np.float32)
    field = VectorField(MAZE, given, np.zeros(7, dtype=np.float32))
    given[0] = 0.0
    assert field.probabilities.dtype == np.float64
    assert field.probabilities[0].sum() == pytest.approx(1)
    with pytest.raises(ValueError, match="read-only"):
        field.probabilities[0, 0] = 1.0


def test_difference_measures_are_exact() -> None:
    before, after = random_field(MAZE, 2), random_field(MAZE, 3)
    change = difference(before, after)
    assert np.allclose(change.values, after.values - before.values)
    assert np.allclose(change.probabilities, after.probabilities - before.probabilities)
    assert np.allclose(change.arrows, after.arrows - before.arrows)
    assert np.allclose(change.lengths**2, (change.arrows**2).sum(axis=1))
    assert change.magnitude == pytest.approx(np.sqrt((change.lengths**2).sum()))
    # Total variation is the largest change of the probability of any set of moves.
    assert np.allclose(change.total_variation, np.maximum(change.probabilities, 0).sum(axis=1))


def test_the_magnitude_of_unit_changes_is_the_root_of_their_number() -> None:
    stay, right = np.eye(5)[[4] * 7], np.eye(5)[[1] * 7]
    change = difference(VectorField(MAZE, stay, np.zeros(7)), VectorField(MAZE, right, np.zeros(7)))
    assert change.magnitude == pytest.approx(np.sqrt(7))
    assert change.total_variation.tolist() == [1.0] * 7


def test_fields_of_different_walls_have_no_difference() -> None:
    moved = Maze(MAZE.walls, cheese=Square(1, 1))
    assert difference(random_field(MAZE, 0), random_field(moved, 0)).magnitude == 0
    with pytest.raises(ValueError, match=r"different walls .*7 open squares.*with 8"):
        difference(random_field(MAZE, 0), random_field(parse(".#C\n...\nM.."), 0))


@pytest.mark.usefixtures("unchecked")
def test_wrong_arrays_are_refused() -> None:
    fair, values = np.full((7, 5), 0.2), np.zeros(7)
    for shape in ((6, 5), (7, 4)):
        with pytest.raises(ValueError, match=r"probabilities have shape .*give \(7, 5\)"):
            VectorField(MAZE, np.full(shape, 1 / shape[1]), values[: shape[0]])
    with pytest.raises(ValueError, match=r"values"):
        VectorField(MAZE, fair, values[1:])
    wrong = fair.copy()
    wrong[2, 0] = np.nan
    with pytest.raises(ValueError, match=r"contain nan at square .*row=1, col=0.*finite"):
        VectorField(MAZE, wrong, values)
    with pytest.raises(ValueError, match=r"values contain inf at square"):
        VectorField(MAZE, fair, values + np.inf)
    wrong[2] = (0.5, 0.5, 0.5, 0, 0)
    with pytest.raises(ValueError, match=r"row=1, col=0.*sum 1\.5.*softmax"):
        VectorField(MAZE, wrong, values)
    wrong[2] = (1.5, -0.5, 0, 0, 0)
    with pytest.raises(ValueError, match="at least 0"):
        VectorField(MAZE, wrong, values)


def test_squares_without_a_row_are_named() -> None:
    field = random_field(MAZE, 0)
    with pytest.raises(ValueError, match=r"\(2, 1\).*wall; choose an open square"):
        field.at((2, 1))
    with pytest.raises(ValueError, match=r"\(3, 0\)"):
        field.at((3, 0))


def test_the_flipped_field_is_held_and_checked_like_the_field() -> None:
    field, other = random_field(MAZE, 0), random_field(MAZE, 1)
    both = VectorField(MAZE, field.probabilities, field.values, other.probabilities)
    assert both.flipped_probabilities is not None
    assert np.array_equal(both.flipped_probabilities, other.probabilities)
    assert not both.flipped_probabilities.flags.writeable
    assert np.allclose(
        both.facing_variation, np.maximum(other.probabilities - field.probabilities, 0).sum(axis=1)
    )
    assert field.flipped_probabilities is None
    with pytest.raises(ValueError, match=r"one facing of the mouse only.*both_facings=True"):
        _ = field.facing_variation
    wrong = np.full((7, 5), 0.2)
    wrong[2, 0] = np.inf
    with pytest.raises(ValueError, match=r"flipped_probabilities contain inf at square"):
        VectorField(MAZE, field.probabilities, field.values, wrong)
    wrong[2] = 0.3
    with pytest.raises(ValueError, match=r"the flipped_probabilities at .*row=1, col=0.*sum 1\.5"):
        VectorField(MAZE, field.probabilities, field.values, wrong)
