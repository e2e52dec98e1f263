"""The mirror image of a policy: it acts in a mirrored picture as the policy acts in the picture.

A policy that goes to the top-right corner goes to another corner after its weights are mirrored,
without training. After the "model mirror" of procgen-tools.
"""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn

from procgen_tools.models.impala import HalvingMaxPool, ImpalaPolicy

LEFT_RIGHT = (6, 7, 8, 3, 4, 5, 0, 1, 2, *range(9, 15))
"""For each action, the action with left and right exchanged."""
UP_DOWN = (2, 1, 0, 5, 4, 3, 8, 7, 6, *range(9, 15))
"""For each action, the action with up and down exchanged."""

Impala = TypeVar("Impala", bound=ImpalaPolicy)


class MirroredMaxPool(HalvingMaxPool):
    """The mirror image of a max-pool.

    A pool of size 3, stride 2 and padding 1 centres its windows on the even rows and columns of a
    picture with an even side. Its mirror image centres them on the odd ones.
    """

    def __init__(self, axes: tuple[int, ...]) -> None:
        super().__init__()
        self.axes = axes

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input.flip(self.axes)).flip(self.axes)


@torch.no_grad()
def mirrored(
    policy: Impala, *, columns: bool = False, rows: bool = False, exact: bool = True
) -> Impala:
    """Make a copy of a policy with mirrored observations and actions.

    Convolution kernels and the weights of the dense layer are flipped in space, and actions are
    exchanged with their mirror images. Let `axes` be the flipped axes of the picture, and `swap`
    the exchange of actions. Then

        mirrored(policy)(observations.flip(axes)) = swap(policy(observations))

    holds up to rounding if `exact`. Flipped weights are not enough for this, because max-pools
    treat the sides of a picture differently (see `MirroredMaxPool`). With `exact=False` the pools
    do not change. The copy is then an ordinary policy, whose checkpoint loads everywhere, and the
    equation is approximate.

    A mirrored frame is not a frame of the mirrored maze, because textures and the mouse's picture
    are not symmetric. The behaviour of the copy in a maze must therefore be measured.

    Args:
        policy: a policy of any scale, with or without a memory.
        columns: exchange left and right.
        rows: exchange top and bottom.
        exact: also mirror the max-pools.

    Raises:
        ValueError: neither `columns` nor `rows`, or a policy without procgen's 15 actions.

    Example:
        >>> policy, frames = ImpalaPolicy(), torch.rand(2, 3, 64, 64)
        >>> logits, _ = policy.logits_and_value(frames)
        >>> swapped, _ = mirrored(policy, columns=True).logits_and_value(frames.flip(-1))
        >>> torch.allclose(swapped[:, LEFT_RIGHT], logits, atol=1e-4)
        True
    """
    axes = (-1,) * columns + (-2,) * rows
    if not axes:
        raise ValueError("nothing is mirrored: give columns=True, rows=True, or both")
    if policy.num_actions != len(LEFT_RIGHT):
        raise ValueError(
            f"the policy has {policy.num_actions} actions: only procgen's {len(LEFT_RIGHT)} have "
            "mirror images"
        )
    copied = copy.deepcopy(policy)
    for module in list(copied.modules()):
        if isinstance(module, nn.Conv2d):
            module.weight.copy_(module.weight.flip(axes))
        if exact and isinstance(getattr(module, "maxpool", None), HalvingMaxPool):
            module.maxpool = _mirrored_pool(module.maxpool, axes)  # type: ignore[arg-type]
    fc = copied.embedder.fc
    cells = fc.weight.unflatten(1, copied.activation_shapes["embedder.relu3_out"])
    fc.weight.copy_(cells.flip(axes).flatten(1))
    for wanted, swap in ((columns, LEFT_RIGHT), (rows, UP_DOWN)):
        if wanted:
            for parameter in (copied.fc_policy.weight, copied.fc_policy.bias):
                parameter.copy_(parameter[list(swap)])
    return copied


def _mirrored_pool(pool: HalvingMaxPool, axes: tuple[int, ...]) -> HalvingMaxPool:
    """The mirror image of a pool, which may be mirrored already."""
    if isinstance(pool, MirroredMaxPool):
        axes = tuple(sorted(set(pool.axes) ^ set(axes)))
    return MirroredMaxPool(axes) if axes else HalvingMaxPool()
