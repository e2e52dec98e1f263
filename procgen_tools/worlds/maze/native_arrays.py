"""The state of a batch of mazes as arrays, and its conversion to and from procgen's states.

This module begins levels and keeps the few values that change from step to step. The layout of
procgen's states is in `worlds.maze.state_layout`, and the rules for their values are in
`worlds.maze.state_values`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Integer, UInt8

from procgen_tools.worlds.maze import level_kernels as maze_kernels
from procgen_tools.worlds.maze import step_kernels as kernels
from procgen_tools.worlds.maze.actions import STAY_ACTION
from procgen_tools.worlds.maze.agent_view import draw_levels, draw_mice
from procgen_tools.worlds.maze.levels import LevelRule, make_bank
from procgen_tools.worlds.maze.native_input import Incoming
from procgen_tools.worlds.maze.random_text import WORDS, random_text, seeded
from procgen_tools.worlds.maze.squares import EPISODE_STEPS, FRAME_SIZE, OPEN, Square
from procgen_tools.worlds.maze.state_layout import Values
from procgen_tools.worlds.maze.state_values import (
    LastStep,
    Moment,
    background_offset,
    maze_state_values,
)
from procgen_tools.worlds.maze.view_kernels import NO_BACKGROUND


class NativeArrays:
    """The arrays of a batch of mazes, with one entry per environment.

    Args:
        num: number of environments.
        rule: the rule by which levels are drawn.
        fresh_base: the values of a new environment's state (see `state_values.base_values`).
        rand_seed: seed of the order in which environments draw levels.
    """

    def __init__(self, num: int, rule: LevelRule, fresh_base: Values, rand_seed: int) -> None:
        self.num = num
        self.rule = rule
        side = rule.world_size
        self._fresh_base = fresh_base
        self._bases: dict[int, Values] = {}  # the bases that differ from the fresh one
        self._all = np.arange(num)
        self._edited = np.zeros(num, bool)  # True if the base is a state that was set

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
