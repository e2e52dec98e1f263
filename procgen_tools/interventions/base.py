"""What every intervention is: a value that says what it does, and acts inside its `with`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from textwrap import shorten
from typing import Protocol, runtime_checkable

from torch import Tensor, nn

from procgen_tools import hooks
from procgen_tools.names import did_you_mean
from procgen_tools.shown import WIDTH


@runtime_checkable
class NamedActivations(Protocol):
    """A policy that knows its activations, such as every policy of `models`."""

    @property
    def activation_shapes(self) -> dict[str, tuple[int, ...]]: ...


class Intervention(ABC):
    """A change of activations, as a value.

        edit = Add(vector, -1.0) + Zero("embedder.block3.res2.resadd", channels=(3, 5))
        print(edit)
        with edit.on(policy):
            policy(observations)

    `a + b` does both; where they meet at one activation, a acts first.
    """

    @property
    @abstractmethod
    def layers(self) -> tuple[str, ...]:
        """The activations that it changes, by name."""

    @property
    def batch(self) -> int | None:
        """How many observations a pass must have; None if it acts on each one alike."""
        return None

    @abstractmethod
    def check(self, policy: nn.Module) -> None:
        """Make sure that it fits a policy.

        Raises:
            ValueError: an activation, channel or square that the policy does not have.
        """

    @abstractmethod
    def edit(self, layer: str, activation: Tensor) -> Tensor:
        """The activation of one of `layers` (batch, channel, ...), changed; never in place."""

    @contextmanager
    def on(self, policy: nn.Module) -> Iterator[None]:
        """Act in every forward pass of `policy` inside the `with`.

        Raises:
            ValueError: see `check`; in a pass, another number of observations than `batch`.
        """
        self.check(policy)
        with hooks.patched(policy, {layer: partial(self.edit, layer) for layer in self.layers}):
            yield

    def __add__(self, other: Intervention) -> Intervention:
        if not isinstance(other, Intervention):
            return NotImplemented
        return Composition((*_parts(self), *_parts(other)))


def described(intervention: Intervention) -> str:
    """The `__repr__` of an intervention: what it does."""
    return (
        f"{type(intervention).__name__}({shorten(str(intervention), 3 * WIDTH, placeholder=' …')})"
    )


@dataclass(frozen=True, eq=False)
class Composition(Intervention):
    """Several interventions together, in order; one of none changes nothing.

    Raises:
        ValueError: two that are for passes of different numbers of observations.
    """

    parts: tuple[Intervention, ...]

    __repr__ = described

    def __post_init__(self) -> None:
        sizes = {part.batch for part in self.parts if part.batch is not None}
        if len(sizes) > 1:
            raise ValueError(
                f"the interventions are for batches of {' and of '.join(map(str, sorted(sizes)))} "
                "observations, and a pass has one number of them: make them for the same"
            )

    @property
    def layers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(layer for part in self.parts for layer in part.layers))

    @property
    def batch(self) -> int | None:
        return next((part.batch for part in self.parts if part.batch is not None), None)

    def check(self, policy: nn.Module) -> None:
        for part in self.parts:
            part.check(policy)

    def edit(self, layer: str, activation: Tensor) -> Tensor:
        for part in self.parts:
            if layer in part.layers:
                activation = part.edit(layer, activation)
        return activation

    def __str__(self) -> str:
        return "; then ".join(map(str, self.parts)) or "nothing"


NOTHING = Composition(())
"""The intervention that changes nothing."""


def _parts(intervention: Intervention) -> tuple[Intervention, ...]:
    return intervention.parts if isinstance(intervention, Composition) else (intervention,)


def canonical(layer: str) -> str:
    """The one name of an activation: `embedder.fc` and `embedder.fc_out` are the same."""
    return layer if layer.endswith("_out") or "_in" in layer.rsplit(".", 1)[-1] else f"{layer}_out"


def activation_shape(policy: nn.Module, layer: str) -> tuple[int, ...]:
    """The shape of an activation of one observation: channels first, no batch axis.

    Raises:
        ValueError: a policy that does not say, or that has no such activation.
    """
    if not isinstance(policy, NamedActivations):
        raise ValueError(
            f"{type(policy).__name__} has no activation_shapes: intervene on a policy of "
            "procgen_tools.models, or use hooks.patched"
        )
    shapes = policy.activation_shapes
    if canonical(layer) not in shapes:
        raise ValueError(
            f"{type(policy).__name__} has no activation {layer!r}"
            f"{did_you_mean(canonical(layer), shapes) or '; see its activation_names'}"
        )
    return shapes[canonical(layer)]
