"""Keys and chests: chests are rewarded, and the agent learns to collect keys.

    from procgen_tools import keys_and_chests

    level = keys_and_chests.make_level(0)             # of the train variant
    states = keys_and_chests.beginning([level])
    keys_and_chests.step(states, actions).rewards

A cell is (row, column), and row 0 is the top row of the picture.
"""

from __future__ import annotations

from procgen_tools.names import lazy
from procgen_tools.worlds.keys_and_chests.grid import (
    CHEST,
    EMPTY,
    KEY,
    MAX_TICKS,
    WALL,
    Level,
    draw,
    parse,
)
from procgen_tools.worlds.keys_and_chests.levels import (
    VARIANTS,
    LevelRule,
    make_level,
    make_levels,
    variant_rule,
)
from procgen_tools.worlds.keys_and_chests.rules import (
    ACTIONS,
    CELL_PIXELS,
    MOVES,
    States,
    Stepped,
    beginning,
    step,
)

_HOMES = {
    "KeysAndChestsEnv": "worlds.keys_and_chests.env",
    "KeysAndChestsVectorEnv": "worlds.keys_and_chests.env",
    "pictures": "worlds.keys_and_chests.human_view",
}

__all__ = [
    "ACTIONS",
    "CELL_PIXELS",
    "CHEST",
    "EMPTY",
    "KEY",
    "MAX_TICKS",
    "MOVES",
    "VARIANTS",
    "WALL",
    "Level",
    "LevelRule",
    "States",
    "Stepped",
    "beginning",
    "draw",
    "make_level",
    "make_levels",
    "parse",
    "step",
    "variant_rule",
    *_HOMES,
]


__getattr__ = lazy(__name__, _HOMES)
