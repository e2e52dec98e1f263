"""Wrappers for vector environments that reset in the step in which an episode ends.

gymnasium has wrappers for most purposes. Its wrappers of observations, however, reject batched
environments that reset in the same step, or process them one by one. For them, make the
environments with `autoreset_mode="NextStep"`; or use the wrappers of this module, which also
process the last frames of episodes (`infos["final_obs"]`)::

    inputs of a policy                  `policy_observations`: (3, 64, 64) float32 in [0, 1]
    channels first                      `channels_first`
    numbers in [0, 1]                   `scaled`
    observations in a dict              `under_key`
    any function of observations        `MapObservations`
    the last k frames                   `StackObservations`
    standardised observations           `NormalizeObservations`
    rewards over the spread of returns  `gymnasium.wrappers.vector.NormalizeReward`
    any function of rewards             `gymnasium.wrappers.vector.ClipReward`, `TransformReward`
    returns and lengths of episodes     `gymnasium.wrappers.vector.RecordEpisodeStatistics`
    infos as one dict per environment   `gymnasium.wrappers.vector.DictInfoToList`
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Dict, Space
from gymnasium.vector import AutoresetMode, VectorEnv, VectorWrapper
from gymnasium.vector.utils import batch_space, concatenate, create_empty_array, iterate
from gymnasium.wrappers.utils import RunningMeanStd
from jaxtyping import Bool, Float32, Shaped

AnyVectorEnv = VectorEnv[Any, Any, Any]
Batch = Shaped[np.ndarray, "env ..."]


class MapObservations(VectorWrapper):
    """Apply a function to every observation.

    Args:
        env: the environments.
        function: maps a batch of observations to a batch of new ones. It must not change its
            argument, and must treat all rows of the batch alike.
        single_observation_space: the space of one new observation.

    Example:
        >>> from procgen_tools.maze import MazeVectorEnv
        >>> grey = Box(0, 255, (64, 64), np.float64)
        >>> envs = MapObservations(MazeVectorEnv(2), lambda frames: frames.mean(axis=-1), grey)
        >>> envs.reset(seed=0)[0].shape
        (2, 64, 64)
    """

    def __init__(
        self,
        env: AnyVectorEnv,
        function: Callable[[Any], Any],
        single_observation_space: Space[Any],
    ) -> None:
        super().__init__(env)
        self.function = function
        self.single_observation_space = single_observation_space
        self.observation_space = batch_space(single_observation_space, env.num_envs)

    def reset(self, **arguments: Any) -> tuple[Any, dict[str, Any]]:
        """As the environments' own."""
        observations, infos = self.env.reset(**arguments)
        return self._observed(observations), infos

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """As the environments' own."""
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        mapped = self._observed(observations)
        return mapped, rewards, terminations, truncations, self._with_final_observations(infos)

    def _observed(self, observations: Any) -> Any:
        return self.function(observations)

    def _with_final_observations(self, infos: dict[str, Any]) -> dict[str, Any]:
        if "final_obs" not in infos:
            return infos
        ended = np.flatnonzero(infos["_final_obs"])
        old_space = self.env.single_observation_space
        empty: Any = create_empty_array(old_space, len(ended))
        batch = concatenate(old_space, [infos["final_obs"][index] for index in ended], empty)
        final = np.full(self.num_envs, None, dtype=object)
        new_space = batch_space(self.single_observation_space, len(ended))
        for index, observation in zip(ended, iterate(new_space, self.function(batch)), strict=True):
            final[index] = observation
        return {**infos, "final_obs": final}


def channels_first(env: AnyVectorEnv) -> MapObservations:
    """Pictures as (channel, row, column), as in torch, instead of (row, column, channel).

    Example:
        >>> from procgen_tools.maze import MazeVectorEnv
        >>> channels_first(MazeVectorEnv(2)).observation_space.shape
        (2, 3, 64, 64)
    """
    box = _box(env)
    space = Box(box.low.transpose(2, 0, 1), box.high.transpose(2, 0, 1), dtype=box.dtype)
    return MapObservations(
        env, lambda pictures: np.ascontiguousarray(np.moveaxis(pictures, 3, 1)), space
    )


def scaled(env: AnyVectorEnv) -> MapObservations:
    """Bytes as float32 in [0, 1]: divided by 255.

    Raises:
        ValueError: the observations are not bytes.

    Example:
        >>> from procgen_tools.maze import MazeVectorEnv
        >>> observations, _ = scaled(MazeVectorEnv(2)).reset(seed=0)
        >>> observations.dtype, bool(0 <= observations.min() <= observations.max() <= 1)
        (dtype('float32'), True)
    """
    box = _box(env)
    if box.dtype != np.uint8:
        raise ValueError(f"the observations are {box.dtype}: only bytes (uint8) are divided by 255")
    space = Box(0.0, 1.0, box.shape, np.float32)
    return MapObservations(env, lambda frames: frames.astype(np.float32) / np.float32(255), space)


def policy_observations(env: AnyVectorEnv) -> MapObservations:
    """Frames as inputs of policies: (env, 3, 64, 64) float32 in [0, 1], as from `MazeVenv`.

    Example:
        >>> from procgen_tools.maze import MazeVectorEnv
        >>> observations, _ = policy_observations(MazeVectorEnv(2)).reset(seed=0)
        >>> observations.shape, observations.dtype
        ((2, 3, 64, 64), dtype('float32'))
    """
    return scaled(channels_first(env))


def under_key(env: AnyVectorEnv, key: str = "rgb") -> MapObservations:
    """Observations as entries of a dict, under `key`.

    Example:
        >>> from procgen_tools.maze import MazeVectorEnv
        >>> observations, _ = under_key(MazeVectorEnv(2), "pixels").reset(seed=0)
        >>> observations["pixels"].shape
        (2, 64, 64, 3)
    """
    space = Dict({key: env.single_observation_space})
    return MapObservations(env, lambda observations: {key: observations}, space)


class StackObservations(VectorWrapper):
    """Stack the last observations, the oldest first: (env, frame, ...).

    At the beginning of an episode, its first observation fills the whole stack, so no stack mixes
    two episodes. This is gymnasium's `FrameStackObservation` for batches.

    Args:
        env: the environments. Their observations must be arrays.
        num_frames: number of observations in a stack.

    Raises:
        ValueError: `num_frames` is below 1, or the autoreset mode is not `SAME_STEP`.

    Example:
        >>> from procgen_tools.maze import MazeVectorEnv
        >>> observations, _ = StackObservations(MazeVectorEnv(2), num_frames=4).reset(seed=0)
        >>> observations.shape
        (2, 4, 64, 64, 3)
    """

    def __init__(self, env: AnyVectorEnv, num_frames: int) -> None:
        if num_frames < 1:
            raise ValueError(f"num_frames is {num_frames}: stack one observation or more")
        if env.metadata.get("autoreset_mode") is not AutoresetMode.SAME_STEP:
            raise ValueError(
                "StackObservations needs environments in AutoresetMode.SAME_STEP: make them with "
                "autoreset_mode='SameStep', or wrap each single environment in gymnasium's "
                "FrameStackObservation"
            )
        super().__init__(env)
        self.num_frames = num_frames
        box = _box(env)
        low, high = (np.repeat(bound[None], num_frames, axis=0) for bound in (box.low, box.high))
        self.single_observation_space = Box(low, high, dtype=box.dtype)
        self.observation_space = batch_space(self.single_observation_space, env.num_envs)
        self._stacks = np.zeros((env.num_envs, *low.shape), box.dtype)

    def reset(
        self, *, seed: Any = None, options: dict[str, Any] | None = None
    ) -> tuple[Batch, dict[str, Any]]:
        """As the environments' own."""
        observations, infos = self.env.reset(seed=seed, options=options)
        mask = (options or {}).get("reset_mask", np.ones(self.num_envs, bool))
        self._begin(mask, observations)
        return self._stacks.copy(), infos

    def step(self, actions: Any) -> tuple[Batch, Any, Any, Any, dict[str, Any]]:
        """As the environments' own."""
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        self._stacks[:, :-1] = self._stacks[:, 1:]
        self._stacks[:, -1] = observations
        if "final_obs" in infos:
            ended = infos["_final_obs"]
            final = np.full(self.num_envs, None, dtype=object)
            for index in np.flatnonzero(ended):
                final[index] = self._stacks[index].copy()
                final[index][-1] = infos["final_obs"][index]
            infos = {**infos, "final_obs": final}
            self._begin(ended, observations)
        return self._stacks.copy(), rewards, terminations, truncations, infos

    def _begin(self, which: Bool[np.ndarray, " env"], observations: Batch) -> None:
        self._stacks[which] = observations[which, None]


class NormalizeObservations(MapObservations):
    """Subtract the running mean of observations, and divide by their running standard deviation.

    Mean and variance are elementwise, over all observations so far (Chan et al.'s parallel
    algorithm, as in gymnasium's `NormalizeObservation`).

    Args:
        env: the environments. Their observations must be arrays.
        epsilon: added to the variance, so that constant elements become 0.

    Attributes:
        statistics: `mean` and `var` so far.
        learning: set to False to freeze the statistics, for evaluation.

    Example:
        >>> from procgen_tools.maze import MazeVectorEnv
        >>> envs = NormalizeObservations(MazeVectorEnv(2))
        >>> _ = envs.reset(seed=0)
        >>> _ = envs.step([4, 4])
        >>> round(envs.statistics.count), envs.statistics.mean.shape
        (4, (64, 64, 3))
    """

    def __init__(self, env: AnyVectorEnv, epsilon: float = 1e-8) -> None:
        if epsilon <= 0:
            raise ValueError(f"epsilon is {epsilon}: give a small number above 0")
        shape = _box(env).shape
        super().__init__(env, self._normalized, Box(-np.inf, np.inf, shape, np.float32))
        self.epsilon = epsilon
        self.statistics = RunningMeanStd(shape=shape)
        self.learning = True

    def _observed(self, observations: Batch) -> Float32[np.ndarray, "env ..."]:
        if self.learning:
            self.statistics.update(observations)
        return self._normalized(observations)

    def _normalized(self, observations: Batch) -> Float32[np.ndarray, "env ..."]:
        spread = np.sqrt(self.statistics.var + self.epsilon)
        return ((observations - self.statistics.mean) / spread).astype(np.float32)


def _box(env: AnyVectorEnv) -> Box:
    space = env.single_observation_space
    if not isinstance(space, Box):
        raise ValueError(
            f"the observations are {space}: this wrapper takes arrays (Box), so apply it before "
            "the wrapper that changes them"
        )
    return space
