"""Imitation: a policy learns the shortest way to the cheese from endless fresh levels.

The policy head learns the move (cross-entropy over the five moves, so that the actions of a
move share its probability as they like), the value head the discounted return. Weights are
averaged along the way and the average is the agent. A run is a function of its settings: the
examples of a step depend on (seed, step) alone, so a resumed run goes on where it stopped.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from tqdm import tqdm

from procgen_tools.maze.levels import LevelRule
from procgen_tools.models import (
    ImpalaPolicy,
    checkpoint_metadata,
    load_policy,
    move_log_probabilities,
    save_policy,
)
from procgen_tools.training.targets import FIRST_TRAINING_SEED, REWARD, Examples, make_examples


@dataclass(frozen=True)
class ImitationSettings:
    """What decides a run, each with its meaning."""

    world_size: int = 25  # side of the outer grid in squares: 25 hard, 15 easy
    rand_region: int | None = 5  # side of the region that holds the cheese; None: anywhere
    scale: int = 1  # width of the network, in multiples of 16/32/32 channels
    seed: int = 0  # decides initial weights and examples
    samples: int = 3_750_000  # examples in all
    batch_size: int = 256  # examples a step
    learning_rate: float = 1e-3  # AdamW, at its highest
    weight_decay: float = 1e-4
    warmup_samples: int = 50_000  # over which the rate rises from zero
    decay_from: float = 0.4  # share of the run after which the rate falls to zero (cosine)
    shift_from: int = 400_000  # examples after which mazes and squares begin to shift ...
    shift_until: int = 1_000_000  # ... to large mazes and to squares on the way, and end to
    averaging: float = 0.998  # share of the weight average kept a step
    discount: float = 0.99  # of the return that the value head learns, per step
    value_coefficient: float = 0.5  # of the value loss, in units of the reward
    max_gradient_norm: float = 1.0
    use_backgrounds: bool = True

    def __post_init__(self) -> None:
        for name in ("samples", "batch_size", "scale"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}: give a number from 1 up")
        if not 0 <= self.averaging < 1:
            raise ValueError(f"averaging is {self.averaging}: give a share in [0, 1)")

    @property
    def steps(self) -> int:
        return math.ceil(self.samples / self.batch_size)

    def learning_rate_at(self, samples: int) -> float:
        """The rate after `samples` examples: warm-up, constant, then half a cosine to zero."""
        warm = min(1.0, samples / max(1, self.warmup_samples))
        start = self.decay_from * self.samples
        done = max(0.0, (samples - start) / max(1.0, self.samples - start))
        return self.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))

    def focus_at(self, samples: int) -> float:
        """How far examples have shifted to large mazes and squares on the way (0..1)."""
        share = (samples - self.shift_from) / max(1, self.shift_until - self.shift_from)
        return min(1.0, max(0.0, share))


@dataclass(frozen=True)
class Progress:
    """Where a run stands: smoothed loss and share of correct moves on fresh examples."""

    samples: int
    loss: float
    accuracy: float
    samples_per_second: float


def examples_of_step(settings: ImitationSettings, step: int) -> Examples:
    """The examples of one step; the same for the same settings and step."""
    return make_examples(
        LevelRule(settings.world_size, settings.rand_region),
        settings.batch_size,
        np.random.default_rng([settings.seed, step]),
        focus=settings.focus_at(step * settings.batch_size),
        discount=settings.discount,
        use_backgrounds=settings.use_backgrounds,
    )


def to_observations(frames: np.ndarray, device: torch.device) -> Float[Tensor, "batch 3 64 64"]:
    """Frames (batch, y, x, 3) as floats in [0, 1], channels first in shape, last in memory."""
    return torch.from_numpy(frames).to(device).permute(0, 3, 1, 2).float().div_(255)


def computes_bfloat16(device: torch.device) -> bool:
    """Whether the device has bfloat16 in hardware; elsewhere it is slower than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    if device.type != "cpu" or not hasattr(torch.cpu, "get_capabilities"):
        return False
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


class Learner:
    """Network, averaged weights and optimiser; one call of `update` is one step."""

    def __init__(self, settings: ImitationSettings, device: torch.device) -> None:
        self.settings = settings
        self.device = device
        self.step = 0
        self.uses_bfloat16 = computes_bfloat16(device)
        self.policy = ImpalaPolicy(settings.scale, seed=settings.seed).to(device)
        self.average = ImpalaPolicy(settings.scale, seed=settings.seed).to(device)
        for parameter in self.policy.parameters():
            if parameter.ndim == 4:  # convolutions are faster with channels last in memory
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
        self.optimizer = torch.optim.AdamW(
            self.policy.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
        )

    def update(self, examples: Examples) -> tuple[float, float]:
        """Learn from a batch; returns the loss and the share of moves that were right."""
        settings = self.settings
        rate = settings.learning_rate_at(self.step * settings.batch_size)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        observations = to_observations(examples.frames, self.device)
        moves = torch.from_numpy(examples.moves).to(self.device)
        returns = torch.from_numpy(examples.returns).to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.uses_bfloat16):
            logits, values = self.policy.logits_and_value(observations)
        log_probabilities = move_log_probabilities(logits)
        policy_loss = nn.functional.nll_loss(log_probabilities, moves)
        value_loss = ((values - returns) / REWARD).square().mean()
        loss = policy_loss + settings.value_coefficient * value_loss
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.policy.parameters(), settings.max_gradient_norm)
        if not math.isfinite(loss.item()):
            raise FloatingPointError(
                f"the loss is {loss.item()} at step {self.step}: lower learning_rate "
                f"({settings.learning_rate}); the last checkpoint is untouched"
            )
        self.optimizer.step()
        self.step += 1
        self._average()
        accuracy = (log_probabilities.argmax(-1) == moves).float().mean().item()
        return loss.item(), accuracy

    @torch.no_grad()
    def _average(self) -> None:
        # The average starts short, so that it forgets the random weights early.
        keep = min(self.settings.averaging, self.step / (self.step + 10))
        for mean, current in zip(self.average.parameters(), self.policy.parameters(), strict=True):
            mean.lerp_(current, 1 - keep)

    def save(self, path: Path) -> None:
        """Write a checkpoint: the averaged policy, and all that `load` needs to go on."""
        save_policy(
            self.average,
            path,
            learner_state_dict=self.policy.state_dict(),
            optimizer_state_dict=self.optimizer.state_dict(),
            step=self.step,
            settings=asdict(self.settings),
        )

    def load(self, path: Path) -> None:
        """Go on from a checkpoint of the same run; `samples` alone may differ.

        Raises:
            ValueError: no checkpoint of a training run, or one of another run.
        """
        state = training_state(path)
        for name, ours in asdict(self.settings).items():
            theirs = state["settings"].get(name)
            if name != "samples" and theirs != ours:
                raise ValueError(
                    f"{path} was trained with {name}={theirs!r}, not {ours!r}: "
                    "resume it with the settings that it began with"
                )
        self.average.load_state_dict(load_policy(path).state_dict())
        self.policy.load_state_dict(state["learner_state_dict"])
        self.optimizer.load_state_dict(state["optimizer_state_dict"])
        self.step = state["step"]


def training_state(path: Path) -> dict[str, Any]:
    """What a training checkpoint holds beside the averaged policy.

    Raises:
        ValueError: no checkpoint of a training run.
    """
    state = checkpoint_metadata(path)
    if not {"learner_state_dict", "optimizer_state_dict", "step", "settings"} <= state.keys():
        raise ValueError(
            f"{path} is no checkpoint of a training run: give the one that "
            "`procgen-tools train imitation` writes, or begin a new run"
        )
    return state


def train(
    settings: ImitationSettings,
    checkpoint: Path,
    *,
    device: torch.device | str = "cpu",
    resume: bool = False,
    save_seconds: float = 120.0,
    progress_bar: bool = True,
) -> Iterator[Progress]:
    """Train, writing `checkpoint` every `save_seconds` and at the end; yields every 100 steps.

    Raises:
        ValueError: a checkpoint exists and `resume` is not set, or it is of another run.
        FloatingPointError: the loss is not finite.
    """
    learner = Learner(settings, torch.device(device))
    if checkpoint.exists():
        if not resume:
            raise ValueError(f"{checkpoint} exists: resume it (--resume), or move it away")
        learner.load(checkpoint)
    saved = started = time.monotonic()
    first_step = learner.step
    losses, accuracies = [], []
    with (
        ThreadPoolExecutor(1) as pool,
        tqdm(total=settings.samples, initial=learner.step * settings.batch_size, unit=" samples",
             disable=not progress_bar, smoothing=0.02, mininterval=5) as bar,
    ):  # fmt: skip
        upcoming = pool.submit(examples_of_step, settings, learner.step)
        while learner.step < settings.steps:
            examples = upcoming.result()
            upcoming = pool.submit(examples_of_step, settings, learner.step + 1)
            loss, accuracy = learner.update(examples)
            losses.append(loss)
            accuracies.append(accuracy)
            bar.update(settings.batch_size)
            finished = learner.step == settings.steps
            if finished or time.monotonic() - saved > save_seconds:
                learner.save(checkpoint)
                saved = time.monotonic()
            if finished or learner.step % 100 == 0:
                elapsed = time.monotonic() - started
                samples = (learner.step - first_step) * settings.batch_size
                progress = Progress(
                    learner.step * settings.batch_size,
                    float(np.mean(losses)),
                    float(np.mean(accuracies)),
                    samples / elapsed,
                )
                losses, accuracies = [], []
                bar.set_postfix(loss=f"{progress.loss:.3f}", right=f"{progress.accuracy:.1%}")
                yield progress


def export(checkpoint: Path, agent: Path, **metadata: Any) -> None:
    """Write the averaged weights of a finished run as a small agent file.

    Raises:
        ValueError: no checkpoint of a training run.
    """
    state = training_state(checkpoint)
    settings = state["settings"]
    save_policy(
        load_policy(checkpoint),
        agent,
        algorithm="imitation",
        samples=state["step"] * settings["batch_size"],
        settings=settings,
        first_training_seed=FIRST_TRAINING_SEED,
        **metadata,
    )
