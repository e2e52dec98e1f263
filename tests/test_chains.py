"""Chances, decisions and paths: facings, starts and goals, against sampled rollouts."""

from __future__ import annotations

import dataclasses
from math import inf, isnan, sqrt

import numpy as np
import pytest
from scipy.stats import binomtest

from procgen_tools import chains
from procgen_tools.fields import VectorField
from procgen_tools.worlds.maze.grid import MOVES, START, Maze, Square, parse
from procgen_tools.worlds.maze.paths import shortest_path, successors

LEFT, RIGHT, UP, DOWN, STAY = range(len(MOVES))
NUMBERS = (
    "cheese", "corner", "corner_first", "cheese_first", "neither", "steps_to_cheese",
    "episode_steps",
)  # fmt: skip

TREE = parse(
    """
    ..#..
    #.#.#
    ....C
    .#.##
    M#...
    """
)

LEADS_TO = successors(TREE).tolist()


def field_of(maze: Maze, probabilities: np.ndarray) -> VectorField:
    return VectorField(maze, probabilities, np.zeros(len(probabilities)))


def soft_field(maze: Maze, seed: int, scale: float = 1.0) -> VectorField:
    """Like a policy's: softmax of random logits."""
    logits = np.random.default_rng(seed).normal(size=(len(maze.open_squares()), 5)) * scale
    weights = np.exp(logits)
    return field_of(maze, weights / weights.sum(axis=1, keepdims=True))


def targets(field: VectorField) -> tuple[int | None, int | None]:
    maze = field.maze
    cheese = None if maze.cheese is None else field.index(maze.cheese)
    return cheese, None if maze.walls[maze.corner] else field.index(maze.corner)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("step_limit", [1, 40, 300])
def test_the_facing_of_the_mouse_is_part_of_the_chain(mirrored: bool, step_limit: int) -> None:
    maze = dataclasses.replace(TREE, mouse_mirrored=mirrored)
    own, other = soft_field(maze, 10, scale=0.2), soft_field(maze, 11, scale=0.2)
    field = dataclasses.replace(own, flipped_probabilities=other.probabilities)
    goal, corner = targets(field)
    # (mirrored picture, square, corner seen): its probability, forward in time.
    now = {(mirrored, field.index(START), False): 1.0}
    reached = {False: 0.0, True: 0.0}
    for _ in range(step_limit):
        then: dict[tuple[bool, int, bool], float] = {}
        for (facing, square, seen), weight in now.items():
            row = (own if facing == mirrored else other).probabilities[square]
            for move, there in enumerate(LEADS_TO[square]):
                turned = facing if move not in (LEFT, RIGHT) else move == RIGHT
                if there == goal:
                    reached[seen] += weight * row[move]
                else:
                    state = (turned, there, seen or there == corner)
                    then[state] = then.get(state, 0.0) + weight * row[move]
        now = then
    found = chains.chances(field, START, step_limit)
    seen_and_alive = sum(weight for (_, _, seen), weight in now.items() if seen)
    assert found.cheese == pytest.approx(sum(reached.values()), rel=1e-10)
    assert found.cheese_first == pytest.approx(reached[False], rel=1e-10)
    assert found.corner == pytest.approx(reached[True] + seen_and_alive, rel=1e-10)


def test_two_equal_facings_are_as_good_as_one() -> None:
    field = soft_field(TREE, 12)
    both = dataclasses.replace(field, flipped_probabilities=field.probabilities)
    path = shortest_path(TREE, START, (2, 4))
    for step_limit in (None, 100):
        one, two = chains.chances(field, None, step_limit), chains.chances(both, None, step_limit)
        for name in NUMBERS:
            assert getattr(two, name) == pytest.approx(getattr(one, name), rel=1e-13)
    assert chains.path_probability(both, path).product == pytest.approx(
        chains.path_probability(field, path).product, rel=1e-13
    )


def test_a_path_turns_the_mouse() -> None:
    # From START: up twice with the maze's own facing, then right, and from there mirrored.
    own, other = soft_field(TREE, 13), soft_field(TREE, 14)
    field = dataclasses.replace(own, flipped_probabilities=other.probabilities)
    path = [Square(0, 0), Square(1, 0), Square(2, 0), Square(2, 1), Square(2, 2)]
    expected = own.at((0, 0))[UP] * own.at((1, 0))[UP] * own.at((2, 0))[RIGHT]
    expected *= other.at((2, 1))[RIGHT]
    assert chains.path_probability(field, path).product == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("step_limit", [None, 60])
@pytest.mark.parametrize("seed", [3, 4])
def test_rollouts_agree_within_their_intervals(step_limit: int | None, seed: int) -> None:
    # The seeds are fixed, since one number in a hundred falls outside such an interval.
    field = soft_field(TREE, seed, scale=0.5)
    episodes, rng = 10_000, np.random.default_rng(seed + 10)
    goal, corner = targets(field)
    leads_to = successors(field.maze)
    thresholds = field.probabilities.cumsum(axis=1)
    place = np.full(episodes, field.index(START))
    lengths = np.zeros(episodes)
    seen = np.zeros(episodes, dtype=bool)
    going, steps = np.arange(episodes), 0
    while len(going) and steps != step_limit:
        here = place[going]
        move = (rng.random(len(going))[:, None] > thresholds[here]).sum(axis=1)
        place[going] = leads_to[here, np.minimum(move, STAY)]
        lengths[going] += 1
        seen |= place == corner
        going, steps = going[place[going] != goal], steps + 1

    expected = chains.chances(field, START, step_limit)
    reached = place == goal
    for count, chance in (
        (reached.sum(), expected.cheese),
        (seen.sum(), expected.corner),
        ((reached & ~seen).sum(), expected.cheese_first),
        ((~reached & ~seen).sum(), expected.neither),
    ):
        interval = binomtest(int(count), episodes).proportion_ci(0.99)
        assert interval.low <= chance <= interval.high
    for sample, mean in (
        (lengths, expected.episode_steps),
        (lengths[reached], expected.steps_to_cheese),
    ):
        assert abs(sample.mean() - mean) < 2.576 * sample.std() / sqrt(len(sample))


@pytest.mark.parametrize("step_limit", [None, 500])
def test_cheese_that_cannot_be_reached_has_no_chance(step_limit: int | None) -> None:
    for drawing in ("..#\n.#C\nM#.", "...\n...\nM.."):
        found = chains.chances(soft_field(parse(drawing), 0), step_limit=step_limit)
        assert found.cheese == found.cheese_first == 0
        assert isnan(found.steps_to_cheese)
        assert found.episode_steps == (step_limit or inf)
    assert chains.chances(soft_field(parse("C.#\n..#\nM.."), 0)).corner == 0


@pytest.mark.parametrize("step_limit", [None, 500])
def test_starts_at_the_targets(step_limit: int | None) -> None:
    found = chains.chances_by_start(soft_field(TREE, 0), step_limit)
    at_cheese, at_corner = found.at((2, 4)), found.at((4, 4))
    assert (at_cheese.cheese, at_cheese.cheese_first, at_cheese.corner) == (1, 1, 0)
    assert (at_cheese.steps_to_cheese, at_cheese.episode_steps) == (0, 0)
    assert (at_corner.corner_first, at_corner.cheese_first, at_corner.neither) == (1, 0, 0)
    assert at_corner.cheese > 0
    same = chains.chances(soft_field(parse("..C\n...\nM.."), 0), step_limit=step_limit)
    assert same.corner == same.cheese == same.cheese_first > 0
    assert same.corner_first == 0


def test_the_start_is_the_mouse_unless_given() -> None:
    field = soft_field(Maze(TREE.walls, mouse=Square(4, 0), cheese=TREE.cheese), 0)
    assert chains.chances(field) == chains.chances(field, (4, 0)) != chains.chances(field, START)
    assert chains.chances(field).start == (4, 0)


def test_rows_of_rounded_floats_are_normalised() -> None:
    exact = soft_field(TREE, 5)
    rounded = field_of(TREE, exact.probabilities * (1 + 5e-5))
    for step_limit in (None, 500):
        found = chains.chances(rounded, step_limit=step_limit)
        expected = chains.chances(exact, step_limit=step_limit)
        for name in NUMBERS:
            assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-11)


def test_decision_groups_the_moves_at_the_decision_square() -> None:
    field = soft_field(TREE, 6)
    found = chains.decision(field)
    assert found is not None
    assert found.square == (2, 3)
    moves = field.at((2, 3))
    assert found.cheese == pytest.approx(moves[RIGHT])
    assert found.top_right == pytest.approx(moves[UP])
    assert found.other == pytest.approx(moves[[LEFT, DOWN, STAY]].sum())
    assert found.cheese + found.top_right + found.other == pytest.approx(1, rel=1e-14)
    assert chains.decision(soft_field(parse("..C\n...\nM.."), 0)) is None
    with pytest.raises(ValueError, match=r"\(9, 9\)"):
        chains.decision(field, (9, 9))


def test_path_probability_is_the_product_of_its_steps() -> None:
    field = soft_field(TREE, 7)
    path = shortest_path(TREE, START, (2, 4))
    assert path is not None
    moves = [UP, UP, RIGHT, RIGHT, RIGHT, RIGHT]
    steps = [field.at(square)[move] for square, move in zip(path, moves, strict=False)]
    found = chains.path_probability(field, path)
    assert found.product == pytest.approx(np.prod(steps), rel=1e-13)
    assert found.geometric_mean == pytest.approx(np.prod(steps) ** (1 / 6), rel=1e-13)
    # All walks of one step make up all of the probability, bumps into walls as staying.
    total = sum(chains.path_probability(field, [START, to]).product for to in field.squares)
    assert total == pytest.approx(1)
    bumps = field.at(START)[[LEFT, RIGHT, DOWN, STAY]].sum()
    assert chains.path_probability(field, [START, START]).product == pytest.approx(bumps)
    nowhere = chains.path_probability(field, [START])
    assert (nowhere.product, nowhere.geometric_mean) == (1, 1)


def test_impossible_paths_have_probability_zero() -> None:
    field = soft_field(TREE, 8)
    unreachable = shortest_path(parse("..#\n.#C\nM#."), START, (1, 2))
    for path in (
        unreachable,
        [START, (2, 0)],  # a jump
        [START, (0, 1)],  # into a wall
        [(2, 3), (2, 4), (2, 3)],  # on after the cheese
        [(2, 4), (2, 4)],
    ):
        found = chains.path_probability(field, path)
        assert (found.product, found.geometric_mean) == (0, 0)
    with pytest.raises(ValueError, match="no squares"):
        chains.path_probability(field, [])
    with pytest.raises(ValueError, match=r"\(0, 5\)"):
        chains.path_probability(field, [START, (0, 5)])


def test_bad_starts_and_limits_are_named() -> None:
    field = soft_field(TREE, 9)
    with pytest.raises(ValueError, match=r"\(0, 1\).*wall; choose an open square"):
        chains.chances(field, (0, 1))
    for step_limit in (0, -5):
        with pytest.raises(ValueError, match=rf"step_limit is {step_limit}: .*500"):
            chains.chances(field, step_limit=step_limit)
