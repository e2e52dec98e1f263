"""The precision and memory format of networks in training: float32 or bfloat16, channels last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Precision:
    """The precision of a network's layers, and the reason for it; see `precision_choice`.

    Attributes:
        name: `float32`, or `bfloat16` for mixed precision: convolutions and linear layers compute
            in bfloat16, while parameters, losses and the optimiser stay in float32.
        reason: in words, for the log.
    """

    name: str
    reason: str


FLOAT32 = Precision("float32", "the default")


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """A context in which layers compute in this precision."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision.name == "bfloat16")


def channels_last(policy: Network) -> Network:
    """The same policy, with its convolution weights in channels-last format, which is faster."""
    for parameter in policy.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return policy
