"""What a browser of activations shows, computed step by step so that a newer edit can interrupt.

    for picture in ActivationReader(policy).steps(Choice(level, layer, channel=3)):
        if picture is not None:
            show(picture)

A step is at most one forward pass.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from procgen_tools import hooks
from procgen_tools.hooks import canonical
from procgen_tools.interventions import ClampCell, observe
from procgen_tools.interventions.base import Composition, activation_shape
from procgen_tools.interventions.seen_pixels import (
    gradient_field,
    side_that_holds,
    theoretical_extents,
)
from procgen_tools.models.impala import ImpalaPolicy
from procgen_tools.models.interface import Policy, need
from procgen_tools.shown import brief
from procgen_tools.vfield import fast_batch, square_observations
from procgen_tools.worlds.maze.grid import FRAME_SIZE
from procgen_tools.worlds.maze.grid_level import GridLevel

THIS, COMPARED, DIFFERENCE, CHANGE = "this maze", "other maze", "difference", "change by the clamps"
"""The names of maps."""

SHARE = 0.9
"""The share of the gradient that the marked square of pixels holds."""


@dataclass(frozen=True, eq=False)
class Choice:
    """What is to be shown.

    Attributes:
        level: the level, whose mouse stands where the policy sees it.
        layer: the name of an activation.
        channel: the channel or unit.
        cell: the chosen cell (row, col), row 0 at the top, or None.
        other: a level to compare with, or None.
        clamps: clamps that act in every forward pass.
    """

    level: GridLevel
    layer: str
    channel: int = 0
    cell: tuple[int, int] | None = None
    other: GridLevel | None = None
    clamps: tuple[ClampCell, ...] = ()

    __repr__ = brief

    @property
    def comparable(self) -> bool:
        """Whether both levels have the same size, so that their cells can be subtracted."""
        other = self.other
        return other is not None and (self.level.size, self.level.world_size) == (
            other.size,
            other.world_size,
        )

    @property
    def same_squares(self) -> bool:
        """Whether both levels have the same open squares, so that squares can be subtracted."""
        return self.other is not None and np.array_equal(self.level.walls, self.other.walls)


@dataclass(frozen=True)
class SeenBox:
    """A square of the frame: pixels from `first` to `last`, both included, as (row, col).

    Example:
        >>> SeenBox.around((0, 60), 9)
        SeenBox(first=(0, 56), last=(4, 63))
    """

    first: tuple[int, int]
    last: tuple[int, int]

    @classmethod
    def around(cls, centre: tuple[int, int], side: int) -> SeenBox:
        """The square of an odd side around a pixel, cut at the edges of the frame."""
        row, col = centre
        reach = side // 2
        last = FRAME_SIZE - 1
        return cls(
            (max(0, row - reach), max(0, col - reach)),
            (min(last, row + reach), min(last, col + reach)),
        )


@dataclass(frozen=True, eq=False)
class ActivationPicture:
    """One channel of an activation in one or two levels.

    Attributes:
        choice: what was asked for.
        maps: by THIS, COMPARED, DIFFERENCE (this maze minus the other) and CHANGE (with the clamps
            minus without, if a clamp is in another layer). Each is (row, col) of the activation,
            row 0 at the top. For an activation without positions it is (square,): the unit with
            the mouse at each open square of the level.
        seen: (64, 64) the absolute gradient of the chosen cell, or of the unit, for each pixel,
            without clamps. None until it is computed, or if a layer with positions has no
            chosen cell.
        most: the smallest square around the cell that holds SHARE of `seen`, or None.
        possible: the square of pixels that the kernels allow, or None if it is not known.
        complete: whether everything is computed.
    """

    choice: Choice
    maps: Mapping[str, Float[np.ndarray, " ..."]] = field(default_factory=dict)
    seen: Float[np.ndarray, "64 64"] | None = None
    most: SeenBox | None = None
    possible: SeenBox | None = None
    complete: bool = False

    __repr__ = brief

    @property
    def has_positions(self) -> bool:
        """Whether the maps are of cells; otherwise they are of squares of the mouse."""
        return all(each.ndim == 2 for each in self.maps.values())

    @property
    def clamped(self) -> tuple[tuple[int, int], ...]:
        """The cells of the shown channel that are clamped."""
        layer, channel = canonical(self.choice.layer), self.choice.channel
        return tuple(
            clamp.cell
            for clamp in self.choice.clamps
            if clamp.cell is not None
            and clamp.target == layer
            and (clamp.channels is None or channel in clamp.channels)
        )

    @property
    def limit(self) -> float:
        """The absolute number with the darkest colour: the largest of all cells but clamped ones.

        A clamped value is often far beyond all others, whose colours would be pale.
        """
        return max((abs(self.furthest(name)) for name in self.maps), default=0.0) or 1.0

    def furthest(self, name: str) -> float:
        """The number of a map that is furthest from zero, outside of clamped cells."""
        numbers = self.maps[name].copy()
        for cell in self.clamped:
            numbers[cell] = 0.0
        return float(numbers.flat[np.abs(numbers).argmax()])

    @property
    def value(self) -> float | None:
        """The number of the chosen cell in this maze; of a unit, with the mouse where it is."""
        if THIS not in self.maps:
            return None
        numbers = self.maps[THIS]
        if numbers.ndim == 1:
            level = self.choice.level
            return float(numbers[level.open_squares().index(level.mouse)])
        return None if self.choice.cell is None else float(numbers[self.choice.cell])


class ActivationReader:
    """Computes pictures of activations. It keeps passes, so another channel costs nothing.

    Args:
        policy: a policy without memory for frames of mazes.

    Raises:
        TypeError: a network without activation names (see `models.adapt`).

    Example:
        >>> from procgen_tools import maze, models
        >>> reader = ActivationReader(models.ImpalaPolicy())
        >>> choice = Choice(maze.make_level(3), "embedder.block2.res1.resadd", 5, cell=(7, 7))
        >>> *_, picture = reader.steps(choice)
        >>> list(picture.maps), picture.maps["this maze"].shape, picture.seen.shape
        (['this maze'], (16, 16), (64, 64))
    """

    def __init__(self, policy: Policy) -> None:
        need(policy, "logits_and_value", "activation_names", "activation_shapes", what="a browser")
        self._policy = policy
        self._known: dict[tuple[object, ...], Tensor] = {}
        self._extents = theoretical_extents(policy) if isinstance(policy, ImpalaPolicy) else {}

    def steps(self, choice: Choice) -> Generator[ActivationPicture | None, None, None]:
        """Compute step by step; None means that there is nothing new to show.

        Raises:
            ValueError: an activation, channel or cell that the policy does not have.
        """
        layer, channel = canonical(choice.layer), choice.channel
        shape = activation_shape(self._policy, layer)
        for clamp in choice.clamps:
            clamp.check(self._policy)
        used: set[tuple[object, ...]] = set()
        maps: dict[str, np.ndarray] = {}
        wanted = {THIS: choice.level}
        if choice.other is not None:
            wanted[COMPARED] = choice.other
        for name, level in wanted.items():
            maps[name] = yield from self._read(level, layer, channel, choice.clamps, used)
        if not all(np.isfinite(numbers).all() for numbers in maps.values()):
            raise ValueError(
                f"{canonical(layer)} is not finite in channel {channel}: choose smaller clamps or "
                "another agent"
            )
        if choice.comparable and (len(shape) == 3 or choice.same_squares):
            maps[DIFFERENCE] = maps[THIS] - maps[COMPARED]
        if any(clamp.target != layer for clamp in choice.clamps):
            plain = yield from self._read(choice.level, layer, channel, (), used)
            maps[CHANGE] = maps[THIS] - plain
        self._known = {key: self._known[key] for key in used}
        picture = ActivationPicture(choice, maps)
        yield picture
        if len(shape) != 3 or choice.cell is not None:
            picture = self._with_seen(picture, layer)
        yield replace(picture, complete=True)

    def strongest(self, choice: Choice) -> int:
        """The channel with the largest absolute number, of the difference if there is one.

        Args:
            choice: its channel does not matter.
        """
        count = activation_shape(self._policy, choice.layer)[0]
        largest = []
        for channel in range(count):
            steps = self.steps(replace(choice, channel=channel, cell=None))
            picture = next(each for each in steps if each is not None)
            name = DIFFERENCE if DIFFERENCE in picture.maps else THIS
            largest.append(abs(picture.furthest(name)))
        return int(np.argmax(largest))

    def _read(
        self,
        level: GridLevel,
        layer: str,
        channel: int,
        clamps: tuple[ClampCell, ...],
        used: set[tuple[object, ...]],
    ) -> Generator[None, None, np.ndarray]:
        """One channel; of a layer without positions, one number per open square."""
        of_cells = len(activation_shape(self._policy, layer)) == 3
        key = (level if of_cells else _without_mouse(level), layer, clamps)
        if key not in self._known:
            views = observe(level) if of_cells else square_observations(self._policy, level)
            first = next(iter(self._policy.parameters()))
            views = views.to(first.device, first.dtype)
            parts = []
            for batch in views.split(fast_batch(views)):
                yield None
                edit = Composition(clamps)
                with (
                    torch.no_grad(),
                    edit.on(self._policy, may_be_idle=True),
                    hooks.record(self._policy, [layer]) as recorded,
                ):
                    self._policy.logits_and_value(batch)
                parts.append(recorded[layer].detach().cpu())
            self._known[key] = torch.cat(parts)
        used.add(key)
        numbers = self._known[key][:, channel].double().numpy()
        return numbers[0] if of_cells else numbers

    def _with_seen(self, picture: ActivationPicture, layer: str) -> ActivationPicture:
        """The picture with the pixels that its chosen cell sees."""
        choice = picture.choice
        (view,) = observe(choice.level)
        first = next(iter(self._policy.parameters()))
        seen = gradient_field(
            self._policy, view.to(first.device, first.dtype), layer, choice.cell, choice.channel
        )
        picture = replace(picture, seen=seen)
        if choice.cell is None:
            return picture
        step = FRAME_SIZE // activation_shape(self._policy, layer)[1]
        row, col = (index * step for index in choice.cell)
        if seen.any():
            picture = replace(
                picture, most=SeenBox.around((row, col), side_that_holds(seen, (row, col), SHARE))
            )
        if layer in self._extents:
            possible = SeenBox.around((row, col), self._extents[layer].side)
            picture = replace(picture, possible=possible)
        return picture


def _without_mouse(level: GridLevel) -> GridLevel:
    """The level with its mouse at the first open square, where it stands for all squares."""
    first: GridLevel = replace(level, mouse=level.open_squares()[0])  # type: ignore[type-var]
    return first
