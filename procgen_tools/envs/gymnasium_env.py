"""The maze as gymnasium knows environments: one, or many that step together.

Levels, frames and rewards are procgen's (see `native`). What gymnasium adds: the two ways in
which an episode ends are told apart, the last frame of an episode is shown, and `reset` begins
new episodes, from a seed or going on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from jaxtyping import Bool, Float64, Int, Integer, UInt8

from procgen_tools.envs.batches import MAX_SEED, EnvOfOne, masked, reset_mask, seed_list
from procgen_tools.envs.native import NativeMaze
from procgen_tools.maze.actions import NUM_ACTIONS
from procgen_tools.maze.grid import Maze
from procgen_tools.maze.levels import level_rule
from procgen_tools.render.agent_view import FRAME_SIZE
from procgen_tools.render.human_view import human_frame

Frame = UInt8[np.ndarray, "64 64 3"]
Frames = UInt8[np.ndarray, "env 64 64 3"]
Picture = UInt8[np.ndarray, "512 512 3"]
Infos = dict[str, Any]

_METADATA: Infos = {"render_modes": ["rgb_array"], "render_fps": 10}
_VECTOR_METADATA: Infos = {**_METADATA, "autoreset_mode": AutoresetMode.SAME_STEP}


class MazeVectorEnv(VectorEnv[Frames, Any, np.ndarray]):
    """Mazes that step together; a level that ends is followed by the next in the same step.

    Observations are (env, 64, 64, 3) uint8 frames, actions (env,) in 0..14, rewards 10 for the
    cheese, which terminates an episode; 500 steps truncate it. Environment i plays what
    `MazeEnv` with seed + i plays, so the batch is gymnasium's `SyncVectorEnv` of such
    environments in `AutoresetMode.SAME_STEP`, infos included: `level_seed` of the level that is
    seen now; where a level ended, `final_obs`, the frame after its last step (a found cheese is
    gone), and `final_info`, with its `level_seed`.

    Args:
        num_envs: environments in the batch.
        env_name: 'maze' (cheese anywhere) or 'maze_aisc' (in the top-right region).
        distribution_mode: 'easy' (worlds of 15 squares) or 'hard' (25).
        rand_region: side of the region of 'maze_aisc' in squares; 0 is the corner itself.
        use_backgrounds: textured backgrounds, not black ones.
        start_level: the lowest level seed.
        num_levels: how many seeds from there on; 0 for all.
        render_mode: 'rgb_array' for large pictures from `render`, or None.

    Raises:
        ValueError: an unknown name or mode, a number out of range.
    """

    metadata = _VECTOR_METADATA

    def __init__(
        self,
        num_envs: int = 1,
        *,
        env_name: str = "maze",
        distribution_mode: str = "hard",
        rand_region: int | None = None,
        use_backgrounds: bool = True,
        start_level: int = 0,
        num_levels: int = 0,
        render_mode: str | None = None,
    ) -> None:
        if render_mode not in (None, "rgb_array"):
            raise ValueError(f"unknown render_mode {render_mode!r}: use 'rgb_array' or None")
        self._engine = NativeMaze(
            num_envs,
            level_rule(env_name, distribution_mode, rand_region),
            start_level=start_level,
            num_levels=num_levels,
            use_backgrounds=use_backgrounds,
            keep_final_frames=True,
        )
        self._begun = False
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.single_observation_space = Box(0, 255, (FRAME_SIZE, FRAME_SIZE, 3), np.uint8)
        self.single_action_space = Discrete(NUM_ACTIONS)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Frames, Infos]:
        """Begin a new episode in every environment.

        Args:
            seed: environment i begins anew with seed + i (or the i-th of a list), as procgen
                with that `rand_seed`. Without a seed its levels go on being drawn, except at
                the very first reset, which then takes a random one.
            options: `{"reset_mask": (env,) bool}` begins new episodes only where True; the very
                first reset begins all.

        Returns:
            observations, and infos with the `level_seed` of each level that began.

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
        seeded = mask & [number is not None for number in seeds]
        self._engine.restart(seeded, [seeds[index] for index in np.flatnonzero(seeded)])
        self._engine.restart(mask & ~seeded)
        self._begun = True
        return self._engine.observe()[1]["rgb"], self._level_infos(mask)

    def step(
        self, actions: Any
    ) -> tuple[
        Frames,
        Float64[np.ndarray, " env"],
        Bool[np.ndarray, " env"],
        Bool[np.ndarray, " env"],
        Infos,
    ]:
        """Take an action in each environment.

        Args:
            actions: (env,) whole numbers in 0..14.

        Returns:
            observations, rewards, terminations (the cheese was found), truncations (500 steps
            are over), infos.

        Raises:
            ResetNeeded: before the first `reset`.
            ValueError: another number of actions, or one that does not exist.
        """
        if not self._begun:
            raise ResetNeeded("call reset() before the first step()")
        seeds = self._engine.level_seeds
        self._engine.act(_whole_numbers(actions, self.num_envs))
        rewards, frames, ended = self._engine.observe()
        infos = self._level_infos(np.ones(self.num_envs, bool))
        if ended.any():
            final_frames = np.full(self.num_envs, None, dtype=object)
            assert self._engine.final_frames is not None
            where = np.flatnonzero(ended)
            for index, frame in zip(where, self._engine.final_frames, strict=True):
                final_frames[index] = frame
            infos |= {
                "final_obs": final_frames,
                "_final_obs": ended.copy(),
                "final_info": masked("level_seed", seeds, ended),
                "_final_info": ended.copy(),
            }
        terminations = rewards > 0
        truncations = ended & ~terminations
        return frames["rgb"], rewards.astype(np.float64), terminations, truncations, infos

    def render(self) -> tuple[Picture, ...]:
        """A large picture of every environment.

        Raises:
            ValueError: the environments were made without render_mode='rgb_array'.
        """
        if self.render_mode is None:
            raise ValueError("nothing to render: make the environment with "
                             "render_mode='rgb_array'")  # fmt: skip
        return tuple(human_frame(self.maze(index)) for index in range(self.num_envs))

    def maze(self, index: int = 0) -> Maze:
        """The maze of one environment as it stands.

        Raises:
            ValueError: no such environment.
        """
        return self._engine.state(index).to_maze()

    @property
    def level_seeds(self) -> Int[np.ndarray, " env"]:
        """The seed of the level that each environment plays (a new array)."""
        return self._engine.level_seeds

    def get_state(self) -> list[bytes]:
        """procgen's state bytes of every environment."""
        return self._engine.get_state()

    def set_state(self, states: Sequence[bytes]) -> None:
        """Go on from these states, one for each environment.

        Raises:
            ValueError: states that these environments cannot play; nothing is changed then.
        """
        self._engine.set_state(states)
        self._begun = True

    def _level_infos(self, which: Bool[np.ndarray, " env"]) -> Infos:
        return masked("level_seed", self._engine.level_seeds, which)


class MazeEnv(EnvOfOne[Frame]):
    """One maze: a `MazeVectorEnv` of one, with the same settings.

    Its observation at the end of an episode is the frame after the last step (a found cheese is
    gone); `reset` then shows the next level. Infos hold the `level_seed`.
    """

    metadata = _METADATA
    _batch: MazeVectorEnv

    def __init__(self, *, render_mode: str | None = None, **settings: Any) -> None:
        super().__init__(MazeVectorEnv(1, render_mode=render_mode, **settings))

    def maze(self) -> Maze:
        """The maze as it stands; between two episodes, the next one's."""
        return self._batch.maze()

    def _begun_info(self) -> Infos:
        return {"level_seed": int(self._batch.level_seeds[0])}

    def _info(self, infos: Infos) -> Infos:
        return {"level_seed": int(infos["level_seed"][0])}


def _whole_numbers(actions: Any, num: int) -> Integer[np.ndarray, " env"]:
    array = np.asarray(actions)
    if array.shape != (num,) or array.dtype.kind not in "iu":
        raise ValueError(f"actions have shape {array.shape} and type {array.dtype}: give {num} "
                         f"whole numbers in 0..{NUM_ACTIONS - 1}, one for each")  # fmt: skip
    return array
