"""Check that our engine plays a state as procgen does.

procgen supports some values that never vary in its own maze states: a mouse that grows, a step of
half a square, a camera that follows the mouse. Our engine keeps such values but ignores them, so it
accepts a state only if they are those of all easy and hard mazes. All other values are free: both
engines then give the same frames, rewards and state bytes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from procgen_tools.worlds.maze.state_layout import MOUSE_TYPE, Values
from procgen_tools.worlds.maze.state_values import base_values

_STATE_NAMES: Final = (
    "options.use_monochrome_assets",
    "options.center_agent",
    "options.use_sequential_levels",
    "grid_step",
    "episodes_remaining",
    "default_action",
    "random_agent_start",
    "min_visibility",
)

_MOUSE_NAMES: Final = (
    "rx",
    "ry",
    "render_z",
    "will_erase",
    "rotation",
    "vrot",
    "expire_time",
    "use_abs_coords",
    "friction",
    "smart_step",
    "alpha",
    "grow_rate",
    "alpha_decay",
)

_LATEST_TIME: Final = 2**31 - 2
"""After the next step, the clock must still be a 32-bit number."""

_REMEDY: Final = "or play it with backend='procgen'"


def check_playable(values: Mapping[str, Any]) -> None:
    """Check that our engine plays these values as procgen does.

    Args:
        values: `state_vals` of a state, of one of the modes 'easy' and 'hard'.

    Raises:
        ValueError: a value that procgen uses and our engine ignores. The message names the value,
            the rule and the remedy.
    """
    constants = _constants()
    for name in _STATE_NAMES:
        _check_constant(name, values[name], constants[name])
    entities = values["ents"]
    if len(entities) != 1:
        raise ValueError(
            f"ents has {len(entities)} entities, and this engine draws the mouse alone: keep only "
            f"the one of type {MOUSE_TYPE} and set ents.size to 1, {_REMEDY}"
        )
    for name in _MOUSE_NAMES:
        _check_constant(f"ents[0].{name}", entities[0][name], constants["ents"][0][name])
    if not math.isfinite(values["bg_pct_x"]):
        raise ValueError(
            f"bg_pct_x is {values['bg_pct_x']!r}, with which procgen draws no background: set it "
            f"to a finite number, {_REMEDY}"
        )
    if values["cur_time"] > _LATEST_TIME:
        raise ValueError(
            f"cur_time is {values['cur_time']}, and the next step would exceed 32 bits: set it to "
            f"at most {_LATEST_TIME}, {_REMEDY}"
        )
    low, high = values["level_seed_low"], values["level_seed_high"]
    if not 0 <= low < high:
        raise ValueError(
            f"level_seed_low and level_seed_high are {low} and {high}: level seeds are drawn from "
            f"low up to, not including, high; set them to 0 <= low < high, {_REMEDY}"
        )


@cache
def _constants() -> Values:
    """The values that are the same in all maze states of the modes 'easy' and 'hard'."""
    return base_values(level_seed_low=0, level_seed_high=1)


def _check_constant(name: str, value: int | float, constant: int | float) -> None:
    # repr distinguishes -0.0 from 0.0, as procgen's state bytes do.
    if repr(type(constant)(value)) != repr(constant):
        raise ValueError(
            f"{name} is {value!r}, which procgen acts on and this engine does not: set it to "
            f"{constant!r}, {_REMEDY}"
        )
