"""How networks compute while they learn: bfloat16 where the hardware has it, channels last."""

from __future__ import annotations

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from procgen_tools.models import ImpalaPolicy


def computes_bfloat16(device: torch.device) -> bool:
    """Whether the device has bfloat16 in hardware; elsewhere it is slower than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    if device.type != "cpu" or not hasattr(torch.cpu, "get_capabilities"):
        return False
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def autocast(device: torch.device) -> torch.autocast:
    """A context in which layers compute in bfloat16 where that is faster."""
    return torch.autocast(device.type, torch.bfloat16, enabled=computes_bfloat16(device))


def channels_last(policy: ImpalaPolicy) -> ImpalaPolicy:
    """The policy itself, its convolutions laid out as they are fastest."""
    for parameter in policy.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return policy


def to_observations(frames: UInt8[Tensor, "batch 64 64 3"]) -> Float[Tensor, "batch 3 64 64"]:
    """Frames as floats in [0, 1], channels first in shape, last in memory."""
    return frames.permute(0, 3, 1, 2).float().div_(255)
