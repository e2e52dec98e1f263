"""The world as gymnasium knows environments: one, or many that step together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from jaxtyping import Bool, Float32, UInt8

from procgen_tools.envs.batches import MAX_SEED, EnvOfOne, masked, reset_mask, seed_list
from procgen_tools.envs.crops_and_humans.mazes import START, Cells, Mazes, check, training_mazes
from procgen_tools.envs.crops_and_humans.picture import picture
from procgen_tools.envs.crops_and_humans.production import production_mazes
from procgen_tools.envs.crops_and_humans.rules import ACTIONS, NUM_INPUTS, States, step

STEP_LIMIT = 100
"""Steps after which an episode is cut off. The longest way to the exit has 30."""

MAZES = {"training": training_mazes, "production": production_mazes}

Inputs = Float32[np.ndarray, "env 161"]
Infos = dict[str, Any]

_METADATA: Infos = {"render_modes": ["rgb_array"], "render_fps": 4}


_VECTOR_METADATA: Infos = {**_METADATA, "autoreset_mode": AutoresetMode.SAME_STEP}


class CropsAndHumansVectorEnv(VectorEnv[Inputs, Any, np.ndarray]):
    """Mazes that step together; an episode that ends is followed by the next in the same step.

    Observations are (env, 161) float32 (see `rules.States.inputs`), actions (env,) in 0..3. The
    exit terminates an episode, `step_limit` steps truncate it. Each episode draws one of the
    mazes, all equally probable; environment i draws what one alone with seed + i would. Infos:
    `maze`, the number of the maze that is played; where an episode ended, `final_obs`, and
    `final_info` with its `maze`.

    Args:
        num_envs: environments in the batch.
        mazes: 'training' (1,336), 'production' (640), or (maze, 7, 7) cells of your own.
        step_limit: steps of an episode at most.
        render_mode: 'rgb_array' for pictures from `render`, or None.

    Raises:
        ValueError: an unknown name or mode, a maze that cannot be played, a number below 1.
    """

    metadata = _VECTOR_METADATA

    def __init__(
        self,
        num_envs: int = 1,
        *,
        mazes: str | Mazes = "training",
        step_limit: int = STEP_LIMIT,
        render_mode: str | None = None,
    ) -> None:
        for name, number in (("num_envs", num_envs), ("step_limit", step_limit)):
            if number < 1:
                raise ValueError(f"{name} is {number}: give 1 or more")
        if render_mode not in (None, "rgb_array"):
            raise ValueError(f"unknown render_mode {render_mode!r}: use 'rgb_array' or None")
        self._bank = _bank(mazes)
        self._step_limit = step_limit
        self._generators = [np.random.default_rng(0) for _ in range(num_envs)]
        self._maze = np.zeros(num_envs, np.int64)
        self._states = States(self._bank[self._maze], np.tile(START, (num_envs, 1)))
        self._steps = np.zeros(num_envs, np.int64)
        self._begun = False
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.single_observation_space = Box(0, 1, (NUM_INPUTS,), np.float32)
        self.single_action_space = Discrete(len(ACTIONS))
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Inputs, Infos]:
        """Begin a new episode in every environment.

        Args:
            seed: environment i begins anew with seed + i (or the i-th of a list). Without a seed
                it goes on drawing, except at the very first reset, which takes a random one.
            options: `{"reset_mask": (env,) bool}` begins new episodes only where True; the very
                first reset begins all.

        Raises:
            ValueError: seeds outside 0..2**32 - 1 or another number of them, unknown options.
        """
        seeds = seed_list(seed, self.num_envs)
        mask = reset_mask(options, self.num_envs)
        super().reset(seed=int(seed) if isinstance(seed, int | np.integer) else None)
        if not self._begun:
            mask[:] = True
            drawn = self.np_random.integers(MAX_SEED, size=self.num_envs).tolist()
            seeds = [new if old is None else old for old, new in zip(seeds, drawn, strict=True)]
        for index in np.flatnonzero(mask):
            if seeds[index] is not None:
                self._generators[index] = np.random.default_rng(seeds[index])
        self._begin(mask)
        self._begun = True
        return self._states.inputs(), masked("maze", self._maze, mask)

    def step(
        self, actions: Any
    ) -> tuple[
        Inputs,
        Float32[np.ndarray, " env"],
        Bool[np.ndarray, " env"],
        Bool[np.ndarray, " env"],
        Infos,
    ]:
        """Take an action in each environment.

        Args:
            actions: (env,) whole numbers in 0..3: up, down, left, right.

        Raises:
            ResetNeeded: before the first `reset`.
            ValueError: another number of actions, or one that does not exist.
        """
        if not self._begun:
            raise ResetNeeded("call reset() before the first step()")
        stepped = step(self._states, np.asarray(actions))
        self._states = stepped.states
        self._steps += 1
        truncations = ~stepped.ended & (self._steps >= self._step_limit)
        over = stepped.ended | truncations
        infos: Infos = {}
        if over.any():
            final = np.full(self.num_envs, None, dtype=object)
            rows = iter(self._states[over].inputs())
            for index in np.flatnonzero(over):
                final[index] = next(rows).copy()
            infos = {
                "final_obs": final,
                "_final_obs": over.copy(),
                "final_info": masked("maze", self._maze, over),
                "_final_info": over.copy(),
            }
            self._begin(over)
        infos |= masked("maze", self._maze, np.ones(self.num_envs, bool))
        return self._states.inputs(), stepped.rewards, stepped.ended, truncations, infos

    def render(self) -> tuple[UInt8[np.ndarray, "height width rgb"], ...]:
        """A picture of every environment.

        Raises:
            ValueError: the environments were made without render_mode='rgb_array'.
        """
        if self.render_mode is None:
            raise ValueError("nothing to render: make the environment with "
                             "render_mode='rgb_array'")  # fmt: skip
        pairs = zip(self._states.mazes, self._states.cells.tolist(), strict=True)
        return tuple(picture(cells, (row, col)) for cells, (row, col) in pairs)

    def maze(self, index: int = 0) -> Cells:
        """The cells of one environment as they stand; a copy."""
        return self._states.mazes[index].copy()

    def _begin(self, which: Bool[np.ndarray, " env"]) -> None:
        for index in np.flatnonzero(which):
            self._maze[index] = self._generators[index].integers(len(self._bank))
        cells = self._states.cells.copy()
        mazes = self._states.mazes.copy()
        mazes[which], cells[which] = self._bank[self._maze[which]], START
        self._states = States(mazes, cells)
        self._steps[which] = 0


class CropsAndHumansEnv(EnvOfOne[Float32[np.ndarray, " input"]]):
    """One maze: a `CropsAndHumansVectorEnv` of one, with the same settings."""

    metadata = _METADATA

    def __init__(self, *, render_mode: str | None = None, **settings: Any) -> None:
        super().__init__(CropsAndHumansVectorEnv(1, render_mode=render_mode, **settings))


def _bank(mazes: str | Mazes) -> Mazes:
    if isinstance(mazes, str):
        if mazes not in MAZES:
            raise ValueError(f"there are no mazes {mazes!r}: use {' or '.join(map(repr, MAZES))}, "
                             "or give cells of your own")  # fmt: skip
        return MAZES[mazes]()
    bank = np.array(mazes, np.int8)
    if bank.ndim != 3 or len(bank) == 0:
        raise ValueError(f"mazes have shape {bank.shape}: give (maze, 7, 7), one or more")
    for cells in bank:
        check(cells)
    return bank
