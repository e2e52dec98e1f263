"""The interface of all interventions: values that describe an edit and apply it inside a `with`."""

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
from procgen_tools.worlds.maze.grid import GridLevel


class Intervention(ABC):
    """A change of activations, as a value.

    `a + b` applies both. If both change the same activation, a applies first.

    Example:
        >>> import torch
        >>> from procgen_tools.interventions import Scale, Zero
        >>> from procgen_tools.models import ImpalaPolicy
        >>> edit = Scale("embedder.block2.res1.resadd", 0.5) + Zero("embedder.fc", channels=(3, 5))
        >>> print(edit)
        multiply embedder.block2.res1.resadd_out by 0.5; then zero channels 3, 5 of embedder.fc_out
        >>> policy = ImpalaPolicy()
        >>> with edit.on(policy), hooks.record(policy, ["embedder.fc"]) as activations:
        ...     _ = policy(torch.rand(1, 3, 64, 64))
        >>> activations["embedder.fc"][0, [3, 5]]
        tensor([0., 0.])
    """

    @property
    @abstractmethod
    def layers(self) -> tuple[str, ...]:
        """The names of the activations that it changes."""

    @property
    def batch(self) -> int | None:
        """The number of observations in a pass; None if it treats all observations alike."""
        return None

    @abstractmethod
    def check(self, policy: AnyNetwork) -> None:
        """Check that the intervention fits a policy.

        Raises:
            ValueError: an activation, channel or square that the policy does not have.
        """

    @abstractmethod
    def edit(self, layer: str, activation: Tensor) -> Tensor:
        """A changed copy of the activation (batch, channel, ...) of one of `layers`."""

    def is_identity(self, layer: str) -> bool:
        """Whether it leaves one of `layers` unchanged by construction, as a coefficient of 0 does.

        Such an edit is idle on purpose, so `on` does not warn about it.
        """
        return False

    def misplaced_in(self, maze: GridLevel) -> str | None:
        """Why its positions refer to other squares in this maze than in those it was made for.

        Returns None if they refer to the same squares, or if it has no positions.
        """
        return None

    @contextmanager
    def on(self, policy: AnyNetwork, *, may_be_idle: bool = False) -> Iterator[None]:
        """Apply to every forward pass of `policy` that this thread makes inside the `with`.

        Args:
            policy: see `models.Policy`.
            may_be_idle: do not warn about an edit that never acts or changes nothing.

        Raises:
            ValueError: see `check`. In a pass, the number of observations differs from `batch`.

        Warns:
            IdleEditWarning: when the `with` ends, if no forward pass reached the edit, or if it
                left every activation unchanged (except by construction, see `is_identity`).
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
    """The `__repr__` of an intervention: its description."""
    return (
        f"{type(intervention).__name__}({shorten(str(intervention), 3 * WIDTH, placeholder=' …')})"
    )


@dataclass(frozen=True, eq=False)
class Composition(Intervention):
    """Several interventions, applied in order. An empty composition changes nothing.

    Raises:
        ValueError: the interventions are for batches of different sizes.

    Example:
        >>> from procgen_tools.interventions import Scale, Zero
        >>> both = Composition((Scale("embedder.fc", 2.0), Zero("embedder.block1.conv")))
        >>> both.layers
        ('embedder.fc_out', 'embedder.block1.conv_out')
    """

    parts: tuple[Intervention, ...]

    __repr__ = described

    def __post_init__(self) -> None:
        sizes = {part.batch for part in self.parts if part.batch is not None}
        if len(sizes) > 1:
            raise ValueError(
                f"the interventions are for batches of {' and of '.join(map(str, sorted(sizes)))} "
                "observations, but a pass has one batch: make them for the same batch size"
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

    def misplaced_in(self, maze: GridLevel) -> str | None:
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
    """The shape of an activation for one observation: channels first, without a batch axis.

    Raises:
        TypeError: a network without `activation_shapes`.
        ValueError: the policy has no such activation.

    Example:
        >>> from procgen_tools.models import ImpalaPolicy
        >>> activation_shape(ImpalaPolicy(), "embedder.block2.res1.resadd")
        (32, 16, 16)
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
