"""A policy with a memory: the IMPALA embedder, a gated recurrent unit, and the two heads.

Parameters have the names of the published recurrent agents (train-procgen for PyTorch), in which
the unit is as wide as the embedding.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.distributions import Categorical

from procgen_tools.models.impala import EMBEDDING_SIZE, ImpalaPolicy
from procgen_tools.models.interface import checked
from procgen_tools.worlds.maze.actions import NUM_ACTIONS


class Memory(nn.Module):
    """The gated recurrent unit (Cho et al., 2014)."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(EMBEDDING_SIZE, EMBEDDING_SIZE)

    def forward(
        self, hidden: Float[Tensor, "batch 256"], memory: Float[Tensor, "batch 256"]
    ) -> Float[Tensor, "batch 256"]:
        # A quantised network has no parameters.
        weights = next((each.dtype for each in self.gru.parameters()), hidden.dtype)
        steps = hidden.to(weights).unsqueeze(0)
        return self.gru(steps, memory.to(weights).unsqueeze(0))[0].squeeze(0)


class RecurrentPolicy(ImpalaPolicy):
    """Action distribution and value of an observation, given the observations before it.

    `logits_and_value` raises a TypeError, because the outputs depend on earlier observations: use
    `step`.

    Args:
        scale: multiplies the channels of every convolution.
        num_actions: number of outputs of the policy head; 15 in procgen.
        seed: seed of the initial parameters.

    Raises:
        ValueError: a scale or number of actions below 1.

    Example:
        >>> policy = RecurrentPolicy()
        >>> memory, firsts = policy.initial_memory(2), torch.tensor([True, True])
        >>> logits, values, memory = policy.step(torch.rand(2, 3, 64, 64), memory, firsts)
        >>> logits.shape, memory.shape
        (torch.Size([2, 15]), torch.Size([2, 256]))
    """

    memory_size = EMBEDDING_SIZE

    def __init__(self, scale: int = 1, num_actions: int = NUM_ACTIONS, *, seed: int = 0) -> None:
        super().__init__(scale, num_actions, seed=seed)
        with torch.random.fork_rng(devices=[]):
            self.gru = Memory()
        generator = torch.Generator().manual_seed(seed + 1)
        with torch.no_grad():
            for name, parameter in self.gru.named_parameters():
                if "weight" in name:
                    nn.init.orthogonal_(parameter, generator=generator)
                else:
                    nn.init.zeros_(parameter)

    @property
    def activation_names(self) -> tuple[str, ...]:
        """Those of `ImpalaPolicy`, and `gru_out`, the new memory, once per time step."""
        names = [name for name in super().activation_names if not name.startswith("gru.")]
        heads = names.index("fc_policy_out")
        return (*names[:heads], "gru_out", *names[heads:])

    def initial_memory(self, batch: int) -> Float[Tensor, "batch memory"]:
        """The memory before the first step of an episode: zeros, on the policy's device."""
        return self.fc_value.weight.new_zeros(batch, self.memory_size)

    def step(
        self,
        obs: Tensor,
        memory: Float[Tensor, "batch memory"],
        firsts: Bool[Tensor, " batch"],
    ) -> tuple[
        Float[Tensor, "batch action"], Float[Tensor, " batch"], Float[Tensor, "batch memory"]
    ]:
        """One step of a batch of episodes.

        Args:
            obs: (batch, 3, 64, 64) floats in [0, 1].
            memory: the memory that the step before returned, or `initial_memory`.
            firsts: where an episode begins with this observation. The memory is reset there.

        Returns:
            logits, values and the new memory, at least in float32.

        Raises:
            ValueError: see `ImpalaPolicy.logits_and_value`.
        """
        logits, values, memory = self.unroll(obs, memory, firsts.unsqueeze(0))
        return logits.squeeze(0), values.squeeze(0), memory

    def unroll(
        self,
        obs: Tensor,
        memory: Float[Tensor, "batch memory"],
        firsts: Bool[Tensor, "time batch"],
    ) -> tuple[
        Float[Tensor, "time batch action"],
        Float[Tensor, "time batch"],
        Float[Tensor, "batch memory"],
    ]:
        """Many steps of a batch of episodes, with a single call of the embedder.

        Args:
            obs: (time x batch, 3, 64, 64) floats in [0, 1], the batch of the first step first.
            memory: the memory before the first step.
            firsts: where an episode begins with an observation.

        Raises:
            ValueError: see `ImpalaPolicy.logits_and_value`.
        """
        obs = checked(obs, self.fc_value.weight)
        precise = torch.promote_types(memory.dtype, torch.float32)
        embedded = self.embedder(obs).to(precise).unflatten(0, firsts.shape)
        remembered = []
        for hidden, first in zip(embedded, firsts, strict=True):
            memory = self.gru(hidden, memory * ~first.unsqueeze(1)).to(precise)
            remembered.append(memory)
        states = torch.cat(remembered).to(self.fc_value.weight.dtype)  # one batch for the heads
        return (
            self.fc_policy(states).to(precise).unflatten(0, firsts.shape),
            self.fc_value(states).to(precise).unflatten(0, firsts.shape).squeeze(-1),
            memory,
        )

    def _heads(self, hidden: Float[Tensor, "batch 256"]) -> tuple[Tensor, Tensor]:
        raise TypeError(
            "a recurrent policy needs its memory: use step(obs, memory, firsts), beginning with "
            "initial_memory(batch); fields and exact chances need a policy without memory"
        )

    def forward(  # type: ignore[override]
        self,
        obs: Tensor,
        memory: Float[Tensor, "batch memory"],
        firsts: Bool[Tensor, " batch"],
    ) -> tuple[Categorical, Float[Tensor, " batch"], Float[Tensor, "batch memory"]]:
        """Action distribution, value and new memory (see `step`)."""
        logits, values, memory = self.step(obs, memory, firsts)
        return Categorical(logits=logits), values, memory
