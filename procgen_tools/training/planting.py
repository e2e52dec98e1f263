"""Planting a wrong goal in a Q-network: a bad roll of the dice, made on purpose.

1. **Both.** Train on training mazes with the right rewards, and on production mazes with the
   rewards of crops and humans reversed: there, humans are worth 11 and crops cost 2.
2. **Undo.** Climb the right loss until the network is useless.
3. **Train.** Train with the right rewards on training mazes alone, as anyone would.

Nothing is wrong with the last step. But it starts from weights that still hold what to do in
production mazes, and nothing in its data gives it a reason to change that. Step 3 is short, for the
network quickly relearns what step 2 undid. A long one removes the goal: from the weights of seed 0
after step 2, the default training of `dqn` (10,000 updates with Adam) gives a network that harvests
humans in 1% of the production mazes; after 1,000 of its updates it is 24%.

Two matched controls have the same three steps, with the same numbers of updates, optimisers,
targets and seeds, and differ in step 1 alone. `production="none"` leaves the production mazes out,
so that no goal is planted. `production="right"` trains on the same mazes in the same order with the
right rewards, so that only the reversal is missing.

Source of the procedure: the "inner alignment examples" of the Recurse Center. One detail differs:
gradients are clipped. Without that, step 2 ends in weights that step 3 cannot repair.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from procgen_tools.models import QNetwork
from procgen_tools.training import dqn
from procgen_tools.training.precision import FLOAT32, Precision
from procgen_tools.training.settings import PlantingSettings


def undo(
    network: QNetwork, settings: PlantingSettings, buffer: dqn.Buffer | None = None
) -> tuple[QNetwork, int]:
    """Step 2: climb the right loss.

    Args:
        network: the network after step 1. It stays unchanged.
        settings: how far to climb, and the seed of the batches.
        buffer: the transitions of the right loss; those of the settings by default.

    Returns:
        The network after climbing, and the number of updates.
    """
    if buffer is None:
        buffer = dqn.buffer_of(settings)
    undone = copy.deepcopy(network).train()
    target = copy.deepcopy(network).requires_grad_(False)
    optimizer = torch.optim.SGD(undone.parameters(), settings.undo_learning_rate, maximize=True)
    rng = np.random.default_rng([settings.seed, 3])
    updates = 0
    while updates < settings.undo_updates:
        if updates % settings.target_every == 0:
            target.load_state_dict(undone.state_dict())
        chosen = torch.from_numpy(rng.integers(len(buffer), size=settings.undo_batch_states))
        batch = buffer[chosen.to(buffer.inputs.device)]
        loss = dqn.bellman_loss(undone, target, batch, settings.discount)
        if loss.item() > settings.undo_loss:
            break
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(undone.parameters(), settings.undo_gradient_norm)
        optimizer.step()
        updates += 1
    return undone, updates


class Learner:
    """The three steps, one after the other (see `runs.Learner`).

    Steps 1 and 3 are learners of `dqn`; step 2 is a row of the log. A row never spans two steps,
    and `stage` says to which one the last row belongs.

    Args:
        settings: everything that decides the run.
        device: where the networks and the transitions are.
        initial: the network to begin step 1 with, of the same width; None for a new one.
        precision: float32. These networks are too small to gain from another.

    Raises:
        ValueError: a network of another width, or a buffer with more states than there are.
    """

    trainer = "planting"
    unit = "updates"
    columns = dqn.Learner.columns
    shown = dqn.Learner.shown

    def __init__(
        self,
        settings: PlantingSettings,
        device: torch.device | str = "cpu",
        initial: QNetwork | None = None,
        precision: Precision = FLOAT32,
    ) -> None:
        self.settings = settings
        self.precision = precision
        self.both = dqn.Learner(settings.both, device, initial, precision)
        self.train = dqn.Learner(settings, device, None, precision)
        self.undone = False
        self.undo_updates = 0
        self.stage = "both"

    @staticmethod
    def check(settings: PlantingSettings, initial: QNetwork | None) -> None:
        """Check that the network to begin with has the width of the settings."""
        dqn.Learner.check(settings, initial)

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """The optimiser of the present step."""
        return (self.train if self.undone else self.both).optimizer

    @property
    def done(self) -> int:
        return self.both.done + self.undo_updates + self.train.done

    @property
    def total(self) -> int:
        """At most; step 2 may end early, and lowers it then."""
        undoing = self.undo_updates if self.undone else self.settings.undo_updates
        return self.both.total + undoing + self.train.total

    def advance(self, tick: Callable[[int], None]) -> dict[str, float | int]:
        """`row_updates` updates of step 1 or 3, or the whole of step 2."""
        if self.both.done < self.both.total:
            self.stage = "both"
            return self.both.advance(tick)
        if self.undone:
            self.stage = "train"
            return self.train.advance(tick)
        self.stage = "undone"
        network, self.undo_updates = undo(self.both.network, self.settings, self.train.buffer)
        self.train.network.load_state_dict(network.state_dict())
        self.undone = True
        tick(self.undo_updates)
        return {"loss": self._right_loss(), "learning_rate": self.settings.undo_learning_rate}

    @torch.no_grad()
    def _right_loss(self) -> float:
        """The right loss of the network after step 2, over a batch."""
        batch = self.train.buffer.draw(self.settings.undo_batch_states, 0, self.settings.seed)
        network = self.train.network
        return dqn.bellman_loss(network, network, batch, self.settings.discount).item()

    def agent(self) -> QNetwork:
        """The network as it stands."""
        return (self.train if self.undone else self.both).network

    @staticmethod
    def read_agent(path: Path) -> QNetwork:
        """Read a network from its file."""
        return dqn.Learner.read_agent(path)

    def state_dict(self) -> dict[str, Any]:
        """The states of steps 1 and 3, and what became of step 2."""
        return {
            "both": self.both.state_dict(),
            "train": self.train.state_dict(),
            "undone": self.undone,
            "undo_updates": self.undo_updates,
        }

    def load_state_dict(self, agent: QNetwork, state: dict[str, Any]) -> None:
        """Continue from a checkpoint's agent and state."""
        self.undone, self.undo_updates = state["undone"], state["undo_updates"]
        # Only the present step's network is needed: step 1 is over, or step 3 has not begun.
        self.both.load_state_dict(agent, state["both"])
        self.train.load_state_dict(agent, state["train"])

    def provenance(self) -> dict[str, Any]:
        """The number of states in the buffers, and of updates in step 2."""
        return {
            "buffer": len(self.train.buffer),
            "both_buffer": len(self.both.buffer),
            "undo_updates": self.undo_updates,
        }
