"""A level of two objects as a graph: the moves of the mouse, with the objects as goals."""

from __future__ import annotations

import numpy as np

from procgen_tools.worlds.graph import Decision, Graph
from procgen_tools.worlds.maze.graph import graph_with_goals, square_number
from procgen_tools.worlds.maze.paths import diverging_square, nearer_moves
from procgen_tools.worlds.two_objects.levels import Level


def graph_of(level: Level, *, both_facings: bool = True) -> Graph:
    """The graph of a level, with one goal per object (see `Level.goals`).

    States are those of a maze (see `worlds.maze.graph.graph_of`). An inert object is a goal that
    does not end the episode.

    Args:
        level: the level.
        both_facings: False for a graph without facings, with one state per square.

    Example:
        >>> from procgen_tools.worlds.two_objects.levels import make_level
        >>> graph_of(make_level(100_000))
        Graph(38 states, goals: red_line 2, yellow_gem 2, starts in 0)
    """
    goals, rewards = {}, {}
    for name, thing in zip(level.goals, level.things, strict=True):
        goals[name] = np.zeros_like(level.walls)
        goals[name][thing.square] = True
        rewards[name] = thing.kind.reward
    return graph_with_goals(level, goals, level.ending_goals, rewards, both_facings=both_facings)


def decision(level: Level, start: tuple[int, int]) -> Decision | None:
    """The square where the paths from `start` to the two objects diverge.

    Returns None for a level without such a square (see `worlds.maze.paths.diverging_square`), and
    for one object.

    Raises:
        ValueError: `start` is outside the maze or in a wall.

    Example:
        >>> from procgen_tools.worlds.two_objects.text import parse
        >>> decision(parse("2..\\n#.#\\nM.1"), (0, 0)).square
        Square(row=0, col=1)
    """
    if len(level.things) != 2:
        return None
    first, second = (thing.square for thing in level.things)
    square = diverging_square(level, start, first, second)
    if square is None:
        return None
    towards = {
        name: nearer_moves(level, thing.square)[square]
        for name, thing in zip(level.goals, level.things, strict=True)
    }
    return Decision(square_number(level, square), square, towards)
