"""Twins: a production maze and the training maze that it was made from.

They differ only in the shifted walls, two cells for each wall. If a network acts differently in
the two mazes, these cells are the cause. Patching activations from one run into the other shows
where in the network this difference is represented.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from procgen_tools import crops_and_humans, hooks
from procgen_tools.models import QNetwork
from procgen_tools.shown import brief
from procgen_tools.studies.crops_and_humans.dreaming import agents_beside
from procgen_tools.studies.crops_and_humans.shift_dreams import gap

HIDDEN = ("relu1_out", "relu2_out", "relu3_out")
"""The hidden layers of a `QNetwork`."""


@dataclass(frozen=True, eq=False)
class Twins:
    """The same agent beside the same human in two mazes.

    Attributes:
        training: states in training mazes.
        production: the same with the walls shifted.
        actions: (state,) that harvest the human.
    """

    training: crops_and_humans.States
    production: crops_and_humans.States
    actions: Int[np.ndarray, " state"]

    __repr__ = brief

    def __len__(self) -> int:
        return len(self.actions)

    def __getitem__(self, chosen: np.ndarray) -> Twins:
        """Some of them, by numpy's rules."""
        return Twins(self.training[chosen], self.production[chosen], self.actions[chosen])


def all_twins() -> Twins:
    """Every agent beside a human that has a free cell to stand on in both mazes."""
    training = crops_and_humans.training_mazes()
    production = np.stack([crops_and_humans.shift_walls(cells) for cells in training])
    apart = crops_and_humans.sticks_out(production)
    training, production = training[apart], production[apart]
    numbers, beside = agents_beside(production)
    # Where the training maze has a wall, no agent can stand there.
    free = training[numbers, *beside.agents.T] == crops_and_humans.EMPTY
    numbers, cells = numbers[free], beside.agents[free]
    return Twins(
        crops_and_humans.States(training[numbers], cells),
        crops_and_humans.States(production[numbers], cells),
        beside.actions[free],
    )


@torch.no_grad()
def harvests(
    network: nn.Module, states: crops_and_humans.States, actions: np.ndarray
) -> np.ndarray:
    """Whether the greedy agent harvests, in each state; (state,) bool."""
    values = network(torch.from_numpy(states.inputs()))
    return (gap(values, torch.from_numpy(actions)) > 0).numpy()


@dataclass(frozen=True, eq=False)
class Carriers:
    """Which units of a layer carry the difference between twins.

    Attributes:
        layer: an activation's name.
        effects: (unit,) how much patching a unit alone from production into training raises the
            gap of the harvest, on average.
    """

    layer: str
    effects: Float[np.ndarray, " unit"]

    __repr__ = brief

    def strongest(self, count: int) -> tuple[int, ...]:
        """The units of largest effect."""
        return tuple(np.argsort(-self.effects, kind="stable")[:count].tolist())


@torch.no_grad()
def find_carriers(network: QNetwork, twins: Twins, layer: str) -> Carriers:
    """Patch each unit alone, from the production run into the training run."""
    actions = torch.from_numpy(twins.actions)
    inputs = torch.from_numpy(twins.training.inputs())
    before = gap(network(inputs), actions)
    theirs = _activation(network, layer, twins.production)
    effects = []
    for unit in range(network.activation_shapes[layer][0]):
        patch = {layer: _patch(theirs, [unit])}
        with hooks.patched(network, patch, may_be_idle=True):  # twins share most activations
            effects.append(float((gap(network(inputs), actions) - before).mean()))
    return Carriers(layer, np.array(effects))


@torch.no_grad()
def harvests_when_patched(
    network: nn.Module, twins: Twins, layer: str, units: Sequence[int], *, back: bool = False
) -> np.ndarray:
    """Whether the agent harvests in the training mazes with some units as in production.

    Args:
        network: whose units are patched.
        layer: the activation's name.
        units: which.
        twins: the pairs.
        back: the other way: in the production mazes, with units as in training.

    Returns:
        (state,) bool.
    """
    here, there = twins.training, twins.production
    if back:
        here, there = there, here
    patch = {layer: _patch(_activation(network, layer, there), units)}
    with hooks.patched(network, patch, may_be_idle=True):
        return harvests(network, here, twins.actions)


@torch.no_grad()
def _activation(
    network: nn.Module, layer: str, states: crops_and_humans.States
) -> Float[Tensor, "state unit"]:
    with hooks.record(network, [layer]) as recorded:
        network(torch.from_numpy(states.inputs()))
        return recorded[layer].clone()


def _patch(theirs: Tensor, units: Sequence[int]) -> hooks.Patch:
    def patched(own: Tensor) -> Tensor:
        changed = own.clone()
        changed[:, list(units)] = theirs[:, list(units)]
        return changed

    return patched
