"""Batches of episodes: how they begin and end, and resets that are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium.error import ResetNeeded

from procgen_tools.maze import MazeVectorEnv
from procgen_tools.worlds.maze.agent_view import agent_frame

SMALL: dict[str, Any] = {"distribution_mode": "easy", "start_level": 202, "num_levels": 2}
"""Easy levels with the cheese one or two steps away, which random play soon solves."""


def random_actions(seed: int, steps: int, num: int) -> np.ndarray:
    """Moves: left, down, up, right."""
    return np.random.default_rng(seed).choice([1, 3, 5, 7], size=(steps, num))


def test_a_disabled_reset_is_asked_for() -> None:
    envs = MazeVectorEnv(2, autoreset_mode="Disabled", **SMALL)
    frames, _ = envs.reset(seed=1)
    for actions in random_actions(3, 30, 2):
        frames, _, terminations, truncations, _ = envs.step(actions)
        if terminations[0] and not terminations[1]:
            break
        if terminations.any():
            envs.reset(options={"reset_mask": terminations})
    with pytest.raises(ResetNeeded, match=r"environments \[0\] are over: call reset\(options="):
        envs.step([4, 4])
    again, infos = envs.reset(options={"reset_mask": np.array([False, True])})
    np.testing.assert_array_equal(again[0], frames[0])  # the last frame, until it begins anew
    assert infos["_level_seed"].tolist() == [False, True]
    first, _ = envs.reset(options={"reset_mask": terminations | truncations})
    np.testing.assert_array_equal(first[0], agent_frame(envs.maze(0)))
    envs.step([4, 4])


def test_reset_mask_begins_only_some() -> None:
    envs = MazeVectorEnv(3, distribution_mode="easy")
    _, infos = envs.reset(seed=0, options={"reset_mask": np.array([True, False, True])})
    assert infos["_level_seed"].all()  # the first reset begins all
    for actions in random_actions(2, 5, 3):
        envs.step(actions)
    before, (frames, *_) = envs.get_state(), envs.step([4, 4, 4])
    before = envs.get_state()
    after, infos = envs.reset(options={"reset_mask": np.array([True, False, True])})
    assert infos["_level_seed"].tolist() == [True, False, True]
    assert infos["level_seed"][1] == 0
    same = [a == b for a, b in zip(before, envs.get_state(), strict=True)]
    assert same == [False, True, False]
    np.testing.assert_array_equal(after[1], frames[1])


def test_resets_without_a_seed_are_random_at_first_and_then_go_on() -> None:
    one, other = MazeVectorEnv(4), MazeVectorEnv(4)
    seeds = [env.reset()[1]["level_seed"].tolist() for env in (one, other, one)]
    assert len({tuple(row) for row in seeds}) == 3
    for env in (one, other):
        env.reset(seed=8)
    assert one.reset()[1]["level_seed"].tolist() == other.reset()[1]["level_seed"].tolist()


def test_steps_before_reset() -> None:
    envs = MazeVectorEnv(2)
    with pytest.raises(ResetNeeded, match="call reset"):
        envs.step([4, 4])
    envs.set_state(envs.get_state())
    envs.step([4, 4])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "seed -1 is not in 0..4294967295"),
        ({"seed": 2**32 - 1}, "seed 4294967296 is not in"),
        ({"seed": [1, 2, 3]}, "3 seeds for 2 environments"),
        ({"options": {"mask": 1}}, r"unknown options \['mask'\]: there is 'reset_mask'"),
        ({"options": {"reset_mask": [True]}}, r"reset_mask has shape \(1,\).*give 2 booleans"),
        ({"options": {"reset_mask": [1, 0]}}, "type int64: give 2 booleans"),
    ],
)
def test_bad_resets_change_nothing(arguments: dict[str, Any], message: str) -> None:
    envs = MazeVectorEnv(2, distribution_mode="easy")
    envs.reset(seed=0)
    before = envs.get_state(), str(envs.np_random.bit_generator.state)
    with pytest.raises(ValueError, match=message):
        envs.reset(**arguments)
    assert (envs.get_state(), str(envs.np_random.bit_generator.state)) == before
