"""Discounted returns of every square: what a policy earns, and what the shortest way earns.

A value head estimates a discounted return. Of which policy depends on its training: PPO learns
that of the agent itself, imitation that of the expert whose moves are imitated.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy import sparse
from scipy.sparse.linalg import spsolve

from procgen_tools.vfield import VectorField
from procgen_tools.worlds.maze.grid import LEFT, RIGHT, Maze
from procgen_tools.worlds.maze.paths import distances, successors
from procgen_tools.worlds.maze.state_values import CHEESE_REWARD

DISCOUNT = 0.99
"""A step, in the training of all agents that ship."""


def discounted_returns(
    field: VectorField, discount: float = DISCOUNT
) -> Float[np.ndarray, " square"]:
    """The exact mean discounted return of the field's policy from every open square.

    The step that reaches the cheese earns the reward undiscounted and ends the episode; only the
    cheese ends it. At the cheese's square it is 0. With both facings in the field the mouse
    begins as it looks in the maze, and looks as it last went.

    Raises:
        ValueError: a discount outside [0, 1).
    """
    if not 0 <= discount < 1:
        raise ValueError(f"discount {discount} is not in [0, 1): without one, see chains.chances")
    squares = len(field.squares)
    if field.maze.cheese is None:
        return np.zeros(squares)
    leads_to = successors(field.maze)
    probabilities = field.probabilities
    if field.flipped_probabilities is not None:
        probabilities = np.concatenate([probabilities, field.flipped_probabilities])
        # A state is a square, or, from `squares` on, a square with the mouse flipped.
        leads_to = np.concatenate([leads_to, leads_to + squares])
        mirrored = field.maze.mouse_mirrored
        leads_to[:, LEFT] = leads_to[:, LEFT] % squares + squares * mirrored
        leads_to[:, RIGHT] = leads_to[:, RIGHT] % squares + squares * (not mirrored)
    probabilities = probabilities / probabilities.sum(axis=1, keepdims=True)
    states = len(probabilities)
    at_cheese = np.arange(states) % squares == field.index(field.maze.cheese)
    going_on = np.where(at_cheese[:, None], 0.0, probabilities)
    reward = CHEESE_REWARD * (going_on * at_cheese[leads_to]).sum(axis=1)
    rows = np.repeat(np.arange(states), leads_to.shape[1])
    step = sparse.csr_array((going_on.ravel(), (rows, leads_to.ravel())), shape=(states, states))
    returns = spsolve((sparse.eye_array(states) - discount * step).tocsc(), reward)
    return np.asarray(returns)[:squares]


def shortest_way_returns(
    maze: Maze, target: tuple[int, int], discount: float = DISCOUNT
) -> Float[np.ndarray, " square"]:
    """The discounted return of the shortest way to `target`, were the cheese there.

    From every open square; at the target itself, as one step before it, the whole reward; 0 where
    no way leads. With the cheese as target it is what imitation teaches value heads (see
    `training.targets`).

    Raises:
        ValueError: a target outside the maze or in a wall.
    """
    steps = distances(maze, target)[~maze.walls]
    return np.where(np.isfinite(steps), CHEESE_REWARD * discount ** np.maximum(steps - 1, 0), 0.0)
