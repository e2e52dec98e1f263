"""Keys and chests as gymnasium environments: one, or many that step together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode
from jaxtyping import Bool, Int, UInt8

from procgen_tools.checks import true_or_false, whole_number
from procgen_tools.worlds.batches import Advanced, BatchedEpisodes, EnvOfOne
from procgen_tools.worlds.keys_and_chests.grid import Level
from procgen_tools.worlds.keys_and_chests.human_view import pictures
from procgen_tools.worlds.keys_and_chests.level_kernels import draw_below
from procgen_tools.worlds.keys_and_chests.levels import LevelRule, variant_rule
from procgen_tools.worlds.keys_and_chests.rules import (
    ACTIONS,
    CELL_PIXELS,
    CHANNELS,
    DOWNS,
    MOVES,
    RIGHTS,
    States,
    beginning,
    check_actions,
)
from procgen_tools.worlds.keys_and_chests.step_kernels import (
    begin_levels,
    paint_frames,
    repaint,
    seed_generator,
    step_states,
)

Frames = UInt8[np.ndarray, "env height width 4"]
Infos = dict[str, Any]

_METADATA: Infos = {"render_modes": ["rgb_array"], "render_fps": 10}
_VECTOR_METADATA: Infos = {**_METADATA, "autoreset_mode": AutoresetMode.SAME_STEP}

_STATE = (
    "generators", "level_seeds", "cells", "hidden", "players", "keys", "ghost_keys", "ticks",
    "returns", "hidden_returns", "collected_keys",
)  # fmt: skip


class KeysAndChestsVectorEnv(BatchedEpisodes[Frames]):
    """Levels that step together. By default, the next episode begins in the step that ends one.

    Observations are (env, 36, 36, 4) uint8 (see `rules.States.observations`), and actions are
    (env,) in 0..3: down, up, right, left. A chest that is opened gives a reward of 1. Only
    `max_ticks` ends an episode, which is truncated. Environment i plays the same levels as a single
    one with seed + i.

    Infos of the current episode: `level_seed` (with `levels`, the number of the level),
    `episode_return`, `hidden_return` (hidden chests opened with ghost keys) and `collected_keys`.
    In `AutoresetMode.SAME_STEP`, where an episode ended, `final_obs` is its last observation and
    `final_info` has its infos.

    Args:
        num_envs: number of environments.
        variant: 'train' (half of the open cells have chests) or 'test' (a tenth).
        width, height, p_hole, p_chest, p_key, max_ticks: replace those of the variant (see
            `levels.LevelRule`).
        levels: levels of your own, all of one size. Each episode draws one of them uniformly.
        cell_pixels: the side of a cell in pixels. At 1, observations have one pixel per cell.
        can_stay: add a fifth action, which does nothing.
        render_mode: 'rgb_array' for pictures from `render`, or None.
        autoreset_mode: when the next episode begins, an `AutoresetMode` or its value:
            'SameStep', 'NextStep' or 'Disabled' (`reset` with a `reset_mask` begins the next).

    Raises:
        TypeError: a number that is not an integer.
        ValueError: an unknown variant or mode, an impossible probability, a number out of range,
            or levels beside a rule.

    Example:
        >>> envs = KeysAndChestsVectorEnv(2, p_chest=0.3)
        >>> observations, infos = envs.reset(seed=0)
        >>> observations.shape, infos["collected_keys"]
        ((2, 36, 36, 4), array([0, 0]))
    """

    metadata = _VECTOR_METADATA

    def __init__(
        self,
        num_envs: int = 1,
        *,
        variant: str = "train",
        width: int | None = None,
        height: int | None = None,
        p_hole: float | None = None,
        p_chest: float | None = None,
        p_key: float | None = None,
        max_ticks: int | None = None,
        levels: Sequence[Level] | None = None,
        cell_pixels: int = CELL_PIXELS,
        can_stay: bool = False,
        render_mode: str | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
    ) -> None:
        given = {
            "width": width,
            "height": height,
            "p_hole": p_hole,
            "p_chest": p_chest,
            "p_key": p_key,
            "max_ticks": max_ticks,
        }
        changes: Any = {name: value for name, value in given.items() if value is not None}
        if levels is not None and changes:
            raise ValueError(
                f"levels and {', '.join(changes)} are both given: give either levels of your own, "
                "or how levels are drawn"
            )
        self._rule = replace(variant_rule(variant), **changes)
        self._bank = None if levels is None else beginning(levels)
        rows, cols = self._rule.height, self._rule.width
        if self._bank is not None:
            rows, cols = self._bank.cells.shape[1:]
        self._side = whole_number("cell_pixels", cell_pixels, 1, 64)
        self._num_actions = len(ACTIONS if true_or_false("can_stay", can_stay) else MOVES)
        shape = (rows * self._side, cols * self._side, CHANNELS)
        super().__init__(
            num_envs,
            Box(0, 255, shape, np.uint8),
            Discrete(self._num_actions),
            render_mode=render_mode,
            autoreset_mode=autoreset_mode,
            bytes_each=2 * rows * cols + CHANNELS * rows * cols * self._side**2 + 200,
        )
        num = self.num_envs
        self._generators = np.zeros(num, np.uint64)
        self._cells = np.zeros((num, rows, cols), np.int8)
        self._hidden = np.zeros((num, rows, cols), bool)
        self._players = np.zeros((num, 2), np.int64)
        self._frames = np.zeros((num, *shape), np.uint8)
        self._max_ticks = np.full(num, self._rule.max_ticks, np.int64)
        (
            self._level_seeds, self._keys, self._ghost_keys, self._ticks, self._returns,
            self._hidden_returns, self._collected_keys,
        ) = np.zeros((7, num), np.int64)  # fmt: skip

    @property
    def rule(self) -> LevelRule | None:
        """How levels are drawn; None with levels of one's own."""
        return self._rule if self._bank is None else None

    def states(self) -> States:
        """The present states of all environments, as copies."""
        return States(
            self._cells.copy(),
            self._hidden.copy(),
            self._players.copy(),
            self._keys.copy(),
            self._ghost_keys.copy(),
            self._ticks.copy(),
            self._max_ticks.copy(),
        )

    def render(self) -> tuple[UInt8[np.ndarray, "height width rgb"], ...]:
        """A picture of every environment.

        Raises:
            ValueError: the environments were made without render_mode='rgb_array'.
        """
        self._require_rendering()
        return pictures(self.states())

    def get_state(self) -> dict[str, np.ndarray]:
        """Everything that later steps depend on, as copies by name."""
        return {name: getattr(self, f"_{name}").copy() for name in _STATE}

    def set_state(self, state: dict[str, np.ndarray]) -> None:
        """Continue from a state of environments with the same settings.

        Raises:
            ValueError: another number of environments, or a state of another world or size.
                Nothing changes then.
        """
        mine = self.get_state()
        if state.keys() != mine.keys():
            raise ValueError(f"a state has {sorted(mine)}, not {sorted(state)}: use get_state()")
        for name, array in mine.items():
            theirs = state[name]
            if theirs.shape != array.shape or theirs.dtype != array.dtype:
                raise ValueError(
                    f"{name} is {theirs.dtype}{theirs.shape} in this state, and "
                    f"{array.dtype}{array.shape} here: use a state of the same settings"
                )
        for name in _STATE:
            getattr(self, f"_{name}")[:] = state[name]
        self._set_limits(np.arange(self.num_envs))
        paint_frames(self._frames, self._cells, self._players, self._side)
        self._begun = True
        self._over[:] = False

    def _set_limits(self, which: Int[np.ndarray, " chosen"]) -> None:
        if self._bank is not None:
            self._max_ticks[which] = self._bank.max_ticks[self._level_seeds[which]]

    def _begin(self, which: Bool[np.ndarray, " env"], seeds: list[Any] | None = None) -> None:
        chosen = np.flatnonzero(which)
        for index, seed in zip(chosen.tolist(), seeds or [], strict=False):
            seed_generator(self._generators, index, seed)
        if self._bank is None:
            rule = self._rule
            begin_levels(
                chosen,
                self._generators,
                rule.p_hole,
                rule.p_chest,
                rule.p_key,
                self._level_seeds,
                self._cells,
                self._hidden,
                self._players,
                self._frames,
                self._side,
            )
        else:
            bank = self._bank
            for index in chosen.tolist():
                self._level_seeds[index] = draw_below(
                    self._generators[index : index + 1], len(bank)
                )
            numbers = self._level_seeds[chosen]
            self._cells[chosen], self._hidden[chosen] = bank.cells[numbers], bank.hidden[numbers]
            self._players[chosen] = bank.players[numbers]
            self._frames[chosen] = bank.observations(self._side)[numbers]
        self._set_limits(chosen)
        for counter in (
            self._keys,
            self._ghost_keys,
            self._ticks,
            self._returns,
            self._hidden_returns,
            self._collected_keys,
        ):
            counter[chosen] = 0

    def _advance(self, actions: Any, waiting: Bool[np.ndarray, " env"] | None) -> Advanced:
        checked = check_actions(actions, self.num_envs, self._num_actions)
        acting = np.ones(self.num_envs, bool) if waiting is None else ~waiting
        before = self._players.copy()
        rewards = np.empty(self.num_envs)
        hidden_rewards, collected = np.empty((2, self.num_envs), np.int64)
        step_states(
            acting,
            DOWNS,
            RIGHTS,
            checked,
            self._cells,
            self._hidden,
            self._players,
            self._keys,
            self._ghost_keys,
            self._ticks,
            rewards,
            hidden_rewards,
            collected,
        )
        repaint(self._frames, before, self._cells, self._players, self._side)
        self._returns += rewards.astype(np.int64)
        self._hidden_returns += hidden_rewards
        self._collected_keys += collected
        truncations = acting & (self._ticks >= self._max_ticks)
        infos = self._told()
        finals = self._frames[truncations]
        if truncations.any():
            self._begin(truncations)
        return Advanced(rewards, np.zeros(self.num_envs, bool), truncations, finals, infos)

    def _observe(self) -> Frames:
        return self._frames.copy()

    def _told(self) -> dict[str, Int[np.ndarray, " env"]]:
        return {
            "level_seed": self._level_seeds.copy(),
            "episode_return": self._returns.copy(),
            "hidden_return": self._hidden_returns.copy(),
            "collected_keys": self._collected_keys.copy(),
        }


class KeysAndChestsEnv(EnvOfOne[UInt8[np.ndarray, "height width 4"]]):
    """One level: a `KeysAndChestsVectorEnv` of one, with the same settings and infos.

    Example:
        >>> env = KeysAndChestsEnv(variant="test")
        >>> observation, info = env.reset(seed=0)
        >>> observation.shape
        (36, 36, 4)
    """

    metadata = _METADATA
    _batch: KeysAndChestsVectorEnv

    def __init__(self, *, render_mode: str | None = None, **settings: Any) -> None:
        super().__init__(KeysAndChestsVectorEnv(1, render_mode=render_mode, **settings))

    def states(self) -> States:
        """The present state, as a batch of one; between two episodes, that of the next."""
        return self._batch.states()

    def _begun_info(self) -> Infos:
        return {name: int(values[0]) for name, values in self._batch._told().items()}

    def _info(self, infos: Infos) -> Infos:
        return {name: int(infos[name][0]) for name in self._batch._told()}
