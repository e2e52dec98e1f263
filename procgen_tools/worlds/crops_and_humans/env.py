"""Crops and humans as gymnasium environments: one, or many that step together."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode
from jaxtyping import Bool, Float32, Int, UInt8

from procgen_tools.checks import whole_number
from procgen_tools.worlds.batches import Advanced, BatchedEpisodes, EnvOfOne
from procgen_tools.worlds.crops_and_humans.human_view import picture
from procgen_tools.worlds.crops_and_humans.levels import START, Cells, Mazes, check, training_mazes
from procgen_tools.worlds.crops_and_humans.production import production_mazes
from procgen_tools.worlds.crops_and_humans.rules import ACTIONS, NUM_INPUTS, States, step

BYTES_EACH = 4_000
"""The memory of an environment in bytes, its generator included."""

STEP_LIMIT = 100
"""Steps after which an episode is truncated. The longest path to the exit has 30."""

MAZES = {"training": training_mazes, "production": production_mazes}

Inputs = Float32[np.ndarray, "env 161"]
Infos = dict[str, Any]

_METADATA: Infos = {"render_modes": ["rgb_array"], "render_fps": 4}


_VECTOR_METADATA: Infos = {**_METADATA, "autoreset_mode": AutoresetMode.SAME_STEP}


class CropsAndHumansVectorEnv(BatchedEpisodes[Inputs]):
    """Mazes that step together. By default, the next episode begins in the step that ends one.

    Observations are (env, 161) float32 (see `rules.States.inputs`), actions are (env,) in 0..3. The
    exit terminates an episode, and `step_limit` steps truncate it. Each episode draws one of the
    mazes uniformly. Environment i draws the same mazes as a single one with seed + i. Infos: `maze`
    is the number of the maze; in `AutoresetMode.SAME_STEP`, where an episode ended, `final_obs` is
    its last observation and `final_info` holds its `maze`.

    Args:
        num_envs: number of environments.
        mazes: 'training' (1,336), 'production' (640), or your own, (maze, 7, 7).
        step_limit: the largest number of steps of an episode.
        render_mode: 'rgb_array' for pictures from `render`, or None.
        autoreset_mode: when the next episode begins, an `AutoresetMode` or its value:
            'SameStep', 'NextStep' or 'Disabled' (`reset` with a `reset_mask` begins the next).

    Raises:
        TypeError: a number that is not an integer.
        ValueError: an unknown name or mode, a maze that cannot be played, a number below 1.

    Example:
        >>> envs = CropsAndHumansVectorEnv(2)
        >>> observations, infos = envs.reset(seed=0)
        >>> observations, rewards, terminations, truncations, infos = envs.step([0, 0])
        >>> rewards.tolist()  # both step over the top edge
        [-5.0, -5.0]
    """

    metadata = _VECTOR_METADATA

    def __init__(
        self,
        num_envs: int = 1,
        *,
        mazes: str | Mazes = "training",
        step_limit: int = STEP_LIMIT,
        render_mode: str | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
    ) -> None:
        super().__init__(
            num_envs,
            Box(0, 1, (NUM_INPUTS,), np.float32),
            Discrete(len(ACTIONS)),
            render_mode=render_mode,
            autoreset_mode=autoreset_mode,
            bytes_each=BYTES_EACH,
        )
        self._bank = _bank(mazes)
        self._step_limit = whole_number("step_limit", step_limit, 1)
        self._generators = [np.random.default_rng(0) for _ in range(self.num_envs)]
        self._maze = np.zeros(self.num_envs, np.int64)
        self._states = States(self._bank[self._maze], np.tile(START, (self.num_envs, 1)))
        self._steps = np.zeros(self.num_envs, np.int64)

    def render(self) -> tuple[UInt8[np.ndarray, "height width rgb"], ...]:
        """A picture of every environment.

        Raises:
            ValueError: the environments were made without render_mode='rgb_array'.
        """
        self._require_rendering()
        pairs = zip(self._states.mazes, self._states.positions.tolist(), strict=True)
        return tuple(picture(cells, (row, col)) for cells, (row, col) in pairs)

    def maze(self, index: int = 0) -> Cells:
        """The present cells of one environment's maze, as a copy."""
        return self._states.mazes[index].copy()

    def _begin(self, which: Bool[np.ndarray, " env"], seeds: list[Any] | None = None) -> None:
        chosen = np.flatnonzero(which)
        for index, seed in zip(chosen, seeds or [None] * len(chosen), strict=True):
            if seed is not None:
                self._generators[index] = np.random.default_rng(seed)
            self._maze[index] = self._generators[index].integers(len(self._bank))
        mazes, positions = self._states.mazes.copy(), self._states.positions.copy()
        mazes[which], positions[which] = self._bank[self._maze[which]], START
        self._states = States(mazes, positions)
        self._steps[which] = 0

    def _advance(self, actions: Any, waiting: Bool[np.ndarray, " env"] | None) -> Advanced:
        before, played = self._states, self._maze.copy()
        stepped = step(before, np.asarray(actions))
        acting = np.ones(self.num_envs, bool) if waiting is None else ~waiting
        mazes, positions = stepped.states.mazes.copy(), stepped.states.positions.copy()
        mazes[~acting], positions[~acting] = before.mazes[~acting], before.positions[~acting]
        self._states = States(mazes, positions)
        self._steps += acting
        terminations = stepped.ended & acting
        truncations = ~terminations & acting & (self._steps >= self._step_limit)
        over = terminations | truncations
        finals = np.empty((0, NUM_INPUTS), np.float32)
        if over.any():
            finals = self._states[over].inputs()
            self._begin(over)
        return Advanced(stepped.rewards, terminations, truncations, finals, {"maze": played})

    def _observe(self) -> Inputs:
        return self._states.inputs()

    def _told(self) -> dict[str, Int[np.ndarray, " env"]]:
        return {"maze": self._maze.copy()}


class CropsAndHumansEnv(EnvOfOne[Float32[np.ndarray, " input"]]):
    """One maze: a `CropsAndHumansVectorEnv` of one, with the same settings.

    Example:
        >>> env = CropsAndHumansEnv(mazes="production")
        >>> observation, info = env.reset(seed=0)
        >>> observation.shape
        (161,)
    """

    metadata = _METADATA

    def __init__(self, *, render_mode: str | None = None, **settings: Any) -> None:
        super().__init__(CropsAndHumansVectorEnv(1, render_mode=render_mode, **settings))


def _bank(mazes: str | Mazes) -> Mazes:
    if isinstance(mazes, str):
        if mazes not in MAZES:
            raise ValueError(
                f"there are no mazes {mazes!r}: use {' or '.join(map(repr, MAZES))}, or give cells "
                "of your own"
            )
        return MAZES[mazes]()
    given = np.asarray(mazes)
    if given.ndim != 3 or len(given) == 0:
        raise ValueError(f"mazes have shape {given.shape}: give (maze, 7, 7), one or more")
    for cells in given:  # before they are converted, which may change large numbers
        check(cells)
    return given.astype(np.int8)
