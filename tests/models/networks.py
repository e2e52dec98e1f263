"""Networks that several tests of models use."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def shaken(network: Network, seed: int = 0) -> Network:
    """With larger parameters, none zero or tiny, so that no term can hide and edits show."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.05 * torch.randn(parameter.shape, generator=generator)
    return network.eval()
