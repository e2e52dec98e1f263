"""The action probabilities of a policy for the frames of sampled episodes.

`Answers` asks a policy without memory once per distinct frame. `Recollections` keeps the memory of
each episode for a policy that has one.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from procgen_tools.checks import check_finite
from procgen_tools.models.impala import ImpalaPolicy
from procgen_tools.vfield import fast_batch
from procgen_tools.worlds.maze.observations import to_observations


@runtime_checkable
class PlainPolicy(Protocol):
    """The members of `models.Policy` that `play` uses: a policy without memory."""

    def logits_and_value(self, obs: Tensor) -> tuple[Tensor, Tensor]: ...
    def parameters(self) -> Iterator[Any]: ...


@runtime_checkable
class MemoryPolicy(Protocol):
    """A policy whose output depends on earlier observations, such as `models.RecurrentPolicy`.

    `step` returns logits, values and the new memory. It resets the memory where `firsts` is true,
    that is, where the observation is the first of an episode.
    """

    memory_size: int

    def initial_memory(self, batch: int) -> Tensor: ...
    def step(
        self, obs: Tensor, memory: Tensor, firsts: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]: ...


class Answers:
    """Caches a policy's action probabilities, one evaluation per distinct frame.

    This saves time because a policy without memory gives the same output for the same frame, and
    an agent that is stuck sees few distinct frames. The cache is valid only while the policy and
    its patches stay unchanged.
    """

    def __init__(self, policy: PlainPolicy) -> None:
        self._policy = policy
        self._known: dict[bytes, np.ndarray] = {}

    def to(
        self,
        frames: UInt8[np.ndarray, "frame 64 64 3"],
        episodes: Int[np.ndarray, " frame"] | None = None,
    ) -> Float[np.ndarray, "frame action"]:
        """(frame, action) probabilities in float64. The episode numbers are not used."""
        keys = [blake2b(frame.tobytes(), digest_size=16).digest() for frame in frames]
        new = {key: index for index, key in enumerate(keys) if key not in self._known}
        if new:
            asked = self._ask(frames[list(new.values())])
            self._known.update(zip(new, asked, strict=True))
        return np.stack([self._known[key] for key in keys])

    @torch.no_grad()
    def _ask(self, frames: UInt8[np.ndarray, "frame 64 64 3"]) -> Float[np.ndarray, "frame action"]:
        """Evaluate the policy in batches of a fast size, which bounds the memory."""
        pixels = torch.from_numpy(frames).to(next(self._policy.parameters()).device)
        parts = []
        for batch in pixels.split(fast_batch(pixels)):
            observations = to_observations(batch)
            if not isinstance(self._policy, ImpalaPolicy):  # it may require contiguous input
                observations = observations.contiguous()
            parts.append(_probabilities(self._policy.logits_and_value(observations)[0]))
        return np.concatenate(parts)


class Recollections:
    """The action probabilities of a policy with memory. Keeps the memory of each episode."""

    def __init__(self, policy: MemoryPolicy, episodes: int) -> None:
        self._policy = policy
        self._memory = policy.initial_memory(episodes)
        self._firsts = torch.ones(episodes, dtype=torch.bool, device=self._memory.device)

    def to(
        self, frames: UInt8[np.ndarray, "frame 64 64 3"], episodes: Int[np.ndarray, " frame"]
    ) -> Float[np.ndarray, "frame action"]:
        """(frame, action) probabilities in float64 for the next frames of these episodes."""
        rows = torch.from_numpy(episodes).to(self._memory.device)
        observations = torch.from_numpy(to_observations(frames)).to(self._memory.device)
        with torch.no_grad():
            logits, _, memory = self._policy.step(
                observations, self._memory[rows], self._firsts[rows]
            )
        self._memory[rows] = memory
        self._firsts[rows] = False
        return _probabilities(logits)


def _probabilities(logits: Tensor) -> Float[np.ndarray, "frame action"]:
    # Moved to the CPU first, because not every device supports float64.
    found: Float[np.ndarray, "frame action"] = logits.cpu().double().softmax(-1).numpy()
    check_finite("the probabilities of actions", found)
    return found
