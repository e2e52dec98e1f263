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
from procgen_tools.worlds.maze.grid import GridLevel, check_inside


@dataclass(frozen=True, eq=False)
class LayerEdit(Intervention):
    """A change of some channels of one activation.

    Attributes:
        channels: the channels to change (units, for a layer without positions). Defaults to all.
    """

    channels: Sequence[int] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.channels is not None and not hasattr(self.channels, "__iter__"):
            raise TypeError(
                f"channels is {self.channels!r}: give several numbers, such as "
                f"[{self.channels!r}], or None for all channels"
            )
        if self.channels is None:
            return
        channels = tuple(whole_number("a channel", each) for each in self.channels)
        negative = [each for each in channels if each < 0]
        if negative:
            raise ValueError(
                f"channel {negative[0]} is negative: give numbers from 0 up, or None for all "
                "channels"
            )
        object.__setattr__(self, "channels", channels)

    @property
    @abstractmethod
    def target(self) -> str:
        """The name of the activation."""

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
        """Check that the replacement has this shape; ValueError if not."""

    def is_identity(self, layer: str) -> bool:
        return self.channels is not None and not len(self.channels)

    def edit(self, layer: str, activation: Tensor) -> Tensor:
        if self.batch is not None and len(activation) != self.batch:
            raise ValueError(
                f"{self} is for {self.batch} observations per pass, but this pass has "
                f"{len(activation)}: give as many in one batch"
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
        """The new activation if all channels change."""

    def _where(self) -> str:
        if self.channels is None:
            return self.target
        some = ", ".join(map(str, self.channels))
        return f"channel{'s' if len(self.channels) != 1 else ''} {some} of {self.target}"


@dataclass(frozen=True, eq=False)
class NamedLayerEdit(LayerEdit):
    """An edit whose layer is given explicitly.

    Attributes:
        layer: the name of the activation.
    """

    layer: str

    @property
    def target(self) -> str:
        return canonical(self.layer)


@dataclass(frozen=True, eq=False)
class Add(LayerEdit):
    """Add a vector times a coefficient to the activation of every observation.

    Example:
        >>> vector = ActivationVector("embedder.fc", torch.ones(256), "vector of ones")
        >>> print(Add(vector, -2.0))
        add -2 x the vector of ones to embedder.fc_out
        >>> Add(vector, -2.0).edit("embedder.fc_out", torch.full((1, 256), 3.0)).unique()
        tensor([1.])
    """

    vector: ActivationVector
    coefficient: int | float = 1.0

    __repr__ = described

    def __post_init__(self) -> None:
        super().__post_init__()
        remedy = "give an ActivationVector; ActivationVector(layer, values, name) wraps a tensor"
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

    def misplaced_in(self, maze: GridLevel) -> str | None:
        made_in = self.vector.world_size
        if self.vector.values.ndim != 3 or made_in in (None, maze.world_size):
            return None
        return (
            f"the vector was made in worlds of {made_in} x {made_in} squares, and this one has "
            f"{maze.world_size} x {maze.world_size}, so its positions refer to other squares: "
            "make a vector from mazes of this world size, or declare that it fits all sizes with "
            "dataclasses.replace(vector, world_size=None)"
        )

    def changed(self, activation: Tensor) -> Tensor:
        return activation + self.coefficient * self.vector.values.to(activation)

    def __str__(self) -> str:
        return f"add {self.coefficient:g} x the {self.vector.name} to {self._where()}"


@dataclass(frozen=True, eq=False)
class Zero(NamedLayerEdit):
    """Set channels to zero.

    Example:
        >>> Zero("embedder.fc", channels=[1]).edit("embedder.fc_out", torch.ones(1, 3))
        tensor([[1., 0., 1.]])
    """

    def changed(self, activation: Tensor) -> Tensor:
        return torch.zeros_like(activation)

    __repr__ = described

    def __str__(self) -> str:
        return f"zero {self._where()}"


@dataclass(frozen=True, eq=False)
class Scale(NamedLayerEdit):
    """Multiply channels by a factor.

    Example:
        >>> Scale("embedder.fc", 0.5, channels=[1]).edit("embedder.fc_out", torch.ones(1, 3))
        tensor([[1.0000, 0.5000, 1.0000]])
    """

    factor: int | float

    def is_identity(self, layer: str) -> bool:
        return self.factor == 1 or super().is_identity(layer)

    def changed(self, activation: Tensor) -> Tensor:
        return activation * self.factor

    __repr__ = described

    def __str__(self) -> str:
        return f"multiply {self._where()} by {self.factor:g}"


@dataclass(frozen=True, eq=False)
class Mean(NamedLayerEdit):
    """Replace channels by their mean over examples.

    Attributes:
        examples: (example, channel, ...): activations of the layer; see `activations_of`.
        over_positions: also take the mean over rows and columns.

    Example:
        >>> edit = Mean("embedder.fc", torch.tensor([[1.0, 2.0], [3.0, 6.0]]))
        >>> edit.edit("embedder.fc_out", torch.zeros(1, 2))
        tensor([[2., 4.]])
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
            raise ValueError(f"there are no examples of {self.target}: give at least one")
        _check_shape("the mean", self.target, tuple(self.examples.shape[1:]), shape)

    def changed(self, activation: Tensor) -> Tensor:
        return self._mean.to(activation).expand_as(activation)

    def __str__(self) -> str:
        places = " and all positions" if self.over_positions else ""
        return f"replace {self._where()} by its mean over {len(self.examples)} examples{places}"


@dataclass(frozen=True, eq=False)
class Resample(NamedLayerEdit):
    """Replace channels by their activations for other observations.

    Attributes:
        source: (observation, channel, ...): one activation per observation of a pass, or one for
            all of them; see `activations_of`.

    Example:
        >>> edit = Resample("embedder.fc", torch.tensor([[1.0, 2.0]]), channels=[0])
        >>> edit.edit("embedder.fc_out", torch.zeros(2, 2))
        tensor([[1., 0.],
                [1., 0.]])
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
    """Set channels to a value at a square of the maze (see `square_cells`).

    Attributes:
        value: the new value.
        maze: the maze, whose size places the squares in the frame.
        squares: one square for all observations, or one per observation of a pass.

    Example:
        >>> from procgen_tools import maze
        >>> level = maze.parse("..C\\n.##\\nM..")
        >>> edit = Clamp("embedder.block2.res1.resadd", 5.6, level, [(2, 2)], channels=[55])
        >>> print(edit)
        set channel 55 of embedder.block2.res1.resadd_out to 5.6 at square (2, 2)
    """

    value: float
    maze: GridLevel
    squares: Sequence[tuple[int, int]]

    __repr__ = described

    def __post_init__(self) -> None:
        super().__post_init__()
        squares = tuple(
            check_inside(each, self.maze.size, "clamped square")
            for each in (() if self.squares is None else self.squares)
        )
        if not squares:
            raise ValueError("there is no square to clamp: give one, or one per observation")
        walls = [tuple(each) for each in squares if self.maze.walls[each]]
        if walls:
            raise ValueError(f"clamped square {walls[0]} is a wall: choose open squares")
        object.__setattr__(self, "squares", squares)

    def misplaced_in(self, maze: GridLevel) -> str | None:
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


def other_squares(made_for: GridLevel, maze: GridLevel) -> str | None:
    """Why the squares of one maze are elsewhere in frames of another; None if they are not."""
    if (made_for.size, made_for.world_size) == (maze.size, maze.world_size):
        return None
    return (
        f"its squares are those of a maze of {made_for.size} x {made_for.size} in a world of "
        f"{made_for.world_size}, but this maze has {maze.size} x {maze.size} in a world of "
        f"{maze.world_size}, where they are elsewhere: make the edit for this maze"
    )


def _check_shape(what: str, layer: str, given: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    if given != wanted:
        raise ValueError(
            f"{what} has shape {given}, but {layer} of this policy has shape {wanted}: take it "
            "from the same activation of a policy of the same scale"
        )
