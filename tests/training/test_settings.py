"""Settings: checked when they are made, and read from plain values."""

from __future__ import annotations

from dataclasses import fields

import pytest

from procgen_tools.training.settings import (
    TRAINERS,
    ImitationSettings,
    PPOSettings,
    settings_from,
)


def test_rate_warms_up_and_falls_to_zero() -> None:
    settings = ImitationSettings(samples=1000, warmup_samples=100, decay_from=0.5)
    rates = [settings.learning_rate_at(samples) for samples in (0, 50, 100, 500, 750, 1000)]
    assert rates == pytest.approx([0, 5e-4, 1e-3, 1e-3, 5e-4, 0])
    assert [settings.focus_at(samples) for samples in (0, 700_000, 2_000_000)] == [0, 0.5, 1]


def test_plain_values() -> None:
    settings = settings_from(
        "ppo", {"rand_region": "anywhere", "learning_rate": 1, "recurrent": True}
    )
    assert settings == PPOSettings(rand_region=None, learning_rate=1.0, recurrent=True)
    assert type(settings.learning_rate) is float
    assert settings_from("imitation", {"rand_region": 3}).rule.rand_region == 3
    assert settings_from("imitation", {"maze_size": 5}).rule.maze_size == 5
    assert settings_from("imitation", {}).rule.maze_size is None
    assert settings_from("ppo", {"max_maze_size": 7}).rule.max_maze_size == 7
    assert settings_from("ppo", {}).rule.max_maze_size is None


@pytest.mark.parametrize(
    ("trainer", "values", "message"),
    [
        ("pppo", {}, r"unknown trainer 'pppo': choose one of imitation, ppo; did you mean 'ppo'"),
        ("ppo", {"sed": 1}, r"ppo has no setting 'sed': .*did you mean 'seed'"),
        ("ppo", {"samples": 1}, "ppo has no setting 'samples'"),
        ("ppo", {"seed": 1.0}, "seed is 1.0: ppo needs int there"),
        ("ppo", {"seed": True}, "seed is True: ppo needs int there"),
        ("ppo", {"seed": "anywhere"}, "seed is 'anywhere': ppo needs int there"),
        ("ppo", {"rand_region": "here"}, "rand_region is 'here': ppo needs int or 'anywhere'"),
        ("ppo", {"recurrent": 1}, "recurrent is 1: ppo needs bool there"),
        ("ppo", {"discount": 1.5}, "discount is 1.5: give a number from 0 to 1"),
        ("ppo", {"minibatches": 7}, "minibatches is 7, which does not divide the 65536 steps"),
        ("ppo", {"minibatches": 512, "recurrent": True}, "divide the 256 environments"),
        ("imitation", {"samples": 0}, r"samples is 0: give a number from 1 to inf \(examples"),
        ("imitation", {"averaging": 1.0}, "averaging is 1.0"),
        ("imitation", {"learning_rate": float("nan")}, "learning_rate is nan"),
    ],
)
def test_bad_values(trainer: str, values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        settings_from(trainer, values)


@pytest.mark.parametrize("kind", TRAINERS.values())
def test_every_setting_says_what_it_means(kind: type) -> None:
    for each in fields(kind):
        assert len(each.metadata["meaning"]) > 5, each.name


def test_the_published_recipe_is_the_default() -> None:
    """The hard-500 configuration of train-procgen; 200M steps by the README of its fork."""
    settings = PPOSettings()
    recipe = {
        "steps": 200_000_000, "num_envs": 256, "rollout_steps": 256, "epochs": 3,
        "minibatches": 8, "learning_rate": 5e-4, "adam_epsilon": 1e-5, "max_gradient_norm": 0.5,
        "discount": 0.999, "gae_lambda": 0.95, "clip": 0.2, "value_clip": 0.2,
        "value_coefficient": 0.5, "entropy_coefficient": 0.01, "reward_discount": 0.99,
        "reward_clip": 10.0, "num_levels": 0, "recurrent": False,
    }  # fmt: skip
    assert {name: getattr(settings, name) for name in recipe} == recipe
    assert settings.steps_an_update // settings.minibatches == 8192
