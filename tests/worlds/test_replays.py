"""Plays with fixed actions: what is kept of them, and where two of them first differ."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from procgen_tools.maze import MazeVectorEnv
from procgen_tools.worlds.replays import (
    ContractBroken,
    Seen,
    compare,
    first_difference,
    part_of,
    play,
    runs_of_actions,
)


def small() -> MazeVectorEnv:
    return MazeVectorEnv(2, distribution_mode="easy", num_levels=3)


ACTIONS = runs_of_actions(small(), 12, seed=0)


def test_actions_come_in_runs() -> None:
    actions = runs_of_actions(small(), 400, seed=1)
    assert set(np.unique(actions).tolist()) == set(range(15))
    assert 0.45 < (actions[1:] == actions[:-1]).mean() < 0.62  # 0.5 + 0.5 / 15


def test_equal_plays_compare_equal() -> None:
    plays = [play(small(), ACTIONS, seed=0) for _ in range(2)]
    assert len(plays[0]) == 1 + len(ACTIONS)
    compare(*plays, "equal")
    compare(plays[0], play(small(), ACTIONS, seed=0, spoil=True), "copies are kept")


def test_the_first_difference_is_told() -> None:
    seen = play(small(), ACTIONS, seed=0)
    changed = list(seen)
    changed[3] = replace(seen[3], rewards=seen[3].rewards + 1)
    with pytest.raises(ContractBroken, match=r"the law: rewards\[0\] and 1 other .*, at step 3"):
        compare(seen, changed, "the law")


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        ({"a": 1}, {"b": 1}, r"x has \['a'\] and \['b'\]"),
        ({"a": [1, 2]}, {"a": [1, 3]}, r"x\['a'\]\[1\] differs"),
        ([1], [1, 2], "x has 1 and 2 parts"),
        (1, 1.0, "x differs"),
        (np.zeros(2), np.zeros(3), r"x is float64\(2,\) and float64\(3,\)"),
        (np.zeros(2), np.zeros(2, int), r"x is float64\(2,\) and int64\(2,\)"),
    ],
)
def test_differences_of_structures(one: Any, other: Any, message: str) -> None:
    assert first_difference(one, one, "x") is None
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(first_difference(one, other, "x"))


def test_an_environment_has_the_infos_that_are_marked_for_it() -> None:
    infos = {"steps": np.array([4, 5]), "last": np.array([7, 0]), "_last": np.array([True, False])}
    ends = np.array([False, True])
    now = Seen(np.arange(6).reshape(2, 3), infos, np.ones(2), ends, ends)
    first, second = (part_of(now, index, 2) for index in range(2))
    assert (first.infos, second.infos) == ({"steps": 4, "last": 7}, {"steps": 5})
    assert second.observations.tolist() == [3, 4, 5]
    assert (first.terminations, second.terminations) == (False, True)
