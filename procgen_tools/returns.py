"""Discounted returns: of a policy from every start, and of the shortest path.

A value head estimates the discounted return of a policy. With PPO this is the agent's own policy,
and with imitation it is the expert.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from procgen_tools.absorbing import Chain
from procgen_tools.chains import Field
from procgen_tools.markov import eliminate
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.paths import distances
from procgen_tools.worlds.maze.state_values import CHEESE_REWARD

DISCOUNT = 0.99
"""The default discount per step: that of imitation (see `training.maze_settings`)."""


def discounted_returns(field: Field, discount: float = DISCOUNT) -> Float[np.ndarray, " start"]:
    """The exact mean discounted return of the field's policy from every start.

    The reward of the first step is not discounted. The return of a start that ends the episode is
    0. In a maze the starts are the open squares, and the mouse faces as in the maze.

    Raises:
        ValueError: a discount outside [0, 1).

    Example:
        >>> from procgen_tools import maze, vfield
        >>> level = maze.parse("###\\n###\\nM.C")
        >>> always_right = np.tile(np.eye(5)[1], (3, 1))
        >>> discounted_returns(vfield.VectorField(level, always_right, np.zeros(3)), 0.5)
        array([ 5., 10.,  0.])
    """
    if not 0 <= discount < 1:
        raise ValueError(
            f"discount {discount} is not in [0, 1): for chances without a discount, see "
            "chains.chances"
        )
    graph = field.graph()
    chain = Chain(graph, field.by_state)
    gained = np.where(graph.ends, 0.0, (chain.probabilities * graph.rewards).sum(axis=1))
    targets = frozenset(np.flatnonzero(graph.ends).tolist())
    # The elimination never subtracts, so gains and losses are solved separately.
    solved = eliminate(*chain.ending_in(graph.ends), targets, discount)
    returns = solved.solve({}, np.maximum(gained, 0)) - solved.solve({}, np.maximum(-gained, 0))
    return returns[: len(field.starts)]


def shortest_way_returns(
    maze: Maze, target: tuple[int, int], discount: float = DISCOUNT
) -> Float[np.ndarray, " square"]:
    """The discounted return of the shortest path from every open square to a cheese at `target`.

    The return is the whole reward at the target itself and one step before it, and 0 where no path
    leads to the target. With the maze's own cheese as the target, imitation trains value heads on
    these returns (see `training.targets`).

    Raises:
        ValueError: a target outside the maze or in a wall.

    Example:
        >>> from procgen_tools import maze
        >>> shortest_way_returns(maze.parse("###\\n###\\nM.C"), (0, 2), discount=0.5)
        array([ 5., 10., 10.])
    """
    steps = distances(maze, target)[~maze.walls]
    return np.where(np.isfinite(steps), CHEESE_REWARD * discount ** np.maximum(steps - 1, 0), 0.0)
