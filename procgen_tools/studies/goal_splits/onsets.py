"""When the agents of the design begin to want each thing."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from procgen_tools.studies.goal_splits.design import FREE, REGION
from procgen_tools.studies.goal_splits.measure import WANTS
from procgen_tools.studies.onsets import lasting_onset

CORNER, CHEESE = WANTS
ADDED = "corner_that_the_region_adds"

RUN = ["agent", "cheese", "shift", "seed"]
"""The columns that name a run."""

THRESHOLD = 0.1
"""Of the rules."""

OTHER_THRESHOLDS = (0.05, 0.2)
"""For which onsets are reported, too."""


def floors(untrained: pd.DataFrame) -> dict[str, float]:
    """What each want is compared with, before the threshold is added.

    The wish for the corner is compared with untrained networks, which turn there by chance. The
    others are differences.

    Args:
        untrained: columns level and WANTS.
    """
    return {CORNER: float(untrained[CORNER].mean()), CHEESE: 0.0, ADDED: 0.0}


def of_condition(table: pd.DataFrame, cheese: str, shift: str) -> pd.DataFrame:
    """The rows of a condition."""
    return table[(table["cheese"] == cheese) & (table["shift"] == shift)]


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

    Args:
        curves: as `mean_curves` makes them.
        untrained: columns level and WANTS.

    Returns:
        Columns agent, cheese, shift, seed, want, threshold, done, reached and first (see `Onset`).
        The want ADDED is what the region adds to the wish for the corner: the agent of the region
        minus that of the same seed with the cheese anywhere.
    """
    floor = floors(untrained)
    rows = []
    for key, curve in curves.sort_values("samples").groupby(RUN, sort=False):
        run = dict(zip(RUN, key, strict=True))
        wanted = {CORNER: curve[CORNER], CHEESE: curve[CHEESE]}
        if run["cheese"] == REGION:
            twins = of_condition(curves, FREE, run["shift"])
            twin = twins[twins["seed"] == run["seed"]]
            wanted[ADDED] = curve[CORNER] - curve["samples"].map(twin.set_index("samples")[CORNER])
        rows += [
            {
                **run,
                "want": want,
                "threshold": threshold,
                **asdict(
                    lasting_onset(
                        curve["samples"].to_numpy(), numbers.to_numpy(), floor[want] + threshold
                    )
                ),
            }
            for want, numbers in wanted.items()
            for threshold in (THRESHOLD, *OTHER_THRESHOLDS)
        ]
    return pd.DataFrame(rows).sort_values([*RUN, "want", "threshold"], ignore_index=True)
