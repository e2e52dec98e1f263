"""What the environments of all worlds share: seeds, masks and infos of batches; one alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.vector import VectorEnv
from jaxtyping import Bool, Int

MAX_SEED = 2**32

Observation = TypeVar("Observation")


def seed_list(seed: int | Sequence[int | None] | None, num: int) -> list[int | None]:
    """The seed of each environment: seed + i, or the i-th of a list; None to go on.

    Raises:
        ValueError: another number of seeds, or one that is out of range.
    """
    seeds: list[int | None]
    if seed is None:
        seeds = [None] * num
    elif isinstance(seed, int | np.integer):
        seeds = [int(seed) + index for index in range(num)]
    else:
        seeds = list(seed)
    if len(seeds) != num:
        raise ValueError(f"{len(seeds)} seeds for {num} environments: give one for each, or one "
                         "number for all")  # fmt: skip
    wrong = [number for number in seeds if number is not None and not 0 <= number < MAX_SEED]
    if wrong:
        raise ValueError(f"seed {wrong[0]} is not in 0..{MAX_SEED - 1}: choose seeds that are "
                         "(environment i takes seed + i)")  # fmt: skip
    return seeds


def reset_mask(options: dict[str, Any] | None, num: int) -> Bool[np.ndarray, " env"]:
    """Which environments `options` asks to begin anew; all unless it says.

    Raises:
        ValueError: unknown options, or a mask that does not fit.
    """
    unknown = sorted(set(options or {}) - {"reset_mask"})
    if unknown:
        raise ValueError(f"unknown options {unknown}: there is 'reset_mask'")
    mask = np.array((options or {}).get("reset_mask", np.ones(num, bool)))
    if mask.shape != (num,) or mask.dtype != bool:
        raise ValueError(f"reset_mask has shape {mask.shape} and type {mask.dtype}: give "
                         f"{num} booleans, one for each environment")  # fmt: skip
    return mask


def masked(
    name: str, values: Int[np.ndarray, " env"], which: Bool[np.ndarray, " env"]
) -> dict[str, Any]:
    """An info as gymnasium's vector environments give it: values, 0 where there is none."""
    return {name: np.where(which, values, 0), f"_{name}": which.copy()}


class EnvOfOne(gymnasium.Env[Observation, Any]):
    """One environment: a batch of one, whose own `reset` begins the next episode.

    The observation at the end of an episode is that after its last step.

    Args:
        batch: a vector environment of one, with `SAME_STEP` autoreset and a `reset_mask`.
    """

    def __init__(self, batch: VectorEnv[Any, Any, Any]) -> None:
        self._batch = batch
        self._episode_over = False
        self.render_mode = batch.render_mode
        self.observation_space = batch.single_observation_space
        self.action_space = batch.single_action_space

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin a new episode, from a seed or going on.

        Raises:
            ValueError: a seed outside 0..2**32 - 1, or options, of which there are none.
        """
        if options:
            raise ValueError(f"unknown options {sorted(options)}: the maze has none")
        # The next episode of the batch began in the step that ended the last one.
        begins = np.array([seed is not None or not self._episode_over])
        observations, _ = self._batch.reset(seed=seed, options={"reset_mask": begins})
        super().reset(seed=seed)
        self._episode_over = False
        return observations[0], self._begun_info()

    def step(self, action: Any) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Take an action.

        Raises:
            ResetNeeded: before the first `reset`, or after the end of an episode.
            ValueError: an action that does not exist.
        """
        if self._episode_over:
            raise ResetNeeded("the episode is over: call reset() before the next step()")
        observations, rewards, terminations, truncations, infos = self._batch.step([action])
        terminated, truncated = bool(terminations[0]), bool(truncations[0])
        self._episode_over = terminated or truncated
        if self._episode_over:
            observations, infos = infos["final_obs"], infos["final_info"]
        told = self._info(infos)
        return observations[0], float(rewards[0]), terminated, truncated, told

    def render(self) -> Any:
        """A picture of the maze; between two episodes, of the next one's.

        Raises:
            ValueError: the environment was made without render_mode='rgb_array'.
        """
        pictures = self._batch.render()
        assert pictures is not None
        return pictures[0]

    def _begun_info(self) -> dict[str, Any]:
        """What `reset` tells of the episode that began."""
        return {}

    def _info(self, infos: dict[str, Any]) -> dict[str, Any]:
        """What `step` tells, of the infos of the batch."""
        return {}
