"""Conditions: their names, their rules, and levels that training never draws."""

from __future__ import annotations

import pytest

from procgen_tools.evaluation.conditions import (
    Condition,
    held_out_levels,
    held_out_mazes,
    read_conditions,
    trained_rule,
)
from procgen_tools.worlds.maze.edit import is_on_distribution, remove_cheese
from procgen_tools.worlds.maze.levels import FIRST_TRAINING_SEED, LevelRule, make_level

TRAINED = LevelRule(15, 3)


def test_where_the_cheese_lies() -> None:
    mazes = {
        condition: [condition.maze(level) for level in held_out_mazes(condition.rule(TRAINED), 60)]
        for condition in Condition
    }
    assert all(is_on_distribution(maze, 3) for maze in mazes[Condition.IN_DISTRIBUTION])
    anywhere = mazes[Condition.ANYWHERE]
    assert all(is_on_distribution(maze) for maze in anywhere)
    assert any(not is_on_distribution(maze, 3) for maze in anywhere)
    assert mazes[Condition.NO_CHEESE] == [
        remove_cheese(maze) for maze in mazes[Condition.IN_DISTRIBUTION]
    ]
    assert {maze.world_size for part in mazes.values() for maze in part} == {15}


def test_names() -> None:
    assert read_conditions("no_cheese, anywhere,no_cheese") == (
        Condition.NO_CHEESE,
        Condition.ANYWHERE,
    )
    with pytest.raises(ValueError, match=r"'no_chese'.*did you mean 'no_cheese'"):
        read_conditions("anywhere,no_chese")
    with pytest.raises(ValueError, match="unknown condition ''"):
        read_conditions("")


def test_rule_of_an_agent() -> None:
    settings = {"world_size": 15, "rand_region": None, "seed": 3}
    assert trained_rule({"settings": settings}) == LevelRule(15, None)
    assert trained_rule({"settings": {**settings, "maze_size": 0}}) == LevelRule(15, None)
    assert trained_rule({"settings": {**settings, "maze_size": 9}}) == LevelRule(15, maze_size=9)
    small = {**settings, "max_maze_size": 7}
    assert trained_rule({"settings": small}) == LevelRule(15, max_maze_size=7)
    assert trained_rule({}) is None
    assert trained_rule({"settings": {"world_size": 15}}) is None


def test_held_out_levels_are_those_of_their_seeds() -> None:
    levels = held_out_levels(TRAINED, 25, first_seed=7)
    assert len(levels.seeds) == len(levels.mazes) == 25
    assert levels.seeds[0] == 7
    assert (levels.seeds[1:] > levels.seeds[:-1]).all()
    for seed, maze in zip(levels.seeds, levels.mazes, strict=True):
        assert maze == make_level(int(seed), TRAINED)
        assert maze.cheese is not None


def test_training_levels_are_not_held_out() -> None:
    last = held_out_levels(TRAINED, 3, first_seed=FIRST_TRAINING_SEED - 3)
    assert last.seeds[-1] == FIRST_TRAINING_SEED - 1
    with pytest.raises(ValueError, match=r"do not fit in the held-out seeds 0..1048575"):
        held_out_levels(TRAINED, 4, first_seed=FIRST_TRAINING_SEED - 3)
    with pytest.raises(ValueError, match="0 levels were requested"):
        held_out_levels(TRAINED, 0)
