"""Our own maze environment: procgen's frames, rewards, infos and states, without procgen.

`NativeMaze` has the interface of gym3 (act, observe, get_info, callmethod), as procgen does, so
`create_venv` can use either. The layout of state bytes is in `worlds.maze.state_values`; this
module has the few arrays that change from step to step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int, Integer, UInt8

from procgen_tools.checks import true_or_false, whole_number
from procgen_tools.worlds.maze import level_kernels as maze_kernels
from procgen_tools.worlds.maze import step_kernels as kernels
from procgen_tools.worlds.maze.actions import STAY_ACTION
from procgen_tools.worlds.maze.agent_view import draw_levels, draw_mice, pixel_tables
from procgen_tools.worlds.maze.grid import EPISODE_STEPS, FRAME_SIZE, OPEN, Square
from procgen_tools.worlds.maze.human_view import human_frame
from procgen_tools.worlds.maze.levels import LevelRule, make_bank
from procgen_tools.worlds.maze.native_input import (
    BYTES_EACH,
    Incoming,
    check_render_mode,
    checked_actions,
    checked_seeds,
    chosen_environments,
    mode_of,
    number_of_environments,
    read_state,
    seed_range,
)
from procgen_tools.worlds.maze.random_text import WORDS, random_text, seeded
from procgen_tools.worlds.maze.state import EnvState
from procgen_tools.worlds.maze.state_layout import Values
from procgen_tools.worlds.maze.state_values import (
    CHEESE_REWARD,
    RESET_ACTION,
    LastStep,
    Moment,
    background_offset,
    base_values,
    maze_state_values,
)
from procgen_tools.worlds.maze.view_kernels import NO_BACKGROUND

__all__ = ["BYTES_EACH", "NativeMaze", "check_render_mode", "seed_range"]


class NativeMaze:
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
        self.num = num
        self.rule = rule
        side = rule.world_size
        self.render_mode = render_mode
        self._fresh_base = base_values(
            mode,
            level_seed_low=low,
            level_seed_high=high,
            use_backgrounds=use_backgrounds,
        )
        self._bases: dict[int, Values] = {}  # the bases that differ from the fresh one
        self._all = np.arange(num)
        self._edited = np.zeros(num, bool)  # True if the base is a state that was set
        self.final_frames = None
        if keep_final_frames:
            self.final_frames = np.empty((0, FRAME_SIZE, FRAME_SIZE, 3), np.uint8)

        # The generators of the next levels.
        self._low = np.empty(num, np.int64)
        self._high = np.empty(num, np.int64)
        self._seed_keys = np.empty((num, WORDS), np.uint32)
        self._seed_positions = np.empty(num, np.int64)

        # The level, and its generator: `_draws` numbers after key and position.
        self._cells = np.empty((num, side, side), np.uint8)
        self._sizes = np.empty(num, np.int64)
        self._backgrounds = np.empty(num, np.uint8)
        self._use_backgrounds = np.empty(num, bool)
        self._background_offsets = np.empty(num)  # NaN: computed from the seed
        self._level_seeds = np.empty(num, np.int64)
        self._keys = np.empty((num, WORDS), np.uint32)
        self._positions = np.empty(num, np.int64)
        self._draws = np.empty(num, np.int64)
        self._pictures = np.empty((num, FRAME_SIZE, FRAME_SIZE, 3), np.uint8)
        self._limits = np.empty(num, np.int64)

        # The mouse and the clock.
        self._mice = np.empty((num, 2), np.int64)
        self._mirrored = np.empty(num, bool)
        self._times = np.empty(num, np.int64)

        # The last step.
        self._stepped = np.empty(num, bool)
        self._actions = np.full(num, STAY_ACTION, np.int64)
        self._moved = np.empty(num, bool)
        self._found = np.empty(num, bool)
        self._firsts = np.empty(num, bool)
        self._rewards = np.empty(num, np.float32)
        self._previous_seeds = np.empty(num, np.int64)
        self._drawn = np.zeros(num, np.int64)  # step_rand_int, where the step ended a level
        self._last_moves = np.empty(num, np.int64)
        self._ever_rewarded = np.empty(num, bool)

        self._make_anew(np.arange(num), seeded(rand_seed).random_raw(num).tolist())

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

    # --- states

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

    def _base(self, index: int) -> Values:
        return self._bases.get(index) or {**self._fresh_base, "game_n": index}

    def _moment(self, index: int) -> Moment:
        ended = bool(self._firsts[index])
        last_step = LastStep(
            action=int(self._actions[index]),
            moved=bool(self._moved[index]),
            found_cheese=bool(self._found[index]),
            ended=ended,
            level_seed=int(self._previous_seeds[index]),
            drawn=int(self._drawn[index]) if ended else self._step_number(index),
            last_move_action=int(self._last_moves[index]),
            ever_rewarded=bool(self._ever_rewarded[index]),
        )
        offset = float(self._background_offsets[index])
        seed = int(self._level_seeds[index])
        row, col = self._mice[index].tolist()
        return Moment(
            cells=self._cells[index],
            maze_size=int(self._sizes[index]),
            level_seed=seed,
            background=int(self._backgrounds[index]),
            background_offset=background_offset(seed) if np.isnan(offset) else offset,
            mouse=Square(row, col),
            mouse_mirrored=bool(self._mirrored[index]),
            time=int(self._times[index]),
            level_random_text=random_text(self._seed_keys[index], int(self._seed_positions[index])),
            random_text=self._random_text(index),
            last_step=last_step if self._stepped[index] else None,
        )

    def _step_number(self, index: int) -> int:
        drawn = kernels.draw_step_number(
            self._keys[index], self._positions[index], self._draws[index]
        )
        return int(drawn)

    def _random_text(self, index: int) -> str:
        key, position = self._keys[index].copy(), self._positions[index]
        position = kernels.skip_draws(key, position, self._draws[index])
        return random_text(key, int(position))

    def _go_on_from(self, index: int, incoming: Incoming) -> None:
        state, values = incoming.state, incoming.state.state_vals
        self._bases[index] = values
        self._edited[index] = True
        self._low[index] = values["level_seed_low"]
        self._high[index] = values["level_seed_high"]
        self._seed_keys[index], self._seed_positions[index] = incoming.level_generator
        self._keys[index], self._positions[index] = incoming.generator
        self._draws[index] = 0
        self._cells[index] = state.outer_grid
        self._sizes[index] = state.maze_size
        self._backgrounds[index] = state.background
        self._use_backgrounds[index] = state.uses_backgrounds
        self._background_offsets[index] = values["bg_pct_x"]
        self._level_seeds[index] = values["current_level_seed"]
        self._limits[index] = values["timeout"]
        self._mice[index] = [number + state.padding for number in incoming.mouse]
        self._mirrored[index] = state.mouse_mirrored
        self._times[index] = values["cur_time"]
        self._stepped[index] = False
        self._found[index] = bool(values["step_data.level_complete"])
        self._firsts[index] = bool(values["step_data.done"])
        self._rewards[index] = values["step_data.reward"]
        self._previous_seeds[index] = values["prev_level_seed"]
        self._last_moves[index] = values["last_move_action"]
        self._ever_rewarded[index] = False
        self._draw_pictures(np.array([index]))

    # --- levels

    def _make_anew(self, which: Integer[np.ndarray, " env"], seeds: Sequence[int]) -> None:
        """Restart environments with these seeds for their generators of level seeds."""
        for index, seed in zip(which.tolist(), seeds, strict=True):
            self._bases.pop(index, None)
            self._seed_keys[index] = seeded(seed).state["state"]["key"]
        base = self._fresh_base
        self._low[which], self._high[which] = base["level_seed_low"], base["level_seed_high"]
        self._use_backgrounds[which] = base["options.use_backgrounds"]
        self._last_moves[which] = base["last_move_action"]
        self._seed_positions[which] = WORDS
        self._edited[which] = False
        self._limits[which] = EPISODE_STEPS
        for array in (
            self._stepped,
            self._found,
            self._ever_rewarded,
            self._rewards,
            self._previous_seeds,
        ):
            array[which] = 0
        self._firsts[which] = True
        self._begin_levels(which)

    def _begin_levels(self, which: Integer[np.ndarray, " env"]) -> None:
        """Draw the next level of the environments `which`, and place the mouse at its start."""
        for index in which[self._stepped[which]].tolist():
            self._drawn[index] = self._step_number(index)
        kernels.draw_level_seeds(
            which, self._seed_keys, self._seed_positions, self._low, self._high, self._level_seeds
        )
        bank = make_bank(self._level_seeds[which], self.rule)
        self._cells[which] = bank.cells
        self._sizes[which] = bank.sizes
        self._backgrounds[which] = bank.backgrounds
        self._background_offsets[which] = np.nan
        self._positions[which] = WORDS
        self._draws[which] = bank.draws
        for index in which.tolist():
            maze_kernels.seed_generator(self._keys[index], self._level_seeds[index])
        self._mice[which] = ((self.rule.world_size - self._sizes[which]) // 2)[:, None]
        self._mirrored[which] = False
        self._times[which] = 0
        self._draw_pictures(which)
        for index in which[self._edited[which]].tolist():
            # A reset restores values that may have been edited in the state that was set.
            self._bases[index] = maze_state_values(self._base(index), self._moment(index))
            self._limits[index] = self._bases[index]["timeout"]
            self._edited[index] = False

    def _draw_pictures(self, which: Integer[np.ndarray, " env"]) -> None:
        self._pictures[which] = draw_levels(self._cells[which], self._shown_backgrounds(which))

    def _draw_final_frames(
        self, ended: Integer[np.ndarray, " ended"]
    ) -> UInt8[np.ndarray, "ended 64 64 3"]:
        cells, mice = self._cells[ended], self._mice[ended]
        solved = np.flatnonzero(self._found[ended])
        cells[solved, mice[solved, 0], mice[solved, 1]] = OPEN
        frames = draw_levels(cells, self._shown_backgrounds(ended))
        draw_mice(frames, mice, self._mirrored[ended], self.rule.world_size)
        return frames

    def _shown_backgrounds(self, which: Integer[np.ndarray, " env"]) -> UInt8[np.ndarray, " env"]:
        shown = np.where(self._use_backgrounds[which], self._backgrounds[which], NO_BACKGROUND)
        return shown.astype(np.uint8)
