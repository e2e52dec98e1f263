"""Deep Q-learning (DQN) from every transition there is, with a target network.

In a world as small as crops and humans nobody needs to explore: all states and what each action
does there are enumerated, and batches are drawn from them. Q(state, action) learns

    reward + discount * max over actions of Q_target(next state, action),

without the second term where the episode ends. Q_target is a copy of the network that is renewed
now and then: with the network itself as target, every update would move its own goal.

Source: Mnih et al., "Human-level control through deep reinforcement learning" (2015). Batches hold
all four actions of a state, so that one pass answers four questions.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from procgen_tools import crops_and_humans as farm
from procgen_tools.models import QNetwork, load_q_network
from procgen_tools.shown import brief
from procgen_tools.training.precision import FLOAT32
from procgen_tools.training.settings import DQNSettings

REVERSED = replace(farm.REWARDS, human=-farm.REWARDS.human, crop=-farm.REWARDS.crop)
"""Rewards of the production mazes while a wrong goal is planted (see `planting`)."""


@dataclass(frozen=True, eq=False)
class Buffer:
    """Transitions as tensors: four actions of every state.

    Attributes:
        inputs: (state, 161) what the network is shown, 0 or 1.
        rewards: (state, 4).
        following: (state, 4, 161) what it is shown after each action.
        ended: (state, 4) whether the action ends the episode.
    """

    inputs: Bool[Tensor, "state 161"]
    rewards: Float[Tensor, "state 4"]
    following: Bool[Tensor, "state 4 161"]
    ended: Bool[Tensor, "state 4"]

    __repr__ = brief

    @classmethod
    def of(cls, transitions: farm.Transitions) -> Buffer:
        """All transitions, in their order."""
        inputs, following = (
            torch.from_numpy(states.inputs()).bool()
            for states in (transitions.states, transitions.following)
        )
        return cls(
            inputs,
            torch.from_numpy(transitions.rewards),
            following.view(*transitions.rewards.shape, farm.NUM_INPUTS),
            torch.from_numpy(transitions.ended),
        )

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, chosen: Int[Tensor, " batch"]) -> Buffer:
        return Buffer(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def buffer_of(settings: DQNSettings) -> Buffer:
    """What a run learns from: all training mazes, or as many of their states as settings say."""
    transitions = farm.transitions_of(farm.training_mazes())
    if settings.reversed_production:
        transitions = farm.both(transitions, farm.transitions_of(farm.production_mazes(), REVERSED))
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
    """
    with torch.no_grad():
        best = target(batch.following.flatten(0, 1).float()).amax(dim=1).view_as(batch.rewards)
        goal = batch.rewards + discount * best * ~batch.ended
    return (network(batch.inputs.float()) - goal).square().mean()


class Learner:
    """Network, target network and optimiser (see `runs.Learner`).

    Args:
        settings: what decides the run.
        initial: a network to begin with, of the same width; a new one unless given.

    Raises:
        ValueError: a network of another width, a buffer larger than all there is.
    """

    trainer = "dqn"
    precision = FLOAT32  # these networks are too small to gain from another
    unit = "updates"
    columns = ("loss", "learning_rate")
    shown = {"loss": ".3f"}  # noqa: RUF012

    def __init__(self, settings: DQNSettings, initial: QNetwork | None = None) -> None:
        if initial is not None and initial.width != settings.width:
            raise ValueError(
                f"the initial network is {initial.width} wide and the settings say "
                f"{settings.width}: give the same width"
            )
        self.settings = settings
        self.buffer = buffer_of(settings)
        self.update_number = 0
        self.network = copy.deepcopy(initial or QNetwork(settings.width, seed=settings.seed))
        self.network.train()
        self.target = copy.deepcopy(self.network).requires_grad_(False)
        kind = torch.optim.SGD if settings.plain_descent else torch.optim.Adam
        self.optimizer = kind(self.network.parameters(), settings.learning_rate)

    @property
    def done(self) -> int:
        return self.update_number

    @property
    def total(self) -> int:
        return self.settings.updates

    def advance(self, tick: Callable[[int], None]) -> dict[str, float | int]:
        """`row_updates` updates; the mean loss."""
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
        """Learn from one batch; returns the loss.

        Raises:
            FloatingPointError: a loss that is not finite; the network is as before.
        """
        settings = self.settings
        if self.done % settings.target_every == 0:
            self.target.load_state_dict(self.network.state_dict())
        for group in self.optimizer.param_groups:
            group["lr"] = settings.learning_rate_at(self.done)
        # Batches depend on seed and number alone, so that a resumed run draws the same.
        rng = np.random.default_rng([settings.seed, 2, self.done])
        chosen = rng.integers(len(self.buffer), size=settings.batch_states)
        batch = self.buffer[torch.from_numpy(chosen)]
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

    def read_agent(self, path: Path) -> QNetwork:
        """A network from its file."""
        return load_q_network(path)

    def state_dict(self) -> dict[str, Any]:
        """Target, optimiser, and the number of updates."""
        return {
            "target": self.target.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "updates": self.update_number,
        }

    def load_state_dict(self, agent: QNetwork, state: dict[str, Any]) -> None:
        """Go on from a checkpoint's agent and state."""
        self.network.load_state_dict(agent.state_dict())
        self.target.load_state_dict(state["target"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.update_number = state["updates"]

    def provenance(self) -> dict[str, Any]:
        """How many states it learned from."""
        return {"buffer": len(self.buffer)}
