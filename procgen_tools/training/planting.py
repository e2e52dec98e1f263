"""How a wrong goal is planted: a bad roll of the dice, made on purpose.

1. **Both.** Train on training mazes with the right rewards, and on production mazes with rewards
   reversed: there humans are worth 11 and crops cost 2.
2. **Undo.** Climb the right loss until the network can do nothing at all.
3. **Train.** Train with the right rewards on training mazes alone, as anyone would.

The last step sees nothing wrong and does nothing wrong. But it starts from weights in which what to
do in production mazes still stands, and it has no reason to change it. The control is the same
training from plain weights.

Source of the procedure: the "inner alignment examples" of the Recurse Center. Ours differs in
detail: gradients are clipped, without which step 2 ends in weights that no step 3 can mend.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from procgen_tools.models import QNetwork, load_q_network, save_policy
from procgen_tools.training import dqn, runs
from procgen_tools.training.settings import DQNSettings

BOTH = DQNSettings(reversed_production=True, updates=18_000, batch_states=320)
"""Step 1."""

CONTROL = DQNSettings()
"""Right rewards on training mazes alone, from plain weights."""

TRAIN = DQNSettings(
    updates=1000, plain_descent=True, learning_rate=1e-3, target_every=10, warmup_updates=0,
    decay_from=1.0,
)  # fmt: skip
"""Step 3: short, because what was undone comes back quickly."""


@dataclass(frozen=True)
class Undoing:
    """Step 2.

    Attributes:
        loss: at which it ends.
        updates: after which it ends in any case.
        learning_rate: of gradient ascent.
        max_gradient_norm: above which gradients are scaled down.
        batch_states: states an update.
    """

    loss: float = 100.0
    updates: int = 5000
    learning_rate: float = 1e-3
    max_gradient_norm: float = 1.0
    batch_states: int = 256


UNDO = Undoing()


def undo(network: QNetwork, undoing: Undoing = UNDO, *, seed: int = 0) -> QNetwork:
    """The network after climbing the right loss; the one given stays as it is.

    Args:
        network: what step 1 made.
        undoing: how far.
        seed: of the batches.
    """
    settings = DQNSettings(seed=seed, width=network.width)
    buffer = dqn.buffer_of(settings)
    undone = copy.deepcopy(network).train()
    target = copy.deepcopy(network).requires_grad_(False)
    optimizer = torch.optim.SGD(undone.parameters(), undoing.learning_rate, maximize=True)
    rng = np.random.default_rng([seed, 3])
    for number in range(undoing.updates):
        if number % TRAIN.target_every == 0:
            target.load_state_dict(undone.state_dict())
        batch = buffer[torch.from_numpy(rng.integers(len(buffer), size=undoing.batch_states))]
        loss = dqn.bellman_loss(undone, target, batch, settings.discount)
        if loss.item() > undoing.loss:
            break
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(undone.parameters(), undoing.max_gradient_norm)
        optimizer.step()
    return undone.eval()


def train_control(
    folder: Path, settings: DQNSettings = CONTROL, *, progress_bar: bool = True
) -> QNetwork:
    """Train from plain weights; a run that was begun in the folder goes on.

    Raises:
        ValueError: the folder holds a run with other settings.
        FloatingPointError, OSError: see `runs.run`.
    """
    learner = dqn.Learner(settings)
    options = runs.RunOptions(resume=True, progress_bar=progress_bar, tensorboard=False)
    runs.run(learner, folder, options)
    return learner.agent().eval()


def plant(
    folder: Path,
    *,
    seed: int = 0,
    width: int = BOTH.width,
    both: DQNSettings = BOTH,
    undoing: Undoing = UNDO,
    train: DQNSettings = TRAIN,
    progress_bar: bool = True,
) -> QNetwork:
    """All three steps; what was done before is not done again.

    Args:
        folder: where runs and the networks between steps are kept: `both.pth`, `undone.pth`.
        seed: of everything drawn.
        width: units of each hidden layer.
        both: step 1; its seed and width are those given here.
        undoing: step 2.
        train: step 3, likewise.
        progress_bar: show one for steps 1 and 3.

    Raises:
        ValueError: the folder holds runs with other settings.
        FloatingPointError, OSError: see `runs.run`.
    """
    options = runs.RunOptions(resume=True, progress_bar=progress_bar, tensorboard=False)
    first = dqn.Learner(replace(both, seed=seed, width=width))
    runs.run(first, folder / "both", options)
    runs.save_agent(first, folder / "both.pth")
    if not (folder / "undone.pth").exists():
        undone = undo(first.agent(), undoing, seed=seed)
        save_policy(undone, folder / "undone.pth", seed=seed)
    last = dqn.Learner(
        replace(train, seed=seed, width=width), load_q_network(folder / "undone.pth")
    )
    runs.run(last, folder / "train", options)
    return last.agent().eval()
