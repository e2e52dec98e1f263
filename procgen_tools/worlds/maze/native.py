"""Our own maze environment: procgen's frames, rewards, infos and states, without procgen.

`NativeMaze` has the interface of gym3 (act, observe, get_info, callmethod), as procgen does, so
`create_venv` can use either. Its state is in `NativeArrays`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int, Integer, UInt8

from procgen_tools.checks import true_or_false, whole_number
from procgen_tools.worlds.maze import step_kernels as kernels
from procgen_tools.worlds.maze.agent_view import pixel_tables
from procgen_tools.worlds.maze.grid import FRAME_SIZE
from procgen_tools.worlds.maze.human_view import human_frame
from procgen_tools.worlds.maze.levels import LevelRule
from procgen_tools.worlds.maze.native_arrays import NativeArrays
from procgen_tools.worlds.maze.native_input import (
    BYTES_EACH,
    check_render_mode,
    checked_actions,
    checked_seeds,
    chosen_environments,
    mode_of,
    number_of_environments,
    read_state,
    seed_range,
)
from procgen_tools.worlds.maze.random_text import seeded
from procgen_tools.worlds.maze.state import EnvState
from procgen_tools.worlds.maze.state_values import (
    CHEESE_REWARD,
    RESET_ACTION,
    base_values,
    maze_state_values,
)

__all__ = ["BYTES_EACH", "NativeMaze", "check_render_mode", "seed_range"]


class NativeMaze(NativeArrays):
    """A batch of maze environments that step together.

    Args:
        num: number of environments.
        rule: the rule by which levels are drawn; `level_rule` returns those of procgen.
        start_level: the lowest level seed.
        num_levels: number of level seeds, from `start_level` on; 0 for all.
        use_backgrounds: draw textured backgrounds instead of black ones.
        rand_seed: seed of the order in which environments draw levels.
        keep_final_frames: draw the end of each level into `final_frames`.
        render_mode: 'rgb_array' adds a large picture of each maze to its info, under "rgb", as
            procgen does. Defaults to none.

    Attributes:
        final_frames: (ended, 64, 64, 3): the last frame of each level that the last step ended, in
            the order of the environments, with the mouse in place of the cheese that it found.
            procgen never shows these frames. None without `keep_final_frames`.

    Raises:
        TypeError: an argument that is not a whole number, or `rule` is not a LevelRule.
        ValueError: a number out of range, more environments than fit into memory, or an unsupported
            rule or render mode.

    Example:
        >>> engine = NativeMaze(2, start_level=0, num_levels=1)
        >>> rewards, observations, firsts = engine.observe()
        >>> observations["rgb"].shape, firsts
        ((2, 64, 64, 3), array([ True,  True]))
    """

    final_frames: UInt8[np.ndarray, "ended 64 64 3"] | None

    def __init__(
        self,
        num: int,
        rule: LevelRule | None = None,
        *,
        start_level: int = 0,
        num_levels: int = 0,
        use_backgrounds: bool = True,
        rand_seed: int = 0,
        keep_final_frames: bool = False,
        render_mode: str | None = None,
    ) -> None:
        rule = LevelRule() if rule is None else rule
        mode = mode_of(rule)
        low, high = seed_range(start_level, num_levels)
        num = number_of_environments(num)
        rand_seed = whole_number("rand_seed", rand_seed)
        use_backgrounds = true_or_false("use_backgrounds", use_backgrounds)
        check_render_mode(render_mode)
        self.render_mode = render_mode
        self.final_frames = None
        if keep_final_frames:
            self.final_frames = np.empty((0, FRAME_SIZE, FRAME_SIZE, 3), np.uint8)
        fresh_base = base_values(
            mode,
            level_seed_low=low,
            level_seed_high=high,
            use_backgrounds=use_backgrounds,
        )
        super().__init__(num, rule, fresh_base, rand_seed)

    # --- gym3's interface

    def act(
        self,
        actions: Integer[np.ndarray, " env"],
        waiting: Bool[np.ndarray, " env"] | None = None,
    ) -> None:
        """Take one step in every environment. When a level ends, the next one begins.

        Args:
            actions: (env,): procgen's actions, 0..14.
            waiting: (env,): environments that do not change, whatever their action. Defaults to
                none.

        Raises:
            ValueError: the wrong number of actions, or an unknown action.
        """
        actions = checked_actions(actions, self.num)
        which: Integer[np.ndarray, " acting"] = self._all
        chosen: slice | np.ndarray = slice(None)  # as `which`, without the copies
        if waiting is not None:
            which = chosen = np.flatnonzero(~waiting)
        self._actions[chosen] = actions[chosen]
        kernels.move_mice(
            which,
            self._actions,
            self._cells,
            self._mice,
            self._mirrored,
            self._moved,
            self._found,
            self._last_moves,
        )
        found = self._found[chosen]
        self._stepped[chosen] = True
        self._times[chosen] += 1
        self._draws[chosen] += 1
        self._rewards[chosen] = found * np.float32(CHEESE_REWARD)
        self._ever_rewarded[chosen] |= found
        self._previous_seeds[chosen] = self._level_seeds[chosen]
        self._firsts[chosen] = found | (self._times[chosen] >= self._limits[chosen])
        ended = which[self._firsts[chosen]]
        if self.final_frames is not None:
            self.final_frames = (
                self._draw_final_frames(ended) if ended.size else self.final_frames[:0]
            )
        if ended.size:
            self._begin_levels(ended)

    def observe(
        self,
    ) -> tuple[
        Float32[np.ndarray, " env"],
        dict[str, UInt8[np.ndarray, "env 64 64 3"]],
        Bool[np.ndarray, " env"],
    ]:
        """Rewards of the last step, frames (under "rgb"), and which environments begin a level.

        The arrays are new.
        """
        rewards, firsts = self.outcome()
        return rewards, {"rgb": self.frames()}, firsts

    def outcome(self) -> tuple[Float32[np.ndarray, " env"], Bool[np.ndarray, " env"]]:
        """Rewards of the last step, and which environments begin a new level (new arrays)."""
        return self._rewards.copy(), self._firsts.copy()

    def frames(self) -> UInt8[np.ndarray, "env 64 64 3"]:
        """The observations (a new array)."""
        frames = np.empty_like(self._pictures)
        tables = pixel_tables(self.rule.world_size)
        kernels.observe(self._pictures, frames, self._mice, self._mirrored, *tables.mouse_arguments)
        return frames

    def get_info(self) -> list[dict[str, Any]]:
        """Per environment: `prev_level_seed`, `prev_level_complete`, `level_seed`.

        With render_mode 'rgb_array' also `rgb`, a (512, 512, 3) picture for people.
        """
        infos: list[dict[str, Any]] = [
            {"prev_level_seed": previous, "prev_level_complete": int(found), "level_seed": seed}
            for previous, found, seed in zip(
                self._previous_seeds.tolist(),
                self._found.tolist(),
                self._level_seeds.tolist(),
                strict=True,
            )
        ]
        if self.render_mode is not None:
            for index, info in enumerate(infos):
                info["rgb"] = human_frame(self.state(index).to_maze())
        return infos

    @property
    def cells(self) -> UInt8[np.ndarray, "env row col"]:
        """The outer grids as cell codes (a new array)."""
        return self._cells.copy()

    @property
    def mice(self) -> Int[np.ndarray, "env 2"]:
        """The outer (row, col) of each mouse (a new array)."""
        return self._mice.copy()

    @property
    def level_seeds(self) -> Int[np.ndarray, " env"]:
        """The seed of the level that each environment plays (a new array)."""
        return self._level_seeds.copy()

    def restart(
        self, which: Bool[np.ndarray, " env"], rand_seeds: Sequence[int] | None = None
    ) -> None:
        """Begin new levels where `which` is True. The other environments do not change.

        Without seeds, each environment continues its sequence of levels, as after procgen's action
        -1. With seeds, one per True, an environment becomes equal to a new batch of one with this
        `rand_seed`.

        Raises:
            TypeError: a seed that is not a whole number.
            ValueError: the wrong number of seeds, or of booleans in `which`.
        """
        chosen = chosen_environments(which, self.num)
        if rand_seeds is None:
            self._actions[chosen] = RESET_ACTION
            self._moved[chosen] = True
            self._found[chosen] = False
            self._stepped[chosen] = True
            self._draws[chosen] += 1
            self._rewards[chosen] = 0
            self._previous_seeds[chosen] = self._level_seeds[chosen]
            self._firsts[chosen] = True
            self._begin_levels(chosen)
            return
        seeds = checked_seeds(rand_seeds, len(chosen))
        self._make_anew(chosen, [int(seeded(seed).random_raw()) for seed in seeds])

    def callmethod(self, method: str, *args: Any) -> Any:
        """Call `get_state()` or `set_state(states)` by name.

        Raises:
            ValueError: another method.
        """
        if method not in ("get_state", "set_state"):
            raise ValueError(f"unknown method {method!r}: use 'get_state' or 'set_state'")
        return getattr(self, method)(*args)

    def get_state(self) -> list[bytes]:
        """procgen's state bytes of every environment."""
        return [self.state(index).state_bytes for index in range(self.num)]

    def set_state(self, states: Sequence[bytes]) -> None:
        """Set the states of all environments, ours or procgen's.

        Raises:
            TypeError: a state that is not bytes.
            ValueError: the wrong number of states, bytes that are not a state of a maze, a state
                of another world size, or one that procgen would play differently (see
                `worlds.maze.playable`). Nothing changes then.

        Warns:
            UserWarning: `maze_dim` is too small for the maze and is corrected (see `EnvState`).
        """
        if len(states) != self.num:
            raise ValueError(f"{len(states)} states for {self.num} environments: give one for each")
        # All are read before the first is set, because reading can fail.
        side = self.rule.world_size
        for index, incoming in enumerate([read_state(EnvState(state), side) for state in states]):
            self._go_on_from(index, incoming)

    def state(self, index: int) -> EnvState:
        """The state of one environment, independent of the environment.

        Raises:
            TypeError: an index that is not a whole number.
            ValueError: the environment does not exist.
        """
        index = whole_number("index", index)
        if not 0 <= index < self.num:
            raise ValueError(f"environment {index} does not exist: there are {self.num}, from 0 on")
        return EnvState.from_values(maze_state_values(self._base(index), self._moment(index)))
