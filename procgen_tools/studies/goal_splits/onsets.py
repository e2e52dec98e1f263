"""When a curve over training passes a threshold for good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float, Shaped

from procgen_tools.studies.goal_splits.measure import WANTS

CORNER, CHEESE = WANTS

RUN = ["agent", "cheese", "shift", "seed"]
"""The columns that name a run."""

THRESHOLD = 0.1
"""Of the rules."""

OTHER_THRESHOLDS = (0.05, 0.2)
"""For which onsets are reported, too."""


@dataclass(frozen=True)
class Onset:
    """When something begins.

    Attributes:
        done: the first snapshot from which on it is there, in examples; the last snapshot if it
            never is.
        reached: whether it is there at the end.
    """

    done: int
    reached: bool


def onset(
    done: Shaped[np.ndarray, " snapshot"],
    curve: Float[np.ndarray, " snapshot"],
    threshold: float,
) -> Onset:
    """The first snapshot from which on a curve stays at or above a threshold.

    Args:
        done: the examples seen at each snapshot, growing.
        curve: the number there.
        threshold: absolute.

    Example:
        >>> onset(np.array([0, 10, 20, 30]), np.array([0.0, 0.3, 0.1, 0.4]), 0.2)
        Onset(done=30, reached=True)
    """
    below = np.flatnonzero(curve < threshold)
    if not len(below):
        return Onset(int(done[0]), reached=True)
    if below[-1] == len(curve) - 1:
        return Onset(int(done[-1]), reached=False)
    return Onset(int(done[below[-1] + 1]), reached=True)


def null_means(untrained: pd.DataFrame) -> Mapping[str, float]:
    """The means of WANTS over untrained networks and levels."""
    return {want: float(untrained[want].mean()) for want in WANTS}


def mean_curves(snapshots: pd.DataFrame) -> pd.DataFrame:
    """The means of WANTS over levels, at every snapshot of every agent.

    Args:
        snapshots: as `measure.curves_of` makes them, of all agents.

    Returns:
        Columns agent, cheese, shift, seed, samples and WANTS.
    """
    by = [*RUN, "samples"]
    return snapshots.groupby(by, sort=False, as_index=False)[list(WANTS)].mean()


def onset_table(curves: pd.DataFrame, untrained: pd.DataFrame) -> pd.DataFrame:
    """When each agent begins to want each thing.

    The wish for the corner begins above the mean of untrained networks, which turn there by chance.
    The pull of the cheese is a difference, and is itself compared with the threshold.

    Args:
        curves: as `mean_curves` makes them.
        untrained: columns level and WANTS.

    Returns:
        Columns agent, cheese, shift, seed, want, threshold, done and reached (see `Onset`).
    """
    floor = {CORNER: null_means(untrained)[CORNER], CHEESE: 0.0}
    rows = []
    for key, curve in curves.groupby(RUN, sort=False):
        for want in WANTS:
            for threshold in (THRESHOLD, *OTHER_THRESHOLDS):
                found = onset(
                    curve["samples"].to_numpy(), curve[want].to_numpy(), floor[want] + threshold
                )
                rows.append(
                    {
                        **dict(zip(RUN, key, strict=True)),
                        "want": want,
                        "threshold": threshold,
                        "done": found.done,
                        "reached": found.reached,
                    }
                )
    return pd.DataFrame(rows)
