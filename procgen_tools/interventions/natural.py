"""How unusual edited activations are: their percentiles among natural ones."""

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
    """What an activation is in many natural observations, channel by channel.

    Attributes:
        layer: the activation's name.
        sorted: (channel, number) all values of each channel, ascending; its positions and the
            observations together, as a convolution treats positions alike.
    """

    layer: str
    sorted: Float[Tensor, "channel number"]

    __repr__ = brief

    @classmethod
    def of(cls, policy: Policy, views: Sequence[View], layer: str) -> NaturalActivations:
        """From many views, the mouse where it stands in each."""
        seen = activations_of(policy, views, layer)
        return cls(
            canonical(layer), seen.transpose(0, 1).flatten(1).contiguous().sort(dim=1).values
        )

    def percentiles(
        self, activation: Float[Tensor, "batch channel *position"]
    ) -> Float[Tensor, "batch channel *position"]:
        """The share, in percent, of natural values of the same channel that are smaller.

        Of natural values that are equal to one, half count as smaller.

        Raises:
            ValueError: another number of channels.
        """
        if activation.shape[1] != len(self.sorted):
            raise ValueError(
                f"{self.layer} has {len(self.sorted)} natural channels, and this activation "
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
    """How far an edit leaves the range of natural activations.

    Attributes:
        outside: the share of edited numbers beyond the natural .1st to 99.9th percentile of
            their channel; of unedited natural numbers it is .002.
        beyond_all: the share beyond every natural number.
        median: the median distance of edited numbers from their channel's median, in percentile
            points: 25 if they are distributed as natural ones, at most 50.
        edited: how many numbers the edit changed.
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
    """Where the activations that an intervention makes lie among natural ones.

    Only numbers that it changes count. They are those of `natural.layer`, with everything that
    the intervention does before it.

    Raises:
        ValueError: an intervention that changes nothing there.
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
