"""Runs of a few steps, for tests of what surrounds training."""

from __future__ import annotations

from procgen_tools.training.runs import RunOptions
from procgen_tools.training.settings import PPOSettings

TINY_PPO = PPOSettings(
    world_size=15,
    maze_size=3,
    rand_region=None,
    use_backgrounds=False,
    steps=4 * 4 * 8,
    num_envs=4,
    rollout_steps=8,
    epochs=1,
    minibatches=2,
    validation_envs=2,
    precision="float32",
)
QUIET = RunOptions(save_seconds=0.0, tensorboard=False, progress_bar=False)
