"""Imitation: a policy learns the shortest path to the cheese from an endless stream of levels.

The policy head learns the move by cross-entropy over the five moves, so that the actions of a move
may split its probability arbitrarily. The value head learns the discounted return. The agent is a
running average of the weights. A run is a function of its settings: the examples of a step depend
only on (seed, step), so a resumed run continues exactly where it stopped.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor, nn

from procgen_tools.models import ImpalaPolicy, load_policy, move_log_probabilities
from procgen_tools.training.initial import check_start
from procgen_tools.training.precision import (
    FLOAT32,
    Precision,
    autocast,
    channels_last,
)
from procgen_tools.training.settings import ImitationSettings
from procgen_tools.training.targets import Examples, make_examples
from procgen_tools.worlds.maze.levels import FIRST_TRAINING_SEED
from procgen_tools.worlds.maze.observations import to_observations
from procgen_tools.worlds.maze.state_values import CHEESE_REWARD


def examples_of_step(settings: ImitationSettings, step: int) -> Examples:
    """The examples of one step, a function of the settings and the step."""
    return make_examples(
        settings.rule,
        settings.batch_size,
        np.random.default_rng([settings.seed_of_data, step]),
        focus=settings.focus_at(step * settings.batch_size),
        discount=settings.discount,
        background=settings.background,
        sprites=settings.sprites,
    )


class Learner:
    """Network, averaged weights and optimiser (see `runs.Learner`).

    Args:
        settings: everything that decides the run.
        device: where the network learns. Examples are made on the CPU.
        initial: the policy to begin with, of the same scale; None for a new one.
        precision: the precision of the layers (see `precision_choice`).

    Raises:
        ValueError: see `initial.check_start`.
    """

    trainer = "imitation"
    unit = "samples"
    columns = ("loss", "accuracy", "learning_rate")
    shown = {"loss": ".3f", "accuracy": ".1%"}  # noqa: RUF012

    def __init__(
        self,
        settings: ImitationSettings,
        device: torch.device | str = "cpu",
        initial: ImpalaPolicy | None = None,
        precision: Precision = FLOAT32,
    ) -> None:
        self.check(settings, initial)
        self.settings = settings
        self.precision = precision
        self.device = torch.device(device)
        self.step = 0
        begin = initial or ImpalaPolicy(settings.scale, seed=settings.seed)
        self.policy = channels_last(copy.deepcopy(begin).train().to(self.device))
        self.average = copy.deepcopy(begin).train().to(self.device)
        self._averaged: list[Tensor] = list(self.average.parameters())
        self._learned: list[Tensor] = list(self.policy.parameters())
        self.optimizer = torch.optim.AdamW(
            self.policy.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
        )

    @staticmethod
    def check(settings: ImitationSettings, initial: ImpalaPolicy | None) -> None:
        """See `initial.check_start`."""
        check_start(settings, initial)

    @property
    def done(self) -> int:
        return self.step * self.settings.batch_size

    @property
    def total(self) -> int:
        return self.settings.steps * self.settings.batch_size

    def advance(self, tick: Callable[[int], None]) -> dict[str, float | int]:
        """Do `row_steps` steps.

        With more than one thread, the next examples are made during a step. With one thread,
        everything happens on it, so that a run takes only one core.
        """
        settings = self.settings
        last = min(settings.steps, self.step + settings.row_steps)
        ahead = self.device.type != "cpu" or torch.get_num_threads() > 1
        losses, accuracies = [], []
        with ThreadPoolExecutor(1) as pool:

            def made(step: int) -> Callable[[], Examples]:
                if ahead:
                    return pool.submit(examples_of_step, settings, step).result
                return partial(examples_of_step, settings, step)

            upcoming = made(self.step)
            while self.step < last:
                examples = upcoming()
                if self.step + 1 < last:
                    upcoming = made(self.step + 1)
                loss, accuracy = self.update(examples)
                losses.append(loss)
                accuracies.append(accuracy)
                tick(settings.batch_size)
        return {
            "loss": float(np.mean(losses)),
            "accuracy": float(np.mean(accuracies)),
            "learning_rate": settings.learning_rate_at(self.done),
        }

    def update(self, examples: Examples) -> tuple[float, float]:
        """Learn from a batch; the loss and the accuracy of the moves before the update.

        Raises:
            FloatingPointError: the loss is not finite. The weights are unchanged.
        """
        settings = self.settings
        rate = settings.learning_rate_at(self.done)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        observations = self.observations(examples.frames)
        moves = torch.from_numpy(examples.moves).to(self.device)
        returns = torch.from_numpy(examples.returns).to(self.device)
        with autocast(self.device, self.precision):
            logits, values = self.policy.logits_and_value(observations)
        log_probabilities = move_log_probabilities(logits)
        policy_loss = nn.functional.nll_loss(log_probabilities, moves)
        value_loss = ((values - returns) / CHEESE_REWARD).square().mean()
        loss = policy_loss + settings.value_coefficient * value_loss
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.clip()
        value = loss.item()
        if not math.isfinite(value):
            raise FloatingPointError(
                f"the loss is {value} at step {self.step}: lower learning_rate "
                f"({settings.learning_rate}); the last checkpoint is untouched"
            )
        self.optimizer.step()
        self.step += 1
        self.update_average()
        accuracy = (log_probabilities.argmax(-1) == moves).float().mean().item()
        return value, accuracy

    def observations(self, frames: UInt8[np.ndarray, "batch 64 64 3"]) -> Tensor:
        """The policy's input for the frames of examples, on its device."""
        return to_observations(torch.from_numpy(frames).to(self.device))

    def clip(self) -> None:
        """Clip the norm of the gradients."""
        nn.utils.clip_grad_norm_(self.policy.parameters(), self.settings.max_gradient_norm)

    def averaging(self) -> float:
        """The fraction of the average kept at a step: small at first, to forget random weights."""
        return min(self.settings.averaging, self.step / (self.step + 10))

    @torch.no_grad()
    def update_average(self) -> None:
        """Move the averaged weights towards the present weights."""
        torch._foreach_lerp_(self._averaged, self._learned, 1 - self.averaging())

    def agent(self) -> ImpalaPolicy:
        """The averaged weights."""
        return self.average

    @staticmethod
    def read_agent(path: Path) -> ImpalaPolicy:
        """Read an agent from its file."""
        return load_policy(path)

    def state_dict(self) -> dict[str, Any]:
        """The present weights, the optimiser and the step."""
        return {
            "policy": self.policy.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
        }

    def load_state_dict(self, agent: ImpalaPolicy, state: dict[str, Any]) -> None:
        """Resume from a checkpoint's agent and state."""
        self.average.load_state_dict(agent.state_dict())
        self.policy.load_state_dict(state["policy"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]

    def provenance(self) -> dict[str, Any]:
        """The first seed of the training levels."""
        return {"first_training_seed": FIRST_TRAINING_SEED}
