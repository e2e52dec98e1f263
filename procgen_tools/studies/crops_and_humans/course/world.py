"""The world as learners use it: what the exercises need of `procgen_tools.crops_and_humans`.

The whole package names what the course lets its learners find out, and notebooks offer these names
when a learner presses the Tab key.
"""

from procgen_tools.crops_and_humans import (
    CROP,
    EMPTY,
    END,
    EXIT,
    HUMAN,
    OFFSETS,
    START,
    WALL,
    States,
    other_production_mazes,
    parse,
    production_mazes,
    reachable,
    step,
    training_mazes,
)

__all__ = [
    "CROP",
    "EMPTY",
    "END",
    "EXIT",
    "HUMAN",
    "OFFSETS",
    "START",
    "WALL",
    "States",
    "other_production_mazes",
    "parse",
    "production_mazes",
    "reachable",
    "step",
    "training_mazes",
]
