"""How unusual edited activations are, as percentiles of natural activations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from procgen_tools.hooks import canonical
from procgen_tools.interventions.base import Intervention, activation_shape
from procgen_tools.interventions.vectors import View, activations_of, observe
from procgen_tools.models.interface import Policy
from procgen_tools.shown import brief


@dataclass(frozen=True, eq=False)
class NaturalActivations:
    """The distribution of each channel of an activation over many natural observations.

    Attributes:
        layer: the name of the activation.
        sorted: (channel, number): all values of each channel, ascending. Positions and
            observations are pooled, because a convolution treats positions alike.

    Example:
        >>> natural = NaturalActivations("embedder.fc_out", torch.tensor([[0.0, 1.0, 2.0, 3.0]]))
        >>> natural.percentiles(torch.tensor([[2.5]]))
        tensor([[75.]])
    """

    layer: str
    sorted: Float[Tensor, "channel number"]

    __repr__ = brief

    @classmethod
    def of(cls, policy: Policy, views: Sequence[View], layer: str) -> NaturalActivations:
        """The distribution over many views, each with its mouse in place."""
        seen = activations_of(policy, views, layer)
        return cls(
            canonical(layer), seen.transpose(0, 1).flatten(1).contiguous().sort(dim=1).values
        )

    def percentiles(
        self, activation: Float[Tensor, "batch channel *position"]
    ) -> Float[Tensor, "batch channel *position"]:
        """The percentage of natural values of the same channel that are smaller.

        Half of the equal natural values count as smaller.

        Raises:
            ValueError: the number of channels differs.
        """
        if activation.shape[1] != len(self.sorted):
            raise ValueError(
                f"{self.layer} has {len(self.sorted)} natural channels, but this activation has "
                f"{activation.shape[1]}: take both from policies of one scale"
            )
        flat = activation.transpose(0, 1).flatten(1).to(self.sorted).contiguous()
        below = torch.searchsorted(self.sorted, flat)
        up_to = torch.searchsorted(self.sorted, flat, right=True)
        share = 50 * (below + up_to).to(torch.float32) / self.sorted.shape[1]
        channels_first = activation.transpose(0, 1).shape
        return share.view(channels_first).transpose(0, 1)


@dataclass(frozen=True)
class Unusualness:
    """How far edited activations are from natural ones; see `unusualness`.

    Attributes:
        outside: the share of edited numbers outside the natural 0.1st to 99.9th percentile of
            their channel. It is 0.002 for unedited natural numbers.
        beyond_all: the share beyond every natural number of their channel.
        median: the median distance of edited numbers from their channel's median, in percentile
            points. It is 25 for the natural distribution, and at most 50.
        edited: the number of edited numbers.

    Example:
        >>> from procgen_tools import maze
        >>> from procgen_tools.interventions import Scale
        >>> from procgen_tools.models import ImpalaPolicy
        >>> policy, level = ImpalaPolicy(), maze.parse("..C\\n.##\\nM..")
        >>> natural = NaturalActivations.of(policy, [level], "embedder.fc")
        >>> unusualness(policy, Scale("embedder.fc", 100.0, channels=[0]), level, natural)
        Unusualness(outside=1.0, beyond_all=1.0, median=50.0, edited=1)
    """

    outside: float
    beyond_all: float
    median: float
    edited: int


@torch.no_grad()
def unusualness(
    policy: Policy,
    intervention: Intervention,
    views: View | Sequence[View],
    natural: NaturalActivations,
) -> Unusualness:
    """How unusual the activations are that an intervention produces at `natural.layer`.

    Only the numbers that the intervention changes count, including changes that result from edits
    of earlier layers.

    Raises:
        ValueError: the intervention changes nothing at this layer.

    Example:
        >>> from procgen_tools import maze
        >>> from procgen_tools.interventions import Scale
        >>> from procgen_tools.models import ImpalaPolicy
        >>> policy, level = ImpalaPolicy(), maze.parse("..C\\n.##\\nM..")
        >>> natural = NaturalActivations.of(policy, [level], "embedder.block3.conv")
        >>> edit = Scale("embedder.block3.conv", 100.0, channels=[0])
        >>> unusualness(policy, edit, level, natural).edited  # one channel of 16 x 16 cells
        256
    """
    activation_shape(policy, natural.layer)
    observations = observe(views)
    before = activations_of(policy, observations, natural.layer)
    with intervention.on(policy):
        after = activations_of(policy, observations, natural.layer)
    changed = after != before
    if not changed.any():
        raise ValueError(f"'{intervention}' changes nothing at {natural.layer} in these views")
    percentiles = natural.percentiles(after)[changed]
    low, high = natural.sorted[:, :1], natural.sorted[:, -1:]
    flat, mask = after.transpose(0, 1).flatten(1), changed.transpose(0, 1).flatten(1)
    beyond = ((flat < low) | (flat > high))[mask]
    return Unusualness(
        outside=float(((percentiles < 0.1) | (percentiles > 99.9)).float().mean()),
        beyond_all=float(beyond.float().mean()),
        median=float((percentiles - 50).abs().median()),
        edited=int(changed.sum()),
    )
