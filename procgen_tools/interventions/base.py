"""What every intervention is: a value that says what it does, and acts inside its `with`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from textwrap import shorten
from typing import cast

from torch import Tensor

from procgen_tools import hooks
from procgen_tools.hooks import AnyNetwork, canonical
from procgen_tools.models.interface import Policy, need
from procgen_tools.names import did_you_mean
from procgen_tools.shown import WIDTH
from procgen_tools.worlds.maze.grid import Maze


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
    def check(self, policy: AnyNetwork) -> None:
        """Make sure that it fits a policy.

        Raises:
            ValueError: an activation, channel or square that the policy does not have.
        """

    @abstractmethod
    def edit(self, layer: str, activation: Tensor) -> Tensor:
        """The activation of one of `layers` (batch, channel, ...), changed; never in place."""

    def is_identity(self, layer: str) -> bool:
        """Whether it leaves one of `layers` as it is by construction, as a coefficient of 0 does.

        Such an edit is idle on purpose, and `on` does not warn of it.
        """
        return False

    def misplaced_in(self, maze: Maze) -> str | None:
        """Why its positions mean other squares in this maze than in those that it was made for.

        None if they do not, or if it has no positions.
        """
        return None

    @contextmanager
    def on(self, policy: AnyNetwork, *, may_be_idle: bool = False) -> Iterator[None]:
        """Act in every forward pass of `policy` that this thread makes inside the `with`.

        Args:
            policy: see `models.Policy`.
            may_be_idle: do not warn of an edit that never acts or that changes nothing.

        Raises:
            ValueError: see `check`; in a pass, another number of observations than `batch`.

        Warns:
            IdleEditWarning: at the end, an edit that no forward pass reached, or that left every
                activation as it was (other than by construction, see `is_identity`).
        """
        self.check(policy)
        edits = {layer: partial(self.edit, layer) for layer in self.layers}
        with hooks.acting(policy, edits) as idle:
            yield
        if not may_be_idle:
            hooks.warn_if_idle(
                [reason for layer, reason in idle().items() if not self.is_identity(layer)],
                str(self),
            )

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

    def check(self, policy: AnyNetwork) -> None:
        for part in self.parts:
            part.check(policy)

    def is_identity(self, layer: str) -> bool:
        return all(part.is_identity(layer) for part in self.parts if layer in part.layers)

    def misplaced_in(self, maze: Maze) -> str | None:
        return next(filter(None, (part.misplaced_in(maze) for part in self.parts)), None)

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


def activation_shape(policy: AnyNetwork, layer: str) -> tuple[int, ...]:
    """The shape of an activation of one observation: channels first, no batch axis.

    Raises:
        TypeError: a network that does not know its activations.
        ValueError: a policy that has no such activation.
    """
    named = policy if hasattr(policy, "activation_shapes") else hooks.unwrapped(policy)
    need(named, "activation_shapes", what=f"the activation {layer!r}")
    shapes = cast(Policy, named).activation_shapes
    if canonical(layer) not in shapes:
        raise ValueError(
            f"{type(policy).__name__} has no activation {layer!r}"
            f"{did_you_mean(canonical(layer), shapes) or '; see its activation_names'}"
        )
    return shapes[canonical(layer)]
