"""What a batch of mazes is given: wrong arguments, actions and numbers of states change nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from procgen_tools.worlds.maze.levels import LevelRule, level_rule
from procgen_tools.worlds.maze.native import NativeMaze, seed_range


def ours(num: int, mode: str = "easy", **options: Any) -> NativeMaze:
    return NativeMaze(num, level_rule("maze", mode), **options)


def test_restart_wants_a_seed_for_each() -> None:
    mine = ours(3)
    before = mine.get_state()
    with pytest.raises(ValueError, match="1 rand_seeds for 2 environments"):
        mine.restart(np.array([True, True, False]), [1])
    assert mine.get_state() == before


@pytest.mark.parametrize("count", [0, 1, 3])
def test_wrong_number_of_states(count: int) -> None:
    mine = ours(2)
    before = mine.get_state()
    with pytest.raises(ValueError, match=f"{count} states for 2 environments"):
        mine.callmethod("set_state", (before * 2)[:count])
    assert mine.get_state() == before


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ([3, 15], "action 15 does not exist: use 0..14"),
        ([-1, 3], "action -1 does not exist"),
        ([3], r"shape \(1,\).*give 2 whole numbers"),
        ([3, 3, 3], r"shape \(3,\).*give 2 whole numbers"),
    ],
)
def test_bad_actions_change_nothing(actions: list[int], message: str) -> None:
    mine = ours(2)
    before = mine.get_state()
    with pytest.raises(ValueError, match=message):
        mine.act(np.array(actions))
    assert mine.get_state() == before


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="num is 0"):
        ours(0)
    with pytest.raises(ValueError, match="use levels"):
        NativeMaze(1, LevelRule(world_size=31))
    with pytest.raises(ValueError, match="use levels"):
        NativeMaze(1, LevelRule(num_objects=2))
    with pytest.raises(ValueError, match="unknown method 'reset'"):
        ours(1).callmethod("reset")
    with pytest.raises(ValueError, match="environment 1 does not exist: there are 1"):
        ours(1).state(1)
    for start_level, num_levels in ((-1, 5), (2**31 - 1, 1), (0, -3)):
        with pytest.raises(ValueError, match=f"num_levels {num_levels} ask for level seeds"):
            seed_range(start_level, num_levels)
