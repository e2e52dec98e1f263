"""Numbers that a weighted sum reads from an activation, and edits that set such a number::

    reading = Reading("lstm1.cell", weights, bias, "keys held")
    with Hold(reading, 2.0).on(policy):     # every step of an episode reads two keys
        episodes = keys.play(keys.policy_actor(policy), levels)

`Add(reading.step)` raises the number by 1. A memory carries an edit into later steps: adding at
every step of an episode accumulates, whereas holding does not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from procgen_tools.hooks import AnyNetwork, canonical
from procgen_tools.interventions.base import Intervention, activation_shape, described
from procgen_tools.interventions.controls import random_direction
from procgen_tools.interventions.vectors import ActivationVector
from procgen_tools.shown import brief


@dataclass(frozen=True, eq=False)
class Reading:
    """A number read from an activation without positions: weights @ activation + bias.

    Attributes:
        layer: the name of the activation.
        weights: (unit,), not all zero.
        bias: added to the weighted sum.
        name: what is read.

    Raises:
        ValueError: weights with positions, all zero, or not finite; a bias that is not finite.

    Example:
        >>> reading = Reading("lstm1.cell", torch.tensor([3.0, 4.0]), 1.0, "keys held")
        >>> reading.of(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
        tensor([4., 5.])
        >>> reading.step.values  # the smallest change that raises the number by 1
        tensor([0.1200, 0.1600])
    """

    layer: str
    weights: Float[Tensor, " unit"]
    bias: float
    name: str

    __repr__ = brief

    def __post_init__(self) -> None:
        object.__setattr__(self, "layer", canonical(self.layer))
        if not (torch.isfinite(self.weights).all() and self.weights.any() and isfinite(self.bias)):
            raise ValueError(
                f"the reading of {self.name} has weights that are all zero, or numbers that are "
                "not finite: fit it to activations that vary"
            )

    @classmethod
    def along(
        cls, vector: ActivationVector, activations: Float[Tensor, "example unit"], mean: float
    ) -> Reading:
        """The reading that a vector raises by 1, and that no orthogonal change alters.

        Args:
            vector: becomes `step`.
            activations: examples of the activation.
            mean: what the reading is for them on average.

        Example:
            >>> vector = ActivationVector("lstm1.cell", torch.tensor([0.0, 2.0]), "a key")
            >>> reading = Reading.along(vector, torch.tensor([[5.0, 2.0]]), 3.0)
            >>> reading.of(torch.tensor([[0.0, 4.0]])), reading.step.values
            (tensor([4.]), tensor([0., 2.]))
        """
        weights = vector.values / vector.values.square().sum()
        return cls(vector.layer, weights, mean - float(activations.mean(0) @ weights), vector.name)

    def of(self, activations: Float[Tensor, "*batch unit"]) -> Float[Tensor, "*batch"]:
        """The number read from each activation."""
        return activations @ self.weights.to(activations) + self.bias

    @property
    def step(self) -> ActivationVector:
        """The shortest vector that raises the number by 1 when it is added."""
        values = self.weights / self.weights.square().sum()
        return ActivationVector(self.layer, values, f"{self.name}, one more")

    def random(self, activations: Float[Tensor, "example unit"], seed: int) -> Reading:
        """A control: a reading in a random direction, whose step has the same norm.

        Args:
            activations: examples of the activation; the control reads as much from their mean.
            seed: of the direction.

        Example:
            >>> reading = Reading("lstm1.cell", torch.tensor([3.0, 4.0]), 0.0, "keys held")
            >>> control = reading.random(torch.ones(5, 2), seed=0)
            >>> round(control.step.norm, 4), round(float(control.of(torch.ones(2))), 4)
            (0.2, 7.0)
        """
        mean = float(self.of(activations).mean())
        drawn = random_direction(self.step, seed)
        return Reading.along(replace(drawn, name="a random direction"), activations, mean)


@dataclass(frozen=True, eq=False)
class Hold(Intervention):
    """Set what is read from an activation to a value, by the smallest change that does so.

    With the mean of the reading as its value, this removes what the reading tells (it projects out
    the direction of the weights). Unlike an addition, it does not accumulate in a memory.

    Attributes:
        reading: what is set.
        value: the new number.

    Raises:
        ValueError: a value that is not finite.

    Example:
        >>> reading = Reading("lstm1.cell", torch.tensor([0.0, 2.0]), 1.0, "keys held")
        >>> print(Hold(reading, 3.0))
        hold keys held at 3 in lstm1.cell_out
        >>> Hold(reading, 3.0).edit("lstm1.cell_out", torch.tensor([[7.0, 0.0], [8.0, 9.0]]))
        tensor([[7., 1.],
                [8., 1.]])
    """

    reading: Reading
    value: float

    __repr__ = described

    def __post_init__(self) -> None:
        if not np.isfinite(self.value):
            raise ValueError(f"the value is {self.value}: give a finite number to hold")

    @property
    def layers(self) -> tuple[str, ...]:
        return (self.reading.layer,)

    def check(self, policy: AnyNetwork) -> None:
        shape, given = activation_shape(policy, self.reading.layer), self.reading.weights.shape
        if shape != tuple(given):
            raise ValueError(
                f"{self.reading.name} is read from {tuple(given)} numbers, but "
                f"{self.reading.layer} of this policy has shape {shape}: fit the reading to this "
                "policy"
            )

    def edit(self, layer: str, activation: Tensor) -> Tensor:
        missing = self.value - self.reading.of(activation)
        return activation + missing.unsqueeze(-1) * self.reading.step.values.to(activation)

    def __str__(self) -> str:
        return f"hold {self.reading.name} at {self.value:g} in {self.reading.layer}"
