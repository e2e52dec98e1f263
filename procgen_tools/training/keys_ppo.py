"""Recurrent PPO in keys and chests: the algorithm of `ppo`, with the recipe of the original.

It differs from the recipe of the maze agents in this: rewards are not scaled by their running
deviation, the learning rate is constant by default, and the discount is 1. For comparison, the
same policy plays the test variant meanwhile (columns `val_...`); it never learns from it.

PPO2 of Stable-Baselines normalises advantages in each minibatch; here they are normalised over the
whole rollout.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from procgen_tools.models.checkpoints import load_cnn_lstm
from procgen_tools.models.cnn_lstm import CnnLstmPolicy
from procgen_tools.training import ppo
from procgen_tools.training.keys_player import FIGURES, KeysEpisodes, TorchKeysEnv
from procgen_tools.training.keys_settings import KeysPPOSettings
from procgen_tools.training.player import Player
from procgen_tools.training.precision import FLOAT32, Precision, channels_last
from procgen_tools.worlds.keys_and_chests.levels import VARIANTS, LevelRule

FRAMES_AT_ONCE = 8192
"""The largest number of frames in one forward pass while learning."""


class ConstantScale:
    """Multiplies rewards by a constant; in the place of a `reward_scale.RewardScale`."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def __call__(
        self, rewards: Float[Tensor, " env"], dones: Bool[Tensor, " env"]
    ) -> Float[Tensor, " env"]:
        """The scaled rewards."""
        return self.factor * rewards

    def state_dict(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing to restore."""


class Learner(ppo.Learner):
    """Policy, environments and optimiser (see `runs.Learner`).

    Args:
        settings: everything that decides the run.
        device: where the network is.
        initial: the policy to begin with, of the same design; None for a new one.
        precision: float32.

    Raises:
        ValueError: settings with which no level can be drawn, or a policy of another design.
    """

    trainer = "keys_ppo"
    columns = (
        "num_episodes", *FIGURES, *(f"val_{name}" for name in FIGURES), "policy_loss",
        "value_loss", "entropy", "approx_kl", "clip_fraction", "gradient_norm",
        "explained_variance", "learning_rate",
    )  # fmt: skip
    shown = {"mean_return": ".2f", "val_mean_return": ".2f", "entropy": ".2f"}  # noqa: RUF012

    settings: KeysPPOSettings  # type: ignore[assignment]
    policy: CnnLstmPolicy  # type: ignore[assignment]

    def __init__(
        self,
        settings: KeysPPOSettings,
        device: torch.device | str = "cpu",
        initial: CnnLstmPolicy | None = None,
        precision: Precision = FLOAT32,
    ) -> None:
        self.check(settings, initial)
        self.settings = settings
        self.precision = precision
        self.device = torch.device(device)
        begin = copy.deepcopy(initial) or CnnLstmPolicy(settings.design, seed=settings.seed)
        self.policy = channels_last(begin.train().to(self.device))
        self.optimizer = torch.optim.Adam(
            self.policy.parameters(), settings.learning_rate, eps=settings.adam_epsilon
        )
        self.player = self._player_in(settings.rule, settings.num_envs, 0)
        self.validation = (
            self._player_in(VARIANTS["test"], settings.validation_envs, 1)
            if settings.validation_envs
            else None
        )
        self.shuffler = torch.Generator().manual_seed(settings.seed)
        self.reward_scale = ConstantScale(settings.reward_scale)  # type: ignore[assignment]
        self.updates = 0
        self.episodes = 0
        self.rollout = self._empty_rollout()

    @staticmethod
    def check(  # type: ignore[override]
        settings: KeysPPOSettings, initial: CnnLstmPolicy | None
    ) -> None:
        """Check that levels can be drawn, and that the agent to begin with fits."""
        settings.rule  # noqa: B018 (raises)
        if initial is not None and initial.design != settings.design:
            raise ValueError(
                f"the agent to begin with has the design {initial.design!r}, the settings "
                f"{settings.design!r}: make them equal"
            )

    def learning_rate(self) -> float:
        """The learning rate of the next update."""
        return self.settings.learning_rate_at(self.updates)

    def collector(self) -> KeysEpisodes:
        """Collects the episodes that end in a rollout."""
        return KeysEpisodes()

    def frames_at_once(self) -> int:
        """The largest number of frames in one forward pass while learning."""
        return FRAMES_AT_ONCE

    @staticmethod
    def read_agent(path: Path) -> CnnLstmPolicy:  # type: ignore[override]
        """Read an agent from its file."""
        return load_cnn_lstm(path)

    def provenance(self) -> dict[str, Any]:
        """The number of episodes that were played."""
        return {"episodes": self.episodes}

    def _freeze(self) -> None:
        """Everything is trained from the beginning."""

    def _player_in(self, rule: LevelRule, num_envs: int, stream: int) -> Player:
        seed = 2 * self.settings.seed + stream
        rows = self.policy.observation_shape[1]
        env = TorchKeysEnv(num_envs, rule, rows // rule.height, seed, self.device)
        generator = torch.Generator(self.device).manual_seed(seed)
        return Player(env, self.policy, generator, self.precision)
