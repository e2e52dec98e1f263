"""Figures of ended episodes, against a list of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from procgen_tools.training.episodes import EPISODE_COLUMNS, Episodes
from procgen_tools.worlds.maze.torch_env import TorchStep

ENVIRONMENTS = 5


def step_of(rng: np.random.Generator) -> tuple[TorchStep, torch.Tensor]:
    """A step in which some episodes end, half of them with success, and the returns so far."""
    dones = torch.from_numpy(rng.random(ENVIRONMENTS) < 0.4)
    step = TorchStep(
        frames=torch.zeros(ENVIRONMENTS, 64, 64, 3, dtype=torch.uint8),
        rewards=torch.zeros(ENVIRONMENTS),
        dones=dones,
        completed=dones & torch.from_numpy(rng.random(ENVIRONMENTS) < 0.5),
        steps=torch.from_numpy(rng.integers(1, 500, ENVIRONMENTS)),
        level_seeds=torch.zeros(ENVIRONMENTS, dtype=torch.int64),
    )
    return step, torch.from_numpy(rng.random(ENVIRONMENTS).astype(np.float32))


def test_figures_are_those_of_the_ended_episodes_alone() -> None:
    rng = np.random.default_rng(0)
    episodes, ended = Episodes(torch.device("cpu")), []
    for _ in range(20):
        step, returns = step_of(rng)
        episodes.add(step, returns)
        ended += [
            (returns[env].item(), step.steps[env].item(), step.completed[env].item())
            for env in range(ENVIRONMENTS)
            if step.dones[env]
        ]
    assert episodes.count == len(ended) > 10
    returns, lengths, completed = np.array(ended).T
    figures = episodes.figures()
    assert tuple(figures) == EPISODE_COLUMNS
    for name, values in (("episode_rewards", returns), ("episode_len", lengths)):
        assert figures[f"max_{name}"] == pytest.approx(values.max())
        assert figures[f"mean_{name}"] == pytest.approx(values.mean())
        assert figures[f"min_{name}"] == pytest.approx(values.min())
    assert figures["success"] == pytest.approx(completed.mean())
    assert figures["mean_timeouts"] == pytest.approx(1 - completed.mean())


def test_without_an_ended_episode_all_figures_are_missing() -> None:
    episodes = Episodes(torch.device("cpu"))
    assert episodes.count == 0
    assert tuple(episodes.figures()) == EPISODE_COLUMNS
    assert all(map(math.isnan, episodes.figures().values()))
