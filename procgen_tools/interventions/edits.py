"""The interventions on one activation: add, zero, mean, resample, scale, clamp."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite

import torch
from jaxtyping import Float
from torch import Tensor

from procgen_tools.checks import of_kind, whole_number
from procgen_tools.hooks import AnyNetwork, canonical
from procgen_tools.interventions.base import Intervention, activation_shape, described
from procgen_tools.interventions.cells import square_cells
from procgen_tools.interventions.vectors import ActivationVector
from procgen_tools.worlds.maze.grid import Maze, check_inside


@dataclass(frozen=True, eq=False)
class LayerEdit(Intervention):
    """A change of some channels of one activation.

    Attributes:
        channels: which channels change (units, where there are no positions); None for all.
    """

    channels: Sequence[int] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.channels is not None and not hasattr(self.channels, "__iter__"):
            raise TypeError(
                f"channels is {self.channels!r}: give several numbers, such as "
                f"[{self.channels!r}], or None for all channels"
            )
        channels = () if self.channels is None else self.channels
        negative = [each for each in channels if whole_number("a channel", each) < 0]
        if negative:
            raise ValueError(
                f"channel {negative[0]} does not count from the end: give numbers from 0 up, or "
                "None for all channels"
            )

    @property
    @abstractmethod
    def target(self) -> str:
        """The activation's name."""

    @property
    def layers(self) -> tuple[str, ...]:
        return (self.target,)

    def check(self, policy: AnyNetwork) -> None:
        shape = activation_shape(policy, self.target)
        wrong = [channel for channel in self.channels or () if not 0 <= channel < shape[0]]
        if wrong:
            raise ValueError(
                f"{self.target} has no channel {wrong[0]}: give 0..{shape[0] - 1}, "
                "or None for all channels"
            )
        self.check_shape(shape)

    def check_shape(self, shape: tuple[int, ...]) -> None:
        """Make sure that what is put there has this shape; ValueError if not."""

    def is_identity(self, layer: str) -> bool:
        return self.channels is not None and not len(self.channels)

    def edit(self, layer: str, activation: Tensor) -> Tensor:
        if self.batch is not None and len(activation) != self.batch:
            raise ValueError(
                f"{self} is for {self.batch} observations a pass, and this one has "
                f"{len(activation)}: show as many at once"
            )
        changed = self.changed(activation)
        if self.channels is None:
            return changed
        result = activation.clone()
        chosen = list(self.channels)
        result[:, chosen] = changed[:, chosen]
        return result

    @abstractmethod
    def changed(
        self, activation: Float[Tensor, "batch channel *position"]
    ) -> Float[Tensor, "batch channel *position"]:
        """The activation as it is if all channels change."""

    def _where(self) -> str:
        if self.channels is None:
            return self.target
        some = ", ".join(map(str, self.channels))
        return f"channel{'s' if len(self.channels) != 1 else ''} {some} of {self.target}"


@dataclass(frozen=True, eq=False)
class NamedLayerEdit(LayerEdit):
    """An edit that is told its activation.

    Attributes:
        layer: the activation's name.
    """

    layer: str

    @property
    def target(self) -> str:
        return canonical(self.layer)


@dataclass(frozen=True, eq=False)
class Add(LayerEdit):
    """Add a vector times a coefficient to every observation's activation."""

    vector: ActivationVector
    coefficient: float = 1.0

    __repr__ = described

    def __post_init__(self) -> None:
        super().__post_init__()
        remedy = "give an ActivationVector; of an array, ActivationVector(layer, values, name)"
        of_kind("what is added", self.vector, ActivationVector, remedy)
        if not hasattr(self.coefficient, "__float__"):
            raise TypeError(f"coefficient is {self.coefficient!r}: give a number, such as -1.0")
        if not isfinite(float(self.coefficient)):
            raise ValueError(f"coefficient is {self.coefficient}: give a finite number")

    @property
    def target(self) -> str:
        return self.vector.layer

    def check_shape(self, shape: tuple[int, ...]) -> None:
        _check_shape(self.vector.name, self.target, tuple(self.vector.values.shape), shape)

    def is_identity(self, layer: str) -> bool:
        unchanged = self.coefficient == 0 or not self.vector.values.any()
        return unchanged or super().is_identity(layer)

    def misplaced_in(self, maze: Maze) -> str | None:
        made_in = self.vector.world_size
        if self.vector.values.ndim != 3 or made_in in (None, maze.world_size):
            return None
        return (
            f"the vector was made in worlds of {made_in} x {made_in} squares, and this one has "
            f"{maze.world_size} x {maze.world_size}, so that its positions mean other squares: "
            "make a vector from mazes of this world size, or declare it fit for any with "
            "dataclasses.replace(vector, world_size=None)"
        )

    def changed(self, activation: Tensor) -> Tensor:
        return activation + self.coefficient * self.vector.values.to(activation)

    def __str__(self) -> str:
        return f"add {self.coefficient:g} x the {self.vector.name} to {self._where()}"


@dataclass(frozen=True, eq=False)
class Zero(NamedLayerEdit):
    """Set to zero."""

    def changed(self, activation: Tensor) -> Tensor:
        return torch.zeros_like(activation)

    __repr__ = described

    def __str__(self) -> str:
        return f"zero {self._where()}"


@dataclass(frozen=True, eq=False)
class Scale(NamedLayerEdit):
    """Multiply by a factor."""

    factor: float

    def is_identity(self, layer: str) -> bool:
        return self.factor == 1 or super().is_identity(layer)

    def changed(self, activation: Tensor) -> Tensor:
        return activation * self.factor

    __repr__ = described

    def __str__(self) -> str:
        return f"multiply {self._where()} by {self.factor:g}"


@dataclass(frozen=True, eq=False)
class Mean(NamedLayerEdit):
    """Replace by the mean over examples.

    Attributes:
        examples: (example, channel, ...) activations of the layer; see `activations_of`.
        over_positions: take the mean over rows and columns, too.
    """

    examples: Float[Tensor, "example channel *position"]
    over_positions: bool = False

    __repr__ = described

    @cached_property
    def _mean(self) -> Float[Tensor, "channel ..."]:
        mean = self.examples.mean(dim=0)
        if self.over_positions and mean.ndim > 1:
            mean = mean.mean(dim=tuple(range(1, mean.ndim)), keepdim=True).expand_as(mean)
        return mean

    def check_shape(self, shape: tuple[int, ...]) -> None:
        if not len(self.examples):
            raise ValueError(f"no examples of {self.target} have no mean: give at least one")
        _check_shape("the mean", self.target, tuple(self.examples.shape[1:]), shape)

    def changed(self, activation: Tensor) -> Tensor:
        return self._mean.to(activation).expand_as(activation)

    def __str__(self) -> str:
        places = " and all positions" if self.over_positions else ""
        return f"replace {self._where()} by its mean over {len(self.examples)} examples{places}"


@dataclass(frozen=True, eq=False)
class Resample(NamedLayerEdit):
    """Replace by what other observations gave.

    Attributes:
        source: (observation, channel, ...) one activation for each observation of a pass, or
            one for all; see `activations_of`.
    """

    source: Float[Tensor, "observation channel *position"]

    __repr__ = described

    @property
    def batch(self) -> int | None:
        return None if len(self.source) == 1 else len(self.source)

    def check_shape(self, shape: tuple[int, ...]) -> None:
        _check_shape("the source", self.target, tuple(self.source.shape[1:]), shape)

    def changed(self, activation: Tensor) -> Tensor:
        return self.source.to(activation).expand_as(activation)

    def __str__(self) -> str:
        count = len(self.source)
        what = "another observation" if count == 1 else f"{count} other observations, one for each"
        return f"replace {self._where()} by that of {what}"


@dataclass(frozen=True, eq=False)
class Clamp(NamedLayerEdit):
    """Set channels to a value at a square of the maze (see `cells.square_cells`).

    Attributes:
        value: what they become.
        maze: places the squares.
        squares: a list of one square for all observations, or of one for each.
    """

    value: float
    maze: Maze
    squares: Sequence[tuple[int, int]]

    __repr__ = described

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.squares:
            raise ValueError("there is no square to clamp: give one, or one an observation")
        squares = tuple(
            check_inside(each, self.maze.size, "clamped square") for each in self.squares
        )
        walls = [tuple(each) for each in squares if self.maze.walls[each]]
        if walls:
            raise ValueError(f"clamped square {walls[0]} is a wall: choose open squares")
        object.__setattr__(self, "squares", squares)

    def misplaced_in(self, maze: Maze) -> str | None:
        return other_squares(self.maze, maze)

    @property
    def batch(self) -> int | None:
        return None if len(self.squares) == 1 else len(self.squares)

    def check_shape(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 3:
            raise ValueError(
                f"{self.target} has no positions to clamp at: choose a convolutional activation"
            )

    def changed(self, activation: Tensor) -> Tensor:
        cells = torch.from_numpy(square_cells(self.maze, self.squares, activation.shape[-1]))
        rows, cols = cells.to(activation.device).unbind(dim=1)
        changed = activation.clone()
        items = torch.arange(len(activation), device=activation.device)
        changed[items, :, rows, cols] = self.value
        return changed

    def __str__(self) -> str:
        where = (
            f"square {tuple(self.squares[0])}"
            if len(self.squares) == 1
            else f"{len(self.squares)} squares, one for each observation"
        )
        return f"set {self._where()} to {self.value:g} at {where}"


def other_squares(made_for: Maze, maze: Maze) -> str | None:
    """Why the squares of one maze lie elsewhere in the frames of another; None if they do not."""
    if (made_for.size, made_for.world_size) == (maze.size, maze.world_size):
        return None
    return (
        f"its squares are those of a maze of {made_for.size} x {made_for.size} in a world of "
        f"{made_for.world_size}, and this maze has {maze.size} x {maze.size} in "
        f"{maze.world_size}, where they lie elsewhere: make the edit for this maze"
    )


def _check_shape(what: str, layer: str, given: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    if given != wanted:
        raise ValueError(
            f"{what} has shape {given}, and {layer} of this policy {wanted}: take it from the "
            "same activation of a policy of the same scale"
        )
