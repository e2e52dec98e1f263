"""The environments of two objects: the contract, and the study's rewards and frames."""

from __future__ import annotations

import hashlib
from typing import Any

import gymnasium
import numpy as np
import pytest

from procgen_tools import worlds
from procgen_tools.worlds.maze.agent_view import agent_frame
from procgen_tools.worlds.two_objects.env import TwoObjectsEnv, TwoObjectsVectorEnv
from procgen_tools.worlds.two_objects.levels import VARIANTS


@pytest.mark.parametrize("mode", ["SameStep", "NextStep", "Disabled"])
def test_the_contract_holds(mode: str) -> None:
    def make(num_envs: int) -> TwoObjectsVectorEnv:
        return TwoObjectsVectorEnv(num_envs, num_levels=20, autoreset_mode=mode)

    assert worlds.check_world(make, num_envs=2, num_steps=100).episodes > 0


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_can_be_played(name: str) -> None:
    env = TwoObjectsEnv(env_name=name, background="textured", render_mode="rgb_array")
    observation, info = env.reset(seed=3)
    assert np.array_equal(observation, agent_frame(env.level()))
    assert info["level_seed"] >= 0
    assert info["reached"] == 0
    assert env.render().shape == (512, 512, 3)


def played(actions: list[int], **settings: Any) -> tuple[np.ndarray, list[float]]:
    """The frames before each action, and the rewards."""
    envs = TwoObjectsVectorEnv(1, num_levels=1, **settings)
    frames, rewards = [envs.reset(seed=0)[0][0]], []
    for action in actions:
        observations, reward, *_ = envs.step([action])
        frames.append(observations[0])
        rewards.append(float(reward[0]))
    return np.stack(frames), rewards


def test_random_play_looks_as_in_the_study() -> None:
    """Level 100002 with textures, and what the published source shows for these actions."""
    actions = [
        13, 3, 1, 8, 2, 11, 12, 0, 0, 2, 10, 3, 4, 8, 0, 13, 5, 0, 13, 2, 11, 2, 4, 12, 8, 13, 8,
        13, 9, 12, 4, 1, 9, 9, 9, 3, 5, 9, 12, 14, 6, 7, 4, 2, 2, 3, 11, 0, 9, 11, 0, 8, 6, 6, 13,
        12, 14, 12, 1, 13,
    ]  # fmt: skip
    frames, rewards = played(actions, start_level=100_002, background="textured")
    expected = "9b57757472f4977782564bfa7ac49c6167cb17c58836b7add033d93309c9082f"
    assert hashlib.sha256(frames.tobytes()).hexdigest() == expected
    assert not any(rewards)


def test_the_mouse_walks_over_an_inert_object() -> None:
    """Over the gem and back to the line: the gem stays, gives nothing and ends nothing."""
    frames, rewards = played([7, 7, 7, 7, 5, 5, 1, 1], env_name="maze_redline_yellowgem_test")
    assert rewards == [0, 0, 0, 0, 0, 0, 0, 10]
    assert len(np.unique(frames[:8].reshape(8, -1), axis=0)) == 8


def test_both_objects_end_the_duel_and_say_which() -> None:
    envs = TwoObjectsVectorEnv(2, start_level=100_000, num_levels=1)
    envs.reset(seed=0)
    level = envs.level()
    assert [thing.square for thing in level.things] == [(0, 4), (4, 4)]
    for _ in range(3):
        envs.step([7, 5])
    _, rewards, terminations, _, infos = envs.step([7, 5])
    assert rewards.tolist() == [10, 0]
    assert terminations.tolist() == [True, False]
    assert infos["final_info"]["reached"].tolist() == [1, 0]
    for _ in range(3):
        envs.step([4, 7])
    _, rewards, terminations, _, infos = envs.step([4, 7])
    assert rewards.tolist() == [0, -10]
    assert infos["final_info"]["reached"].tolist() == [0, 2]


def test_the_step_limit_truncates() -> None:
    envs = TwoObjectsVectorEnv(1, start_level=100_000, num_levels=1)
    envs.reset(seed=0)
    for _ in range(499):
        assert not envs.step([4])[3].any()
    _, rewards, terminations, truncations, infos = envs.step([4])
    assert truncations.all()
    assert not terminations.any()
    assert not rewards.any()
    assert infos["final_info"]["reached"].tolist() == [0]


def test_gymnasium_makes_them() -> None:
    env = gymnasium.make("procgen_tools/TwoObjects-v0", objects=["green_line", "red_line"])
    assert env.reset(seed=0)[0].shape == (64, 64, 3)
    envs = gymnasium.make_vec("procgen_tools/TwoObjects-v0", 2, env_name="maze_yellowline")
    assert envs.reset(seed=0)[0].shape == (2, 64, 64, 3)


def test_mistakes() -> None:
    with pytest.raises(ValueError, match="no object 'red_star'"):
        TwoObjectsVectorEnv(1, objects=["red_star", "red_gem"])
    with pytest.raises(ValueError, match="unknown background 'dark'"):
        TwoObjectsVectorEnv(1, background="dark")
    with pytest.raises(ValueError, match="stay within"):
        TwoObjectsVectorEnv(1, start_level=-1, num_levels=3)
    with pytest.raises(ValueError, match="nothing to render"):
        TwoObjectsVectorEnv(1).render()


@pytest.mark.parametrize("index", [-1, 2])
def test_levels_of_environments_that_do_not_exist(index: int) -> None:
    env = TwoObjectsVectorEnv(2)
    env.reset(seed=0)
    with pytest.raises(ValueError, match=f"index is {index}"):
        env.level(index)
