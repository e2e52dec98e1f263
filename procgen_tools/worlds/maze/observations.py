"""From frames to what policies take."""

from __future__ import annotations

from typing import Any

import numpy as np


def to_observations(frames: Any) -> Any:
    """Frames as policies take them: float32 in [0, 1], channels first.

    A tensor keeps its colours side by side in memory (torch's channels last), in which a
    processor's convolutions take half the time; an array is laid out anew.

    Args:
        frames: (frame, 64, 64, 3) bytes, an array or a tensor.

    Returns:
        (frame, 3, 64, 64), an array or a tensor as `frames` is.

    Example:
        >>> import numpy as np
        >>> to_observations(np.full((1, 64, 64, 3), 255, np.uint8)).shape
        (1, 3, 64, 64)
    """
    if isinstance(frames, np.ndarray):
        first = np.ascontiguousarray(frames.transpose(0, 3, 1, 2), dtype=np.float32)
        return first / np.float32(255)
    return frames.permute(0, 3, 1, 2).float().div_(255)
