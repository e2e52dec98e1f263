"""An episode as an absorbing chain: exact rationals, the gambler's ruin, and step limits."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procgen_tools import chains
from procgen_tools.fields import VectorField
from procgen_tools.worlds.maze.grid import EPISODE_STEPS, MOVES, START, Maze, Square, parse
from procgen_tools.worlds.maze.paths import successors
from tests.test_chains import TREE, field_of, soft_field, targets

LEFT, RIGHT, UP, DOWN, STAY = range(len(MOVES))

NUMBERS = (
    "cheese", "corner", "corner_first", "cheese_first", "neither", "steps_to_cheese",
    "episode_steps",
)  # fmt: skip

SEEDS = st.integers(0, 2**32 - 1)


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


def test_moves_of_vanishing_probability_still_arrive() -> None:
    # Each way round the cycle is a product of moves of 1e-200, below the smallest float.
    tiny = np.full((4, 5), 1e-200)
    tiny[:, STAY] = 1
    found = chains.chances(field_of(parse("C.\nM."), tiny))
    assert found.cheese == pytest.approx(1, rel=1e-14)
    assert found.steps_to_cheese == pytest.approx(1.5e200, rel=1e-14)
