"""Recurrent PPO in keys and chests: it learns, and a resumed run ends where a whole one does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from procgen_tools.models.cnn_lstm import CnnLstmPolicy
from procgen_tools.training import runs
from procgen_tools.training.keys_ppo import Learner
from procgen_tools.training.keys_settings import KeysPPOSettings
from procgen_tools.training.ppo import generalised_advantages
from procgen_tools.training.runs import RunOptions
from procgen_tools.training.trainers import make_learner
from procgen_tools.worlds.maze.observations import to_observations

SMALL = KeysPPOSettings(
    design="small", num_envs=4, minibatches=2, rollout_steps=5, steps=80, max_ticks=7,
    validation_envs=2,
)  # fmt: skip
QUIET = RunOptions(tensorboard=False, progress_bar=False, resume=True)


def test_the_trainer_is_found_by_its_settings() -> None:
    learner = make_learner(SMALL)
    assert isinstance(learner, Learner)
    assert isinstance(learner, runs.Learner)
    assert learner.total == 80


def test_a_resumed_run_ends_in_the_same_weights(tmp_path: Path) -> None:
    whole, begun = Learner(SMALL), Learner(SMALL)
    runs.run(whole, tmp_path / "whole", QUIET)
    runs.run(begun, tmp_path / "parts", replace(QUIET, stop_after=0.0))
    assert 0 < begun.done < begun.total
    resumed = Learner(SMALL)
    assert runs.run(resumed, tmp_path / "parts", QUIET)
    for name, value in whole.policy.state_dict().items():
        assert torch.equal(value, resumed.policy.state_dict()[name]), name
    logs = [(tmp_path / name / "log.csv").read_text().splitlines() for name in ("whole", "parts")]
    times = (1, 2)  # columns that differ
    rows = [
        [[cell for n, cell in enumerate(line.split(",")) if n not in times] for line in log]
        for log in logs
    ]
    assert rows[0] == rows[1]
    assert {"mean_return", "mean_hidden_return", "mean_keys", "val_mean_keys"} <= set(rows[0][0])


def test_actions_with_an_advantage_become_more_probable() -> None:
    learner = Learner(
        replace(SMALL, num_envs=32, max_ticks=130, p_key=0.4, learning_rate=5e-3, epochs=8)
    )
    learner.play(lambda steps: None)
    rollout = learner.rollout
    advantages = generalised_advantages(
        rollout.rewards, rollout.values, rollout.firsts, discount=1.0, gae_lambda=0.95
    )
    learner.learn()
    with torch.no_grad():
        logits, _, _ = learner.policy.unroll(
            to_observations(rollout.frames.flatten(0, 1)), rollout.memory, rollout.firsts[:-1]
        )
    now = logits.log_softmax(-1).gather(2, rollout.actions[..., None]).squeeze(2)
    change = now - rollout.log_probabilities
    high, low = advantages > advantages.quantile(0.8), advantages < advantages.quantile(0.2)
    assert change[high].mean() > change[low].mean() + 0.01


def test_the_rate_is_that_of_the_settings() -> None:
    settings = replace(SMALL, decay_from=0.5)
    assert [settings.learning_rate_at(update) / 2.5e-4 for update in range(4)] == [1, 1, 1, 0.5]
    learner = Learner(settings)
    learner.updates = 3
    assert learner.advance(lambda steps: None)["learning_rate"] == pytest.approx(1.25e-4)
    assert learner.optimizer.param_groups[0]["lr"] == pytest.approx(1.25e-4)


def test_agents_to_begin_with() -> None:
    policy = CnnLstmPolicy("small", seed=7)
    learner = Learner(SMALL, initial=policy)
    assert torch.equal(learner.policy.pi.weight, policy.pi.weight)
    with pytest.raises(ValueError, match="has the design 'original', the settings 'small'"):
        Learner(SMALL, initial=CnnLstmPolicy("original"))


def test_levels_that_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="together more than all cells"):
        Learner(replace(SMALL, p_chest=0.8, p_key=0.3))


def test_rewards_are_scaled_for_learning_only() -> None:
    often = replace(SMALL, p_key=0.4, max_ticks=130, rollout_steps=20)
    one, quarter = Learner(often), Learner(replace(often, reward_scale=0.25))
    for learner in (one, quarter):
        learner.play(lambda steps: None)
    assert set(one.rollout.rewards.unique().tolist()) == {0.0, 1.0}
    assert set(quarter.rollout.rewards.unique().tolist()) == {0.0, 0.25}
