"""The scale of rewards: the deviation of all discounted sums so far."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from procgen_tools.training.reward_scale import RewardScale


def test_rewards_are_divided_by_the_deviation_of_all_sums_so_far() -> None:
    rng = np.random.default_rng(1)
    scale = RewardScale(3, discount=0.9, clip=2.0)
    sums, seen = np.zeros(3), []
    for _ in range(50):
        rewards, dones = rng.exponential(size=3), rng.random(3) < 0.2
        ours = scale(torch.tensor(rewards), torch.tensor(dones))
        sums = 0.9 * sums + rewards
        seen.extend(sums)
        # The scale begins as if 1e-4 sums with mean 0 and variance 1 had been seen.
        weights = np.array([1e-4, *np.ones(len(seen))])
        points = np.array([0.0, *seen])
        mean = np.average(points, weights=weights)
        spread = np.append(1.0, np.zeros(len(seen))) + (points - mean) ** 2
        wanted = rewards / np.sqrt(np.average(spread, weights=weights) + 1e-8)
        assert ours.numpy() == pytest.approx(np.minimum(wanted, 2.0), rel=1e-9)
        sums[dones] = 0
    assert ours.max() <= 2
