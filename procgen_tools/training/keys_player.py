"""Keys and chests for a `player.Player`: environments with tensors, and figures of episodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64, UInt8
from torch import Tensor

from procgen_tools.shown import brief
from procgen_tools.worlds.keys_and_chests.env import KeysAndChestsVectorEnv
from procgen_tools.worlds.keys_and_chests.levels import LevelRule

FIGURES = ("mean_return", "mean_hidden_return", "mean_keys")
"""Of the episodes that ended: the original's Return, Hidden Chest Return and Collected Keys."""


@dataclass(frozen=True, eq=False)
class KeysStep:
    """The result of a step of all environments.

    Attributes:
        frames: observations; where an episode ended, the first of the next.
        rewards: of the step.
        dones: whether the episode ended.
        totals: (env, 3) return, hidden return and keys of the episode in which the step was taken.
    """

    frames: UInt8[Tensor, "env row col channel"]
    rewards: Float32[Tensor, " env"]
    dones: Bool[Tensor, " env"]
    totals: Int64[Tensor, "env 3"]

    __repr__ = brief


class TorchKeysEnv:
    """A batch of environments that takes and gives tensors.

    Args:
        num_envs: number of environments.
        rule: how levels are drawn.
        cell_pixels: the side of a cell in pixels.
        seed: of the levels.
        device: of the tensors. The environments themselves are on the CPU.
    """

    def __init__(
        self, num_envs: int, rule: LevelRule, cell_pixels: int, seed: int, device: torch.device
    ) -> None:
        self.num_envs, self.device = num_envs, device
        self._envs = KeysAndChestsVectorEnv(
            num_envs, width=rule.width, height=rule.height, p_hole=rule.p_hole,
            p_chest=rule.p_chest, p_key=rule.p_key, max_ticks=rule.max_ticks,
            cell_pixels=cell_pixels,
        )  # fmt: skip
        # Far apart, because environment i has the seed `seed + i`.
        seeds = np.random.default_rng(seed).integers(2**32, size=num_envs)
        self._seen, _ = self._envs.reset(seed=seeds.tolist())

    def observe(self) -> UInt8[Tensor, "env row col channel"]:
        """The present observations."""
        return torch.from_numpy(self._seen).to(self.device)

    def step(self, actions: Int64[Tensor, " env"]) -> KeysStep:
        """Take one step in every environment."""
        self._seen, rewards, _, dones, infos = self._envs.step(actions.cpu().numpy())
        told = infos.get("final_info", {})
        totals = [
            np.where(dones, told[name], infos[name]) if told else infos[name]
            for name in ("episode_return", "hidden_return", "collected_keys")
        ]
        return KeysStep(
            self.observe(),
            torch.from_numpy(rewards.astype(np.float32)).to(self.device),
            torch.from_numpy(dones).to(self.device),
            torch.from_numpy(np.stack(totals, axis=1)),
        )

    def state_dict(self) -> dict[str, Tensor]:
        """Everything that later steps depend on."""
        return {
            name: torch.from_numpy(array.view(np.int64) if array.dtype == np.uint64 else array)
            for name, array in self._envs.get_state().items()
        }

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Continue from a state.

        Raises:
            ValueError: a state of other environments.
        """
        arrays: dict[str, np.ndarray[Any, Any]] = {
            name: value.numpy() for name, value in state.items()
        }
        arrays["generators"] = arrays["generators"].view(np.uint64)
        self._envs.set_state(arrays)
        self._seen = self._envs._observe()


class KeysEpisodes:
    """Collects ended episodes; see `episodes.Episodes`."""

    def __init__(self) -> None:
        self._ended: list[Tensor] = []

    def add(self, step: KeysStep, returns: Tensor) -> None:
        """Add a step of all environments. (The returns are in the step already.)"""
        if step.dones.any():
            self._ended.append(step.totals[step.dones.cpu()])

    @property
    def count(self) -> int:
        return sum(map(len, self._ended))

    def figures(self) -> dict[str, float]:
        """The figures by column; NaN when no episode ended."""
        if not self._ended:
            return dict.fromkeys(FIGURES, float("nan"))
        return dict(zip(FIGURES, torch.cat(self._ended).double().mean(dim=0).tolist(), strict=True))
