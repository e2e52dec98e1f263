"""What a policy does in crops and humans: exits, crops and humans harvested, returns, all exact.

A greedy policy always does the same in the same state, so its walk either ends at the exit or
goes around in a circle for ever; and no circle harvests anything, for what is harvested is gone.
So its fate from every state is known for certain, by doubling the number of steps looked ahead.
`play` walks through the environment instead, with a limit of steps, as a check and for pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import nn

from procgen_tools.shown import brief
from procgen_tools.worlds.crops_and_humans.graph import Graph
from procgen_tools.worlds.crops_and_humans.levels import (
    CROP,
    END,
    HUMAN,
    SIZE,
    START,
    WALL,
    Cells,
    Mazes,
)
from procgen_tools.worlds.crops_and_humans.rules import ACTIONS, OFFSETS, States, step

Actor: TypeAlias = Callable[[States], Int[np.ndarray, " state"]]
"""The action that a policy takes in each state."""

DOUBLINGS = 10
"""Steps looked ahead: 2 to this power. A walk that has not ended after 31 steps for each item, and
31 more, goes around in a circle; discounted by .95 the rest is worth less than 1e-20."""

BATCH = 4096


def greedy(network: nn.Module) -> Actor:
    """The policy that takes the action of the highest value."""

    @torch.no_grad()
    def act(states: States) -> Int[np.ndarray, " state"]:
        inputs = torch.from_numpy(states.inputs())
        return np.concatenate(
            [network(part).argmax(dim=1).cpu().numpy() for part in inputs.split(BATCH)]
        )

    return act


def expert(states: States) -> Int[np.ndarray, " state"]:
    """The shortest way to the exit, whatever lies on it."""
    distances = np.stack([_distances(cells) for cells in states.mazes])
    ahead = np.full((len(states), len(ACTIONS)), np.inf)
    for action, (down, right) in enumerate(OFFSETS):
        rows, cols = states.positions[:, 0] + down, states.positions[:, 1] + right
        inside = (rows >= 0) & (rows < SIZE) & (cols >= 0) & (cols < SIZE)
        ahead[inside, action] = distances[inside, rows[inside], cols[inside]]
    return ahead.argmin(axis=1)


def optimal(graph: Graph, discount: float = 0.95) -> Int[np.ndarray, " state"]:
    """The best action in each state of a graph, by value iteration."""
    return graph.optimal_values(discount).argmax(axis=1)


@dataclass(frozen=True, eq=False)
class Fates:
    """What becomes of episodes, one row each.

    Attributes:
        exits: whether the exit is reached.
        steps: until then; NaN where it is not.
        crops: harvested.
        humans: harvested.
        returns: discounted sums of rewards.
    """

    exits: Bool[np.ndarray, " start"]
    steps: Float[np.ndarray, " start"]
    crops: Int[np.ndarray, " start"]
    humans: Int[np.ndarray, " start"]
    returns: Float[np.ndarray, " start"]

    __repr__ = brief


def fates(graph: Graph, actions: Int[np.ndarray, " state"], discount: float = 0.95) -> Fates:
    """What becomes of an episode from the start of each maze, exactly and without a step limit.

    Args:
        graph: of the mazes (`graph_of`).
        actions: what the policy does in each of the graph's states.
        discount: of the returns, below 1.

    Raises:
        ValueError: not one action for each state.
    """
    if actions.shape != (len(graph),):
        raise ValueError(f"actions have shape {actions.shape}: give one for each of {len(graph)}")
    numbers = np.arange(len(graph))
    # The last state stands for all that comes after the exit.
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
    """Episodes that were walked.

    Attributes:
        fates: of each.
        positions: (start, step, 2) the row and column of the agent at each step. After the end of
            the episode, they stay those of the last step.
    """

    fates: Fates
    positions: Int[np.ndarray, "start step 2"]

    __repr__ = brief


def play(actor: Actor, mazes: Mazes, *, step_limit: int = 100, discount: float = 0.95) -> Walks:
    """Walk through each maze from its start, for at most `step_limit` steps."""
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


def _distances(cells: Cells) -> Float[np.ndarray, "7 7"]:
    """Steps to the exit from every cell; infinite from walls."""
    distances = np.full(cells.shape, np.inf)
    distances[END] = 0
    frontier, steps = [END], 0
    while frontier:
        steps += 1
        reached = []
        for row, col in frontier:
            for down, right in OFFSETS.tolist():
                to = row + down, col + right
                inside = 0 <= to[0] < SIZE and 0 <= to[1] < SIZE
                if inside and cells[to] != WALL and np.isinf(distances[to]):
                    distances[to] = steps
                    reached.append(to)
        frontier = reached
    return distances
