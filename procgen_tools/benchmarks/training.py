"""PPO steps per second, compared with the limit that the network alone sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from procgen_tools.benchmarks.memory import peak_memory
from procgen_tools.benchmarks.rounds import seconds_per_call
from procgen_tools.training import ppo
from procgen_tools.training.player import Player
from procgen_tools.training.precision import Precision, autocast
from procgen_tools.training.precision_choice import choose
from procgen_tools.training.settings import AUTO, PPOSettings
from procgen_tools.worlds.maze.observations import to_observations
from procgen_tools.worlds.maze.torch_env import TorchStep
from procgen_tools.worlds.maze.venv import procgen_engine


@dataclass(frozen=True)
class TrainingSpeed:
    """Seconds of the parts of a PPO update: medians of a few measurements in alternation.

    Attributes:
        settings: the sizes; the recipe is the published one.
        device: the device.
        precision: the precision of the layers.
        different: number of distinct frames in a rollout.
        advance: playing a rollout in our environment and learning from it.
        advance_procgen: the same learner with the frames and rewards of procgen. None if procgen
            is not installed.
        learn: learning from a rollout.
        learn_limit: forward and backward passes of the network over the same frames as often.
        play_limit: forward passes over the distinct frames of a rollout.
    """

    settings: PPOSettings
    device: str
    precision: Precision
    different: int
    advance: float
    advance_procgen: float | None
    learn: float
    learn_limit: float
    play_limit: float

    @property
    def steps_per_second(self) -> float:
        return self.settings.steps_an_update / self.advance

    @property
    def share_of_limit(self) -> float:
        """The time of the passes alone divided by that of the whole update; 1 is perfect."""
        return self.learn_limit / self.learn

    @property
    def outside_network(self) -> float:
        """The share of a whole update outside the forward and backward passes."""
        return 1 - (self.learn_limit + self.play_limit) / self.advance


def measure(
    scale: int = 1,
    *,
    num_envs: int = 256,
    rollout_steps: int = 8,
    device: str = "cpu",
    precision: str = AUTO,
    rounds: int = 3,
    seconds: float = 0.0,
) -> TrainingSpeed:
    """Measure one configuration.

    Args:
        scale: width of the network.
        num_envs: number of environments.
        rollout_steps: steps per environment before each update.
        device: the device of network and environment. Frames of procgen are uploaded to it.
        precision: `auto`, `float32` or `bfloat16`.
        rounds: number of measurements of each.
        seconds: minimum time of each measurement.
    """
    settings = PPOSettings(
        scale=scale,
        num_envs=num_envs,
        rollout_steps=rollout_steps,
        validation_envs=0,
        minibatches=max(1, num_envs * rollout_steps // 8192),
        precision=precision,
    )
    chosen = choose(settings, torch.device(device))
    ours = ppo.Learner(settings, device, precision=chosen)
    ours.play(_nobody)
    ways: dict[str, Callable[[], object]] = {
        "advance": lambda: ours.advance(_nobody),
        "learn": ours.learn,
        "learn limit": lambda: _passes(ours),
        "play limit": lambda: _plays(ours),
    }
    try:
        theirs = ppo.Learner(settings, device, precision=chosen)
        feed = ProcgenFeed(num_envs, theirs.device)
    except ModuleNotFoundError:
        pass
    else:
        theirs.player = Player(feed, theirs.policy, theirs.player.generator, chosen)
        ways["procgen"] = lambda: theirs.advance(_nobody)
    waiting = {name: _waited(call, ours.device) for name, call in ways.items()}
    taken = seconds_per_call(waiting, rounds=rounds, seconds=seconds)
    return TrainingSpeed(
        settings,
        str(ours.device),
        chosen,
        len(ours.rollout.keys.unique()),
        taken["advance"],
        taken.get("procgen"),
        taken["learn"],
        taken["learn limit"],
        taken["play limit"],
    )


class ProcgenFeed:
    """procgen with the interface through which the learner plays."""

    def __init__(self, num_envs: int, device: torch.device) -> None:
        self.num_envs = num_envs
        self.device = device
        self._engine = procgen_engine(
            num_envs, "maze", distribution_mode="hard", rand_seed=0, num_threads=2
        )
        self._lengths = torch.zeros(num_envs, dtype=torch.int64, device=device)
        self._shown = 0

    def observe(self) -> Tensor:
        """The frames, on the device."""
        return torch.from_numpy(np.array(self._engine.observe()[1]["rgb"])).to(self.device)

    def frame_keys(self) -> Tensor:
        """New numbers for all frames, because procgen does not report which frames are equal."""
        self._shown += self.num_envs
        return torch.arange(self._shown - self.num_envs, self._shown, device=self.device)

    def step(self, actions: Tensor) -> TorchStep:
        """Act, and return the results of procgen."""
        self._engine.act(actions.cpu().numpy().astype(np.int32))
        rewards, observation, firsts = self._engine.observe()
        frames = torch.from_numpy(np.array(observation["rgb"])).to(self.device)
        gains = torch.from_numpy(np.array(rewards)).to(self.device)
        dones = torch.from_numpy(np.array(firsts, bool)).to(self.device)
        steps = self._lengths + 1
        self._lengths = steps * ~dones
        return TorchStep(frames, gains, dones, gains > 0, steps, torch.zeros_like(steps))


def _nobody(count: int) -> None:
    """A progress bar without output."""


def _passes(learner: ppo.Learner) -> None:
    """Forward and backward passes of the network alone, over the frames of PPO."""
    frames, keys = learner.rollout.frames.flatten(0, 1), learner.rollout.keys.flatten()
    for _ in range(learner.settings.epochs):
        for minibatch in learner._minibatches():
            for part in minibatch:
                different, _ = ppo.different_frames(keys[part])
                with autocast(learner.device, learner.precision):
                    logits, values = learner.policy.logits_and_value(
                        to_observations(frames[part[different]])
                    )
                (logits.sum() + values.sum()).backward()
    learner.policy.zero_grad(set_to_none=True)


def _plays(learner: ppo.Learner) -> None:
    """Forward passes of the network alone, over the distinct frames of a rollout."""
    frames, keys = learner.rollout.frames.flatten(0, 1), learner.rollout.keys.flatten()
    order = keys.argsort()
    shown = frames[order[ppo.different_frames(keys[order])[0]]]
    with torch.no_grad(), autocast(learner.device, learner.precision):
        for part in shown.split(learner.settings.num_envs):
            learner.policy.logits_and_value(to_observations(part))


def _waited(call: Callable[[], object], device: torch.device) -> Callable[[], object]:
    """The call, followed by waiting for the device."""
    if device.type != "cuda":
        return call

    def run() -> None:
        call()
        torch.cuda.synchronize(device)

    return run


def report(speed: TrainingSpeed) -> str:
    """The measurement as text."""
    settings = speed.settings
    lines = [
        f"PPO, scale {settings.scale}, {settings.num_envs} environments x "
        f"{settings.rollout_steps} steps, {settings.epochs} epochs, on {speed.device}",
        f"{speed.different} of the {settings.steps_an_update} frames of a rollout differ; the "
        "others are not computed again",
        f"{speed.precision.name}, {speed.precision.reason}",
        "",
        f"our environment        {speed.steps_per_second:10,.0f} steps/s",
    ]
    if speed.advance_procgen:
        rate = settings.steps_an_update / speed.advance_procgen
        lines.append(f"with procgen           {rate:10,.0f} steps/s")
        lines.append(f"ratio                  {speed.steps_per_second / rate:10.2f} x")
    lines += [
        f"learner's share of the limit (passes alone)  {speed.share_of_limit:7.1%}",
        f"time outside the network                     {speed.outside_network:7.1%}",
    ]
    return "\n".join(lines)


def published_rollout(scale: int) -> None:
    """Fill a rollout of 256 environments x 256 steps in memory, and do its first update.

    Nothing is played, because that takes a minute and no memory. Every step has the first
    frames.
    """
    learner = ppo.Learner(PPOSettings(scale=scale))
    learner.rollout.frames[:] = learner.player.frames
    learner.rollout.keys[:] = torch.arange(256 * 256).view(256, 256)
    for name in ("actions", "log_probabilities", "values", "rewards", "firsts"):
        getattr(learner.rollout, name).zero_()
    advantages = torch.randn(256, 256, generator=torch.Generator().manual_seed(0))
    for part in next(learner._minibatches()):
        learner._loss(part, advantages, advantages)[0].backward()
    learner.optimizer.step()


def memory_report(scale: int) -> str:
    """The peak memory of PPO with the published sizes, as text."""
    peak = peak_memory(published_rollout, scale)
    return f"peak memory of PPO, scale {scale}, 256 environments x 256 steps: {peak:.2f} GB\n"
