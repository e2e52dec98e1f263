"""Two objects as gymnasium environments: one, or many that step together.

Levels, frames and rewards are those of the goal variants of procgen's maze (see `levels`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode
from jaxtyping import Bool, Int, UInt8

from procgen_tools.checks import whole_number
from procgen_tools.worlds.batches import Advanced, BatchedEpisodes, EnvOfOne
from procgen_tools.worlds.maze import step_kernels as kernels
from procgen_tools.worlds.maze.actions import NUM_ACTIONS
from procgen_tools.worlds.maze.agent_view import draw_levels, draw_mice, pixel_tables
from procgen_tools.worlds.maze.grid import CHEESE, EPISODE_STEPS, FRAME_SIZE, OPEN, Square
from procgen_tools.worlds.maze.human_view import human_frame
from procgen_tools.worlds.maze.levels import make_bank
from procgen_tools.worlds.maze.native_input import checked_actions, seed_range
from procgen_tools.worlds.maze.random_text import seeded
from procgen_tools.worlds.maze.view_kernels import PLAIN
from procgen_tools.worlds.two_objects.levels import Level, check_backgrounds, level_of, variant

BYTES_EACH = 30_000
"""Memory of an environment in bytes, including the frames that one step returns."""

Frame = UInt8[np.ndarray, "64 64 3"]
Frames = UInt8[np.ndarray, "env 64 64 3"]
Picture = UInt8[np.ndarray, "512 512 3"]
Infos = dict[str, Any]

_METADATA: Infos = {"render_modes": ["rgb_array"], "render_fps": 5}
_VECTOR_METADATA: Infos = {**_METADATA, "autoreset_mode": AutoresetMode.SAME_STEP}


class TwoObjectsVectorEnv(BatchedEpisodes[Frames]):
    """A batch of levels. By default, the next level begins in the step in which a level ends.

    Observations are (env, 64, 64, 3) uint8 frames, and actions are (env,) in 0..14. An object that
    ends the episode terminates it, with its reward; 500 steps truncate it. Environment i behaves as
    `TwoObjectsEnv` with seed + i. Infos: `level_seed`, the seed of the current level. In
    `AutoresetMode.SAME_STEP`, where a level ended, `final_obs` is the frame after its last step
    (without the object that was reached), and `final_info` has its `level_seed` and `reached`: 0
    if the step limit ended it, or the number of the object, from 1 on.

    Args:
        num_envs: number of environments.
        env_name: one of `levels.VARIANTS`.
        distribution_mode: 'easy' or 'hard'.
        objects: other objects in place of the variant's own, which keep its rewards.
        world_size: side of the world in squares, for variants of fixed size.
        background: 'textured', 'black' or 'grey'.
        start_level: the lowest level seed.
        num_levels: number of level seeds, from `start_level` on; 0 for all.
        level_seeds: a level for each environment, which it repeats, as in the published evaluation.
            Defaults to levels drawn from the range above.
        render_mode: 'rgb_array' for large pictures from `render`, or None.
        autoreset_mode: when the next episode begins, an `AutoresetMode` or its value: 'SameStep',
            'NextStep' or 'Disabled'.

    Raises:
        TypeError: an argument of the wrong type.
        ValueError: an unknown name or mode, or a number out of range.

    Example:
        >>> envs = TwoObjectsVectorEnv(2, objects=["red_line", "green_line"])
        >>> observations, infos = envs.reset(seed=0)
        >>> observations, rewards, terminations, truncations, infos = envs.step([7, 5])
        >>> rewards
        array([0., 0.])
    """

    metadata = _VECTOR_METADATA

    def __init__(
        self,
        num_envs: int = 1,
        *,
        env_name: str = "maze_colorsobjects_duel",
        distribution_mode: str = "easy",
        objects: str | Sequence[str] | None = None,
        world_size: int | None = None,
        background: str = "black",
        start_level: int = 0,
        num_levels: int = 0,
        level_seeds: Sequence[int] | None = None,
        render_mode: str | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
    ) -> None:
        super().__init__(
            num_envs,
            Box(0, 255, (FRAME_SIZE, FRAME_SIZE, 3), np.uint8),
            Discrete(NUM_ACTIONS),
            render_mode=render_mode,
            autoreset_mode=autoreset_mode,
            bytes_each=BYTES_EACH,
        )
        self.variant = variant(env_name, distribution_mode, objects=objects, world_size=world_size)
        self._background = check_backgrounds(background)
        self._ranges = [seed_range(start_level, num_levels)] * self.num_envs
        if level_seeds is not None:
            if len(level_seeds) != self.num_envs or (start_level, num_levels) != (0, 0):
                raise ValueError(
                    f"{len(level_seeds)} level_seeds for {self.num_envs} environments, start_level "
                    f"{start_level} and num_levels {num_levels}: give one seed for each "
                    "environment, and leave the other two out"
                )
            self._ranges = [seed_range(seed, 1) for seed in level_seeds]
        num, side = self.num_envs, self.variant.rule.world_size
        self._sprites = self.variant.sprites()
        self._kinds = self.variant.kinds
        self._generators = [seeded(0)] * num
        self._level_seeds = np.zeros(num, np.int64)
        self._cells = np.zeros((num, side, side), np.uint8)
        self._sizes = np.zeros(num, np.int64)
        self._background_codes = np.zeros(num, np.uint8)
        self._pictures = np.zeros((num, FRAME_SIZE, FRAME_SIZE, 3), np.uint8)
        self._mice = np.zeros((num, 2), np.int64)
        self._mirrored = np.zeros(num, bool)
        self._times = np.zeros(num, np.int64)

    def render(self) -> tuple[Picture, ...]:
        """A large picture of every environment; after the end of an episode, of the next episode.

        Raises:
            ValueError: the environments were made without render_mode='rgb_array'.
        """
        self._require_rendering()
        return tuple(human_frame(self.level(index)) for index in range(self.num_envs))

    def level(self, index: int = 0) -> Level:
        """The current level of one environment; after the end of an episode, the next level.

        Raises:
            ValueError: there is no such environment.
        """
        index = whole_number("index", index, 0, self.num_envs - 1)
        bank = make_bank(self._level_seeds[index : index + 1], self.variant.rule)
        level = level_of(bank, 0, self.variant, self._background)
        row, col = (self._mice[index] - level.padding).tolist()
        return replace(level, mouse=Square(row, col), mouse_mirrored=bool(self._mirrored[index]))

    @property
    def level_seeds(self) -> Int[np.ndarray, " env"]:
        """The seed of the level that each environment plays (a new array)."""
        return self._level_seeds.copy()

    def _begin(self, which: Bool[np.ndarray, " env"], seeds: list[Any] | None) -> None:
        chosen = np.flatnonzero(which)
        if not chosen.size:
            return
        if seeds is not None:
            for index, seed in zip(chosen.tolist(), seeds, strict=True):
                # As in procgen: a generator of generators, and one for each environment.
                self._generators[index] = seeded(int(seeded(int(seed)).random_raw()))
        for index in chosen.tolist():
            low, high = self._ranges[index]
            drawn = int(self._generators[index].random_raw())
            self._level_seeds[index] = low + drawn % (high - low)
        bank = make_bank(self._level_seeds[chosen], self.variant.rule)
        self._cells[chosen] = bank.cells
        self._sizes[chosen] = bank.sizes
        textured = self._background == "textured"
        self._background_codes[chosen] = bank.backgrounds if textured else PLAIN[self._background]
        self._pictures[chosen] = draw_levels(
            bank.cells, self._background_codes[chosen], self._sprites
        )
        self._mice[chosen] = ((self.variant.rule.world_size - self._sizes[chosen]) // 2)[:, None]
        self._mirrored[chosen] = False
        self._times[chosen] = 0

    def _advance(self, actions: Any, waiting: Bool[np.ndarray, " env"] | None) -> Advanced:
        actions = checked_actions(actions, self.num_envs).astype(np.int64)
        acting = np.ones(self.num_envs, bool) if waiting is None else ~waiting
        seeds = self._level_seeds.copy()
        unused = np.zeros(self.num_envs, np.int64)
        kernels.move_mice(
            np.flatnonzero(acting),
            actions,
            self._cells,
            self._mice,
            self._mirrored,
            np.zeros(self.num_envs, bool),
            np.zeros(self.num_envs, bool),
            unused,
        )
        self._times += acting
        codes = self._cells[np.arange(self.num_envs), self._mice[:, 0], self._mice[:, 1]]
        rewards = np.zeros(self.num_envs)
        reached = np.zeros(self.num_envs, np.int64)
        for number, kind in enumerate(self._kinds):
            if kind.ends:
                here = acting & (codes == CHEESE + number)
                rewards[here], reached[here] = kind.reward, number + 1
        terminations = reached > 0
        truncations = acting & ~terminations & (self._times >= EPISODE_STEPS)
        over = terminations | truncations
        finals = np.empty((0, FRAME_SIZE, FRAME_SIZE, 3), np.uint8)
        if over.any():
            finals = self._final_frames(np.flatnonzero(over), terminations[over])
            self._begin(over, None)
        told = {"level_seed": seeds, "reached": reached}
        return Advanced(rewards, terminations, truncations, finals, told)

    def _final_frames(
        self, ended: Int[np.ndarray, " ended"], reached: Bool[np.ndarray, " ended"]
    ) -> UInt8[np.ndarray, "ended 64 64 3"]:
        cells, mice = self._cells[ended], self._mice[ended]
        found = np.flatnonzero(reached)
        cells[found, mice[found, 0], mice[found, 1]] = OPEN
        frames = draw_levels(cells, self._background_codes[ended], self._sprites)
        draw_mice(frames, mice, self._mirrored[ended], self.variant.rule.world_size)
        return frames

    def _observe(self) -> Frames:
        frames = np.empty_like(self._pictures)
        tables = pixel_tables(self.variant.rule.world_size)
        kernels.observe(self._pictures, frames, self._mice, self._mirrored, *tables.mouse_arguments)
        return frames

    def _told(self) -> dict[str, Int[np.ndarray, " env"]]:
        return {
            "level_seed": self._level_seeds.copy(),
            "reached": np.zeros(self.num_envs, np.int64),
        }


class TwoObjectsEnv(EnvOfOne[Frame]):
    """A single level: a `TwoObjectsVectorEnv` of one, with the same settings.

    Infos have the `level_seed`, and `reached` (see there).

    Example:
        >>> env = TwoObjectsEnv(env_name="maze_pure_yellowline", background="textured")
        >>> observation, info = env.reset(seed=0)
        >>> observation.shape
        (64, 64, 3)
    """

    metadata = _METADATA
    _batch: TwoObjectsVectorEnv

    def __init__(self, *, render_mode: str | None = None, **settings: Any) -> None:
        super().__init__(TwoObjectsVectorEnv(1, render_mode=render_mode, **settings))

    def level(self) -> Level:
        """The current level; between two episodes, the next level."""
        return self._batch.level()

    def _begun_info(self) -> Infos:
        return {"level_seed": int(self._batch.level_seeds[0]), "reached": 0}

    def _info(self, infos: Infos) -> Infos:
        return {name: int(infos[name][0]) for name in ("level_seed", "reached")}
