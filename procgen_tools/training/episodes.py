"""Figures of the episodes that end while a policy plays, under their published names."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from procgen_tools.worlds.maze.torch_env import TorchStep

EPISODE_COLUMNS = (
    "max_episode_rewards", "mean_episode_rewards", "min_episode_rewards",
    "max_episode_len", "mean_episode_len", "min_episode_len", "mean_timeouts", "success",
)  # fmt: skip


class Episodes:
    """Collects ended episodes on the device, without synchronising with it at every step."""

    def __init__(self, device: torch.device) -> None:
        self._steps: list[Tensor] = []
        self._empty = torch.zeros(0, 4, device=device)

    def add(self, step: TorchStep, returns: Float[Tensor, " env"]) -> None:
        """Add a step of all environments.

        Args:
            step: the result of the step.
            returns: (env,) the sum of rewards since each episode began.
        """
        self._steps.append(
            torch.stack([step.dones, returns, step.steps, step.completed], dim=1).float()
        )

    def _ended(self) -> Float[Tensor, "episode 3"]:
        """(episode, (return, length, completed)) of the ended episodes."""
        rows = torch.cat([self._empty, *self._steps])
        return rows[rows[:, 0] > 0, 1:].cpu()

    @property
    def count(self) -> int:
        return len(self._ended())

    def figures(self) -> dict[str, float]:
        """The figures by column; NaN when no episode ended.

        They are the maximum, mean and minimum of returns and lengths, the fraction of episodes that
        timed out, and the fraction that reached the goal.
        """
        ended = self._ended()
        if not len(ended):
            return dict.fromkeys(EPISODE_COLUMNS, float("nan"))
        returns, lengths, completed = ended.unbind(1)
        success = completed.mean().item()
        return {
            "max_episode_rewards": returns.max().item(),
            "mean_episode_rewards": returns.mean().item(),
            "min_episode_rewards": returns.min().item(),
            "max_episode_len": lengths.max().item(),
            "mean_episode_len": lengths.mean().item(),
            "min_episode_len": lengths.min().item(),
            "mean_timeouts": 1 - success,
            "success": success,
        }
