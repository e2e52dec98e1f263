"""Crops and humans: the reward is right, and the agent harvests the wrong thing in production.

    from procgen_tools import crops_and_humans

    mazes = crops_and_humans.training_mazes()         # (1336, 7, 7), all training mazes
    states = crops_and_humans.states_of(mazes[:1])    # the agent on every empty cell
    crops_and_humans.step(states, actions).rewards

A cell is (row, column), and row 0 is the top row of the picture.
"""

from procgen_tools.worlds.crops_and_humans.env import CropsAndHumansEnv, CropsAndHumansVectorEnv
from procgen_tools.worlds.crops_and_humans.graph import Graph, Level, graph_of
from procgen_tools.worlds.crops_and_humans.human_view import picture
from procgen_tools.worlds.crops_and_humans.levels import (
    CROP,
    EMPTY,
    END,
    EXIT,
    HUMAN,
    SIZE,
    START,
    WALL,
    Cells,
    Mazes,
    check,
    dead_ends,
    layouts,
    parse,
    random_training_maze,
    reachable,
    text,
    training_mazes,
)
from procgen_tools.worlds.crops_and_humans.production import (
    other_production_mazes,
    production_mazes,
    shift_walls,
    sticks_out,
)
from procgen_tools.worlds.crops_and_humans.rules import (
    ACTIONS,
    NUM_INPUTS,
    OFFSETS,
    REWARDS,
    Rewards,
    States,
    Stepped,
    Transitions,
    both,
    states_of,
    step,
    transitions_of,
)

__all__ = [
    "ACTIONS",
    "CROP",
    "EMPTY",
    "END",
    "EXIT",
    "HUMAN",
    "NUM_INPUTS",
    "OFFSETS",
    "REWARDS",
    "SIZE",
    "START",
    "WALL",
    "Cells",
    "CropsAndHumansEnv",
    "CropsAndHumansVectorEnv",
    "Graph",
    "Level",
    "Mazes",
    "Rewards",
    "States",
    "Stepped",
    "Transitions",
    "both",
    "check",
    "dead_ends",
    "graph_of",
    "layouts",
    "other_production_mazes",
    "parse",
    "picture",
    "production_mazes",
    "random_training_maze",
    "reachable",
    "shift_walls",
    "states_of",
    "step",
    "sticks_out",
    "text",
    "training_mazes",
    "transitions_of",
]
