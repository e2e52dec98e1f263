"""What makes up one number of a network: weights over space, and contributions that sum to it."""

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
    """The weights of a dense layer, laid out as the activation that it reads.

    Attributes:
        layer: the dense layer's name.
        source: the activation that it reads, flattened.
        values: (unit, channel, row, col).
        bias: (unit).
    """

    layer: str
    source: str
    values: Float[Tensor, "unit channel row col"]
    bias: Float[Tensor, " unit"]

    __repr__ = brief

    def through(self, readout: Float[Tensor, " unit"]) -> Float[Tensor, "channel row col"]:
        """The weights of a number that reads the units linearly, such as a row of a head.

        A ReLU between the units and that number is ignored: this is what each cell adds while
        all units are active.
        """
        return torch.einsum("u,uchw->chw", readout, self.values)


def spatial_weights(policy: Policy, layer: str = "embedder.fc") -> SpatialWeights:
    """The weights of a dense layer over channels, rows and columns.

    Args:
        policy: whose.
        layer: a linear layer that reads a flattened activation with positions.

    Raises:
        ValueError: another kind of layer, or no activation with positions before it.

    >>> from procgen_tools.models import ImpalaPolicy
    >>> spatial_weights(ImpalaPolicy()).values.shape
    torch.Size([256, 32, 8, 8])
    """
    shape = activation_shape(policy, layer)
    module = _module(policy, layer)
    if not isinstance(module, nn.Linear):
        raise ValueError(f"{canonical(layer)} is computed by a {type(module).__name__}: name a "
                         "linear layer")  # fmt: skip
    names = list(policy.activation_names)
    before = names[: names.index(canonical(layer))]
    shapes = policy.activation_shapes
    for source in reversed(before):
        if len(shapes[source]) == 3 and math.prod(shapes[source]) == module.in_features:
            break
    else:
        raise ValueError(
            f"{canonical(layer)} reads {module.in_features} numbers, which are no flattened "
            "activation with positions: name the first linear layer after the convolutions"
        )
    weights = module.weight.detach().unflatten(1, shapes[source]).clone()
    bias = weights.new_zeros(shape) if module.bias is None else module.bias.detach().clone()
    return SpatialWeights(canonical(layer), source, weights, bias)


@dataclass(frozen=True, eq=False)
class Contributions:
    """What one number of an activation is the sum of.

    Attributes:
        layer: the activation's name.
        unit: the channel, or the unit of a dense layer.
        cell: (row, col), or None for a layer without positions.
        parts: what each input adds, in float64: (channel, row, col) of the kernel's window for a
            convolution, where padding adds 0; (unit,) for a dense layer, or (channel, row, col) if
            it reads a flattened activation; (2,) for a residual sum, the residual first.
        corner: (row, col) in the input of `parts[:, 0, 0]`; negative in the padding.
        bias: what is added without an input.
        total: the number itself, as the network computed it. `parts.sum() + bias` equals it up to
            the rounding of the network's number type.
    """

    layer: str
    unit: int
    cell: tuple[int, int] | None
    parts: Float[Tensor, ...]
    corner: tuple[int, int]
    bias: float
    total: float

    __repr__ = brief

    def strongest(self, count: int) -> list[tuple[tuple[int, ...], float]]:
        """The parts that are largest in size: their place in `parts`, and what they add."""
        flat = self.parts.flatten()
        order = flat.abs().argsort(descending=True, stable=True)[:count].tolist()
        places = torch.unravel_index(torch.tensor(order, dtype=torch.long), self.parts.shape)
        indices = torch.stack(places, dim=-1).tolist()
        return [(tuple(place), float(flat[at])) for place, at in zip(indices, order, strict=True)]

    def by_channel(self) -> Float[Tensor, " channel"]:
        """What each channel of the input adds, over all positions."""
        return self.parts.flatten(1).sum(dim=1) if self.parts.ndim == 3 else self.parts


@reordered("policy", "layer", "unit", "view")
def contributions(
    policy: Policy, view: View, layer: str, unit: int, *, cell: tuple[int, int] | None = None
) -> Contributions:
    """What makes up one number of an activation in a maze, a state or an observation.

    Patches that are active act on the inputs.

    Args:
        policy: the network.
        view: what the policy is shown.
        layer: computed by a convolution (in one group), a linear layer or a residual sum.
        unit: the channel, or the unit of a linear layer.
        cell: (row, col) of a layer with positions, row 0 at the top.

    Raises:
        ValueError: another kind of layer, a unit or a cell that it does not have, or a cell
            missing or too many.
    """
    shape = activation_shape(policy, layer)
    name, module = canonical(layer), _module(policy, layer)
    if not 0 <= unit < shape[0]:
        raise ValueError(f"{name} has no unit {unit}: give 0..{shape[0] - 1}")
    if (cell is None) != (len(shape) == 1):
        need = "has no positions: leave cell out" if cell else f"has {shape[1:]} cells: give cell="
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
        name, unit, cell, parts, corner, 0.0 if bias is None else float(bias[unit].detach()),
        float(output[0][where]),
    )  # fmt: skip


def _window(
    conv: nn.Conv2d, given: Float[Tensor, "channel row col"], unit: int, cell: Sequence[int]
) -> tuple[Float[Tensor, "channel kernel_row kernel_col"], tuple[int, int]]:
    """Products of a kernel and the window that it sees from a cell; the window's corner."""
    if isinstance(conv.padding, str) or conv.padding_mode != "zeros":
        raise ValueError("this convolution pads otherwise than with so many zeros: name another")
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
    """Parts of a dense layer laid out as the activation that it flattens, if it does."""
    try:
        shape = spatial_weights(policy, layer).values.shape[1:]
    except ValueError:
        return parts
    return parts.unflatten(0, shape)


def _module(policy: Policy, layer: str) -> nn.Module:
    activation_shape(policy, layer)
    return hooks.unwrapped(policy).get_submodule(hooks.find_site(policy, layer).path)
