"""Speed of training: the report, and a learner with frames from procgen."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from procgen_tools.benchmarks import training


def test_training_report() -> None:
    speed = training.measure(num_envs=8, rollout_steps=4, rounds=1, precision="float32")
    assert 8 <= speed.different <= 32
    # No time is compared with another: on a busy machine any of them can be the longest.
    assert min(speed.advance, speed.learn, speed.learn_limit, speed.play_limit) > 0
    assert speed.share_of_limit == speed.learn_limit / speed.learn
    assert speed.outside_network == 1 - (speed.learn_limit + speed.play_limit) / speed.advance
    assert speed.steps_per_second == 32 / speed.advance
    report = training.report(speed)
    assert f"{speed.share_of_limit:.1%}" in report
    assert "8 environments x 4 steps, 3 epochs, on cpu" in report
    assert "float32, as asked" in report
    assert ("with procgen" in report) == (speed.advance_procgen is not None)


def test_the_learner_can_be_fed_by_procgen() -> None:
    """The learner gets the same frames, rewards and episode ends as from procgen itself."""
    pytest.importorskip("procgen")
    feed = training.ProcgenFeed(3, torch.device("cpu"))
    engine = training.procgen_engine(
        3, "maze", distribution_mode="hard", rand_seed=0, num_threads=2
    )
    lengths = np.zeros(3, int)
    for actions in np.random.default_rng(0).integers(0, 15, (520, 3)):
        step = feed.step(torch.from_numpy(actions))
        engine.act(actions.astype(np.int32))
        rewards, observation, firsts = engine.observe()
        lengths += 1
        assert np.array_equal(step.frames.numpy(), observation["rgb"])
        assert np.array_equal(step.rewards.numpy(), rewards)
        assert np.array_equal(step.dones.numpy(), firsts)
        assert np.array_equal(step.steps.numpy(), lengths)
        lengths[firsts] = 0
    assert lengths.max() < 500
