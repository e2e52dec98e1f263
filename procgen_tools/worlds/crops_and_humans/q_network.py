"""The value network of crops and humans, with a name for every activation."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

NUM_INPUTS, NUM_ACTIONS = 161, 4
WIDTH = 966
"""Units of each hidden layer in the original."""
SLOPE = 0.1
"""The slope of the leaky rectifiers below zero."""


class QNetwork(nn.Module):
    """The expected discounted return of each action: 161 inputs, three hidden layers, 4 outputs.

    Args:
        width: units of each hidden layer; 966 in the original, with 2,028,604 parameters.
        seed: of the initial parameters. The global generators of torch are neither read nor
            changed.

    Raises:
        ValueError: a width below 1.

    Example:
        >>> network = QNetwork(width=8)
        >>> network(torch.zeros(3, 161)).shape
        torch.Size([3, 4])
    """

    def __init__(self, width: int = WIDTH, *, seed: int = 0) -> None:
        super().__init__()
        if width < 1:
            raise ValueError(f"width is {width}: give a whole number from 1 up")
        self.width = width
        with torch.random.fork_rng(devices=[]):
            self.fc1 = nn.Linear(NUM_INPUTS, width)
            self.relu1 = nn.LeakyReLU(SLOPE)
            self.fc2 = nn.Linear(width, width)
            self.relu2 = nn.LeakyReLU(SLOPE)
            self.fc3 = nn.Linear(width, width)
            self.relu3 = nn.LeakyReLU(SLOPE)
            self.fc_q = nn.Linear(width, NUM_ACTIONS)
        self._initialise(torch.Generator().manual_seed(seed))

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        """Uniform within 1 / sqrt(inputs) of zero, as in torch's own layers."""
        for module in self.children():
            if isinstance(module, nn.Linear):
                bound = module.in_features**-0.5
                nn.init.uniform_(module.weight, -bound, bound, generator=generator)
                nn.init.uniform_(module.bias, -bound, bound, generator=generator)

    @property
    def activation_names(self) -> tuple[str, ...]:
        """The eight activations in order of computation: the input is `fc1_in0`."""
        return ("fc1_in0", *(f"{name}_out" for name, _ in self.named_children()))

    @property
    def activation_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each activation of one state, without a batch axis."""
        shapes: dict[str, tuple[int, ...]] = dict.fromkeys(self.activation_names, (self.width,))
        return {**shapes, "fc1_in0": (NUM_INPUTS,), "fc_q_out": (NUM_ACTIONS,)}

    def forward(self, inputs: Float[Tensor, "batch 161"]) -> Float[Tensor, "batch 4"]:
        """The value of each action (up, down, left, right) in each state.

        Args:
            inputs: from `crops_and_humans.States.inputs`.

        Raises:
            ValueError: inputs of another shape.
        """
        if inputs.ndim != 2 or inputs.shape[1] != NUM_INPUTS:
            raise ValueError(
                f"inputs have shape {tuple(inputs.shape)}: give (batch, {NUM_INPUTS}); one state "
                "needs [None]"
            )
        hidden = self.relu1(self.fc1(inputs))
        hidden = self.relu2(self.fc2(hidden))
        return self.fc_q(self.relu3(self.fc3(hidden)))

    def logits_and_value(
        self, inputs: Float[Tensor, "batch 161"]
    ) -> tuple[Float[Tensor, "batch 4"], Float[Tensor, " batch"]]:
        """The values of the actions, and the highest of them: the value of the state.

        The agent takes the action of the highest value (see `graph.Level.moves`).
        """
        values = self(inputs)
        return values, values.max(dim=1).values
