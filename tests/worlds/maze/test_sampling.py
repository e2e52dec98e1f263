"""Random levels meet their conditions."""

from __future__ import annotations

from typing import Any

import pytest

from procgen_tools.worlds.maze import sampling
from procgen_tools.worlds.maze.levels import LevelRule, level_rule, make_level
from procgen_tools.worlds.maze.paths import decision_square

EASY = level_rule(distribution_mode="easy")


def test_conditions_hold_together() -> None:
    for has in (True, False):
        seeds = sampling.find_seeds(8, EASY, size=7, has_decision_square=has)
        assert len(set(seeds)) == 8
        for seed in seeds:
            maze = make_level(seed, EASY)
            assert maze.size == 7
            assert (decision_square(maze) is not None) == has
    for seed in sampling.find_seeds(3, size=9, cheese=(4, 6)):
        maze = make_level(seed)
        assert (maze.size, maze.cheese) == (9, (4, 6))


def test_the_same_seed_finds_the_same_levels() -> None:
    assert sampling.find_seeds(5, EASY, seed=3) == sampling.find_seeds(5, EASY, seed=3)
    assert sampling.find_seeds(5, EASY, seed=3) != sampling.find_seeds(5, EASY, seed=4)
    low, high = 100, 110
    assert sorted(sampling.find_seeds(10, EASY, seed_range=(low, high))) == list(range(low, high))


@pytest.mark.filterwarnings("ignore:mouse and cheese are both")
def test_the_mouse_goes_where_it_is_wanted() -> None:
    mazes = list(sampling.random_mazes(6, EASY, size=5, mouse=(1, 2)))
    assert [maze.mouse for maze in mazes] == [(1, 2)] * 6
    mice = {maze.mouse for maze in sampling.random_mazes(30, EASY, size=5, random_mouse=True)}
    assert len(mice) > 5


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no level has size 8: give an odd number in 3..15"):
        sampling.find_seeds(1, EASY, size=8)
    with pytest.raises(ValueError, match=r"no level has its cheese at \(1, 3\)"):
        sampling.find_seeds(1, EASY, cheese=(1, 3))
    with pytest.raises(ValueError, match=r"0..4, counted from the bottom left"):
        sampling.find_seeds(1, EASY, size=5, cheese=(6, 6))
    with pytest.raises(ValueError, match="contradict each other"):
        next(sampling.random_mazes(1, mouse=(0, 0), random_mouse=True))


def test_the_search_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "MOST_LEVELS", 2 * sampling.BATCH)
    rule = LevelRule(15, 0)  # the cheese lies in the corner: no ways part
    with pytest.raises(ValueError, match="0 of 1 levels found among 4,096"):
        sampling.find_seeds(1, rule, size=3, has_decision_square=True)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"count": 1.5}, TypeError, "count is 1.5, of type float: give a whole number from 1 up"),
        ({"count": 0}, ValueError, "count is 0: give a whole number from 1 up"),
        ({"seed": "a"}, TypeError, "seed is 'a', of type str: give a whole number from 0 up"),
        ({"seed": -1}, ValueError, "seed is -1"),
        ({"size": 5.0}, TypeError, "size is 5.0, of type float"),
        ({"seed_range": 7}, TypeError, r"seed_range is 7: give \(low, high\)"),
        ({"seed_range": (0.5, 3)}, TypeError, r"seed_range is \(0.5, 3\): give"),
    ],
)
def test_numbers_of_a_search_are_checked(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        sampling.find_seeds(**{"count": 1, **arguments})


def test_squares_where_no_mouse_can_be_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"no level has its mouse at \(1, 1\)"):
        next(sampling.random_mazes(1, mouse=(1, 1)))
    with pytest.raises(ValueError, match=r"\(6, 6\)"):
        next(sampling.random_mazes(1, size=5, mouse=(6, 6)))
    monkeypatch.setattr(sampling, "MOST_SKIPPED", 3)
    with pytest.raises(ValueError, match="3 levels in a row"):  # only the largest mazes reach there
        list(sampling.random_mazes(50, mouse=(24, 23)))
