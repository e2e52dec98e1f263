"""What the notebooks on crops and humans work with: batches, agents beside items, shipped files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int
from torch import Tensor, nn

from procgen_tools import crops_and_humans as farm
from procgen_tools.models import QNetwork, load_q_network
from procgen_tools.shown import brief
from procgen_tools.studies.crops_and_humans.dreaming import Situations
from procgen_tools.worlds.crops_and_humans import walks as greedy_walks

CELLS = farm.SIZE * farm.SIZE
MOVES = len(farm.ACTIONS)


@dataclass(frozen=True, eq=False)
class Batch:
    """Examples of single steps.

    Attributes:
        inputs: (example, 161) what the network is shown.
        actions: (example,) what was done: 0 up, 1 down, 2 left, 3 right.
        rewards: (example,) of the step.
        following: (example, 161) what it is shown afterwards.
        ended: (example,) whether the step reached the exit.
    """

    inputs: Tensor
    actions: Tensor
    rewards: Tensor
    following: Tensor
    ended: Tensor

    __repr__ = brief

    def __len__(self) -> int:
        return len(self.actions)

    def __getitem__(self, index: Any) -> Batch:
        """Some of the examples."""
        return Batch(*(getattr(self, name)[index] for name in self.__dataclass_fields__))

    @classmethod
    def joined(cls, parts: list[Batch]) -> Batch:
        """All examples of several batches."""
        return cls(
            *(torch.cat([getattr(part, name) for part in parts]) for name in cls.__match_args__)
        )

    def draw(self, number: int, states: int = 256, seed: int = 0) -> Batch:
        """Some states, drawn at random, with all four moves of each.

        Args:
            number: of the update: another number, another draw.
            states: how many.
            seed: of the draws.
        """
        # As in `training.dqn`, so that the same examples give the same agent.
        rng = np.random.default_rng([seed, 2, number])
        chosen = torch.from_numpy(rng.integers(len(self) // MOVES, size=states))
        return self[(chosen[:, None] * MOVES + torch.arange(MOVES)).flatten()]


def batch_of(mazes: farm.Mazes) -> Batch:
    """Every step from every empty cell of these mazes, four for each state."""
    transitions = farm.transitions_of(mazes)
    count = len(transitions)
    return Batch(
        torch.from_numpy(transitions.states.inputs()).repeat_interleave(MOVES, dim=0),
        torch.arange(MOVES).repeat(count),
        torch.from_numpy(transitions.rewards).flatten(),
        torch.from_numpy(transitions.following.inputs()),
        torch.from_numpy(transitions.ended).flatten(),
    )


@dataclass(frozen=True, eq=False)
class Approaches:
    """Agents one step before an item, in mazes.

    Attributes:
        states: (approach,) the mazes, and where the agents stand.
        actions: (approach,) that lead to the items.
        items: (approach, 2) where these are.
    """

    states: farm.States
    actions: Int[np.ndarray, " approach"]
    items: Int[np.ndarray, "approach 2"]

    __repr__ = brief

    def __len__(self) -> int:
        return len(self.actions)

    def __getitem__(self, index: Any) -> Approaches:
        """Some of them."""
        return Approaches(self.states[index], self.actions[index], self.items[index])

    def inputs(self) -> Float[Tensor, "approach 161"]:
        """What the network is shown."""
        return torch.from_numpy(self.states.inputs())

    def held(self) -> Bool[Tensor, "approach 49"]:
        """Cells that must stay open: the agent's, the item's, the start and the exit."""
        return Situations(self.states.cells, self.items, self.actions).held()

    def taken(
        self, network: nn.Module, inputs: Float[Tensor, "approach 161"] | None = None
    ) -> Bool[np.ndarray, " approach"]:
        """Whether the network steps on the item.

        Args:
            network: that decides, by the largest of its four values.
            inputs: what it is shown instead of these mazes.
        """
        with torch.no_grad():
            chosen = network(self.inputs() if inputs is None else inputs).argmax(dim=1)
        return chosen.numpy() == self.actions


def approaches(mazes: farm.Mazes, item: int = farm.HUMAN) -> Approaches:
    """Every empty cell of the mazes with such an item beside it."""
    states = farm.states_of(mazes)
    numbers = np.repeat(np.arange(len(states)), MOVES)
    actions = np.tile(np.arange(MOVES), len(states))
    stepped = farm.step(states[numbers], actions)
    found = stepped.entered == item
    return Approaches(states[numbers[found]], actions[found], stepped.states.cells[found])


def one_approach(maze: farm.Cells, agent: tuple[int, int], action: int) -> Approaches:
    """One agent that would step on an item by an action."""
    cells = np.array([agent])
    return Approaches(
        farm.States(maze[None], cells), np.array([action]), cells + farm.OFFSETS[[action]]
    )


def twins() -> tuple[Approaches, Approaches]:
    """Agents before a human in training mazes, and in the same mazes as production has them.

    The agent, the human and the step between them are the same in both.
    """
    found = approaches(farm.training_mazes())
    mazes = np.stack([farm.shift_walls(maze) for maze in found.states.mazes])
    numbers = np.arange(len(found))
    alike = (mazes[(numbers, *found.states.cells.T)] == farm.EMPTY) & (
        mazes[(numbers, *found.items.T)] == farm.HUMAN
    )
    kept = alike & farm.sticks_out(mazes)
    shifted = Approaches(farm.States(mazes, found.states.cells), found.actions, found.items)
    return found[kept], shifted[kept]


def with_walls(mazes: farm.Mazes, walls: Float32[np.ndarray, "maze 7 7"]) -> farm.Mazes:
    """The mazes with other walls; walls of one half and more are walls. Items stay."""
    changed = np.where(mazes == farm.WALL, farm.EMPTY, mazes)
    return np.where(walls >= 0.5, farm.WALL, changed).astype(np.int8)


def rates(network: nn.Module, mazes: farm.Mazes) -> dict[str, float]:
    """Shares: of mazes whose exit is reached, of all crops and of all humans that are harvested."""
    graph = farm.graph_of(mazes)
    return _shares(greedy_walks.fates(graph, greedy_walks.greedy(network)(graph.states)), mazes)


def best_rates(mazes: farm.Mazes) -> dict[str, float]:
    """The same of the best policy there is, by the rewards of training."""
    graph = farm.graph_of(mazes)
    return _shares(greedy_walks.fates(graph, greedy_walks.optimal(graph)), mazes)


def _shares(fates: greedy_walks.Fates, mazes: farm.Mazes) -> dict[str, float]:
    return {
        "exits reached": float(fates.exits.mean()),
        "crops harvested": float(fates.crops.sum() / (mazes == farm.CROP).sum()),
        "humans harvested": float(fates.humans.sum() / (mazes == farm.HUMAN).sum()),
    }


def load(name: str) -> QNetwork:
    """A network that comes with the course, such as "planted_0".

    Raises:
        FileNotFoundError: no agent has this name.
    """
    return load_q_network(f"crops_and_humans/{name}")
