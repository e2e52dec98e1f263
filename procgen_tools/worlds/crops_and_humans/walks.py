"""Exact outcomes of policies in crops and humans: exits, harvested crops and humans, returns.

A greedy policy takes the same action whenever it is in the same state, so its walk either ends at
the exit or enters a cycle. A cycle harvests nothing, because harvested items are gone. So the
outcome from every state is certain; it is computed by doubling the number of steps looked ahead.
`play` walks step by step instead, with a step limit, as a check and for pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import nn

from procgen_tools.checks import check_finite
from procgen_tools.shown import brief
from procgen_tools.worlds.crops_and_humans.graph import Graph
from procgen_tools.worlds.crops_and_humans.levels import (
    CROP,
    END,
    HUMAN,
    SIZE,
    START,
    WALL,
    Mazes,
)
from procgen_tools.worlds.crops_and_humans.rules import ACTIONS, OFFSETS, States, step

Actor: TypeAlias = Callable[[States], Int[np.ndarray, " state"]]
"""A function that gives the action of a policy in each state."""

DOUBLINGS = 10
"""2 to this power steps are looked ahead. A walk that has not ended after 31 steps for each item
and 31 more is in a cycle; with a discount of .95, the rest is worth less than 1e-20."""

BATCH = 4096


def greedy(network: nn.Module) -> Actor:
    """The policy that takes the action of the highest value."""

    @torch.no_grad()
    def act(states: States) -> Int[np.ndarray, " state"]:
        inputs = torch.from_numpy(states.inputs())
        values = torch.cat([network(part) for part in inputs.split(BATCH)])
        check_finite("the values of actions", values)
        return values.argmax(dim=1).cpu().numpy()

    return act


def expert(states: States) -> Int[np.ndarray, " state"]:
    """The actions of the shortest path to the exit, regardless of items on it."""
    walls, layout = np.unique(states.mazes == WALL, axis=0, return_inverse=True)
    distances = np.stack([_distances(each) for each in walls])[layout.reshape(-1)]
    ahead = np.full((len(states), len(ACTIONS)), np.inf)
    for action, (down, right) in enumerate(OFFSETS):
        rows, cols = states.positions[:, 0] + down, states.positions[:, 1] + right
        inside = (rows >= 0) & (rows < SIZE) & (cols >= 0) & (cols < SIZE)
        ahead[inside, action] = distances[inside, rows[inside], cols[inside]]
    return ahead.argmin(axis=1)


def optimal(graph: Graph, discount: float = 0.95) -> Int[np.ndarray, " state"]:
    """The optimal action in each state of a graph, by value iteration."""
    return graph.optimal_values(discount).argmax(axis=1)


@dataclass(frozen=True, eq=False)
class Fates:
    """The outcomes of episodes, one row per episode.

    Attributes:
        exits: whether the exit is reached.
        steps: steps to the exit; NaN if it is not reached.
        crops: number of harvested crops.
        humans: number of harvested humans.
        returns: discounted sum of rewards.
    """

    exits: Bool[np.ndarray, " start"]
    steps: Float[np.ndarray, " start"]
    crops: Int[np.ndarray, " start"]
    humans: Int[np.ndarray, " start"]
    returns: Float[np.ndarray, " start"]

    __repr__ = brief


def fates(graph: Graph, actions: Int[np.ndarray, " state"], discount: float = 0.95) -> Fates:
    """The outcome of an episode from the start of each maze, exact and without a step limit.

    Args:
        graph: the graph of the mazes (`graph_of`).
        actions: (state,) the policy's action in each state of the graph.
        discount: of rewards per step, below 1.

    Raises:
        ValueError: there is not one action for each state.
    """
    if actions.shape != (len(graph),):
        raise ValueError(f"actions have shape {actions.shape}: give one for each of {len(graph)}")
    numbers = np.arange(len(graph))
    # The last state is the one after the exit.
    over = len(graph)
    following = np.append(graph.following[numbers, actions], over)
    entered = graph.entered[numbers, actions]
    ended = graph.ended[numbers, actions]
    following[:over][ended] = over
    steps = np.append(np.ones(over), 0)
    crops = np.append(entered == CROP, 0).astype(np.int64)
    humans = np.append(entered == HUMAN, 0).astype(np.int64)
    returns = np.append(graph.rewards[numbers, actions], 0).astype(np.float64)
    for _ in range(DOUBLINGS):
        returns = returns + discount**steps * returns[following]
        for counted in (crops, humans, steps):
            counted += counted[following]
        following = following[following]
    exits = following[graph.starts] == over
    return Fates(
        exits=exits,
        steps=np.where(exits, steps[graph.starts], np.nan),
        crops=crops[graph.starts],
        humans=humans[graph.starts],
        returns=returns[graph.starts],
    )


@dataclass(frozen=True, eq=False)
class Walks:
    """Episodes that were walked step by step.

    Attributes:
        fates: the outcome of each.
        positions: (start, step, 2) the row and column of the agent at each step. After the end of
            the episode, they stay those of the last step.
    """

    fates: Fates
    positions: Int[np.ndarray, "start step 2"]

    __repr__ = brief


def play(actor: Actor, mazes: Mazes, *, step_limit: int = 100, discount: float = 0.95) -> Walks:
    """Walk through each maze from its start, for at most `step_limit` steps.

    Args:
        actor: the policy.
        mazes: (maze, 7, 7).
        step_limit: the largest number of steps.
        discount: of rewards per step.
    """
    count = len(mazes)
    states = States(mazes.copy(), np.tile(START, (count, 1)))
    on = np.ones(count, bool)
    steps, returns = np.zeros(count), np.zeros(count)
    crops, humans = np.zeros(count, np.int64), np.zeros(count, np.int64)
    positions = [states.positions]
    for number in range(step_limit):
        stepped = step(states, actor(states))
        returns += on * discount**number * stepped.rewards
        crops += on & (stepped.entered == CROP)
        humans += on & (stepped.entered == HUMAN)
        steps += on
        mazes_now = np.where(on[:, None, None], stepped.states.mazes, states.mazes)
        positions_now = np.where(on[:, None], stepped.states.positions, states.positions)
        states = States(mazes_now, positions_now)
        positions.append(states.positions)
        on &= ~stepped.ended
        if not on.any():
            break
    result = Fates(~on, np.where(on, np.nan, steps), crops, humans, returns)
    return Walks(result, np.stack(positions, axis=1))


def _distances(walls: Bool[np.ndarray, "7 7"]) -> Float[np.ndarray, "7 7"]:
    """The number of steps to the exit from every cell; infinite from walls."""
    distances = np.full(walls.shape, np.inf)
    distances[END] = 0
    frontier, steps = [END], 0
    while frontier:
        steps += 1
        reached = []
        for row, col in frontier:
            for down, right in OFFSETS.tolist():
                to = row + down, col + right
                inside = 0 <= to[0] < SIZE and 0 <= to[1] < SIZE
                if inside and not walls[to] and np.isinf(distances[to]):
                    distances[to] = steps
                    reached.append(to)
        frontier = reached
    return distances
