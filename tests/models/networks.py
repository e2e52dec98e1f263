"""Networks that several tests of models use."""

from __future__ import annotations

from typing import Any, TypeVar

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


def check_precision(policy: Any, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    """A policy with a memory plays a few steps in a precision, and answers in float32 at least."""
    policy = policy.to(dtype).eval()
    memory = policy.initial_memory(2)
    for number in range(3):
        firsts = torch.full((2,), number == 0)
        with torch.no_grad():
            logits, _, memory = policy.step(torch.rand(2, *shape), memory, firsts)
        assert logits.dtype == torch.promote_types(dtype, torch.float32)
        assert logits.isfinite().all()
