"""The parts of one number in a network: weights over space, and contributions that sum to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from procgen_tools import hooks
from procgen_tools.hooks import canonical
from procgen_tools.interventions.base import activation_shape
from procgen_tools.interventions.vectors import View, activations_of
from procgen_tools.models.impala import ResidualAdd
from procgen_tools.models.interface import Policy
from procgen_tools.names import reordered
from procgen_tools.shown import brief


@dataclass(frozen=True, eq=False)
class SpatialWeights:
    """The weights of a dense layer, in the layout of the activation that it reads.

    Attributes:
        layer: the name of the dense layer.
        source: the name of the activation that it reads, flattened.
        values: (unit, channel, row, col).
        bias: (unit,).
    """

    layer: str
    source: str
    values: Float[Tensor, "unit channel row col"]
    bias: Float[Tensor, " unit"]

    __repr__ = brief

    def through(self, readout: Float[Tensor, " unit"]) -> Float[Tensor, "channel row col"]:
        """The weights of a linear readout of the units, such as a row of a head.

        A ReLU between the units and the readout is ignored: the result is the weight of each cell
        while all units are active.
        """
        return torch.einsum("u,uchw->chw", readout, self.values)


def spatial_weights(policy: Policy, layer: str = "embedder.fc") -> SpatialWeights:
    """The weights of a dense layer over channels, rows and columns.

    Args:
        policy: the policy.
        layer: a linear layer that reads a flattened activation with positions.

    Raises:
        ValueError: the layer is not linear, or there is no activation with positions before it.

    Example:
        >>> from procgen_tools.models import ImpalaPolicy
        >>> spatial_weights(ImpalaPolicy()).values.shape
        torch.Size([256, 32, 8, 8])
    """
    shape = activation_shape(policy, layer)
    module = _module(policy, layer)
    if not isinstance(module, nn.Linear):
        raise ValueError(
            f"{canonical(layer)} is computed by a {type(module).__name__}: name a linear layer"
        )
    names = list(policy.activation_names)
    before = names[: names.index(canonical(layer))]
    shapes = policy.activation_shapes
    for source in reversed(before):
        if len(shapes[source]) == 3 and math.prod(shapes[source]) == module.in_features:
            break
    else:
        raise ValueError(
            f"{canonical(layer)} reads {module.in_features} numbers, which are not a flattened "
            "activation with positions: name the first linear layer after the convolutions"
        )
    weights = module.weight.detach().unflatten(1, shapes[source]).clone()
    bias = weights.new_zeros(shape) if module.bias is None else module.bias.detach().clone()
    return SpatialWeights(canonical(layer), source, weights, bias)


@dataclass(frozen=True, eq=False)
class Contributions:
    """The summands of one number of an activation.

    Attributes:
        layer: the name of the activation.
        unit: the channel, or the unit of a dense layer.
        cell: (row, col), or None for a layer without positions.
        parts: the summand of each input, in float64. For a convolution: (channel, row, col) of the
            kernel's window, with 0 for padding. For a dense layer: (unit,), or (channel, row, col)
            if it reads a flattened activation. For a residual sum: (2,), the residual first.
        corner: (row, col) of `parts[:, 0, 0]` in the input; negative in the padding.
        bias: the bias of the layer.
        total: the number as the network computed it. It equals `parts.sum() + bias` up to rounding
            in the network's dtype.
    """

    layer: str
    unit: int
    cell: tuple[int, int] | None
    parts: Float[Tensor, " ..."]
    corner: tuple[int, int]
    bias: float
    total: float

    __repr__ = brief

    def strongest(self, count: int) -> list[tuple[tuple[int, ...], float]]:
        """The parts with the largest absolute values: their index in `parts`, and their value."""
        flat = self.parts.flatten()
        order = flat.abs().argsort(descending=True, stable=True)[:count].tolist()
        places = torch.unravel_index(torch.tensor(order, dtype=torch.long), self.parts.shape)
        indices = torch.stack(places, dim=-1).tolist()
        return [(tuple(place), float(flat[at])) for place, at in zip(indices, order, strict=True)]

    def by_channel(self) -> Float[Tensor, " channel"]:
        """The sum over all positions for each channel of the input."""
        return self.parts.flatten(1).sum(dim=1) if self.parts.ndim == 3 else self.parts


@reordered("policy", "layer", "unit", "view")
def contributions(
    policy: Policy, view: View, layer: str, unit: int, *, cell: tuple[int, int] | None = None
) -> Contributions:
    """The summands of one number of an activation for a maze, a state or an observation.

    Active patches apply to the inputs.

    Args:
        policy: the network.
        view: a maze, a state or an observation.
        layer: the output of a convolution (in one group), a linear layer or a residual sum.
        unit: the channel, or the unit of a linear layer.
        cell: (row, col) for a layer with positions, with row 0 at the top. Omitted for others.

    Raises:
        ValueError: another kind of layer, a unit or a cell that it does not have, a missing cell,
            or a cell for a layer without positions.

    Example:
        >>> from procgen_tools import maze
        >>> from procgen_tools.models import ImpalaPolicy
        >>> level = maze.parse("..C\\n.##\\nM..")
        >>> found = contributions(ImpalaPolicy(), level, "embedder.block1.conv", 7, cell=(32, 32))
        >>> found.parts.shape  # three colours, a window of 3 x 3
        torch.Size([3, 3, 3])
        >>> bool(abs(found.parts.sum() + found.bias - found.total) < 1e-5)
        True
    """
    shape = activation_shape(policy, layer)
    name, module = canonical(layer), _module(policy, layer)
    if not 0 <= unit < shape[0]:
        raise ValueError(f"{name} has no unit {unit}: give 0..{shape[0] - 1}")
    if (cell is None) != (len(shape) == 1):
        need = (
            "has no positions: leave cell out"
            if cell
            else f"has {shape[1]} x {shape[2]} cells: give cell=(row, col)"
        )
        raise ValueError(f"{name} {need}")
    if cell is not None and not all(
        0 <= at < side for at, side in zip(cell, shape[1:], strict=True)
    ):
        raise ValueError(f"{name} has no cell {cell}: it has {shape[1]} x {shape[2]}")
    path = name.removesuffix("_out")
    inputs = [f"{path}_in{number}" for number in range(2 if isinstance(module, ResidualAdd) else 1)]
    with hooks.record(policy, inputs) as recorded:
        output = activations_of(policy, view, name)
        given = [recorded[each][0].double() for each in inputs]
    where = (unit, *cell) if cell else (unit,)
    bias = getattr(module, "bias", None)
    corner = (0, 0)
    if isinstance(module, ResidualAdd):
        parts = torch.stack([each[where] for each in given])
    elif isinstance(module, nn.Linear):
        parts = given[0] * module.weight[unit].detach().double()
        parts = _positioned(policy, layer, parts)
    elif isinstance(module, nn.Conv2d) and module.groups == 1 and cell is not None:
        parts, corner = _window(module, given[0], unit, cell)
    else:
        raise ValueError(
            f"{name} is computed by a {type(module).__name__}: name a convolution in one group, a "
            "linear layer or a residual sum"
        )
    return Contributions(
        layer=name,
        unit=unit,
        cell=cell,
        parts=parts,
        corner=corner,
        bias=0.0 if bias is None else float(bias[unit].detach()),
        total=float(output[0][where]),
    )


def _window(
    conv: nn.Conv2d, given: Float[Tensor, "channel row col"], unit: int, cell: Sequence[int]
) -> tuple[Float[Tensor, "channel kernel_row kernel_col"], tuple[int, int]]:
    """Products of a kernel and its window at a cell, and the window's corner."""
    if isinstance(conv.padding, str) or conv.padding_mode != "zeros":
        raise ValueError(
            f"this convolution has padding {conv.padding!r} in mode {conv.padding_mode!r}: name a "
            "convolution with a number of zeros as padding"
        )
    rows, cols = conv.padding
    padded = nn.functional.pad(given, (cols, cols, rows, rows))
    tops = [at * step for at, step in zip(cell, conv.stride, strict=True)]
    spans = [
        torch.arange(side) * gap + top
        for side, gap, top in zip(conv.kernel_size, conv.dilation, tops, strict=True)
    ]
    seen = padded[:, spans[0]][:, :, spans[1]]
    return seen * conv.weight[unit].detach().double(), (tops[0] - rows, tops[1] - cols)


def _positioned(policy: Policy, layer: str, parts: Float[Tensor, " unit"]) -> Tensor:
    """Parts of a dense layer, in the layout of the activation that it flattens, if any."""
    try:
        shape = spatial_weights(policy, layer).values.shape[1:]
    except ValueError:
        return parts
    return parts.unflatten(0, shape)


def _module(policy: Policy, layer: str) -> nn.Module:
    activation_shape(policy, layer)
    return hooks.unwrapped(policy).get_submodule(hooks.find_site(policy, layer).path)
