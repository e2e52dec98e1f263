"""Levels: equal to procgen's, known check values, and laws of every rule."""

from __future__ import annotations

import hashlib
import tracemalloc
from typing import Any

import numpy as np
import pytest

from procgen_tools.worlds.maze.edit import off_distribution_reasons
from procgen_tools.worlds.maze.grid import CHEESE, OPEN, WALL, Maze, Square
from procgen_tools.worlds.maze.level_kernels import NO_SQUARE
from procgen_tools.worlds.maze.levels import (
    MAX_SEED,
    LevelBank,
    LevelRule,
    level_rule,
    make_bank,
    make_level,
)
from procgen_tools.worlds.maze.random_text import generator_text, seeded
from procgen_tools.worlds.maze.state import EnvState

SEEDS = [*range(150), 2**20, MAX_SEED - 1]
MODES = ("easy", "hard")
AISC_RULES = [level_rule("maze_aisc", mode, region) for mode in MODES for region in (0, 1, 5, 99)]
FIXED_RULES = [LevelRule(5, None, True), LevelRule(25, None, True), LevelRule(5, None, True, 2)]


# --- the oracle


@pytest.mark.parametrize("mode", MODES)
def test_levels_are_procgens(mode: str) -> None:
    procgen = pytest.importorskip("procgen")
    env: Any = procgen.ProcgenGym3Env(
        num=128, env_name="maze", distribution_mode=mode, num_levels=0, rand_seed=5
    )
    bank = make_bank([info["level_seed"] for info in env.get_info()], level_rule("maze", mode))
    for state_bytes, ours, seed, draws in zip(
        env.callmethod("get_state"), bank, bank.seeds, bank.draws, strict=True
    ):
        state = EnvState(state_bytes)
        # Walls, size, cheese, background, and the mouse at the start.
        assert ours == state.to_maze()
        assert generator_text(seeded(int(seed), int(draws))) == state.state_vals["rand_gen.str"]


# --- a slow account of the same rules, for what no wheel of procgen can show


def slow_level(seed: int, rule: LevelRule) -> Maze:
    """A level of variable size, its squares (x, y), straight from procgen's order of draws."""
    generator = seeded(seed)

    def draw_below(bound: int) -> int:
        return int(generator.random_raw()) % bound

    draw_below(1)
    background = draw_below(9)
    size = 3 + 2 * draw_below((rule.world_size - 1) // 2)
    joins = [((x - 1, y), (x, y), (x + 1, y)) for x in range(1, size, 2) for y in range(0, size, 2)]
    joins += [
        ((x, y - 1), (x, y), (x, y + 1)) for x in range(0, size, 2) for y in range(1, size, 2)
    ]
    tree_of = {square: {square} for square in np.ndindex(size, size)}
    free: list[tuple[int, int]] = []
    while joins:
        first, centre, second = joins.pop(draw_below(len(joins)))
        if tree_of[first] is not tree_of[second]:
            free += [square for square in (first, centre, second) if square not in free]
            joined = tree_of[first] | tree_of[second] | {centre}
            tree_of.update(dict.fromkeys(joined, joined))

    cheese = (size - 1, size - 1)
    if rule.rand_region != 0:
        region = size if rule.rand_region is None else min(rule.rand_region, size)
        if rule.rand_region is not None:
            draw_below(len(free))
        cheese = (0, 0)
        while cheese == (0, 0) or min(cheese) < size - region:
            cheese = free[draw_below(len(free))]
    walls = np.ones((size, size), bool)
    for x, y in free:
        walls[y, x] = False
    x, y = cheese
    return Maze(walls, Square(0, 0), Square(y, x), rule.world_size, background)


@pytest.mark.parametrize("rule", [level_rule("maze", mode) for mode in MODES] + AISC_RULES)
def test_levels_follow_the_draws(rule: LevelRule) -> None:
    seeds = SEEDS[-20:]
    assert list(make_bank(seeds, rule)) == [slow_level(seed, rule) for seed in seeds]


# --- check values


def drawing(bank: LevelBank, level: int) -> str:
    """The world of a level, its rows from the top: '#', '.', and the objects' numbers."""
    letters = {WALL: "#", OPEN: ".", CHEESE: "1", CHEESE + 1: "2"}
    rows = bank.cells[level][::-1].tolist()
    return "\n".join("".join(letters[cell] for cell in row) for row in rows)


def test_fixed_size_levels_have_their_check_value() -> None:
    # The grids of maze_pure_yellowline, seeds 0-999, written one after the other.
    bank = make_bank(range(1000), LevelRule(5, None, True))
    text = "".join(drawing(bank, level) for level in range(1000)).replace("\n", "")
    expected = "903c1c8b135cc969ab06410812de7ea9fcd99082775c47d2a7fe92037c7a7049"
    assert hashlib.sha256(text.encode()).hexdigest() == expected


def test_two_object_level() -> None:
    bank = make_bank([100_000], LevelRule(5, None, True, 2))
    assert drawing(bank, 0) == "....2\n.#.#.\n.#.#.\n.#.#.\n....1"
    assert bank.objects.tolist() == [[[0, 4], [4, 4]]]


def test_seed_0_is_as_documented() -> None:
    maze = make_level(0)
    assert (maze.size, maze.padding, maze.cheese) == (13, 6, Square(5, 0))


# --- laws


@pytest.mark.parametrize("rule", [level_rule("maze", mode) for mode in MODES] + AISC_RULES)
def test_levels_are_trees_with_the_cheese_in_its_region(rule: LevelRule) -> None:
    for maze in make_bank(SEEDS, rule):
        assert off_distribution_reasons(maze, rule.rand_region) == []
        assert maze.size <= rule.world_size
        if rule.rand_region == 0:
            assert maze.cheese == maze.corner


@pytest.mark.parametrize("rule", AISC_RULES)
def test_the_rule_of_the_cheese_changes_nothing_else(rule: LevelRule) -> None:
    anywhere = make_bank(SEEDS, LevelRule(rule.world_size))
    in_region = make_bank(SEEDS, rule)
    assert np.array_equal(anywhere.cells == WALL, in_region.cells == WALL)
    assert np.array_equal(anywhere.sizes, in_region.sizes)
    assert np.array_equal(anywhere.backgrounds, in_region.backgrounds)


@pytest.mark.parametrize("rule", FIXED_RULES)
def test_fixed_size_levels_fill_their_world_without_dead_ends(rule: LevelRule) -> None:
    bank = make_bank(SEEDS, rule)
    assert (bank.sizes == rule.world_size).all()
    is_open = np.pad(bank.cells != WALL, ((0, 0), (1, 1), (1, 1))).astype(int)
    neighbours = (
        is_open[:, :-2, 1:-1] + is_open[:, 2:, 1:-1] + is_open[:, 1:-1, :-2] + is_open[:, 1:-1, 2:]
    )
    assert (neighbours[bank.cells != WALL] >= 2).all()


def test_mazes_of_one_size() -> None:
    """All spanning trees of 3 x 3 rooms occur, and each is one: 8 passages between 9 rooms."""
    bank = make_bank(range(20_000), LevelRule(15, maze_size=5))
    assert (bank.sizes == 5).all()
    inner = bank.cells[:, 5:10, 5:10] != WALL
    assert ((bank.cells != WALL).sum(axis=(1, 2)) == 17).all()
    assert (inner.sum(axis=(1, 2)) == 17).all()
    assert inner[:, ::2, ::2].all()
    assert len(np.unique(inner.reshape(len(bank), -1), axis=0)) == 192


def test_mazes_up_to_a_size() -> None:
    """Every odd size up to the limit is equally likely, whatever the world around it."""
    small = make_bank(range(6000), LevelRule(15, 3, max_maze_size=7))
    sizes, counts = np.unique(small.sizes, return_counts=True)
    assert sizes.tolist() == [3, 5, 7]
    assert np.abs(counts - 2000).max() < 200  # more than five standard deviations
    for maze in list(small)[:60]:
        assert off_distribution_reasons(maze, 3) == []
    in_hard_worlds = make_bank(range(100), LevelRule(25, 3, max_maze_size=7))
    assert np.array_equal(in_hard_worlds.objects, small.objects[:100])


@pytest.mark.parametrize("world_size", [15, 25])
def test_a_limit_of_the_world_changes_nothing(world_size: int) -> None:
    limited = make_bank(SEEDS, LevelRule(world_size, 5, max_maze_size=world_size))
    usual = make_bank(SEEDS, LevelRule(world_size, 5))
    for name in ("cells", "sizes", "objects", "backgrounds", "draws"):
        assert np.array_equal(getattr(limited, name), getattr(usual, name)), name


@pytest.mark.parametrize("rule", [LevelRule(), *AISC_RULES, *FIXED_RULES])
def test_objects_are_where_the_cells_say(rule: LevelRule) -> None:
    bank = make_bank(SEEDS, rule)
    padding = (rule.world_size - bank.sizes.astype(int)) // 2
    for thing in range(rule.num_objects):
        level, row, col = np.nonzero(bank.cells == CHEESE + thing)
        assert np.array_equal(level, np.arange(len(bank)))
        squares = np.stack([row, col], axis=1) - padding[:, None]
        assert np.array_equal(squares, bank.objects[:, thing])
        assert squares.any(axis=1).all(), "an object lies at the start"


def test_a_region_may_hold_no_cheese() -> None:
    # Of a region of one square, all 100 x size tries of procgen can miss.
    bank = make_bank(range(8000), level_rule("maze_aisc", "hard", 1))
    missing = (bank.objects[:, 0] == NO_SQUARE).all(axis=1)
    assert np.array_equal(missing, ~(bank.cells == CHEESE).any(axis=(1, 2)))
    assert 0 < missing.sum() < 20
    assert bank[int(np.flatnonzero(missing)[0])].cheese is None


@pytest.mark.parametrize("rule", [LevelRule(), *AISC_RULES, *FIXED_RULES[:2]])
def test_a_bank_holds_the_levels_of_its_seeds(rule: LevelRule) -> None:
    seeds = np.array([7, 3, 7, 2**31 - 2, 0], np.uint32)
    bank = make_bank(seeds, rule)
    again = make_bank(seeds[::-1].tolist(), rule)
    for name in ("seeds", "cells", "sizes", "objects", "backgrounds", "draws"):
        assert np.array_equal(getattr(bank, name), getattr(again, name)[::-1]), name
    if rule.world_size != 5:
        assert list(bank) == [make_level(int(seed), rule) for seed in seeds]
        assert bank[-1] == bank[4] != bank[0] == bank[2]
    for index in (5, -6):
        with pytest.raises(IndexError, match=f"level {index} of a bank of 5"):
            bank[index]


def test_an_empty_bank() -> None:
    assert list(make_bank([])) == []


def test_a_large_bank_takes_little_memory() -> None:
    make_bank([0])  # compiled before it is measured
    tracemalloc.start()
    try:
        bank = make_bank(np.arange(2000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert bank.cells.nbytes <= peak
    assert peak * (100_000 / 2000) < 150e6


# --- bad input


@pytest.mark.parametrize("seed", [-1, MAX_SEED, 2**40])
def test_seeds_outside_procgens_range(seed: int) -> None:
    with pytest.raises(ValueError, match=rf"level seed {seed} is not in \[0, 2147483647\)"):
        make_bank([0, seed])


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("seeds", [[0.0], [[0]], [True], 3, ["0"]])
def test_seeds_that_are_no_list_of_whole_numbers(seeds: Any) -> None:
    with pytest.raises(ValueError, match="give a list or 1-d array of whole numbers"):
        make_bank(np.asarray(seeds))


@pytest.mark.parametrize("world_size", [1, 24, 65, -5])
def test_world_sizes(world_size: int) -> None:
    with pytest.raises(ValueError, match=f"world_size {world_size} is not odd and in 3..63"):
        LevelRule(world_size)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rand_region": -1}, "rand_region -1 is negative"),
        ({"num_objects": 3}, "num_objects 3: a level has one or two objects"),
        ({"maze_size": 4}, r"maze_size 4 is not odd and in 3..25"),
        ({"maze_size": 27}, r"maze_size 27 is not odd and in 3..25"),
        ({"maze_size": 5, "fixed_size": True}, "maze_size 5 and fixed_size"),
        ({"max_maze_size": 8}, r"max_maze_size 8 is not odd and in 3..25"),
        ({"world_size": 15, "max_maze_size": 17}, r"max_maze_size 17 is not odd and in 3..15"),
        ({"max_maze_size": 7, "maze_size": 5}, "max_maze_size 7 and maze_size 5: a limit is for"),
        ({"max_maze_size": 7, "fixed_size": True}, "max_maze_size 7 and fixed_size"),
    ],
)
def test_rules_that_cannot_be(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LevelRule(**arguments)


def test_rules_of_environments() -> None:
    assert level_rule() == LevelRule(25, None)
    assert level_rule("maze_aisc", "easy") == LevelRule(15, 0)
    with pytest.raises(ValueError, match=r"unknown env_name 'mase'.*did you mean 'maze'"):
        level_rule("mase")
    with pytest.raises(ValueError, match=r"distribution_mode 'extreme': .*\['easy', 'hard'\]"):
        level_rule("maze", "extreme")
    with pytest.raises(ValueError, match=r"rand_region 5 means nothing in 'maze'.*maze_aisc"):
        level_rule("maze", rand_region=5)
    with pytest.raises(ValueError, match="rand_region -2 is negative"):
        level_rule("maze_aisc", rand_region=-2)


def test_a_level_of_two_objects_is_not_taken_for_a_maze() -> None:
    """A maze has one cheese at most: the second object would be lost in silence."""
    bank = make_bank([0, 1], LevelRule(num_objects=2))
    assert bank.objects.shape == (2, 2, 2)
    with pytest.raises(ValueError, match="2 objects is no maze with a cheese: read the bank's"):
        bank[0]
