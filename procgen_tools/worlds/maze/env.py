"""The maze as a gymnasium environment: a single one, or a batch that steps together.

Levels, frames and rewards are procgen's (see `native`). In addition, as gymnasium requires,
termination and truncation are distinguished, the last frame of an episode is returned, and `reset`
begins new episodes, with a seed or the next in sequence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode
from jaxtyping import Bool, Int, Integer, UInt8

from procgen_tools.worlds.batches import Advanced, BatchedEpisodes, EnvOfOne
from procgen_tools.worlds.maze.actions import NUM_ACTIONS, STEP_OF_ACTION
from procgen_tools.worlds.maze.grid import FRAME_SIZE, WALL, Maze
from procgen_tools.worlds.maze.human_view import human_frame
from procgen_tools.worlds.maze.levels import level_rule
from procgen_tools.worlds.maze.native import BYTES_EACH, NativeMaze

Frame = UInt8[np.ndarray, "64 64 3"]
Frames = UInt8[np.ndarray, "env 64 64 3"]
Picture = UInt8[np.ndarray, "512 512 3"]
Infos = dict[str, Any]

_METADATA: Infos = {"render_modes": ["rgb_array"], "render_fps": 10}
_VECTOR_METADATA: Infos = {**_METADATA, "autoreset_mode": AutoresetMode.SAME_STEP}


class MazeVectorEnv(BatchedEpisodes[Frames]):
    """A batch of mazes. By default, the next level begins in the step in which a level ends.

    Observations are (env, 64, 64, 3) uint8 frames, and actions are (env,) in 0..14. The reward is
    10 for the cheese, which terminates an episode; 500 steps truncate it. Environment i behaves as
    `MazeEnv` with seed + i, so the batch equals gymnasium's `SyncVectorEnv` of such environments in
    the same autoreset mode, including infos. `level_seed` is the seed of the current level. In
    `AutoresetMode.SAME_STEP`, where a level ended, `final_obs` is the frame after its last step
    (without the found cheese), and `final_info` has its `level_seed`.

    The seed of environment i is procgen's `rand_seed`.

    Args:
        num_envs: number of environments.
        env_name: 'maze' (cheese anywhere) or 'maze_aisc' (in the top-right region).
        distribution_mode: 'easy' (worlds of 15 squares) or 'hard' (25).
        rand_region: side of the region of 'maze_aisc' in squares; 0 is the corner itself.
        use_backgrounds: draw textured backgrounds instead of black ones.
        start_level: the lowest level seed.
        num_levels: number of level seeds, from `start_level` on; 0 for all.
        render_mode: 'rgb_array' for large pictures from `render`, or None.
        autoreset_mode: when the next episode begins, an `AutoresetMode` or its value: 'SameStep',
            'NextStep' (for gymnasium's wrappers of observations) or 'Disabled' (at a `reset` with
            a `reset_mask`).

    Raises:
        TypeError: an argument that is not a whole number.
        ValueError: an unknown name or mode, or a number out of range.

    Example:
        >>> envs = MazeVectorEnv(2, num_levels=1)
        >>> observations, infos = envs.reset(seed=0)
        >>> observations.shape, infos["level_seed"]
        ((2, 64, 64, 3), array([0, 0]))
        >>> observations, rewards, terminations, truncations, infos = envs.step([7, 5])
        >>> rewards
        array([0., 0.])
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
        self._engine = NativeMaze(
            self.num_envs,
            level_rule(env_name, distribution_mode, rand_region),
            start_level=start_level,
            num_levels=num_levels,
            use_backgrounds=use_backgrounds,
            keep_final_frames=True,
        )

    def render(self) -> tuple[Picture, ...]:
        """A large picture of every environment; after the end of an episode, of the next episode.

        Raises:
            ValueError: the environments were made without render_mode='rgb_array'.
        """
        self._require_rendering()
        return tuple(human_frame(self.maze(index)) for index in range(self.num_envs))

    def maze(self, index: int = 0) -> Maze:
        """The current maze of one environment; after the end of an episode, the next maze.

        Raises:
            ValueError: the environment does not exist.
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
        """Set the states of all environments.

        Raises:
            ValueError: these environments cannot play the states. Nothing changes then.
        """
        self._engine.set_state(states)
        self._begun = True
        self._over[:] = False

    def action_masks(self) -> Bool[np.ndarray, "env action"]:
        """Which actions lead the mouse to another square, or stay; for algorithms with masks.

        All other actions leave the mouse in place, so masking them excludes no move. (They may turn
        the mouse, which is visible in its picture.)
        """
        cells = self._engine.cells
        mice = self._engine.mice
        rows, cols = (mice[:, None] + np.array(STEP_OF_ACTION)).transpose(2, 0, 1)
        side = cells.shape[1]
        inside = (rows >= 0) & (rows < side) & (cols >= 0) & (cols < side)
        envs = np.arange(self.num_envs)[:, None]
        walls = cells[envs, rows.clip(0, side - 1), cols.clip(0, side - 1)] == WALL
        return inside & ~walls

    def _begin(self, which: Bool[np.ndarray, " env"], seeds: list[Any] | None) -> None:
        self._engine.restart(which, seeds)

    def _advance(self, actions: Any, waiting: Bool[np.ndarray, " env"] | None) -> Advanced:
        seeds = self._engine.level_seeds
        self._engine.act(_whole_numbers(actions, self.num_envs), waiting)
        rewards, firsts = self._engine.outcome()
        assert self._engine.final_frames is not None
        return Advanced(
            rewards.astype(np.float64),
            rewards > 0,
            firsts & (rewards == 0),
            self._engine.final_frames,
            {"level_seed": seeds},
        )

    def _observe(self) -> Frames:
        return self._engine.frames()

    def _told(self) -> dict[str, Int[np.ndarray, " env"]]:
        return {"level_seed": self._engine.level_seeds}


class MazeEnv(EnvOfOne[Frame]):
    """A single maze: a `MazeVectorEnv` of one, with the same settings.

    The observation at the end of an episode is the frame after the last step, without the found
    cheese; `reset` then begins the next level. Infos have the `level_seed`.

    Example:
        >>> env = MazeEnv(distribution_mode="easy", num_levels=1)
        >>> observation, info = env.reset(seed=0)
        >>> observation.shape, info
        ((64, 64, 3), {'level_seed': 0})
        >>> env.maze().world_size
        15
    """

    metadata = _METADATA
    _batch: MazeVectorEnv

    def __init__(self, *, render_mode: str | None = None, **settings: Any) -> None:
        super().__init__(MazeVectorEnv(1, render_mode=render_mode, **settings))

    def action_masks(self) -> Bool[np.ndarray, " action"]:
        """Which actions lead the mouse to another square, or stay (see `MazeVectorEnv`)."""
        mask: Bool[np.ndarray, " action"] = self._batch.action_masks()[0]
        return mask

    def maze(self) -> Maze:
        """The current maze; between two episodes, the next maze."""
        return self._batch.maze()

    def _begun_info(self) -> Infos:
        return {"level_seed": int(self._batch.level_seeds[0])}

    def _info(self, infos: Infos) -> Infos:
        return {"level_seed": int(infos["level_seed"][0])}


def _whole_numbers(actions: Any, num: int) -> Integer[np.ndarray, " env"]:
    array = np.asarray(actions)
    if array.shape != (num,) or array.dtype.kind not in "iu":
        raise ValueError(
            f"actions have shape {array.shape} and type {array.dtype}: give {num} whole numbers in "
            f"0..{NUM_ACTIONS - 1}, one for each"
        )
    return array
