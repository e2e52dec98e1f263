"""A policy that plays a batch of environments, without evaluating the same frame twice."""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias, cast, runtime_checkable

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from procgen_tools.models import ImpalaPolicy, RecurrentPolicy
from procgen_tools.models.cnn_lstm import CnnLstmPolicy
from procgen_tools.training.precision import Precision, autocast
from procgen_tools.worlds.maze.observations import to_observations

AnyPolicy: TypeAlias = ImpalaPolicy | CnnLstmPolicy
WITH_MEMORY = (RecurrentPolicy, CnnLstmPolicy)


@runtime_checkable
class Collector(Protocol):
    """Collects ended episodes, as `episodes.Episodes`."""

    def add(self, step: Any, returns: Tensor) -> None: ...


class Player:
    """A batch of environments and the policy's memory in each.

    A policy without memory gives the same output for the same frame, and untrained agents see few
    different frames. So on a CPU, outputs are cached until `forget`. (On other devices, the lookup
    would have to wait for the device.)

    Args:
        env: a TorchMazeEnv, or an environment with the same interface.
        policy: chooses the actions. Call `forget` whenever it has changed.
        generator: draws the actions.
        precision: the precision of the policy's layers.
    """

    def __init__(
        self, env: Any, policy: AnyPolicy, generator: torch.Generator, precision: Precision
    ) -> None:
        self.env = env
        self.policy = policy
        self.generator = generator
        self.precision = precision
        self.frames = env.observe()
        self.firsts = torch.ones(env.num_envs, dtype=torch.bool, device=env.device)
        self.returns = torch.zeros(env.num_envs, device=env.device)
        self.memory = torch.zeros(env.num_envs, memory_size(policy), device=env.device)
        self._known: dict[int, Tensor] = {}

    def forget(self) -> None:
        """Clear the cache, because the policy has changed."""
        self._known.clear()

    @torch.no_grad()
    def ask(
        self,
    ) -> tuple[Float[Tensor, "env action"], Float[Tensor, " env"], Float[Tensor, "env memory"]]:
        """The log-probabilities of the actions, the values, and the policy's next memory."""
        if isinstance(self.policy, WITH_MEMORY):
            with autocast(self.env.device, self.precision):
                logits, values, memory = self.policy.step(
                    to_observations(self.frames), self.memory, self.firsts
                )
            return logits.log_softmax(-1), values, memory
        if self.env.device.type == "cpu":
            answers = self._recall(self.env.frame_keys())
        else:
            answers = self._answer(self.frames)
        return answers[:, :-1], answers[:, -1], self.memory

    @torch.no_grad()
    def step(self, episodes: Collector) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Play one step; the actions, their log-probabilities, the values before it, rewards."""
        log_probabilities, values, self.memory = self.ask()
        actions = torch.multinomial(log_probabilities.exp(), 1, generator=self.generator)
        result = self.env.step(actions.flatten())
        self.returns = self.returns + result.rewards
        episodes.add(result, self.returns)
        self.returns = self.returns * ~result.dones
        self.frames, self.firsts = result.frames, result.dones
        chosen = log_probabilities.gather(1, actions).flatten()
        return actions.flatten(), chosen, values, result.rewards

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to resume, besides the policy."""
        return {
            "env": self.env.state_dict(),
            "generator": self.generator.get_state(),
            **{name: getattr(self, name).cpu() for name in ("firsts", "returns", "memory")},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Resume from a state."""
        self.env.load_state_dict(state["env"])
        self.generator.set_state(state["generator"])
        for name in ("firsts", "returns", "memory"):
            setattr(self, name, state[name].to(self.env.device))
        self.frames = self.env.observe()
        self.forget()

    def _answer(self, frames: Tensor) -> Float[Tensor, "frame action_and_value"]:
        with autocast(self.env.device, self.precision):
            logits, values = cast(ImpalaPolicy, self.policy).logits_and_value(
                to_observations(frames)
            )
        return torch.cat([logits.log_softmax(-1), values.unsqueeze(1)], dim=1)

    def _recall(self, keys: Int64[Tensor, " env"]) -> Float[Tensor, "env action_and_value"]:
        shown = keys.tolist()
        new = {key: index for index, key in enumerate(shown) if key not in self._known}
        if new:
            rows = torch.tensor(list(new.values()))
            answers = self._answer(self.frames[filled_up(rows)])[: len(rows)]
            self._known.update(zip(new, answers, strict=True))
        return torch.stack([self._known[key] for key in shown])


def filled_up(rows: Int64[Tensor, " row"]) -> Int64[Tensor, " filled"]:
    """The indices, with the last one repeated until their number is a multiple of 16.

    oneDNN prepares code and memory for each batch size, so there should be few of these.
    """
    return torch.cat([rows, rows[-1:].expand(-len(rows) % 16)])


def memory_size(policy: AnyPolicy) -> int:
    """The size of a policy's memory; 0 without memory."""
    return policy.memory_size if isinstance(policy, WITH_MEMORY) else 0
