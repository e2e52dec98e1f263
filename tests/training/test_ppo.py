"""PPO: each part against a slow definition, and what must hold of the whole."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from procgen_tools.evaluation.seen_levels import training_levels
from procgen_tools.models import ImpalaPolicy
from procgen_tools.training import ppo
from procgen_tools.training.settings import PPOSettings
from procgen_tools.worlds.maze.levels import FIRST_TRAINING_SEED

TINY = PPOSettings(
    world_size=15,
    maze_size=3,
    rand_region=None,
    use_backgrounds=False,
    steps=3 * 4 * 8,
    num_envs=4,
    rollout_steps=8,
    epochs=1,
    minibatches=2,
    validation_envs=2,
)


def nothing(count: int) -> None:
    """A progress bar that nobody looks at."""


def test_advantages_are_discounted_sums_of_errors() -> None:
    """The definition: sum over later steps of the same episode of (discount lambda)^k errors."""
    rng = np.random.default_rng(0)
    time, env, discount, gae_lambda = 9, 5, 0.9, 0.7
    rewards, values = rng.normal(size=(time, env)), rng.normal(size=(time + 1, env))
    firsts = rng.random((time + 1, env)) < 0.3
    ours = ppo.generalised_advantages(
        torch.tensor(rewards), torch.tensor(values), torch.tensor(firsts), discount, gae_lambda
    )
    for e in range(env):
        for start in range(time):
            wanted = 0.0
            for t in range(start, time):
                after = 0.0 if firsts[t + 1, e] else values[t + 1, e]
                error = rewards[t, e] + discount * after - values[t, e]
                wanted += (discount * gae_lambda) ** (t - start) * error
                if firsts[t + 1, e]:
                    break
            assert ours[start, e].item() == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("recurrent", [False, True])
def test_minibatches_hold_every_step_once(recurrent: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ppo.FRAMES_AT_ONCE, "cpu", 8)
    learner = ppo.Learner(replace(TINY, recurrent=recurrent))
    learner.rollout.keys[:] = torch.arange(32).view(8, 4)
    first, second = (
        [[part.flatten().tolist() for part in minibatch] for minibatch in learner._minibatches()]
        for _ in range(2)
    )
    assert first != second
    for minibatches in (first, second):
        assert len(minibatches) == 2
        assert all(len(minibatch) == 2 for minibatch in minibatches)
        steps = [step for minibatch in minibatches for part in minibatch for step in part]
        assert sorted(steps) == list(range(32))


def test_equal_frames_stand_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ppo.FRAMES_AT_ONCE, "cpu", 3)
    learner = ppo.Learner(TINY)
    learner.rollout.keys[:] = torch.randint(10, (8, 4), generator=torch.Generator().manual_seed(0))
    keys = learner.rollout.keys.flatten()
    minibatches = list(learner._minibatches())
    assert [sum(map(len, minibatch)) for minibatch in minibatches] == [16, 16]
    steps = torch.cat([part for minibatch in minibatches for part in minibatch])
    assert sorted(steps.tolist()) == list(range(32))
    assert len(keys[steps].unique_consecutive()) == len(keys.unique())
    for minibatch in minibatches:
        assert [len(keys[part].unique()) for part in minibatch[:-1]] == [3] * (len(minibatch) - 1)
        assert len(keys[minibatch[-1]].unique()) <= 3


def test_keys_are_equal_exactly_where_frames_are() -> None:
    learner = ppo.Learner(replace(TINY, rollout_steps=32, num_levels=3))
    learner.play(nothing)
    frames = learner.rollout.frames.flatten(0, 1).flatten(1)
    keys = learner.rollout.keys.flatten()
    same_frames = (frames.unsqueeze(0) == frames.unsqueeze(1)).all(-1)
    same_keys = keys.unsqueeze(0) == keys.unsqueeze(1)
    assert torch.equal(same_frames, same_keys)
    assert len(keys.unique()) < 100  # of 128


def test_a_frame_that_was_seen_before_is_not_computed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same losses and gradients as if every step had a frame of its own, and fewer passes."""
    learner = ppo.Learner(replace(TINY, rollout_steps=32))
    learner.play(nothing)
    advantages = torch.randn(32, 4, generator=torch.Generator().manual_seed(0))
    keys, passed, results = learner.rollout.keys.clone(), [], []
    whole = learner.policy.logits_and_value

    def counted(observations: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        passed.append(len(observations))
        return whole(observations)

    monkeypatch.setattr(learner.policy, "logits_and_value", counted)
    for order in (keys.flatten().argsort(), torch.arange(128)):
        learner.policy.zero_grad()
        loss, figures = learner._loss(order, advantages, advantages)
        loss.backward()
        gradient = learner.policy.embedder.block1.conv.weight.grad.clone()
        results.append((loss.detach(), figures, gradient))
        learner.rollout.keys[:] = torch.arange(128).view(32, 4)
    different = len(keys.unique())
    assert passed == [different + -different % 16, 128]  # batches come in sixteens
    assert different < 100
    for ours, plain in zip(*results, strict=True):
        torch.testing.assert_close(ours, plain, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("recurrent", [False, True])
def test_a_rate_of_zero_changes_nothing(recurrent: bool) -> None:
    """The policy that learns is the one that played: every ratio is 1, to rounding."""
    learner = ppo.Learner(replace(TINY, learning_rate=0.0, recurrent=recurrent))
    before = [parameter.clone() for parameter in learner.policy.parameters()]
    for _ in range(2):
        figures = learner.advance(nothing)
        assert figures["clip_fraction"] == 0
        assert abs(figures["approx_kl"]) < 1e-5
    after = learner.policy.parameters()
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("recurrent", [False, True])
def test_actions_that_did_well_become_likelier(recurrent: bool) -> None:
    settings = replace(
        TINY, recurrent=recurrent, num_envs=8, rollout_steps=32, epochs=6, learning_rate=2e-3,
        entropy_coefficient=0.0, steps=10**6,
    )  # fmt: skip
    learner = ppo.Learner(settings)
    learner.play(nothing)
    rollout = learner.rollout
    advantages = ppo.generalised_advantages(
        rollout.rewards, rollout.values, rollout.firsts, settings.discount, settings.gae_lambda
    )
    gains = (advantages - advantages.mean()).flatten()
    assert rollout.rewards.sum() > 0
    everything = list(learner._minibatches())

    def mean_gain() -> float:
        total = 0.0
        for minibatch in everything:
            for part in minibatch:
                # The loss at ratio r is -r * gain where nothing is clipped.
                _, figures = learner._loss(part, gains.view_as(advantages), advantages)
                total -= figures[0].item()
        return total / gains.numel()

    start = mean_gain()
    assert start == pytest.approx(0, abs=1e-2)
    learner.learn()
    assert mean_gain() > start + 0.005


def test_training_and_validation_levels_are_apart() -> None:
    learner = ppo.Learner(replace(TINY, num_levels=3))
    trained, validated = set(), set()
    assert learner.validation is not None
    for _ in range(3):
        learner.advance(nothing)
        trained |= set(learner.player.env.level_seeds.tolist())
        validated |= set(learner.validation.env.level_seeds.tolist())
    assert trained <= set(range(FIRST_TRAINING_SEED, FIRST_TRAINING_SEED + 3))
    assert max(validated) < FIRST_TRAINING_SEED


def test_levels_played_count_the_levels_of_each_environment() -> None:
    learner = ppo.Learner(TINY)
    figures = [learner.advance(nothing) for _ in range(3)]
    assert learner.done == learner.total == 96
    played = learner.provenance()["levels_played"]
    assert sum(played) == figures[-1]["num_episodes"] + TINY.num_envs
    assert figures[-1]["num_episodes"] > 0
    assert figures[0]["learning_rate"] == 5e-4
    assert figures[2]["learning_rate"] == pytest.approx(5e-4 / 3)


def test_its_levels_can_be_drawn_again() -> None:
    learner = ppo.Learner(replace(TINY, num_levels=50))
    seen = set(learner.player.env.level_seeds.tolist())
    for _ in range(3):
        learner.advance(nothing)
        seen |= set(learner.player.env.level_seeds.tolist())
    facts = {"algorithm": "ppo", "settings": asdict(learner.settings), **learner.provenance()}
    (levels,) = training_levels(facts) or ()
    drawn = {int(seed) for chunk in levels.chunks() for seed in chunk}
    assert seen <= drawn
    assert len(drawn) < 50


def test_episode_figures() -> None:
    """Every episode in a 3 x 3 maze that ends with the cheese returns 10."""
    learner = ppo.Learner(replace(TINY, num_envs=16, rollout_steps=64))
    figures = learner.advance(nothing)
    assert figures["max_episode_rewards"] == figures["min_episode_rewards"] == 10
    assert figures["success"] == 1
    assert figures["mean_timeouts"] == 0
    assert 1 <= figures["min_episode_len"] <= figures["mean_episode_len"]
    assert figures["mean_episode_len"] <= figures["max_episode_len"] <= 64
    none = ppo.Learner(replace(TINY, rollout_steps=2, validation_envs=0)).advance(nothing)
    assert np.isnan(none["val_success"])


def test_values_alone_learn_in_the_warm_up() -> None:
    initial = ImpalaPolicy(seed=5)
    learner = ppo.Learner(replace(TINY, value_warmup=1), initial=initial)
    for frozen in (True, False):
        learner.advance(nothing)
        now = dict(learner.policy.named_parameters())
        for name, parameter in initial.named_parameters():
            kept = torch.equal(parameter, now[name])
            assert kept == (frozen and not name.startswith("fc_value")), name


def test_a_gradient_that_is_not_finite_stops_the_run() -> None:
    learner = ppo.Learner(TINY)
    learner.play(nothing)
    learner.rollout.rewards[0, 0] = float("inf")
    before = [parameter.clone() for parameter in learner.policy.parameters()]
    with pytest.raises(FloatingPointError, match=r"the gradient is nan at step 0: lower learning"):
        learner.learn()
    after = learner.policy.parameters()
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
