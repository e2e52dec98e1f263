"""Rewards scaled by the running standard deviation of their discounted sum."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor


class RewardScale:
    """Keeps returns near unit size for rewards of any size, without shifting their zero.

    Each environment keeps a discounted sum of its rewards. The variance of these sums over all
    steps so far is updated batch by batch (Chan et al., 1979). Source: the reward normalisation of
    OpenAI baselines, with which procgen agents are trained.

    Args:
        num_envs: number of environments.
        discount: of the sums, per step.
        clip: the largest absolute value of a scaled reward.
        device: where the rewards are.
    """

    def __init__(
        self, num_envs: int, discount: float, clip: float, device: torch.device | str = "cpu"
    ) -> None:
        self.discount = discount
        self.clip = clip
        self.sums = torch.zeros(num_envs, dtype=torch.float64, device=device)
        self.mean = torch.zeros((), dtype=torch.float64, device=device)
        self.variance = torch.ones((), dtype=torch.float64, device=device)
        self.count = torch.full((), 1e-4, dtype=torch.float64, device=device)

    def __call__(
        self, rewards: Float[Tensor, " env"], dones: Bool[Tensor, " env"]
    ) -> Float[Tensor, " env"]:
        """Update the statistics with the rewards of a step, and scale them.

        Args:
            rewards: (env,) of the step.
            dones: (env,) whether the step ended an episode, which resets the sum.
        """
        self.sums = self.discount * self.sums + rewards
        number = len(rewards)
        total = self.count + number
        shift = self.sums.mean() - self.mean
        spread = (
            self.variance * self.count
            + self.sums.var(correction=0) * number
            + shift.square() * self.count * number / total
        )
        self.mean = self.mean + shift * number / total
        self.variance = spread / total
        self.count = total
        self.sums = self.sums * ~dones
        scaled = rewards / (self.variance + 1e-8).sqrt()
        return scaled.clamp(-self.clip, self.clip).to(rewards.dtype)

    def state_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name).cpu() for name in _STATE}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name in _STATE:
            setattr(self, name, state[name].to(getattr(self, name).device))


_STATE = ("sums", "mean", "variance", "count")
