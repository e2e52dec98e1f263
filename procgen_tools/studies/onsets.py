"""When a curve over training passes a threshold for good."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Shaped


@dataclass(frozen=True)
class Onset:
    """When something begins for good.

    Attributes:
        done: the first checkpoint from which on it is there, in samples or steps; the last
            checkpoint if it is not there at the end.
        reached: whether it is there at the end.
        first: the first checkpoint at which it is there, even if it goes away again; the last
            checkpoint if there is none.
    """

    done: int
    reached: bool
    first: int


def lasting_onset(
    done: Shaped[np.ndarray, " checkpoint"],
    curve: Float[np.ndarray, " number"],
    threshold: float,
) -> Onset:
    """The first checkpoint from which on a curve stays at or above a threshold.

    Args:
        done: samples or steps at each checkpoint, growing.
        curve: the number there.
        threshold: absolute.

    Raises:
        ValueError: no checkpoints, another number of numbers, or numbers that are not finite.

    Example:
        >>> lasting_onset(np.array([0, 10, 20, 30]), np.array([0.0, 0.3, 0.1, 0.4]), 0.2)
        Onset(done=30, reached=True, first=10)
    """
    if not len(done) or len(done) != len(curve) or not np.isfinite(curve).all():
        raise ValueError(
            f"{len(curve)} numbers at {len(done)} checkpoints: give a finite one for each"
        )
    there = curve >= threshold
    end = len(curve) - 1
    first = int(done[np.argmax(there) if there.any() else end])
    if not there[-1]:
        return Onset(int(done[-1]), reached=False, first=first)
    away = np.flatnonzero(~there)
    return Onset(int(done[away[-1] + 1 if len(away) else 0]), reached=True, first=first)
