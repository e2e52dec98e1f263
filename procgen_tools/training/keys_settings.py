"""The settings of the trainer of agents in keys and chests."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from procgen_tools.training.base_settings import LARGEST_SEED, Settings, setting

if TYPE_CHECKING:
    from procgen_tools.worlds.keys_and_chests.levels import LevelRule


@dataclass(frozen=True)
class KeysPPOSettings(Settings):
    """Recurrent PPO in keys and chests (see `keys_ppo`); the defaults are the published recipe.

    Source: the mesa-misalignment environment, and the defaults of PPO2 in Stable-Baselines 2.10.
    Levels are 12 x 12 cells.
    """

    p_hole: float = setting(0.4, "share of the interior walls to open", low=0, high=1)
    p_chest: float = setting(0.5, "share of the open cells with chests", low=0, high=1)
    p_key: float = setting(0.1, "share of the open cells with keys", low=0, high=1)
    max_ticks: int = setting(130, "ticks of an episode", low=1)
    design: str = setting(
        "original", "sizes of the network (see models.cnn_lstm)", choices=("original", "small")
    )
    steps: int = setting(30_000_000, "environment steps in total", low=1)
    num_envs: int = setting(4, "parallel environments", low=1)
    rollout_steps: int = setting(128, "steps of each environment per rollout", low=1)
    epochs: int = setting(4, "passes over each rollout", low=1)
    minibatches: int = setting(4, "minibatches per pass, one step of the optimiser each", low=1)
    learning_rate: float = setting(2.5e-4, "initial learning rate of Adam", low=0)
    decay_from: float = setting(
        1.0,
        "fraction of the run after which the learning rate falls linearly to zero",
        low=0,
        high=1,
    )
    adam_epsilon: float = setting(1e-5, "epsilon of Adam", low=0)
    max_gradient_norm: float = setting(0.5, "norm to which larger gradients are clipped", low=0)
    discount: float = setting(1.0, "discount of rewards per step", low=0, high=1)
    gae_lambda: float = setting(0.95, "lambda of generalised advantage estimation", low=0, high=1)
    clip: float = setting(0.2, "clip range of probability ratios", low=0)
    value_clip: float = setting(0.2, "clip range of value changes; 0: no clipping", low=0)
    value_coefficient: float = setting(0.5, "weight of the value loss", low=0)
    entropy_coefficient: float = setting(0.01, "weight of the entropy bonus", low=0)
    reward_scale: float = setting(1.0, "factor of the rewards that the network learns from", low=0)
    validation_envs: int = setting(
        16, "parallel environments of the test variant, which are never trained on", low=0
    )
    seed: int = setting(0, "seed of initial weights, levels and actions", low=0, high=LARGEST_SEED)

    recurrent = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.num_envs % self.minibatches:
            raise ValueError(
                f"minibatches is {self.minibatches}, which does not divide the {self.num_envs} "
                "environments: choose a divisor"
            )

    @property
    def rule(self) -> LevelRule:
        """How the levels of the training are drawn.

        Raises:
            ValueError: more keys and chests than cells.
        """
        from procgen_tools.worlds.keys_and_chests.levels import LevelRule

        return LevelRule(
            p_hole=self.p_hole, p_chest=self.p_chest, p_key=self.p_key, max_ticks=self.max_ticks
        )

    @property
    def steps_an_update(self) -> int:
        """Environment steps of one rollout."""
        return self.num_envs * self.rollout_steps

    @property
    def updates(self) -> int:
        """Rollouts to play and learn from."""
        return math.ceil(self.steps / self.steps_an_update)

    def learning_rate_at(self, update: int) -> float:
        """The learning rate of an update, counted from 0."""
        begin = self.decay_from * self.updates
        fall = (self.updates - update) / (self.updates - begin) if update > begin else 1.0
        return self.learning_rate * fall
