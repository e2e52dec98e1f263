"""Convert frames to observations for policies."""

from __future__ import annotations

from typing import Any

import numpy as np


def to_observations(frames: Any) -> Any:
    """Convert frames to observations for policies: float32 in [0, 1], channels first.

    A tensor keeps the memory layout of its frames (torch's channels last), which halves the time
    of convolutions on a CPU. An array becomes contiguous.

    Args:
        frames: (frame, 64, 64, 3) bytes, an array or a tensor.

    Returns:
        (frame, 3, 64, 64), of the same kind as `frames`.

    Example:
        >>> import numpy as np
        >>> to_observations(np.full((1, 64, 64, 3), 255, np.uint8)).shape
        (1, 3, 64, 64)
    """
    if isinstance(frames, np.ndarray):
        first = np.ascontiguousarray(frames.transpose(0, 3, 1, 2), dtype=np.float32)
        return first / np.float32(255)
    return frames.permute(0, 3, 1, 2).float().div_(255)
