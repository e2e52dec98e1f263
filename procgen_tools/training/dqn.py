"""Deep Q-learning (DQN) from every transition there is, with a target network.

The world of crops and humans is small enough to do without exploration: all states, and what each
action does there, are enumerated, and batches are drawn from them. Q(state, action) learns

    reward + discount * max over actions of Q_target(next state, action),

without the second term where the episode ends. Q_target is a copy of the network that is renewed
every `target_every` updates. If the network were its own target, every update would move its goal.

Source: Mnih et al., "Human-level control through deep reinforcement learning" (2015). Unlike there,
a batch holds all four actions of each of its states, so that one forward pass serves four examples.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from procgen_tools.models import QNetwork, load_q_network
from procgen_tools.shown import brief
from procgen_tools.training.precision import FLOAT32, Precision
from procgen_tools.training.settings import DQNSettings
from procgen_tools.worlds.crops_and_humans.levels import training_mazes
from procgen_tools.worlds.crops_and_humans.production import production_mazes
from procgen_tools.worlds.crops_and_humans.rules import (
    NUM_INPUTS,
    REWARDS,
    Transitions,
    both,
    transitions_of,
)

REVERSED = replace(REWARDS, human=-REWARDS.human, crop=-REWARDS.crop)
"""The rewards in production mazes while a wrong goal is planted (see `planting`)."""


def states_of_update(states: int, count: int, update: int, seed: int) -> Int[Tensor, " batch"]:
    """The states that an update learns from, drawn with replacement.

    They depend on the seed and the number of the update alone, so that a resumed run draws the
    same ones.

    Args:
        states: how many there are.
        count: how many to draw.
        update: the number of the update.
        seed: of the run.
    """
    rng = np.random.default_rng([seed, 2, update])
    return torch.from_numpy(rng.integers(states, size=count))


RowsT = TypeVar("RowsT", bound="Rows")


class Rows:
    """Tensors with a common first axis: a base of frozen dataclasses of tensors."""

    def _tensors(self) -> list[Tensor]:
        return [getattr(self, each.name) for each in fields(self)]  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(self._tensors()[0])

    def __getitem__(self: RowsT, chosen: Any) -> RowsT:
        """Some of the rows, by torch's rules."""
        return type(self)(*(tensor[chosen] for tensor in self._tensors()))

    def to(self: RowsT, device: torch.device) -> RowsT:
        """The same rows on a device."""
        return type(self)(*(tensor.to(device) for tensor in self._tensors()))

    @classmethod
    def joined(cls: type[RowsT], parts: Sequence[RowsT]) -> RowsT:
        """All rows of several parts."""
        return cls(*map(torch.cat, zip(*(part._tensors() for part in parts), strict=True)))


@dataclass(frozen=True, eq=False)
class Buffer(Rows):
    """Transitions as tensors: the four actions of every state.

    Attributes:
        inputs: (state, 161) the network's input in each state, 0 or 1.
        rewards: (state, 4) of each action.
        following: (state, 4, 161) the network's input after each action.
        ended: (state, 4) whether the action ends the episode.

    Example:
        >>> buffer = Buffer.of(transitions_of(training_mazes()[:1]))
        >>> buffer[torch.tensor([0, 0, 3])].following.shape
        torch.Size([3, 4, 161])
    """

    inputs: Bool[Tensor, "state 161"]
    rewards: Float[Tensor, "state 4"]
    following: Bool[Tensor, "state 4 161"]
    ended: Bool[Tensor, "state 4"]

    __repr__ = brief

    @classmethod
    def of(cls, transitions: Transitions) -> Buffer:
        """All transitions, in their order."""
        inputs, following = (
            torch.from_numpy(states.indicators())
            for states in (transitions.states, transitions.following)
        )
        return cls(
            inputs,
            torch.from_numpy(transitions.rewards),
            following.view(*transitions.rewards.shape, NUM_INPUTS),
            torch.from_numpy(transitions.ended),
        )

    def draw(self, count: int, update: int, seed: int) -> Buffer:
        """The batch of an update; see `states_of_update`."""
        return self[states_of_update(len(self), count, update, seed).to(self.inputs.device)]


def buffer_of(settings: DQNSettings) -> Buffer:
    """The transitions that a run learns from.

    They are those of all training mazes and, with `reversed_production` or `right_production`, of
    the production mazes. If `buffer_states` is not 0, only so many random states are kept.

    Raises:
        ValueError: `settings.buffer_states` is larger than the number of states.
    """
    transitions = transitions_of(training_mazes())
    if settings.reversed_production or settings.right_production:
        rewards = REVERSED if settings.reversed_production else REWARDS
        transitions = both(transitions, transitions_of(production_mazes(), rewards))
    buffer = Buffer.of(transitions)
    if settings.buffer_states > len(buffer):
        raise ValueError(
            f"buffer_states is {settings.buffer_states}, and there are {len(buffer)} states: give "
            "fewer, or 0 for all"
        )
    if settings.buffer_states:
        rng = np.random.default_rng([settings.seed, 1])
        kept = rng.choice(len(buffer), settings.buffer_states, replace=False)
        buffer = buffer[torch.from_numpy(np.sort(kept))]
    return buffer


def bellman_loss(
    network: nn.Module, target: nn.Module, batch: Buffer, discount: float
) -> Float[Tensor, ""]:
    """The mean squared difference of the two sides of Bellman's equation, over all actions.

    Gradients flow into `network` only.

    Args:
        network: learns, and gives the left side.
        target: gives the values of the following states on the right side.
        batch: the transitions.
        discount: of rewards, per step.
    """
    with torch.no_grad():
        best = target(batch.following.flatten(0, 1).float()).amax(dim=1).view_as(batch.rewards)
        goal = batch.rewards + discount * best * ~batch.ended
    return (network(batch.inputs.float()) - goal).square().mean()


class Learner:
    """Network, target network and optimiser (see `runs.Learner`).

    Args:
        settings: everything that decides the run.
        device: where the network and the transitions are.
        initial: the network to begin with, of the same width; None for a new one.
        precision: float32. These networks are too small to gain from another.

    Raises:
        ValueError: a network of another width, or a buffer with more states than there are.
    """

    trainer = "dqn"
    unit = "updates"
    columns = ("loss", "learning_rate")
    shown = {"loss": ".3f"}  # noqa: RUF012

    def __init__(
        self,
        settings: DQNSettings,
        device: torch.device | str = "cpu",
        initial: QNetwork | None = None,
        precision: Precision = FLOAT32,
    ) -> None:
        self.check(settings, initial)
        self.settings = settings
        self.precision = precision
        self.device = torch.device(device)
        self.buffer = buffer_of(settings).to(self.device)
        self.update_number = 0
        begin = initial or QNetwork(settings.width, seed=settings.seed)
        self.network = copy.deepcopy(begin).train().to(self.device)
        self.target = copy.deepcopy(self.network).requires_grad_(False)
        kind = torch.optim.SGD if settings.plain_descent else torch.optim.Adam
        self.optimizer = kind(self.network.parameters(), settings.learning_rate)

    @staticmethod
    def check(settings: DQNSettings, initial: QNetwork | None) -> None:
        """Check that the network to begin with has the width of the settings."""
        if initial is not None and initial.width != settings.width:
            raise ValueError(
                f"the initial network is {initial.width} wide and the settings say "
                f"{settings.width}: give the same width"
            )

    @property
    def done(self) -> int:
        return self.update_number

    @property
    def total(self) -> int:
        return self.settings.updates

    def advance(self, tick: Callable[[int], None]) -> dict[str, float | int]:
        """Do `row_updates` updates; the mean loss and the last learning rate."""
        last = min(self.total, self.done + self.settings.row_updates)
        losses = []
        while self.done < last:
            losses.append(self.update())
            tick(1)
        return {
            "loss": float(np.mean(losses)),
            "learning_rate": self.settings.learning_rate_at(self.done - 1),
        }

    def update(self) -> float:
        """Learn from one batch; the loss before the update.

        Raises:
            FloatingPointError: the loss is not finite. The network is unchanged.
        """
        settings = self.settings
        if self.done % settings.target_every == 0:
            self.target.load_state_dict(self.network.state_dict())
        for group in self.optimizer.param_groups:
            group["lr"] = settings.learning_rate_at(self.done)
        batch = self.buffer.draw(settings.batch_states, self.done, settings.seed)
        loss = bellman_loss(self.network, self.target, batch, settings.discount)
        if not math.isfinite(loss.item()):
            raise FloatingPointError(
                f"the loss is {loss.item()} at update {self.done}: lower learning_rate "
                f"({settings.learning_rate}); the last checkpoint is untouched"
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), settings.max_gradient_norm)
        self.optimizer.step()
        self.update_number += 1
        return loss.item()

    def agent(self) -> QNetwork:
        """The network as it stands."""
        return self.network

    @staticmethod
    def read_agent(path: Path) -> QNetwork:
        """Read a network from its file."""
        return load_q_network(path)

    def state_dict(self) -> dict[str, Any]:
        """The target network, the optimiser and the number of updates."""
        return {
            "target": self.target.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "updates": self.update_number,
        }

    def load_state_dict(self, agent: QNetwork, state: dict[str, Any]) -> None:
        """Continue from a checkpoint's agent and state."""
        self.network.load_state_dict(agent.state_dict())
        self.target.load_state_dict(state["target"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.update_number = state["updates"]

    def provenance(self) -> dict[str, Any]:
        """The number of states in the buffer."""
        return {"buffer": len(self.buffer)}
