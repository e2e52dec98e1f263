"""The wrappers of procgen-tools, with the interface of OpenAI's baselines, for migration.

`reset()` returns observations, `step(actions)` observations, rewards, dones and infos. In new code
use `worlds.wrappers`, which wraps gymnasium's environments.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.wrappers.utils import RunningMeanStd


class VecEnvWrapper:
    """A wrapper around an environment. Unknown attributes are those of the wrapped environment.

    Args:
        venv: the environment to wrap.
        observation_space: space of the changed observations. Defaults to that of `venv`.
    """

    def __init__(self, venv: Any, observation_space: Any = None) -> None:
        self.venv = venv
        self.num_envs = venv.num_envs
        self.observation_space = observation_space or venv.observation_space

    def __getattr__(self, name: str) -> Any:
        if name == "venv" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.venv, name)

    def reset(self) -> Any:
        """The first observations."""
        return self.process(self.venv.reset())

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any]:
        """One step in every environment."""
        observations, rewards, dones, infos = self.venv.step(actions)
        return self.process(observations), rewards, dones, infos

    def step_async(self, actions: Any) -> None:
        """Store the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> tuple[Any, Any, Any, Any]:
        """Take the step with the actions of `step_async`."""
        return self.step(self._actions)

    def process(self, obs: Any) -> Any:
        """The changed observations."""
        return obs


class VecExtractDictObs(VecEnvWrapper):
    """Observations under one key of a dictionary."""

    def __init__(self, venv: Any, key: str) -> None:
        super().__init__(venv, venv.observation_space[key])
        self.key = key

    def process(self, obs: Any) -> Any:
        """The observations under the key."""
        return obs[self.key]


class TransposeFrame(VecEnvWrapper):
    """Pictures with channels first."""

    def __init__(self, env: Any) -> None:
        box = env.observation_space
        low, high = (np.moveaxis(bound, -1, 0) for bound in (box.low, box.high))
        super().__init__(env, type(box)(low, high, dtype=box.dtype))

    def process(self, obs: Any) -> Any:
        """(env, channel, row, column)."""
        return np.ascontiguousarray(np.moveaxis(obs, -1, 1))


class ScaledFloatFrame(VecEnvWrapper):
    """Pictures as float32 in [0, 1]."""

    def __init__(self, env: Any) -> None:
        box = env.observation_space
        super().__init__(env, type(box)(0.0, 1.0, shape=box.shape, dtype=np.float32))

    def process(self, obs: Any) -> Any:
        """Divided by 255."""
        return np.asarray(obs, dtype=np.float32) / np.float32(255)


class VecNormalize(VecEnvWrapper):
    """Observations normalised by running mean and standard deviation, rewards by that of
    returns."""

    def __init__(
        self,
        venv: Any,
        ob: bool = True,
        ret: bool = True,
        clipob: float = 10.0,
        cliprew: float = 10.0,
        gamma: float = 0.99,
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(venv)
        self.ob_rms = RunningMeanStd(shape=self.observation_space.shape) if ob else None
        self.ret_rms = RunningMeanStd(shape=()) if ret else None
        self.clipob, self.cliprew = clipob, cliprew
        self.gamma, self.epsilon = gamma, epsilon
        self.ret = np.zeros(self.num_envs)

    def process(self, obs: Any) -> Any:
        """Normalise and clip, if enabled."""
        if self.ob_rms is None:
            return obs
        self.ob_rms.update(obs)
        normal = (obs - self.ob_rms.mean) / np.sqrt(self.ob_rms.var + self.epsilon)
        return np.clip(normal, -self.clipob, self.clipob)

    def reset(self) -> Any:
        """The first observations. Returns start at 0."""
        self.ret = np.zeros(self.num_envs)
        return super().reset()

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any]:
        """Take one step. When an episode ends, its return starts again at 0."""
        observations, rewards, dones, infos = super().step(actions)
        if self.ret_rms is not None:
            self.ret = self.ret * self.gamma + rewards
            self.ret_rms.update(self.ret)
            spread = np.sqrt(self.ret_rms.var + self.epsilon)
            rewards = np.clip(rewards / spread, -self.cliprew, self.cliprew)
        self.ret[np.asarray(dones, dtype=bool)] = 0.0
        return observations, rewards, dones, infos


class VecFrameStack(VecEnvWrapper):
    """The last `nstack` observations, stacked on the last axis. Before an episode they are
    zeros."""

    def __init__(self, venv: Any, nstack: int) -> None:
        box = venv.observation_space
        low, high = (np.repeat(bound, nstack, axis=-1) for bound in (box.low, box.high))
        super().__init__(venv, type(box)(low, high, dtype=box.dtype))
        self.stackedobs = np.zeros((self.num_envs, *low.shape), low.dtype)

    def reset(self) -> Any:
        """The first observations, after zeros."""
        self.stackedobs[...] = 0
        return super().reset()

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any]:
        """Take one step. The stack of an ended episode is cleared."""
        observations, rewards, dones, infos = self.venv.step(actions)
        self.stackedobs[np.asarray(dones, dtype=bool)] = 0
        return self.process(observations), rewards, dones, infos

    def process(self, obs: Any) -> Any:
        """The stack with these observations last."""
        self.stackedobs = np.concatenate([self.stackedobs[..., obs.shape[-1] :], obs], axis=-1)
        return self.stackedobs.copy()
