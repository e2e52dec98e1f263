"""A maze as a graph: the moves of the mouse, with the cheese and the corner as goals.

procgen draws the mouse facing its last horizontal move, and the policy sees this. A state is
therefore a square and a facing, and the graph matches the environment exactly.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from jaxtyping import Bool, UInt8

from procgen_tools.checks import whole_number
from procgen_tools.worlds.graph import Decision, Graph
from procgen_tools.worlds.maze.agent_view import agent_frames
from procgen_tools.worlds.maze.grid import MOVE_STEPS, START, GridLevel, Maze, Square, turned
from procgen_tools.worlds.maze.paths import decision_square, nearer_moves, successors
from procgen_tools.worlds.maze.state_values import CHEESE_REWARD


def graph_of(maze: Maze, *, both_facings: bool = True, corner_region: int = 1) -> Graph:
    """The graph of a maze, with the goals `cheese`, which ends the episode, and `corner`.

    State i is square i of `maze.open_squares()` with the mouse facing as in the maze. State
    i + squares is the same square with the mouse facing the other way. A move into a wall leaves
    the mouse in place, but may turn it.

    Args:
        maze: the maze. Episodes begin at the square of its mouse.
        both_facings: False for a graph without facings, with one state per square.
        corner_region: side, in squares, of the region that counts as the corner: 1 for the
            top-right square itself, 5 for the top-right 5 x 5.

    Raises:
        ValueError: a region below 1.
        TypeError: a region that is not a whole number.

    Example:
        >>> from procgen_tools.worlds.maze.grid import parse
        >>> graph_of(parse("..C\\n.##\\nM.."))
        Graph(14 states, goals: cheese 2, corner 2, starts in 0)
    """
    hint = "the side of the region in squares, 1 for the corner square itself"
    corner_region = whole_number("corner_region", corner_region, 1, hint=hint)
    cheese, corner = np.zeros_like(maze.walls), np.zeros_like(maze.walls)
    if maze.cheese is not None:
        cheese[maze.cheese] = True
    corner[-corner_region:, -corner_region:] = True
    return graph_with_goals(
        maze,
        {"cheese": cheese, "corner": corner},
        maze.ending_goals,
        {"cheese": CHEESE_REWARD},
        both_facings=both_facings,
    )


def graph_with_goals(
    level: GridLevel,
    goals: Mapping[str, Bool[np.ndarray, "row col"]],
    ending: Collection[str],
    rewards: Mapping[str, float],
    *,
    both_facings: bool = True,
) -> Graph:
    """The graph of the mouse's moves in any level on squares (see `graph_of`).

    Args:
        level: the level. Episodes begin at the square of its mouse.
        goals: by name, the squares of the goal.
        ending: the goals that end the episode.
        rewards: by goal, the reward for entering one of its squares. As in the environments, only
            goals that end the episode pay theirs.
        both_facings: False for a graph without facings, with one state per square.
    """
    leads_to = successors(level)
    squares, moves = leads_to.shape
    facings = 2 if both_facings else 1
    if both_facings:
        looks = level.mouse_mirrored ^ np.array([[False], [True]])
        columns = np.array([step.col for step in MOVE_STEPS])
        flipped = turned(looks, columns) != level.mouse_mirrored
        leads_to = (leads_to + squares * flipped[:, None, :]).reshape(-1, moves)
    states = {name: np.tile(where[~level.walls], facings) for name, where in goals.items()}
    ends = np.zeros(len(leads_to), bool)
    for name in ending:
        ends |= states[name]
    earned = np.zeros(leads_to.shape)
    for name in ending:
        earned += rewards.get(name, 0.0) * (states[name][leads_to] & ~ends[:, None])
    return Graph(
        leads_to,
        states,
        ends,
        earned,
        np.tile(np.arange(squares), facings),
        square_number(level, level.mouse),
    )


def decision(maze: Maze, start: tuple[int, int] = START) -> Decision | None:
    """The square where the paths from `start` to the cheese and to the top-right corner diverge.

    Returns None for a maze without such a square (see `paths.decision_square`).

    Raises:
        ValueError: `start` is outside the maze.
    """
    square = decision_square(maze, start)
    if square is None or maze.cheese is None:
        return None
    return Decision(
        square_number(maze, square),
        square,
        {
            "cheese": nearer_moves(maze, maze.cheese)[square],
            "top_right": nearer_moves(maze, maze.corner)[square],
        },
    )


def views(maze: GridLevel) -> tuple[UInt8[np.ndarray, "square 64 64 3"], ...]:
    """The frames with the mouse at every open square, facing as in the maze, and flipped."""
    return tuple(agent_frames(shown, maze.open_squares()) for shown in (maze, maze.flipped()))


def square_number(maze: GridLevel, square: Square) -> int:
    """The index of an open square in `maze.open_squares()`."""
    return int(np.count_nonzero(~maze.walls.ravel()[: square.row * maze.size + square.col]))
