"""Changes of one feature change that feature, and leave the others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from procgen_tools import maze
from procgen_tools.worlds.maze.feature_changes import (
    elsewhere,
    farther,
    other_background,
    wall_opened_far_away,
)
from procgen_tools.worlds.maze.paths import distances

LEVELS = [level for seed in range(40) if (level := maze.make_level(seed)).size > 7][:8]
RNG = np.random.default_rng


def cheese(level: Any) -> Any:
    return level.cheese


def put(level: Any, square: Any) -> Any:
    return replace(level, cheese=square)


def steps(level: Any) -> float:
    return float(distances(level, level.mouse)[level.cheese])


@pytest.mark.parametrize("by", [2, -2])
def test_the_way_becomes_longer_or_shorter(by: int) -> None:
    changed = [farther(cheese, put, by)(level, RNG(0)) for level in LEVELS]
    assert sum(each is not None for each in changed) >= 4
    for level, other in zip(LEVELS, changed, strict=True):
        if other is not None:
            assert steps(other) == steps(level) + by
            assert np.array_equal(other.walls, level.walls)


def test_elsewhere_is_as_many_steps_away() -> None:
    changed = [elsewhere(cheese, put)(level, RNG(0)) for level in LEVELS]
    pairs = [(a, b) for a, b in zip(LEVELS, changed, strict=True) if b is not None]
    assert len(pairs) >= 4
    assert all(steps(a) == steps(b) and a.cheese != b.cheese for a, b in pairs)


def test_an_opened_wall_keeps_all_distances() -> None:
    for level in LEVELS:
        other = wall_opened_far_away(cheese, lambda each: each.corner)(level, RNG(0))
        assert other is not None
        assert (level.walls & ~other.walls).sum() == 1
        assert not (other.walls & ~level.walls).any()
        for place in (level.mouse, level.cheese):
            before, after = distances(level, place), distances(other, place)
            assert after[level.cheese] == before[level.cheese]
            assert after[level.corner] == before[level.corner]


def test_changes_depend_on_their_random_numbers_alone() -> None:
    change = other_background(range(9))
    drawn = {change(LEVELS[0], RNG(seed)).background for seed in range(30)}
    assert drawn == set(range(9)) - {LEVELS[0].background}
    assert change(LEVELS[0], RNG(3)).background == change(LEVELS[0], RNG(3)).background


def test_where_there_is_no_room_nothing_is_changed() -> None:
    small = maze.parse("###\n###\nMC#")
    assert farther(cheese, put, 2)(small, RNG(0)) is None
    assert elsewhere(cheese, put)(small, RNG(0)) is None
    open_level = maze.parse("...\n...\nM.C")
    assert wall_opened_far_away(cheese)(open_level, RNG(0)) is None
