"""Stable-Baselines3's view of a batch: what its learners read is what the batch gave."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from procgen_tools.crops_and_humans import CropsAndHumansVectorEnv
from procgen_tools.maze import MazeVectorEnv
from procgen_tools.worlds import to_stable_baselines
from procgen_tools.worlds.wrappers import channels_first

SMALL: dict[str, Any] = {"distribution_mode": "easy", "start_level": 202, "num_levels": 2}


def adapted(envs: Any) -> Any:
    pytest.importorskip("stable_baselines3")
    return to_stable_baselines(envs)


def test_without_the_library_the_error_tells_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("stable_baselines3"):
            raise ModuleNotFoundError(name)
        return original(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ModuleNotFoundError, match="pip install stable-baselines3"):
        to_stable_baselines(MazeVectorEnv(1))


@pytest.mark.parametrize(
    ("make", "actions"),
    [
        (lambda: MazeVectorEnv(3, **SMALL), (1, 3, 5, 7)),
        (lambda: channels_first(MazeVectorEnv(3, **SMALL)), (1, 3, 5, 7)),
        (lambda: CropsAndHumansVectorEnv(3, step_limit=7), (0, 1, 2, 3)),
    ],
)
def test_steps_are_those_of_the_batch(make: Callable[[], Any], actions: tuple[int, ...]) -> None:
    env, batch = adapted(make()), make()
    env.seed(4)
    np.testing.assert_array_equal(env.reset(), batch.reset(seed=4)[0])
    rng = np.random.default_rng(0)
    returns, lengths, ends = np.zeros(3), np.zeros(3, int), 0
    for chosen in rng.choice(actions, size=(30, 3)):
        observations, rewards, dones, infos = env.step(chosen)
        expected, their_rewards, terminated, truncated, told = batch.step(chosen)
        np.testing.assert_array_equal(observations, expected)
        np.testing.assert_array_equal(rewards, their_rewards)
        np.testing.assert_array_equal(dones, terminated | truncated)
        returns, lengths = returns + rewards, lengths + 1
        for index in range(3):
            info = infos[index]
            assert ("episode" in info) == ("terminal_observation" in info) == dones[index]
            if dones[index]:
                final = told["final_obs"][index]
                np.testing.assert_array_equal(info["terminal_observation"], final)
                assert info["TimeLimit.truncated"] == truncated[index]
                assert info["episode"]["r"] == pytest.approx(returns[index])
                assert info["episode"]["l"] == lengths[index]
                returns[index], lengths[index] = 0, 0
                ends += 1
        if "level_seed" in told:
            seeds = np.where(dones, told.get("final_info", told)["level_seed"], told["level_seed"])
            assert [info["level_seed"] for info in infos] == seeds.tolist()
    assert ends >= 5


def test_masks_are_those_of_the_batch() -> None:
    env = adapted(channels_first(MazeVectorEnv(3, **SMALL)))
    env.reset()
    masks = np.stack(env.env_method("action_masks"))
    np.testing.assert_array_equal(masks, env.envs.unwrapped.action_masks())
    assert len(env.env_method("action_masks", indices=[1])) == 1
    with pytest.raises(AttributeError, match="'fly' is not offered"):
        env.env_method("fly")
    with pytest.raises(AttributeError, match="'num_envs' cannot be set"):
        env.set_attr("num_envs", 3)
    with pytest.raises(AttributeError):
        adapted(CropsAndHumansVectorEnv(1)).get_attr("action_masks")


def test_another_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="make them with autoreset_mode='SameStep'"):
        adapted(MazeVectorEnv(1, autoreset_mode="Disabled"))


def test_a_learner_learns_and_is_evaluated() -> None:
    env = adapted(MazeVectorEnv(4, **SMALL))
    from stable_baselines3 import PPO
    from stable_baselines3.common.evaluation import evaluate_policy

    model = PPO("CnnPolicy", env, n_steps=8, batch_size=16, n_epochs=1, seed=0, device="cpu")
    model.learn(32)
    assert len(model.ep_info_buffer) > 0
    rewards, lengths = evaluate_policy(model, env, 4, return_episode_rewards=True)
    assert set(rewards) <= {0.0, 10.0}
    assert all(length <= 500 for length in lengths)
