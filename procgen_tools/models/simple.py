"""Two small policies: a multilayer perceptron, and the network of "Nature DQN".

Parameters have the names of procgen-tools and train-procgen, so that state dictionaries of their
`MlpModel` and `NatureModel` load, alone or as the embedder of a policy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from procgen_tools.models.dry_run import OBSERVATION_SHAPE, activation_shapes_of, probing
from procgen_tools.models.interface import PolicyModule
from procgen_tools.worlds.maze.actions import NUM_ACTIONS


class MlpModel(nn.Module):
    """Linear layers, each followed by a ReLU.

    Args:
        input_dims: length of the flattened input.
        hidden_dims: number of units of each layer.

    Example:
        >>> MlpModel(input_dims=12, hidden_dims=(8, 4))(torch.rand(2, 3, 2, 2)).shape
        torch.Size([2, 4])
    """

    def __init__(
        self, input_dims: int = math.prod(OBSERVATION_SHAPE), hidden_dims: Sequence[int] = (64, 64)
    ) -> None:
        super().__init__()
        if not hidden_dims or min(input_dims, *hidden_dims) < 1:
            raise ValueError(
                f"layers of {input_dims} inputs and {list(hidden_dims)} units: give at least one "
                "layer, and every size from 1 up"
            )
        layers: list[nn.Module] = []
        for inputs, outputs in zip((input_dims, *hidden_dims), hidden_dims, strict=False):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        self.output_dim = hidden_dims[-1]

    def forward(self, x: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch unit"]:
        return self.layers(x.flatten(1))


class NatureModel(nn.Module):
    """Three convolutions and a layer of 512 units (Mnih et al., 2015).

    Args:
        in_channels: number of channels of the input.
        side: rows and columns of the input. Published parameters are usually for 84. Inputs of
            another size are resized bilinearly.

    Raises:
        ValueError: `side` is too small for the convolutions.

    Example:
        >>> NatureModel(side=84)(torch.rand(2, 3, 64, 64)).shape
        torch.Size([2, 512])
    """

    def __init__(self, in_channels: int = OBSERVATION_SHAPE[0], side: int = 64) -> None:
        super().__init__()
        reached = side
        for kernel, stride in ((8, 4), (4, 2), (3, 1)):
            reached = (reached - kernel) // stride + 1
        if reached < 1:
            raise ValueError(f"side is {side}: the convolutions need pictures of at least 36")
        self.side = side
        self.layers = nn.Sequential(
            nn.Conv2d(in_channels, 32, kernel_size=8, stride=4),
            nn.ReLU(),
            nn.Conv2d(32, 64, kernel_size=4, stride=2),
            nn.ReLU(),
            nn.Conv2d(64, 64, kernel_size=3, stride=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(64 * reached**2, 512),
            nn.ReLU(),
        )
        self.output_dim = 512

    def forward(self, x: Float[Tensor, "batch channel row col"]) -> Float[Tensor, "batch 512"]:
        if x.shape[-1] != self.side:
            size = (self.side, self.side)
            x = nn.functional.interpolate(x, size, mode="bilinear", antialias=False)
        return self.layers(x)


class EmbedderPolicy(PolicyModule):
    """An embedder and two linear heads with orthogonal initial weights (gains sqrt 2, 0.01, 1)."""

    def __init__(self, embedder: MlpModel | NatureModel, num_actions: int, seed: int) -> None:
        super().__init__()
        if num_actions < 1:
            raise ValueError(f"num_actions is {num_actions}: give a whole number from 1 up")
        self.num_actions = num_actions
        self.embedder = embedder
        self.fc_policy = nn.Linear(embedder.output_dim, num_actions)
        self.fc_value = nn.Linear(embedder.output_dim, 1)
        generator = torch.Generator().manual_seed(seed)
        gains: dict[nn.Module, float] = {self.fc_policy: 0.01, self.fc_value: 1.0}
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                gain = gains.get(module, math.sqrt(2))
                nn.init.orthogonal_(module.weight, gain, generator=generator)
                assert module.bias is not None
                nn.init.zeros_(module.bias)

        # Found once: a later dry run would reach the hooks that record and patch activations.
        with probing(self) as zeros:
            self._shapes = activation_shapes_of(self, lambda: self._answer(zeros))

    @property
    def activation_names(self) -> tuple[str, ...]:
        """The activations in order of computation: the input, then every layer's output."""
        return tuple(self._shapes)

    @property
    def activation_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each activation for one observation: channels first, no batch axis."""
        return dict(self._shapes)

    def _answer(self, obs: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.embedder(obs)
        return self.fc_policy(hidden), self.fc_value(hidden)


class MlpPolicy(EmbedderPolicy):
    """A multilayer perceptron on the flattened pixels.

    Args:
        hidden_dims: number of units of each hidden layer.
        num_actions: number of outputs of the policy head; 15 in procgen.
        seed: seed of the initial parameters. torch's global generators do not change.

    Example:
        >>> MlpPolicy(hidden_dims=(8,)).activation_names[-2:]
        ('fc_policy_out', 'fc_value_out')
    """

    def __init__(
        self,
        hidden_dims: Sequence[int] = (64, 64),
        num_actions: int = NUM_ACTIONS,
        *,
        seed: int = 0,
    ) -> None:
        with torch.random.fork_rng(devices=[]):
            embedder = MlpModel(hidden_dims=hidden_dims)
            super().__init__(embedder, num_actions, seed)


class NaturePolicy(EmbedderPolicy):
    """A policy with the convolutions of "Nature DQN".

    Args:
        side: see `NatureModel`; 84 for published parameters.
        num_actions: number of outputs of the policy head; 15 in procgen.
        seed: seed of the initial parameters. torch's global generators do not change.

    Example:
        >>> NaturePolicy().activation_shapes["embedder.layers.4_out"]
        (64, 4, 4)
    """

    def __init__(self, side: int = 64, num_actions: int = NUM_ACTIONS, *, seed: int = 0) -> None:
        with torch.random.fork_rng(devices=[]):
            embedder = NatureModel(side=side)
            super().__init__(embedder, num_actions, seed)
