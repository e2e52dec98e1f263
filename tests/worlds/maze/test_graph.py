"""A maze as a graph of squares and facings: its chances against episodes of the environment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from procgen_tools import chains
from procgen_tools.vfield import VectorField
from procgen_tools.worlds.maze.actions import CANONICAL_ACTIONS
from procgen_tools.worlds.maze.grid import EPISODE_STEPS, MOVES, START, Maze, Square, parse
from procgen_tools.worlds.maze.levels import level_rule, make_level
from procgen_tools.worlds.maze.native import NativeMaze

EPISODES = 10_000
ENVIRONMENTS = 1000

MAZE = parse(
    """
    ....C
    .#.#.
    ...#.
    .#.#.
    M....
    """,
    world_size=15,
)


def random_field(maze: Maze, seed: int) -> VectorField:
    """A field that does quite different things when the mouse looks the other way."""
    rng = np.random.default_rng(seed)
    count = len(maze.open_squares())
    # Half a uniform walk, so that no square holds the mouse for good.
    one, other = 0.1 + 0.5 * rng.dirichlet(np.ones(len(MOVES)), (2, count))
    return VectorField(maze, one, np.zeros(count), other)


def play(field: VectorField, level_seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Episodes of an environment that has this level only.

    Returns:
        per episode: found the cheese; visited the corner first; steps.
    """
    maze, rng = field.maze, np.random.default_rng(7)
    engine = NativeMaze(
        ENVIRONMENTS, level_rule("maze", "easy"), start_level=level_seed, num_levels=1
    )
    tables = np.stack([field.probabilities, field.flipped_probabilities]).cumsum(axis=-1)
    numbers = np.full(maze.walls.shape, -1)
    numbers[~maze.walls] = np.arange(len(field.squares))
    corner, steps = np.zeros(ENVIRONMENTS, bool), np.zeros(ENVIRONMENTS, int)
    outcomes: list[list[tuple[bool, bool, int]]] = [[] for _ in range(ENVIRONMENTS)]
    wanted = EPISODES // ENVIRONMENTS
    while min(len(episodes) for episodes in outcomes) < wanted:
        inner = engine._mice - maze.padding
        squares = numbers[inner[:, 0], inner[:, 1]]
        corner |= squares == numbers[maze.corner]
        chances = tables[engine._mirrored.astype(int), squares]
        moves = (rng.random((ENVIRONMENTS, 1)) >= chances).sum(axis=1).clip(max=4)
        engine.act(np.array(CANONICAL_ACTIONS)[moves])
        steps += 1
        for index in np.flatnonzero(engine._firsts):
            outcomes[index].append((bool(engine._found[index]), corner[index], steps[index]))
        corner[engine._firsts], steps[engine._firsts] = False, 0
    # The first episodes of each, however long: to stop with the quick ones would favour them.
    found, first, length = np.array([run for runs in outcomes for run in runs[:wanted]]).T
    return found.astype(bool), first.astype(bool), length


def test_chances_agree_with_episodes() -> None:
    level_seed = 29
    maze = make_level(level_seed, level_rule("maze", "easy"))
    assert maze.size == 5
    field = random_field(maze, 3)
    exact = chains.chances(field, START, step_limit=EPISODE_STEPS)
    found, corner, steps = play(field, level_seed)
    assert 0.1 < exact.cheese < 0.995
    assert 0.1 < exact.corner_first < 0.995
    for probability, counted in ((exact.cheese, found), (exact.corner_first, corner)):
        interval = binomtest(int(counted.sum()), EPISODES).proportion_ci(0.99)
        assert interval.low < probability < interval.high
    for mean, sample in ((exact.episode_steps, steps), (exact.steps_to_cheese, steps[found])):
        assert abs(sample.mean() - mean) < 2.58 * sample.std() / len(sample) ** 0.5

    # The test would notice if the facings were ignored.
    deaf = VectorField(maze, field.probabilities, field.values)
    ignored = chains.chances(deaf, START, step_limit=EPISODE_STEPS)
    interval = binomtest(int(corner.sum()), EPISODES).proportion_ci(0.99)
    assert not interval.low < ignored.corner_first < interval.high


@pytest.mark.parametrize("mirrored", [False, True])
def test_chances_agree_with_matrices(mirrored: bool) -> None:
    """The chain written out once more, densely, over (square, whether the picture is mirrored)."""
    maze = replace(MAZE, mouse_mirrored=mirrored)
    field = random_field(maze, 4)
    assert field.flipped_probabilities is not None
    squares = maze.open_squares()
    count = len(squares)
    step = np.zeros((2 * count, 2 * count))
    for looks_right in (False, True):
        own = looks_right == mirrored
        probabilities = field.probabilities if own else field.flipped_probabilities
        for number, square in enumerate(squares):
            for move, name in enumerate(MOVES):
                there = squares.index(maze.neighbour(square, move))
                facing = {"LEFT": False, "RIGHT": True}.get(name, looks_right)
                if square == maze.cheese:
                    there, facing = number, looks_right
                step[number + count * looks_right, there + count * facing] += probabilities[
                    number, move
                ]
    assert maze.cheese is not None
    cheese = squares.index(maze.cheese)
    start = squares.index(START) + count * mirrored
    after = np.linalg.matrix_power(step, 12)[start]
    exact = chains.chances(field, START, step_limit=12)
    assert exact.cheese == pytest.approx(after[cheese] + after[cheese + count], rel=1e-12)


def test_equal_facings_are_one() -> None:
    field = random_field(MAZE, 5)
    same = replace(field, flipped_probabilities=field.probabilities)
    one = VectorField(field.maze, field.probabilities, field.values)
    names = ("cheese", "corner", "corner_first", "cheese_first", "neither", "steps_to_cheese")
    for limit in (None, 30):
        ours, theirs = chains.chances(same, START, limit), chains.chances(one, START, limit)
        for name in names:
            assert getattr(ours, name) == pytest.approx(getattr(theirs, name), rel=1e-12)


def test_a_path_keeps_its_facing() -> None:
    """The mouse must look the way that it last went, or the product is of other numbers."""
    field = random_field(parse("..C\n###\nM..", world_size=15), 1)
    right = MOVES.index("RIGHT")
    assert field.flipped_probabilities is not None
    first = field.probabilities[field.index((0, 0)), right]
    second = field.flipped_probabilities[field.index((0, 1)), right]  # it looks right by now
    path = [(0, 0), (0, 1), (0, 2)]
    assert chains.path_probability(field, path).product == pytest.approx(first * second)


def test_the_corner_may_be_a_region() -> None:
    """Visiting any square of the region counts; a chain that ends at each of them agrees."""
    maze = replace(MAZE, cheese=Square(0, 4))
    field = random_field(maze, 6)
    whole = chains.chances(field, START, 50, corner_region=3)
    single = chains.chances(field, START, 50)
    assert whole.corner_first > single.corner_first + 0.05
    assert whole.corner_first + whole.cheese_first + whole.neither == pytest.approx(1)

    assert chains.chances(field, (2, 4), 50, corner_region=3).corner_first == 1
    inside = chains.chances(replace_cheese(field, Square(3, 4)), START, 50, corner_region=3)
    assert inside.corner == pytest.approx(inside.corner_first + inside.cheese_first)
    with pytest.raises(ValueError, match="corner_region is 0"):
        chains.chances(field, START, 50, corner_region=0)


def replace_cheese(field: VectorField, cheese: Square) -> VectorField:
    maze = replace(field.maze, cheese=cheese)
    return VectorField(maze, field.probabilities, field.values, field.flipped_probabilities)
