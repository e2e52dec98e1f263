"""Helpers for the notebooks on crops and humans: batches, agents beside items, shipped networks."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int
from torch import Tensor, nn
from tqdm import tqdm

from procgen_tools import crops_and_humans
from procgen_tools.models import QNetwork, load_q_network
from procgen_tools.shown import brief
from procgen_tools.studies.crops_and_humans.dreaming import CELLS, Encounters, agents_beside
from procgen_tools.studies.crops_and_humans.twins import all_twins
from procgen_tools.training import dqn
from procgen_tools.worlds.crops_and_humans import walks

__all__ = [
    "CELLS",
    "Approaches",
    "Batch",
    "approaches",
    "batch_of",
    "best_rates",
    "load",
    "one_approach",
    "progress",
    "rates",
    "twins",
    "with_walls",
]

Part = TypeVar("Part")

MOVES = len(crops_and_humans.ACTIONS)


@dataclass(frozen=True, eq=False)
class Batch(dqn.Rows):
    """Examples of single steps: a `dqn.Buffer` with one row per action.

    Attributes:
        inputs: (example, 161) the network's input before the step.
        actions: (example,) the action taken: 0 up, 1 down, 2 left, 3 right.
        rewards: (example,) of the step.
        following: (example, 161) the network's input after the step.
        ended: (example,) whether the step reached the exit.
    """

    inputs: Tensor
    actions: Tensor
    rewards: Tensor
    following: Tensor
    ended: Tensor

    __repr__ = brief

    def draw(self, number: int, states: int = 256, seed: int = 0) -> Batch:
        """All four moves of some states, the same that `dqn.Learner` draws.

        Args:
            number: the number of the update. Each number draws other states.
            states: how many to draw.
            seed: of the draws.
        """
        chosen = dqn.states_of_update(len(self) // MOVES, states, number, seed)
        return self[(chosen[:, None] * MOVES + torch.arange(MOVES)).flatten()]


def batch_of(mazes: crops_and_humans.Mazes) -> Batch:
    """Every step from every empty cell of these mazes, four for each state."""
    buffer = dqn.Buffer.of(crops_and_humans.transitions_of(mazes))
    return Batch(
        buffer.inputs.float().repeat_interleave(MOVES, dim=0),
        torch.arange(MOVES).repeat(len(buffer)),
        buffer.rewards.flatten(),
        buffer.following.flatten(0, 1).float(),
        buffer.ended.flatten(),
    )


@dataclass(frozen=True, eq=False)
class Approaches:
    """Agents one step before an item, in mazes.

    Attributes:
        states: (approach,) the mazes and the positions of the agents.
        actions: (approach,) the actions that lead to the items.
    """

    states: crops_and_humans.States
    actions: Int[np.ndarray, " approach"]

    __repr__ = brief

    def __len__(self) -> int:
        return len(self.actions)

    def __getitem__(self, index: Any) -> Approaches:
        """Some of them."""
        return Approaches(self.states[index], self.actions[index])

    def in_mazes(self, mazes: crops_and_humans.Mazes) -> Approaches:
        """The same agents and actions in other mazes, one for each."""
        return Approaches(crops_and_humans.States(mazes, self.states.positions), self.actions)

    def inputs(self) -> Float[Tensor, "approach 161"]:
        """The network's input."""
        return torch.from_numpy(self.states.inputs())

    def held(self) -> Bool[Tensor, "approach 49"]:
        """Cells that must stay open: the agent's, the item's, the start and the exit."""
        agents = self.states.positions
        items = agents + crops_and_humans.OFFSETS[self.actions]
        return Encounters(agents, items, self.actions).held()

    def taken(
        self, network: nn.Module, inputs: Float[Tensor, "approach 161"] | None = None
    ) -> Bool[np.ndarray, " approach"]:
        """Whether the network steps on the item.

        Args:
            network: decides by the largest of its four values.
            inputs: the network's input; by default, that of these mazes.
        """
        with torch.no_grad():
            chosen = network(self.inputs() if inputs is None else inputs).argmax(dim=1)
        return chosen.numpy() == self.actions


def approaches(mazes: crops_and_humans.Mazes, item: int = crops_and_humans.HUMAN) -> Approaches:
    """Every agent on an empty cell beside such an item, in the order of mazes and cells."""
    numbers, beside = agents_beside(mazes, item)
    order = np.lexsort((beside.actions, *beside.agents.T[::-1], numbers))
    states = crops_and_humans.States(mazes[numbers], beside.agents)
    return Approaches(states, beside.actions)[order]


def one_approach(maze: crops_and_humans.Cells, agent: tuple[int, int], action: int) -> Approaches:
    """One agent that would step on an item by an action."""
    states = crops_and_humans.States(maze[None], np.array([agent]))
    return Approaches(states, np.array([action]))


def twins() -> tuple[Approaches, Approaches]:
    """Agents before a human in training mazes, and in the production mazes made from these.

    The agent, the human and the step between them are the same in both. The order is that of
    `approaches` in the training mazes.
    """
    found = all_twins()
    training = crops_and_humans.training_mazes()
    numbers = {cells.tobytes(): number for number, cells in enumerate(training)}
    of_maze = [numbers[cells.tobytes()] for cells in found.training.mazes]
    order = np.lexsort((found.actions, *found.training.positions.T[::-1], of_maze))
    return (
        Approaches(found.training, found.actions)[order],
        Approaches(found.production, found.actions)[order],
    )


def with_walls(
    mazes: crops_and_humans.Mazes, walls: Float32[np.ndarray, "maze 7 7"]
) -> crops_and_humans.Mazes:
    """The mazes with other walls: a wall wherever `walls` is at least one half. Items stay."""
    changed = np.where(mazes == crops_and_humans.WALL, crops_and_humans.EMPTY, mazes)
    return np.where(walls >= 0.5, crops_and_humans.WALL, changed).astype(np.int8)


def rates(network: nn.Module, mazes: crops_and_humans.Mazes) -> dict[str, float]:
    """The shares of mazes whose exit is reached, and of crops and humans that are harvested."""
    graph = crops_and_humans.graph_of(mazes)
    return _shares(walks.fates(graph, walks.greedy(network)(graph.states)), mazes)


def best_rates(mazes: crops_and_humans.Mazes) -> dict[str, float]:
    """The same shares for the optimal policy under the training rewards."""
    graph = crops_and_humans.graph_of(mazes)
    return _shares(walks.fates(graph, walks.optimal(graph)), mazes)


def _shares(fates: walks.Fates, mazes: crops_and_humans.Mazes) -> dict[str, float]:
    return {
        "exits reached": float(fates.exits.mean()),
        "crops harvested": float(fates.crops.sum() / (mazes == crops_and_humans.CROP).sum()),
        "humans harvested": float(fates.humans.sum() / (mazes == crops_and_humans.HUMAN).sum()),
    }


def progress(parts: Sequence[Part], unit: str) -> Iterable[Part]:
    """The same parts, with a progress bar while they are used.

    Args:
        parts: what a slow loop runs over.
        unit: what they are called in the bar.

    Example:
        >>> sum(progress(range(4), "numbers"))
        6
    """
    return tqdm(parts, unit=f" {unit}", file=sys.stderr)


def load(name: str) -> QNetwork:
    """A network that comes with the course, by its name, such as "control_0".

    Raises:
        FileNotFoundError: no agent has this name.
    """
    return load_q_network(f"crops_and_humans/{name}")
