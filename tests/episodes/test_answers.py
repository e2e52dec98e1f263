"""Answers are the policy's probabilities: each distinct frame asked once, or each memory kept."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from procgen_tools.episodes.answers import Answers, Recollections
from procgen_tools.models import ImpalaPolicy, RecurrentPolicy
from procgen_tools.worlds.maze.observations import to_observations

FRAMES = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)


class Counting(ImpalaPolicy):
    """Counts the observations that it is asked about."""

    asked = 0

    def logits_and_value(self, obs: Tensor) -> tuple[Tensor, Tensor]:
        self.asked += len(obs)
        return super().logits_and_value(obs)


@torch.no_grad()
def test_each_distinct_frame_is_asked_once() -> None:
    policy = Counting(seed=1).eval()
    answers = Answers(policy)
    first = answers.to(FRAMES[[0, 1, 0]])
    assert policy.asked == 2
    again = answers.to(FRAMES[[2, 1]])
    assert policy.asked == 3
    assert np.array_equal(first[0], first[2])
    assert np.array_equal(first[1], again[1])
    expected = policy.logits_and_value(torch.from_numpy(to_observations(FRAMES)))[0]
    found = np.stack([first[0], first[1], again[0]])
    np.testing.assert_allclose(found, expected.double().softmax(-1), rtol=1e-5)


@torch.no_grad()
def test_each_episode_has_its_own_memory() -> None:
    """The second episode pauses while the first goes on."""
    policy = RecurrentPolicy(seed=1).eval()
    answers = Recollections(policy, 2)
    both = answers.to(FRAMES[:2], np.arange(2))
    answers.to(FRAMES[2:], np.array([0]))
    later = answers.to(FRAMES[2:], np.array([1]))
    observations = torch.from_numpy(to_observations(FRAMES))
    logits, _, memory = policy.step(
        observations[1:2], policy.initial_memory(1), torch.ones(1, dtype=torch.bool)
    )
    np.testing.assert_allclose(both[1:], logits.double().softmax(-1), rtol=1e-5)
    logits, _, _ = policy.step(observations[2:], memory, torch.zeros(1, dtype=torch.bool))
    np.testing.assert_allclose(later, logits.double().softmax(-1), rtol=1e-5)
