"""How episodes begin and end in the environments of all worlds, batched and single."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Discrete, Space
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from jaxtyping import Bool, Float, Int, Shaped

from procgen_tools.checks import check_memory, whole_number
from procgen_tools.shown import brief

MAX_SEED = 2**32

Observation = TypeVar("Observation")


def seed_list(seed: int | Sequence[int | None] | None, num: int) -> list[int | None]:
    """The seed of each environment: seed + i, or the i-th of a list; None for no new seed.

    Raises:
        TypeError: a seed that is not an integer.
        ValueError: another number of seeds, or a seed out of range.
    """
    seeds: list[int | None]
    if seed is None:
        seeds = [None] * num
    elif isinstance(seed, Sequence | np.ndarray) and not isinstance(seed, str):
        seeds = [None if own is None else whole_number("seed", own) for own in seed]
    else:
        seeds = [whole_number("seed", seed) + index for index in range(num)]
    if len(seeds) != num:
        raise ValueError(
            f"{len(seeds)} seeds for {num} environments: give one for each, or one number for all"
        )
    wrong = [number for number in seeds if number is not None and not 0 <= number < MAX_SEED]
    if wrong:
        raise ValueError(
            f"seed {wrong[0]} is not in 0..{MAX_SEED - 1}: choose seeds that are (environment i "
            "takes seed + i)"
        )
    return seeds


def reset_mask(options: dict[str, Any] | None, num: int) -> Bool[np.ndarray, " env"]:
    """The environments that `options` asks to reset; by default, all.

    Raises:
        ValueError: unknown options, or a mask that does not fit.
    """
    unknown = sorted(set(options or {}) - {"reset_mask"})
    if unknown:
        raise ValueError(f"unknown options {unknown}: there is 'reset_mask'")
    mask = np.array((options or {}).get("reset_mask", np.ones(num, bool)))
    if mask.shape != (num,) or mask.dtype != bool:
        raise ValueError(
            f"reset_mask has shape {mask.shape} and type {mask.dtype}: give {num} booleans, one "
            "for each environment"
        )
    return mask


def masked(
    name: str, values: Int[np.ndarray, " env"], which: Bool[np.ndarray, " env"]
) -> dict[str, Any]:
    """An info in the format of gymnasium's vector environments; values are 0 where missing."""
    return {name: np.where(which, values, 0), f"_{name}": which.copy()}


@dataclass(frozen=True, eq=False)
class Advanced:
    """The result of a step of a batch, before the autoreset mode is applied.

    Attributes:
        rewards, terminations, truncations: of every environment, as new arrays. Values of waiting
            environments are ignored.
        final_observations: of the environments whose episode ended, in their order.
        infos: of the episode in which the step was taken.
    """

    rewards: Float[np.ndarray, " env"]
    terminations: Bool[np.ndarray, " env"]
    truncations: Bool[np.ndarray, " env"]
    final_observations: Shaped[np.ndarray, "ended ..."]
    infos: dict[str, Int[np.ndarray, " env"]]

    __repr__ = brief


class BatchedEpisodes(VectorEnv[Any, Any, np.ndarray], Generic[Observation]):
    """Environments that step together, in each of gymnasium's three autoreset modes.

    A world defines how episodes begin (`_begin`) and continue (`_advance`), the observations
    (`_observe`) and the infos (`_told`). It begins the next episode in the step that ends one. This
    class shows the next episode at once (`SAME_STEP`), in the next step, whose action is ignored
    (`NEXT_STEP`), or at the next `reset` whose mask includes the environment (`DISABLED`).

    Args:
        num_envs: number of environments.
        observation_space: of one environment.
        action_space: of one environment.
        render_mode: 'rgb_array' for pictures from `render`, or None.
        autoreset_mode: an `AutoresetMode`, or its value, such as 'NextStep'.
        bytes_each: the memory of one environment in bytes.

    Raises:
        TypeError: a number of environments that is not an integer.
        ValueError: no environment or more than fit into memory, or an unknown mode.
    """

    def __init__(
        self,
        num_envs: int,
        observation_space: Space[Any],
        action_space: Discrete,
        *,
        render_mode: str | None,
        autoreset_mode: AutoresetMode | str,
        bytes_each: int,
    ) -> None:
        num_envs = whole_number("num_envs", num_envs, 1)
        check_memory("num_envs", num_envs, bytes_each)
        if render_mode not in (None, "rgb_array"):
            raise ValueError(f"unknown render_mode {render_mode!r}: use 'rgb_array' or None")
        try:
            self._mode = AutoresetMode(autoreset_mode)
        except ValueError:
            raise ValueError(
                f"unknown autoreset_mode {autoreset_mode!r}: use one of "
                f"{', '.join(str(mode) for mode in AutoresetMode)}"
            ) from None
        self.metadata = {**self.metadata, "autoreset_mode": self._mode}
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.single_observation_space = observation_space
        self.single_action_space = action_space
        self.observation_space = batch_space(observation_space, num_envs)
        self.action_space = batch_space(action_space, num_envs)
        self._begun = False
        self._over = np.zeros(num_envs, bool)  # ended, and the next episode is not shown yet
        self._last_seen: dict[int, np.ndarray] = {}  # last observations of ended episodes

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin a new episode in every environment.

        Args:
            seed: environment i is seeded with seed + i (or the i-th of a list). Without a seed, it
                continues its sequence of episodes; the first reset takes a random seed.
            options: `{"reset_mask": (env,) bool}` resets only the environments where True. The
                first reset resets all.

        Returns:
            Observations, and the infos of each episode that began.

        Raises:
            TypeError: a seed that is not an integer.
            ValueError: seeds outside 0..2**32 - 1, another number of them, or unknown options.
        """
        seeds = seed_list(seed, self.num_envs)
        mask = reset_mask(options, self.num_envs)
        # Seeds gymnasium's own generator, which draws the seeds of a first reset without seeds.
        super().reset(seed=seeds[0] if np.ndim(seed) == 0 else None)  # type: ignore[arg-type]
        if not self._begun:
            mask[:] = True
            drawn = self.np_random.integers(MAX_SEED, size=self.num_envs).tolist()
            seeds = [new if old is None else old for old, new in zip(seeds, drawn, strict=True)]
        seeded = mask & [number is not None for number in seeds]
        self._begin(seeded, [seeds[index] for index in np.flatnonzero(seeded)])
        # Where an episode is over, the next one has begun already, but has not been shown.
        self._begin(mask & ~seeded & ~self._over, None)
        self._over &= ~mask
        self._begun = True
        infos: dict[str, Any] = {}
        for name, values in self._told().items():
            infos |= masked(name, values, mask)
        return self._shown(), infos

    def step(
        self, actions: Any
    ) -> tuple[
        Observation,
        Float[np.ndarray, " env"],
        Bool[np.ndarray, " env"],
        Bool[np.ndarray, " env"],
        dict[str, Any],
    ]:
        """Take an action in each environment.

        Args:
            actions: (env,) integers.

        Returns:
            Observations, rewards, terminations, truncations, infos.

        Raises:
            ResetNeeded: before the first `reset`, or after the end of an episode (`DISABLED`).
            ValueError: another number of actions, or an action that does not exist.
        """
        if not self._begun:
            raise ResetNeeded("call reset() before the first step()")
        waited = self._over
        waits = self._mode is not AutoresetMode.SAME_STEP and bool(waited.any())
        if self._mode is AutoresetMode.DISABLED and waits:
            raise ResetNeeded(
                f"the episodes of environments {np.flatnonzero(waited).tolist()} are over: call "
                "reset(options={'reset_mask': terminations | truncations}) before the next step()"
            )
        now = self._advance(actions, waited if waits else None)
        rewards, terminations, truncations = now.rewards, now.terminations, now.truncations
        if waits:
            for array in (rewards, terminations, truncations):
                array[waited] = 0
        ended = terminations | truncations
        infos: dict[str, Any] = {}
        finals = dict(zip(np.flatnonzero(ended).tolist(), now.final_observations, strict=True))
        told = self._told()
        if self._mode is AutoresetMode.SAME_STEP:
            if finals:
                final = np.full(self.num_envs, None, dtype=object)
                for index, observation in finals.items():
                    final[index] = observation.copy()
                final_info: dict[str, Any] = {}
                for name, values in now.infos.items():
                    final_info |= masked(name, values, ended)
                infos = {"final_obs": final, "final_info": final_info}
                infos |= {f"_{name}": ended.copy() for name in ("final_obs", "final_info")}
        else:
            self._over, self._last_seen = ended, finals
            told = {name: np.where(ended, now.infos[name], told[name]) for name in told}
        for name, values in told.items():
            infos |= masked(name, values, np.ones(self.num_envs, bool))
        return self._shown(), rewards, terminations, truncations, infos

    def _require_rendering(self) -> None:
        """Raise ValueError if the environments were made without a render mode."""
        if self.render_mode is None:
            raise ValueError("nothing to render: make the environment with render_mode='rgb_array'")

    def _shown(self) -> Any:
        """The observations; where an episode is over, its last one."""
        observations = self._observe()
        if self._mode is not AutoresetMode.SAME_STEP:
            for index in np.flatnonzero(self._over).tolist():
                observations[index] = self._last_seen[index]
        return observations

    def _begin(self, which: Bool[np.ndarray, " env"], seeds: list[Any] | None) -> None:
        """Begin episodes where `which` is True, with a seed for each or the next in sequence."""
        raise NotImplementedError

    def _advance(self, actions: Any, waiting: Bool[np.ndarray, " env"] | None) -> Advanced:
        """Check the actions, take them except where `waiting`, and begin episodes that follow."""
        raise NotImplementedError

    def _observe(self) -> Shaped[np.ndarray, "env ..."]:
        """The observations of the running episodes, as a new array."""
        raise NotImplementedError

    def _told(self) -> dict[str, Int[np.ndarray, " env"]]:
        """The infos of the running episodes."""
        raise NotImplementedError


class EnvOfOne(gymnasium.Env[Observation, Any]):
    """One environment: a batch of one, in which `reset` begins the next episode.

    The observation at the end of an episode is the one after its last step.

    Args:
        batch: a vector environment of one, with `SAME_STEP` autoreset and a `reset_mask`.

    Raises:
        ValueError: another autoreset mode.
    """

    def __init__(self, batch: VectorEnv[Any, Any, Any]) -> None:
        if batch.metadata["autoreset_mode"] is not AutoresetMode.SAME_STEP:
            raise ValueError(
                "autoreset_mode is for vector environments: one alone begins its episodes in "
                "reset(); leave it out"
            )
        self._batch = batch
        self._episode_over = False
        self.render_mode = batch.render_mode
        self.observation_space = batch.single_observation_space
        self.action_space = batch.single_action_space

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin a new episode: with a seed, or the next in sequence.

        Raises:
            ValueError: a seed outside 0..2**32 - 1, or any options.
        """
        if options:
            raise ValueError(
                f"unknown options {sorted(options)}: this environment has none, so leave them out"
            )
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
        """A picture; between two episodes, of the next one.

        Raises:
            ValueError: the environment was made without render_mode='rgb_array'.
        """
        pictures = self._batch.render()
        assert pictures is not None
        return pictures[0]

    def _begun_info(self) -> dict[str, Any]:
        """The infos of `reset`."""
        return {}

    def _info(self, infos: dict[str, Any]) -> dict[str, Any]:
        """The infos of `step`, from those of the batch."""
        return {}
