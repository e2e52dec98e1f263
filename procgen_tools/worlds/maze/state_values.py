"""Compute all 78 values of a maze state from the few that vary.

`state_layout` describes the meaning of each value; this module has procgen's rules for them. An
environment keeps `base_values` (or the values of the last state that was set) and a `Moment`, and
calls `maze_state_values` for its state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from jaxtyping import Integer

from procgen_tools.shown import brief
from procgen_tools.worlds.maze.actions import STAY_ACTION
from procgen_tools.worlds.maze.grid import EPISODE_STEPS, FRAME_SIZE, WALL, Square
from procgen_tools.worlds.maze.random_text import seeded, unseeded_text
from procgen_tools.worlds.maze.state_layout import (
    FIELDS,
    MODE_CODES,
    MODE_WORLD_SIZES,
    MOUSE_TYPE,
    Values,
)

RESET_ACTION: Final = -1
"""For this action, procgen stays and ends the episode."""

CHEESE_REWARD: Final = 10.0
LARGE_FRAME_HEIGHT: Final = 512
_MEMORY_VISIBILITY: Final = 8.0

_MOUSE: Final[Values] = {
    **dict.fromkeys(("x", "y", "vx", "vy"), 0.0),
    **dict.fromkeys(("rx", "ry"), 0.5),
    "type": MOUSE_TYPE,
    "image_type": MOUSE_TYPE,
    "image_theme": 0,
    "render_z": 1,
    **dict.fromkeys(("will_erase", "collides_with_entities"), 0),
    **dict.fromkeys(("collision_margin", "rotation", "vrot"), 0.0),
    "is_reflected": 0,
    "fire_time": -1,
    "spawn_time": -1,
    "life_time": 0,
    "expire_time": -1,
    "use_abs_coords": 0,
    "friction": 1.0,
    "smart_step": 1,
    "avoids_collisions": 0,
    "auto_erase": 1,
    "alpha": 1.0,
    "health": 1.0,
    "theta": -100.0,
    "grow_rate": 1.0,
    "alpha_decay": 1.0,
    "climber_spawn_x": 0.0,
}
"""The mouse after each reset, except for its place."""

# Values that are not 0 (or 0.0) in all maze states, or not initially.
_CONSTANTS: Final[Values] = {
    "game_name": "maze",
    "grid_step": 1,
    "level_seed_rand_gen.is_seeded": 1,
    "rand_gen.is_seeded": 1,
    "step_data.done": 1,
    "action": STAY_ACTION,
    "timeout": EPISODE_STEPS,
    "last_reward": -1.0,
    "default_action": STAY_ACTION,
    "fixed_asset_seed": -446301918,
    "ents.size": 1,
    "char_dim": 5.0,
    "last_move_action": 7,
    "mixrate": 0.5,
    "maxspeed": 0.5,
    "max_jump": 0.5,
    "out_of_bounds_object": WALL,
    "END_OF_BUFFER": -889271554,
}


@dataclass(frozen=True)
class LastStep:
    """The step before a moment.

    Attributes:
        action: 0..14, or -1 (stay and end the episode).
        moved: no wall stopped the mouse (also True if the action was to stay).
        found_cheese: the mouse entered the cheese's square.
        ended: the level ended, and the moment is the first of the next level.
        level_seed: the seed of the level in which the step began.
        drawn: the step's random number below 1000000.
        last_move_action: the last action so far, including this one, in 0..3 or 5..8; initially 7.
        ever_rewarded: cheese was found in this step or earlier, in any level.
    """

    action: int
    moved: bool
    found_cheese: bool
    ended: bool
    level_seed: int
    drawn: int
    last_move_action: int
    ever_rewarded: bool

    def __post_init__(self) -> None:
        if not RESET_ACTION <= self.action <= 14:
            raise ValueError(f"action {self.action} is not in 0..14, nor {RESET_ACTION} (reset)")


@dataclass(frozen=True, eq=False)
class Moment:
    """The values of a state that vary.

    Attributes:
        cells: cell codes of the outer grid, row 0 at the bottom.
        maze_size: side of the inner grid, in squares.
        level_seed: the seed of this level.
        background: index 0..8 of the background picture (also without backgrounds).
        background_offset: the level's first random number, see `background_offset`.
        mouse: the mouse's outer square.
        mouse_mirrored: the last horizontal move in this level was to the right.
        time: steps since the level began.
        level_random_text: the generator of level seeds.
        random_text: the generator of the level and its steps.
        last_step: the last step, or None if there was none since the base was made.
    """

    cells: Integer[np.ndarray, "row col"]
    maze_size: int
    level_seed: int
    background: int
    background_offset: float
    mouse: Square
    mouse_mirrored: bool
    time: int
    level_random_text: str
    random_text: str
    last_step: LastStep | None

    __repr__ = brief


def background_offset(level_seed: int) -> float:
    """`bg_pct_x` of a level: its first random number, as a float32 in [0, 1]."""
    return float(np.float32(seeded(level_seed).random_raw() / 2**32))


def base_values(
    distribution_mode: str = "hard",
    *,
    level_seed_low: int,
    level_seed_high: int,
    use_backgrounds: bool = True,
    use_sequential_levels: bool = False,
    game_n: int = 0,
) -> Values:
    """The values of an environment before its first level: a base for `maze_state_values`.

    Args:
        distribution_mode: 'easy', 'hard' or 'memory'.
        level_seed_low: the lowest level seed.
        level_seed_high: one above the highest level seed.
        use_backgrounds: draw textured backgrounds instead of black ones.
        use_sequential_levels: after a completed level comes the level of seed + 997.
        game_n: index of the environment in its batch.

    Raises:
        ValueError: an unknown distribution mode.
    """
    if distribution_mode not in MODE_CODES:
        raise ValueError(
            f"unknown distribution_mode {distribution_mode!r}: choose one of {list(MODE_CODES)}"
        )
    code = MODE_CODES[distribution_mode]
    side = MODE_WORLD_SIZES[code]
    values: Values = {
        field.name: 0.0
        if field.kind == "float"
        else unseeded_text()
        if field.kind == "random"
        else 0
        for field in FIELDS
    }
    values |= _CONSTANTS
    values |= dict.fromkeys(("main_width", "main_height", "w", "h", "world_dim"), side)
    values |= dict.fromkeys(("grid_size", "data.size"), side * side)
    values |= {
        "options.use_backgrounds": int(use_backgrounds),
        "options.center_agent": int(distribution_mode == "memory"),
        "options.distribution_mode": code,
        "options.use_sequential_levels": int(use_sequential_levels),
        "level_seed_low": level_seed_low,
        "level_seed_high": level_seed_high,
        "game_n": game_n,
        "ents": [dict(_MOUSE)],
        "visibility": _MEMORY_VISIBILITY,
        "data": np.full(side * side, WALL, dtype=np.int32),
        "maze_dim": side,
    }
    return values


def maze_state_values(
    base: Mapping[str, Any], moment: Moment, *, frame_height: int = FRAME_SIZE
) -> Values:
    """All values of a state, ready for `EnvState.from_values`.

    Values that are not in `moment` are those of `base`. A reset restores some of them. If the base
    is an edited state, use the result of a step that ended a level as the base of later moments.

    Args:
        base: `base_values`, or `state_vals` of a state. It does not change.
        moment: the values that vary.
        frame_height: height of the last picture that procgen drew: 64 pixels after a step or a
            `set_state`, 512 after a large picture.
    """
    step = moment.last_step
    ended = step is not None and step.ended
    elapsed = moment.time - base["cur_time"]
    mouse_at = max(
        index for index, entity in enumerate(base["ents"]) if entity["type"] == MOUSE_TYPE
    )
    old_mouse = base["ents"][mouse_at]
    life_time = _wrapped(old_mouse["life_time"] + elapsed)
    mouse = dict(_MOUSE) if ended else {**old_mouse, "life_time": life_time}
    mouse |= {
        "x": moment.mouse.col + 0.5,
        "y": moment.mouse.row + 0.5,
        "is_reflected": int(moment.mouse_mirrored),
    }
    values: Values = {
        **base,
        "level_seed_rand_gen.str": moment.level_random_text,
        "rand_gen.str": moment.random_text,
        "current_level_seed": moment.level_seed,
        "cur_time": moment.time,
        "background_index": moment.background,
        "bg_pct_x": moment.background_offset,
        "data": moment.cells.astype(np.int32).ravel(),
        "maze_dim": moment.maze_size,
    }
    if step is not None:
        values |= _step_values(step, bool(base["options.use_sequential_levels"]))
        if not ended:
            # A wall multiplies the velocity by 0, which keeps its sign.
            passed = float(step.moved)
            mouse |= {axis: values[f"action_{axis}"] * passed for axis in ("vx", "vy")}
    others = [] if ended else [entity for i, entity in enumerate(base["ents"]) if i != mouse_at]
    values["ents"] = [*others, mouse]
    values["ents.size"] = len(values["ents"])
    return values | camera_values(values, mouse, frame_height)


def _step_values(step: LastStep, sequential: bool) -> Values:
    action = STAY_ACTION if step.action == RESET_ACTION else step.action
    move = action if action < 9 else STAY_ACTION
    wanted_x = move // 3 - 1
    done = int(step.ended and not (sequential and step.found_cheese))
    values: Values = {
        "step_data.reward": CHEESE_REWARD if step.found_cheese else 0.0,
        "step_data.done": done,
        "step_data.level_complete": int(step.found_cheese),
        "action": STAY_ACTION if step.ended else action,
        "prev_level_seed": step.level_seed,
        "episode_done": done,
        "last_move_action": step.last_move_action,
        "move_action": move,
        "special_action": max(action - 8, 0),
        "action_vx": float(wanted_x),
        "action_vy": 0.0 if wanted_x else float(move % 3 - 1),
        "action_vrot": 0.0,
        "step_rand_int": step.drawn,
    }
    if step.ever_rewarded:
        values |= {"last_reward_timer": 10, "last_reward": CHEESE_REWARD}
    return values


def _wrapped(number: int) -> int:
    """`number` as a signed 32-bit counter: -2**31 follows 2**31 - 1."""
    return (number + 2**31) % 2**32 - 2**31


def camera_values(values: Mapping[str, Any], mouse: Mapping[str, Any], frame_height: int) -> Values:
    """The values that procgen computes when it draws, in its mixture of float32 and float64.

    The camera shows the whole world, or (memory mode) 8 x 8 squares around the mouse.
    """
    follows = bool(values["options.center_agent"])
    sides = {"x": values["main_width"], "y": values["main_height"]}
    visibility = np.float32(values["visibility"] if follows else max(sides.values()))
    raw_unit = np.float32(64) / visibility
    unit = np.float32(float(raw_unit) * (frame_height / 64))
    view_dim = np.float32(64 / float(raw_unit))
    camera: Values = {
        "unit": float(unit),
        "view_dim": float(view_dim),
        "visibility": float(visibility),
    }
    for axis, side in sides.items():
        center = np.float32(mouse[axis] if follows else side / 2)
        camera[f"center_{axis}"] = float(center)
        camera[f"{axis}_off"] = float(unit * (center - view_dim / np.float32(2)))
    return camera
