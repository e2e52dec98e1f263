"""An adapter from our vector environments to the `VecEnv` of Stable-Baselines3.

Stable-Baselines3 does not support `gymnasium.vector.VectorEnv`. It can make one process or object
per environment from our ids. This adapter is faster: it steps the whole batch at once.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv


def to_stable_baselines(envs: VectorEnv[Any, Any, Any]) -> Any:
    """Wrap a vector environment as a `VecEnv` of Stable-Baselines3, which then owns it.

    Infos have the entries of Stable-Baselines3: `terminal_observation` and `TimeLimit.truncated`
    at the end of an episode, and `episode` with its return, length and time, as from `Monitor`.
    Masks for `MaskablePPO` are those of `action_masks` of the batch, if it has them.

    Args:
        envs: a vector environment of any world of this package, or a wrapper of one, in
            `AutoresetMode.SAME_STEP`.

    Raises:
        ModuleNotFoundError: `stable_baselines3` is not installed.
        ValueError: another autoreset mode.

    Example:
        >>> from stable_baselines3 import PPO  # doctest: +SKIP
        >>> from procgen_tools.maze import MazeVectorEnv
        >>> envs = to_stable_baselines(MazeVectorEnv(64))  # doctest: +SKIP
        >>> PPO("CnnPolicy", envs).learn(1_000_000)  # doctest: +SKIP
    """
    try:
        from stable_baselines3.common.monitor import Monitor
        from stable_baselines3.common.vec_env import VecEnv
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "to_stable_baselines needs Stable-Baselines3: pip install stable-baselines3"
        ) from error
    mode = envs.metadata.get("autoreset_mode")
    if mode is not AutoresetMode.SAME_STEP:
        raise ValueError(
            f"the environments are in mode {mode}: make them with autoreset_mode='SameStep'"
        )

    class BatchVecEnv(VecEnv):  # type: ignore[misc]
        """Defined here because its base class is not always installed."""

        def __init__(self) -> None:
            self.envs = envs
            super().__init__(envs.num_envs, envs.single_observation_space, envs.single_action_space)
            self._returns = np.zeros(envs.num_envs)
            self._lengths = np.zeros(envs.num_envs, np.int64)
            self._started = time.time()
            self._actions: Any = None

        def reset(self) -> Any:
            seeded = any(seed is not None for seed in self._seeds)
            observations, infos = envs.reset(seed=self._seeds if seeded else None)
            self.reset_infos = [_own(infos, index) for index in range(self.num_envs)]
            self._returns[:] = 0
            self._lengths[:] = 0
            self._reset_seeds()
            self._reset_options()
            return observations

        def step_async(self, actions: Any) -> None:
            self._actions = actions

        def step_wait(self) -> tuple[Any, Any, Any, list[dict[str, Any]]]:
            observations, rewards, terminations, truncations, told = envs.step(self._actions)
            self._returns += rewards
            self._lengths += 1
            dones = terminations | truncations
            infos = [_own(told, index) for index in range(self.num_envs)]
            for index in np.flatnonzero(dones).tolist():
                infos[index] = {
                    **_own(told["final_info"], index),
                    "terminal_observation": told["final_obs"][index],
                    "TimeLimit.truncated": bool(truncations[index] & ~terminations[index]),
                    "episode": {
                        "r": float(self._returns[index]),
                        "l": int(self._lengths[index]),
                        "t": round(time.time() - self._started, 6),
                    },
                }
            self._returns[dones] = 0
            self._lengths[dones] = 0
            return observations, rewards.astype(np.float32), dones, infos

        def close(self) -> None:
            envs.close()

        def get_images(self) -> Any:
            return envs.render()

        def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
            value = getattr(envs if hasattr(envs, attr_name) else envs.unwrapped, attr_name)
            return [value for _ in self._get_indices(indices)]

        def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
            raise AttributeError(
                f"{attr_name!r} cannot be set, because the environments are one batch: make a new "
                "batch"
            )

        def env_method(
            self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any
        ) -> list[Any]:
            if method_name != "action_masks":
                raise AttributeError(
                    f"{method_name!r} is not offered for single environments of a batch: call it "
                    "on the vector environment, .envs"
                )
            masks = self.get_attr("action_masks")[0]()
            return [masks[index] for index in self._get_indices(indices)]

        def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
            # Infos have the entries of Monitor.
            return [wrapper_class is Monitor for _ in self._get_indices(indices)]

    return BatchVecEnv()


def _own(infos: dict[str, Any], index: int) -> dict[str, Any]:
    """The numbers in the infos of a batch that belong to one environment."""
    return {
        name: values[index].item()
        for name, values in infos.items()
        if isinstance(values, np.ndarray)
        and values.dtype.kind in "iuf"
        and infos.get(f"_{name}", np.zeros(index + 1))[index]
    }
