"""Wrappers of batches: what they do to observations, and that they agree with gymnasium's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from gymnasium.wrappers import FrameStackObservation
from gymnasium.wrappers.vector import (
    ClipReward,
    DictInfoToList,
    NormalizeReward,
    RecordEpisodeStatistics,
)

from procgen_tools.maze import MazeEnv, MazeVectorEnv, create_venv
from procgen_tools.worlds import (
    NormalizeObservations,
    StackObservations,
    channels_first,
    policy_observations,
    scaled,
    under_key,
)

SMALL: dict[str, Any] = {"distribution_mode": "easy", "start_level": 202, "num_levels": 2}
"""Easy levels with the cheese one or two steps away, which random play soon solves."""


def random_actions(seed: int, steps: int, num: int) -> np.ndarray:
    """Moves: left, down, up, right."""
    return np.random.default_rng(seed).choice([1, 3, 5, 7], size=(steps, num))


def small(num: int = 2) -> MazeVectorEnv:
    return MazeVectorEnv(num, **SMALL)


def played(envs: VectorEnv[Any, Any, Any], steps: int = 30) -> list[Any]:
    """The reset, then steps, some of which end levels."""
    results: list[Any] = [envs.reset(seed=1)]
    results += [envs.step(actions) for actions in random_actions(3, steps, envs.num_envs)]
    finals = sum(
        int(result[-1]["_final_obs"].sum()) for result in results if "_final_obs" in result[-1]
    )
    assert finals >= 3
    return results


def test_maps_of_observations_are_maps_of_final_ones() -> None:
    plain = played(small())
    maps: dict[Any, Any] = {
        channels_first: lambda frame: np.moveaxis(frame, -1, -3),
        scaled: lambda frame: frame.astype(np.float32) / np.float32(255),
        policy_observations: lambda frame: np.moveaxis(frame, -1, -3).astype(np.float32) / 255,
        under_key: lambda frame: {"rgb": frame},
    }
    for wrapper, expected in maps.items():
        wrapped = wrapper(small())
        for ours, before in zip(played(wrapped), plain, strict=True):
            assert ours[0] in wrapped.observation_space
            assert data_equivalence(ours[0], expected(before[0]), exact=True)
            assert data_equivalence(list(ours[1:-1]), list(before[1:-1]), exact=True)
            for index in np.flatnonzero(before[-1].get("_final_obs", [])):
                final = ours[-1]["final_obs"][index]
                assert final in wrapped.single_observation_space
                assert data_equivalence(final, expected(before[-1]["final_obs"][index]), exact=True)


def test_policy_observations_are_those_of_the_venv() -> None:
    envs = policy_observations(MazeVectorEnv(1))
    venv = create_venv(1, num_levels=0, rand_seed=6)
    np.testing.assert_array_equal(envs.reset(seed=6)[0], venv.reset())


def test_stacks_are_those_of_single_environments() -> None:
    batch = StackObservations(small(3), 4)
    singles = SyncVectorEnv(
        [lambda: FrameStackObservation(MazeEnv(**SMALL), 4)] * 3,
        autoreset_mode=AutoresetMode.SAME_STEP,
    )
    assert batch.single_observation_space == singles.single_observation_space
    for ours, theirs in zip(played(batch), played(singles), strict=True):
        assert data_equivalence(ours, theirs, exact=True)
    mask = {"reset_mask": np.array([False, True, False])}
    ours, theirs = batch.reset(options=dict(mask)), singles.reset(options=dict(mask))
    np.testing.assert_array_equal(ours[0], theirs[0])


def test_normalized_observations_have_mean_0_and_spread_1() -> None:
    envs = NormalizeObservations(small())
    normalized = played(envs)
    frames = np.concatenate([result[0] for result in played(small())]).astype(float)
    statistics = envs.statistics
    np.testing.assert_allclose(statistics.mean, frames.mean(0), atol=0.01)
    np.testing.assert_allclose(statistics.var, frames.var(0), atol=0.1, rtol=1e-3)
    last = (frames[-2:] - frames.mean(0)) / np.sqrt(frames.var(0) + 1e-8)
    varied = frames.var(0) > 1
    np.testing.assert_allclose(normalized[-1][0][:, varied], last[:, varied], atol=0.01)
    envs.learning = False
    mean = statistics.mean.copy()
    for result in played(envs):
        assert result[0] in envs.observation_space
        for index in np.flatnonzero(result[-1].get("_final_obs", [])):
            assert result[-1]["final_obs"][index] in envs.single_observation_space
    np.testing.assert_array_equal(statistics.mean, mean)


def test_gymnasiums_wrappers_of_the_rest() -> None:
    plain = played(small())[1:]
    rewards = np.array([result[1] for result in plain])
    ended = np.array([result[2] for result in plain])

    clipped = played(ClipReward(small(), max_reward=1.0))[1:]
    np.testing.assert_array_equal([result[1] for result in clipped], rewards.clip(max=1))

    normalized = np.array([result[1] for result in played(NormalizeReward(small()))[1:]])
    assert ((normalized > 0) == (rewards > 0)).all()

    recorded = played(RecordEpisodeStatistics(small()))[1:]
    lengths = np.concatenate(
        [result[-1]["episode"]["l"][result[2]] for result in recorded if "episode" in result[-1]]
    )
    returns = np.concatenate(
        [result[-1]["episode"]["r"][result[2]] for result in recorded if "episode" in result[-1]]
    )
    assert len(returns) == ended.sum()
    assert (returns == 10).all()
    steps_of_finished = sum(np.flatnonzero(row)[-1] + 1 for row in ended.T)
    assert lengths.sum() == steps_of_finished

    listed = DictInfoToList(small())
    _, infos = listed.reset(seed=1)
    assert [info["level_seed"] for info in infos] == listed.unwrapped.level_seeds.tolist()  # type: ignore[attr-defined]


def test_bad_wrapping() -> None:
    with pytest.raises(ValueError, match="num_frames is 0"):
        StackObservations(small(), 0)
    with pytest.raises(ValueError, match="float32: only bytes"):
        scaled(scaled(small()))
    with pytest.raises(ValueError, match="this wrapper takes arrays"):
        StackObservations(under_key(small()), 2)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="epsilon is 0"):
        NormalizeObservations(small(), epsilon=0.0)
