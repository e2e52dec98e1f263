"""Chances: against exact rationals, closed forms, forward propagation and sampled rollouts."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from math import inf, isnan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from procgen_tools import chains
from procgen_tools.vfield import VectorField
from procgen_tools.worlds.maze.grid import EPISODE_STEPS, MOVES, START, Maze, Square, parse
from procgen_tools.worlds.maze.paths import shortest_path, successors

LEFT, RIGHT, UP, DOWN, STAY = range(len(MOVES))
NUMBERS = (
    "cheese", "corner", "corner_first", "cheese_first", "neither", "steps_to_cheese",
    "episode_steps",
)  # fmt: skip
SEEDS = st.integers(0, 2**32 - 1)

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


def hard_field(seed: int) -> VectorField:
    """Mazes with loops and parts apart; probabilities down to 1e-40, many exactly zero."""
    rng = np.random.default_rng(seed)
    size = rng.choice([1, 2, 3, 3, 4])
    walls = rng.random((size, size)) < rng.choice([0.0, 0.3])
    walls[START] = False
    squares = np.argwhere(~walls)
    cheese = Square(*squares[rng.integers(len(squares))].tolist())
    shape = (len(squares), 5)
    weights = 10.0 ** -(rng.random(shape) * rng.choice([1, 40]))
    weights[rng.random(shape) < rng.choice([0.0, 0.5])] = 0.0
    weights[weights.sum(axis=1) == 0, STAY] = 1.0
    maze = Maze(walls, cheese=cheese if rng.random() < 0.9 else None)
    return field_of(maze, weights / weights.sum(axis=1, keepdims=True))


def targets(field: VectorField) -> tuple[int | None, int | None]:
    maze = field.maze
    cheese = None if maze.cheese is None else field.index(maze.cheese)
    return cheese, None if maze.walls[maze.corner] else field.index(maze.corner)


def rational_chain(field: VectorField) -> list[dict[int, Fraction]]:
    """P(s, s') of the chain without targets, exactly."""
    rows: list[dict[int, Fraction]] = []
    for row, leads_to in zip(field.probabilities, successors(field.maze), strict=True):
        numbers = [Fraction(float(number)) for number in row]
        chain: dict[int, Fraction] = {}
        for number, there in zip(numbers, leads_to.tolist(), strict=True):
            if number:
                chain[there] = chain.get(there, Fraction(0)) + number / sum(numbers)
        rows.append(chain)
    return rows


def rational_solution(
    chain: list[dict[int, Fraction]], ends: dict[int, Fraction], source: list[Fraction]
) -> list[Fraction]:
    """The least x >= 0 with x = ends at the ends and x = P x + source elsewhere, exactly."""
    can_end = set(ends)
    for _ in chain:
        can_end |= {s for s, row in enumerate(chain) if can_end & set(row)}
    unknown = sorted(can_end - set(ends))
    rows = []
    for square in unknown:
        row = [Fraction(int(other == square)) - chain[square].get(other, 0) for other in unknown]
        known = sum((chain[square].get(end, 0) * value for end, value in ends.items()), Fraction(0))
        rows.append([*row, source[square] + known])
    for column in range(len(unknown)):
        pivot = next(r for r in range(column, len(unknown)) if rows[r][column])
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [number / rows[column][column] for number in rows[column]]
        for other in range(len(unknown)):
            if other != column and rows[other][column]:
                factor = rows[other][column]
                rows[other] = [
                    a - factor * b for a, b in zip(rows[other], rows[column], strict=True)
                ]
    solution = {**ends, **{square: row[-1] for square, row in zip(unknown, rows, strict=True)}}
    return [solution.get(square, Fraction(0)) for square in range(len(chain))]


def rational_chances(field: VectorField) -> dict[str, list[float]]:
    cheese, corner = targets(field)
    chain = rational_chain(field)
    nothing = [Fraction(0)] * len(chain)
    only_cheese = {} if cheese is None else {cheese: Fraction(1)}
    reached = rational_solution(chain, only_cheese, nothing)
    weighted = rational_solution(
        chain,
        dict.fromkeys(only_cheese, Fraction(0)),
        [Fraction(0) if square == cheese else chance for square, chance in enumerate(reached)],
    )
    no_corner = {} if corner is None else {corner: Fraction(0)}
    cheese_first = rational_solution(chain, {**no_corner, **only_cheese}, nothing)
    corner_first = rational_solution(
        chain,
        {**dict.fromkeys(no_corner, Fraction(1)), **dict.fromkeys(only_cheese, Fraction(0))},
        nothing,
    )
    steps = [w / r if r else None for w, r in zip(weighted, reached, strict=True)]
    return {
        "cheese": [float(x) for x in reached],
        "corner": [float(x) for x in (reached if cheese == corner else corner_first)],
        "corner_first": [float(x) for x in corner_first],
        "cheese_first": [float(x) for x in cheese_first],
        "neither": [float(1 - a - b) for a, b in zip(corner_first, cheese_first, strict=True)],
        "steps_to_cheese": [np.nan if x is None else float(x) for x in steps],
        "episode_steps": [
            float(x) if x is not None and r == 1 else inf
            for x, r in zip(steps, reached, strict=True)
        ],
    }


@settings(max_examples=60)
@given(SEEDS)
def test_chances_equal_exact_rationals(seed: int) -> None:
    field = hard_field(seed)
    found = chains.chances_by_start(field)
    for name, expected in rational_chances(field).items():
        np.testing.assert_allclose(getattr(found, name), expected, rtol=1e-13, atol=0, err_msg=name)


def test_a_mouse_nearly_trapped_is_exact_where_subtraction_fails() -> None:
    # The mouse rests for about 1e18 steps a square, so 1 - P(stay) would round to 0.
    leave = np.full((4, 5), 1e-18)
    leave[:, STAY] = 1 - 4e-18
    found = chains.chances(field_of(parse("C.\nM."), leave))
    assert found.cheese == pytest.approx(1, rel=1e-14)
    # A cycle of four squares: 1/3 to go the long way round past the corner; 3 moves on average,
    # each after a wait of 1 / 2e-18 steps.
    assert found.corner_first == pytest.approx(1 / 3, rel=1e-14)
    assert found.steps_to_cheese == pytest.approx(3 / 2e-18, rel=1e-14)


@pytest.mark.parametrize("right", [0.5, 0.3, 0.9])
def test_a_corridor_is_the_gamblers_ruin(right: float) -> None:
    # Cheese at the left end, "corner" at the right one of a bent corridor; 9 squares.
    maze = parse("####.\n####.\n####.\n####.\nC...M")
    forth = np.zeros((9, 5))
    forth[:4, RIGHT] = forth[4:, UP] = right
    forth[:5, LEFT] = forth[5:, DOWN] = 1 - right
    field = field_of(maze, forth)
    ratio = (1 - right) / right
    found = chains.chances_by_start(field)
    for place, square in enumerate(field.squares):
        fair = place / 8
        corner = fair if right == 0.5 else (1 - ratio**place) / (1 - ratio**8)
        assert found.at(square).corner_first == pytest.approx(corner, rel=1e-13)
        assert found.at(square).cheese_first == pytest.approx(1 - corner, rel=1e-12)
        assert found.at(square).cheese == pytest.approx(1, rel=1e-13)
    if right == 0.3:
        # Drift 0.4 to the cheese; at the far end the mouse bumps into the edge.
        limitless = found.at((0, 1)).steps_to_cheese
        bump = sum((right / (1 - right)) ** k for k in range(8)) / (1 - right)
        assert limitless == pytest.approx(bump, rel=1e-13)


@pytest.mark.parametrize("step_limit", [1, 7, EPISODE_STEPS])
@pytest.mark.parametrize("cheese", [(2, 4), (4, 4), None])
def test_a_limit_equals_forward_propagation(
    step_limit: int, cheese: tuple[int, int] | None
) -> None:
    field = soft_field(Maze(TREE.walls, cheese=cheese and Square(*cheese)), 1)
    goal, corner = targets(field)
    squares = len(field.squares)
    one_step = np.zeros((squares, squares))
    np.add.at(one_step, (np.arange(squares)[:, None], successors(field.maze)), field.probabilities)
    found = chains.chances_by_start(field, step_limit)
    for start, square in enumerate(field.squares):
        # Rows: whether the corner has been visited. Probability leaves the table at the cheese.
        alive = np.zeros((2, squares))
        arrived = np.zeros((2, step_limit + 1))
        alive[int(start == corner), start] = 1.0
        if goal is not None:
            arrived[:, 0], alive[:, goal] = alive[:, goal], 0.0
            if goal == corner:
                arrived[:, 0] = arrived[::-1, 0]
        length = 0.0
        for step in range(1, step_limit + 1):
            length += alive.sum()
            alive = alive @ one_step
            if goal is not None:
                arrived[:, step], alive[:, goal] = alive[:, goal], 0.0
            if corner is not None:
                alive[1, corner] += alive[0, corner]
                alive[0, corner] = 0.0
        total = arrived.sum()
        got = found.at(square)
        assert got.cheese == pytest.approx(total, rel=1e-12)
        assert got.cheese_first == pytest.approx(arrived[0].sum(), rel=1e-12)
        assert got.corner_first == pytest.approx(alive[1].sum() + arrived[1].sum(), rel=1e-12)
        assert got.corner == (got.cheese if goal == corner else got.corner_first)
        assert got.neither == pytest.approx(alive[0].sum(), rel=1e-9, abs=1e-12)
        assert got.episode_steps == pytest.approx(length, rel=1e-12)
        mean = (arrived.sum(axis=0) @ np.arange(step_limit + 1)) / total if total else np.nan
        assert got.steps_to_cheese == pytest.approx(mean, rel=1e-12, nan_ok=True)


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


@settings(max_examples=30)
@given(SEEDS)
def test_chances_grow_with_the_limit_towards_the_solution(seed: int) -> None:
    field = hard_field(seed)
    whole = chains.chances_by_start(field)
    before = chains.chances_by_start(field, 1)
    for step_limit in (2, 10, 100):
        after = chains.chances_by_start(field, step_limit)
        for name in ("cheese", "corner", "cheese_first", "corner_first", "episode_steps"):
            assert (getattr(after, name) >= getattr(before, name) * (1 - 1e-12)).all()
            assert (getattr(after, name) <= getattr(whole, name) * (1 + 1e-12)).all()
        assert (after.neither <= before.neither * (1 + 1e-12)).all()
        assert (after.episode_steps <= step_limit).all()
        before = after


def test_roundings_never_lift_a_chance_above_one() -> None:
    # Here the sums come to 1 + 2e-16 before they are cut.
    assert chains.chances_by_start(soft_field(TREE, 27), 20_000).cheese.max() == 1


@pytest.mark.parametrize("facings", [1, 2])
def test_a_long_limit_is_no_limit(facings: int) -> None:
    field = soft_field(TREE, 2, scale=0.3)
    if facings == 2:
        other = soft_field(TREE, 1, scale=0.3).probabilities
        field = dataclasses.replace(field, flipped_probabilities=other)
    whole, limited = chains.chances_by_start(field), chains.chances_by_start(field, 10_000)
    for name in NUMBERS:
        np.testing.assert_allclose(
            getattr(limited, name), getattr(whole, name), rtol=1e-9, atol=1e-12
        )


@settings(max_examples=30)
@given(SEEDS, st.sampled_from([None, 1, 20]))
def test_outcomes_sum_to_one(seed: int, step_limit: int | None) -> None:
    field = hard_field(seed)
    found = chains.chances_by_start(field, step_limit)
    total = found.cheese_first + found.corner_first + found.neither
    np.testing.assert_allclose(total, 1, rtol=1e-12)
    assert (found.cheese_first <= found.cheese * (1 + 1e-12)).all()
    for name in NUMBERS[:5]:
        assert (getattr(found, name) >= 0).all()
        assert (getattr(found, name) <= 1).all()


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


def test_moves_of_vanishing_probability_still_arrive() -> None:
    # Each way round the cycle is a product of moves of 1e-200, below the smallest float.
    tiny = np.full((4, 5), 1e-200)
    tiny[:, STAY] = 1
    found = chains.chances(field_of(parse("C.\nM."), tiny))
    assert found.cheese == pytest.approx(1, rel=1e-14)
    assert found.steps_to_cheese == pytest.approx(1.5e200, rel=1e-14)


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
        with pytest.raises(ValueError, match=rf"step_limit {step_limit} is below 1.*500"):
            chains.chances(field, step_limit=step_limit)
