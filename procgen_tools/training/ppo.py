"""Proximal policy optimisation (Schulman et al., 2017), with the recipe of the published agents.

One `advance` plays a rollout in all environments and learns from it in `epochs` passes.
Environments, rollout and network are on one device. The recipe is that of train-procgen for
PyTorch: rewards scaled by the running deviation of their discounted sum, generalised advantages
normalised over the whole rollout, a clipped value loss, a learning rate that falls linearly to
zero. Meanwhile the same policy plays levels below FIRST_TRAINING_SEED for validation; it never
learns from these.

One optimisation is ours: an untrained agent sees the same frame many times, and a policy without
memory gives the same output for it. So each different frame passes through the network once.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool, Float, Int, Int64, UInt8
from torch import Tensor, nn

from procgen_tools.models import ImpalaPolicy, RecurrentPolicy, load_policy
from procgen_tools.shown import brief
from procgen_tools.training.episodes import EPISODE_COLUMNS, Episodes
from procgen_tools.training.initial import check_start
from procgen_tools.training.player import WITH_MEMORY, AnyPolicy, Player, filled_up, memory_size
from procgen_tools.training.precision import (
    FLOAT32,
    Precision,
    autocast,
    channels_last,
)
from procgen_tools.training.reward_scale import RewardScale
from procgen_tools.training.settings import PPOSettings
from procgen_tools.worlds.maze.levels import FIRST_TRAINING_SEED, MAX_SEED
from procgen_tools.worlds.maze.observations import to_observations
from procgen_tools.worlds.maze.torch_env import TorchMazeEnv

FRAMES_AT_ONCE = {"cpu": 256, "cuda": 4096}
"""The largest number of frames in one forward pass while learning; bounds the memory of a run."""


@dataclass(frozen=True, eq=False)
class Rollout:
    """The steps of all environments between two updates. The tensors are filled step by step.

    Attributes:
        frames: the observation before each step.
        keys: numbers; equal keys mean equal frames. Filled for policies without memory only.
        actions: the chosen actions.
        log_probabilities: of the chosen actions, when they were chosen.
        values: the policy's values before each step, and after the last one.
        rewards: the scaled rewards of each step.
        firsts: whether an episode began before each step, and after the last one.
        memory: the policy's memory before the first step; no columns without memory.
    """

    frames: UInt8[Tensor, "time env row col channel"]
    keys: Int64[Tensor, "time env"]
    actions: Int[Tensor, "time env"]
    log_probabilities: Float[Tensor, "time env"]
    values: Float[Tensor, "time+1 env"]
    rewards: Float[Tensor, "time env"]
    firsts: Bool[Tensor, "time+1 env"]
    memory: Float[Tensor, "env memory"]

    __repr__ = brief


class Learner:
    """Policy, environments and optimiser (see `runs.Learner`).

    Args:
        settings: everything that decides the run.
        device: where the network and the environments are.
        initial: the policy to begin with, of the same scale and kind; None for a new one.
        precision: the precision of the layers (see `precision_choice`).

    Raises:
        ValueError: see `initial.check_start`.
    """

    trainer = "ppo"
    unit = "timesteps"
    columns = (
        "num_episodes", *EPISODE_COLUMNS, *(f"val_{name}" for name in EPISODE_COLUMNS),
        "policy_loss", "value_loss", "entropy", "approx_kl", "clip_fraction", "gradient_norm",
        "explained_variance", "learning_rate",
    )  # fmt: skip
    shown = {"mean_episode_rewards": ".2f", "success": ".1%", "val_success": ".1%"}  # noqa: RUF012

    def __init__(
        self,
        settings: PPOSettings,
        device: torch.device | str = "cpu",
        initial: ImpalaPolicy | None = None,
        precision: Precision = FLOAT32,
    ) -> None:
        self.check(settings, initial)
        self.settings = settings
        self.precision = precision
        self.device = torch.device(device)
        kind = RecurrentPolicy if settings.recurrent else ImpalaPolicy
        begin = copy.deepcopy(initial) if initial else kind(settings.scale, seed=settings.seed)
        self.policy = channels_last(begin.train().to(self.device))
        self.optimizer = torch.optim.Adam(
            self.policy.parameters(), settings.learning_rate, eps=settings.adam_epsilon
        )
        last = FIRST_TRAINING_SEED + settings.num_levels if settings.num_levels else MAX_SEED
        self.player = self._player(settings.num_envs, (FIRST_TRAINING_SEED, last), 0)
        self.validation = (
            self._player(settings.validation_envs, (0, FIRST_TRAINING_SEED), 1)
            if settings.validation_envs
            else None
        )
        self.shuffler = torch.Generator().manual_seed(settings.seed)
        self.reward_scale = RewardScale(
            settings.num_envs, settings.reward_discount, settings.reward_clip, self.device
        )
        self.updates = 0
        self.episodes = 0
        self.rollout = self._empty_rollout()

    # --- the interface of `runs.Learner`

    @staticmethod
    def check(settings: PPOSettings, initial: ImpalaPolicy | None) -> None:
        """See `initial.check_start`."""
        check_start(settings, initial)

    @property
    def done(self) -> int:
        return self.updates * self.settings.steps_an_update

    @property
    def total(self) -> int:
        return self.settings.updates * self.settings.steps_an_update

    def advance(self, tick: Callable[[int], None]) -> dict[str, float | int]:
        """Play a rollout and learn from it; the figures of both."""
        rate = self.learning_rate()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        played, validated = self.play(tick)
        figures = self.learn()
        self.updates += 1
        self.episodes += played.count
        return {
            "num_episodes": self.episodes,
            **played.figures(),
            **{f"val_{name}": figure for name, figure in validated.figures().items()},
            **figures,
            "learning_rate": rate,
        }

    def learning_rate(self) -> float:
        """The learning rate of the next update."""
        return self.settings.learning_rate * (1 - self.updates / self.settings.updates)

    def agent(self) -> AnyPolicy:
        """The policy."""
        return self.policy

    @staticmethod
    def read_agent(path: Path) -> ImpalaPolicy:
        """Read an agent from its file."""
        return load_policy(path)

    def state_dict(self) -> dict[str, Any]:
        """The optimiser, environments, random generators, scale of rewards and counters."""
        return {
            "optimizer": self.optimizer.state_dict(),
            "player": self.player.state_dict(),
            "validation": self.validation.state_dict() if self.validation else None,
            "shuffler": self.shuffler.get_state(),
            "reward_scale": self.reward_scale.state_dict(),
            "updates": self.updates,
            "episodes": self.episodes,
        }

    def load_state_dict(self, agent: AnyPolicy, state: dict[str, Any]) -> None:
        """Resume from a checkpoint's agent and state."""
        self.policy.load_state_dict(agent.state_dict())
        self.optimizer.load_state_dict(state["optimizer"])
        self.player.load_state_dict(state["player"])
        if self.validation:
            self.validation.load_state_dict(state["validation"])
        self.shuffler.set_state(state["shuffler"])
        self.reward_scale.load_state_dict(state["reward_scale"])
        self.updates, self.episodes = state["updates"], state["episodes"]

    def provenance(self) -> dict[str, Any]:
        """The levels that were played: the length of each environment's sequence so far."""
        state = self.player.env.state_dict()
        return {
            "first_training_seed": FIRST_TRAINING_SEED,
            "env_seed": state["settings"]["seed"],
            "levels_played": (state["levels"] + 1).tolist(),
        }

    # --- the algorithm

    def collector(self) -> Any:
        """Collects the episodes that end in a rollout."""
        return Episodes(self.device)

    def play(self, tick: Callable[[int], None]) -> tuple[Any, Any]:
        """Fill the rollout; the episodes that ended in training and in validation."""
        player, rollout = self.player, self.rollout
        played, validated = self.collector(), self.collector()
        rollout.memory.copy_(player.memory)
        player.forget()
        if self.validation:
            self.validation.forget()
        for time in range(self.settings.rollout_steps):
            rollout.frames[time] = player.frames
            if not self.settings.recurrent:
                rollout.keys[time] = player.env.frame_keys()
            rollout.firsts[time] = player.firsts
            actions, log_probabilities, values, rewards = player.step(played)
            rollout.actions[time] = actions
            rollout.log_probabilities[time] = log_probabilities
            rollout.values[time] = values
            rollout.rewards[time] = self.reward_scale(rewards, player.firsts)
            if self.validation:
                self.validation.step(validated)
            tick(self.settings.num_envs)
        rollout.firsts[-1] = player.firsts
        rollout.values[-1] = player.ask()[1]
        return played, validated

    def learn(self) -> dict[str, float]:
        """Do `epochs` passes over the rollout; the means of the losses and other figures."""
        settings, rollout = self.settings, self.rollout
        advantages = generalised_advantages(
            rollout.rewards, rollout.values, rollout.firsts, settings.discount, settings.gae_lambda
        )
        returns = advantages + rollout.values[:-1]
        explained = 1 - advantages.var() / returns.var().clamp_min(1e-12)
        advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        self._freeze()
        sums = torch.zeros(6, device=self.device)
        for _ in range(settings.epochs):
            for minibatch in self._minibatches():
                size = sum(part.numel() for part in minibatch)
                self.optimizer.zero_grad(set_to_none=True)
                for part in minibatch:
                    loss, measured = self._loss(part, advantages, returns)
                    (loss / size).backward()
                    sums[:5] += measured / size
                norm = nn.utils.clip_grad_norm_(
                    self.policy.parameters(), settings.max_gradient_norm
                )
                # Covers losses that are not finite, and costs no further wait for the device.
                if not math.isfinite(norm.item()):
                    raise FloatingPointError(
                        f"the gradient is {norm.item()} at step {self.done}: lower learning_rate "
                        f"({settings.learning_rate}); the last checkpoint is untouched"
                    )
                sums[5] += norm
                self.optimizer.step()
        names = (
            "policy_loss", "value_loss", "entropy", "approx_kl", "clip_fraction", "gradient_norm"
        )  # fmt: skip
        means = (sums / (settings.epochs * settings.minibatches)).tolist()
        return {**dict(zip(names, means, strict=True)), "explained_variance": explained.item()}

    def _freeze(self) -> None:
        """Train only the value head in the first `value_warmup` updates, later everything."""
        frozen = self.updates < self.settings.value_warmup
        for parameter in self.policy.parameters():
            parameter.requires_grad_(not frozen)
        for parameter in self.policy.fc_value.parameters():
            parameter.requires_grad_(True)

    def frames_at_once(self) -> int:
        """The largest number of frames in one forward pass while learning."""
        return FRAMES_AT_ONCE.get(self.device.type, 256)

    def _minibatches(self) -> Iterator[list[Tensor]]:
        """Minibatches in parts of bounded size: indices into the rollout, (time env) flattened.

        With a memory, a part consists of whole environments, (time, env). Without one, it consists
        of steps, (step,), in a random order of their frames: steps with the same frame are
        adjacent, so that the frame passes through the network once.
        """
        settings, keys = self.settings, self.rollout.keys
        at_once = self.frames_at_once()
        if settings.recurrent:
            shuffled = torch.randperm(settings.num_envs, generator=self.shuffler).to(self.device)
            times = torch.arange(settings.rollout_steps, device=self.device).unsqueeze(1)
            for minibatch in shuffled.chunk(settings.minibatches):
                envs = minibatch.split(max(1, at_once // settings.rollout_steps))
                yield [times * settings.num_envs + each for each in envs]
            return
        frames, shows = keys.flatten().unique(return_inverse=True)
        rank = torch.randperm(len(frames), generator=self.shuffler).to(self.device)[shows]
        for minibatch in rank.argsort(stable=True).chunk(settings.minibatches):
            _, number = rank[minibatch].unique_consecutive(return_inverse=True)
            yield list(minibatch.split((number // at_once).bincount().tolist()))

    def _loss(
        self, part: Tensor, advantages: Tensor, returns: Tensor
    ) -> tuple[Tensor, Float[Tensor, " figure"]]:
        """The sum of the losses of these steps, and the sums of the logged figures."""
        settings, rollout = self.settings, self.rollout
        rows, frames = part.flatten(), rollout.frames.flatten(0, 1)
        with autocast(self.device, self.precision):
            if isinstance(self.policy, WITH_MEMORY):
                logits, values, _ = self.policy.unroll(
                    to_observations(frames[rows]),
                    rollout.memory[part[0]],
                    rollout.firsts.flatten()[part],
                )
                logits, values = logits.flatten(0, 1), values.flatten()
            else:
                different, number = different_frames(rollout.keys.flatten()[rows])
                logits, values = self.policy.logits_and_value(
                    to_observations(frames[rows[filled_up(different)]])
                )
                logits, values = logits[number], values[number]
        log_probabilities = logits.log_softmax(-1)
        entropy = -(log_probabilities.exp() * log_probabilities).sum(-1)
        chosen = log_probabilities.gather(1, rollout.actions.flatten()[rows, None]).flatten()
        difference = chosen - rollout.log_probabilities.flatten()[rows]
        ratio = difference.exp()
        clipped = ratio.clamp(1 - settings.clip, 1 + settings.clip)
        gain = advantages.flatten()[rows]
        policy_loss = -torch.minimum(ratio * gain, clipped * gain)
        wanted = returns.flatten()[rows]
        value_loss = 0.5 * (values - wanted).square()
        if settings.value_clip:
            before = rollout.values[:-1].flatten()[rows]
            near = before + (values - before).clamp(-settings.value_clip, settings.value_clip)
            value_loss = torch.maximum(value_loss, 0.5 * (near - wanted).square())
        loss = (
            policy_loss
            + settings.value_coefficient * value_loss
            - settings.entropy_coefficient * entropy
        )
        with torch.no_grad():
            far = ((ratio - 1).abs() > settings.clip).float()
            kl = ratio - 1 - difference  # Schulman's low-variance estimate
            measured = torch.stack(
                [each.sum() for each in (policy_loss, value_loss, entropy, kl, far)]
            )
        return loss.sum(), measured

    # ---

    def _player(self, num_envs: int, seed_range: tuple[int, int], stream: int) -> Player:
        settings = self.settings
        env = TorchMazeEnv(
            num_envs,
            settings.rule,
            device=self.device,
            seed=2 * settings.seed_of_data + stream,
            background=settings.background,
            sprites=settings.sprites,
            seed_range=seed_range,
        )
        generator = torch.Generator(self.device).manual_seed(2 * settings.seed_of_data + stream)
        return Player(env, self.policy, generator, self.precision)

    def _empty_rollout(self) -> Rollout:
        time, env = self.settings.rollout_steps, self.settings.num_envs

        def empty(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
            return torch.empty(shape, dtype=dtype, device=self.device)

        return Rollout(
            frames=empty(time, env, *self.player.frames.shape[1:], dtype=torch.uint8),
            keys=empty(time, env, dtype=torch.int64),
            actions=empty(time, env, dtype=torch.int64),
            log_probabilities=empty(time, env),
            values=empty(time + 1, env),
            rewards=empty(time, env),
            firsts=empty(time + 1, env, dtype=torch.bool),
            memory=empty(env, memory_size(self.policy)),
        )


def generalised_advantages(
    rewards: Float[Tensor, "time env"],
    values: Float[Tensor, "time+1 env"],
    firsts: Bool[Tensor, "time+1 env"],
    discount: float,
    gae_lambda: float,
) -> Float[Tensor, "time env"]:
    """Generalised advantage estimates (Schulman et al., 2016).

    Args:
        rewards: of each step.
        values: expected returns before each step, and after the last one.
        firsts: whether an episode begins before each step, and after the last one. Nothing is
            counted beyond the end of an episode, even if the step limit ended it.
        discount: of rewards, per step.
        gae_lambda: 0 relies on the values alone, 1 on the rewards alone.
    """
    goes_on = (~firsts[1:]).to(values.dtype)
    errors = rewards + discount * values[1:] * goes_on - values[:-1]
    advantages = torch.empty_like(rewards)
    later = torch.zeros_like(rewards[0])
    for time in reversed(range(len(rewards))):
        later = errors[time] + discount * gae_lambda * goes_on[time] * later
        advantages[time] = later
    return advantages


def different_frames(
    keys: Int64[Tensor, " step"],
) -> tuple[Int64[Tensor, " frame"], Int64[Tensor, " step"]]:
    """The different frames of some steps.

    Args:
        keys: equal keys mean equal frames, and are adjacent.

    Returns:
        The index of the first step of each frame, and for each step the number of its frame.
    """
    _, number, counts = keys.unique_consecutive(return_inverse=True, return_counts=True)
    return counts.cumsum(0) - counts, number
