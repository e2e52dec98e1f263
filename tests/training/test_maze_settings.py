"""Settings of the maze trainers: the published recipe, and how rates change."""

from __future__ import annotations

import pytest

from procgen_tools.training.settings import (
    ImitationSettings,
    PPOSettings,
)


def test_rate_warms_up_and_falls_to_zero() -> None:
    settings = ImitationSettings(samples=1000, warmup_samples=100, decay_from=0.5)
    rates = [settings.learning_rate_at(samples) for samples in (0, 50, 100, 500, 750, 1000)]
    assert rates == pytest.approx([0, 5e-4, 1e-3, 1e-3, 5e-4, 0])
    assert [settings.focus_at(samples) for samples in (0, 700_000, 2_000_000)] == [0, 0.5, 1]


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
