"""Variants: their mazes and objects, and the names and sizes that do not exist."""

from __future__ import annotations

from typing import Any

import pytest

from procgen_tools.worlds.maze.levels import LevelRule
from procgen_tools.worlds.two_objects.levels import make_level, make_levels
from procgen_tools.worlds.two_objects.variants import VARIANTS, Kind, Variant, variant


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_draws_as_many_objects_as_it_names(name: str) -> None:
    of = variant(name)
    assert len(of.sprites()) == len(of.objects) == of.rule.num_objects
    level = make_level(0, of)
    assert tuple(thing.kind for thing in level.things) == of.kinds
    assert level.world_size == of.rule.world_size


def test_variants_of_variable_size_have_procgens_mazes() -> None:
    sizes = {level.size for level in make_levels(range(60), variant("maze_redline_yellowgem"))}
    assert sizes == {3, 5, 7, 9, 11, 13, 15}
    line, gem = make_level(3, variant("maze_redline_yellowgem")).things
    assert (line.kind.reward, line.kind.ends) == (10, True)
    assert (gem.kind.reward, gem.kind.ends) == (0, False)
    assert make_level(3, variant("maze_yellowline")).things[0].square == line.square


def test_what_an_object_is_worth() -> None:
    assert isinstance(Kind("red_gem", 3).reward, float)
    with pytest.raises(ValueError, match="the reward of red_gem is inf: give a finite number"):
        Kind("red_gem", float("inf"))
    with pytest.raises(ValueError, match="no object 'red_ball'"):
        Kind("red_ball")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"env_name": "maze_pure_yelowline"}, "unknown env_name 'maze_pure_yelowline'.*did you me"),
        ({"env_name": "maze"}, "the maze with a cheese is procgen_tools.maze"),
        ({"distribution_mode": "medium"}, "unknown distribution_mode 'medium'"),
        ({"objects": ["red_line"]}, "has 2 objects, but .* are 1: give as many"),
        ({"objects": ["red_line", "pink_gem"]}, "no object 'pink_gem'"),
        ({"world_size": 6}, "world_size 6 is not odd and in 3..25"),
        ({"world_size": 1}, "world_size 1 is not odd"),
        ({"env_name": "maze_yellowline", "world_size": 5}, "variable size in worlds of 15; leave"),
    ],
)
def test_variants_that_cannot_be(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        variant(**arguments)


def test_the_rule_and_the_objects_agree() -> None:
    with pytest.raises(ValueError, match="the rule places 1 objects, but 2 are given"):
        Variant(variant().kinds, LevelRule(5))
