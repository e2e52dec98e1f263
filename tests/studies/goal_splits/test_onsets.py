"""When agents of a design begin to want each thing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from procgen_tools.studies.goal_splits.onsets import (
    ADDED,
    mean_curves,
    onset_table,
)

DONE = np.array([0, 100, 200, 300])


def test_each_want_has_a_floor_of_its_own() -> None:
    """The corner's is that of untrained networks, or the agent with the cheese anywhere."""
    untrained = pd.DataFrame({"corner_without_cheese": [0.2, 0.4], "cheese_pull": [0.9, 0.9]})
    rows = [
        {
            "agent": f"{cheese} {seed}", "cheese": cheese, "shift": "on", "seed": seed,
            "samples": samples, "level": level,
            "corner_without_cheese": want * share + 0.05 * level, "cheese_pull": want - 0.3,
        }
        for seed in (1, 2)
        for cheese, share in (("region", 1.0), ("anywhere", 0.7))
        for level in (-1, 1)
        for samples, want in zip(reversed(DONE), (0.6, 0.41, 0.36, 0.3), strict=True)
    ]  # fmt: skip
    curves = mean_curves(pd.DataFrame(rows))
    assert len(curves) == 4 * len(DONE)
    table = onset_table(curves, untrained)
    assert len(table) == 2 * (3 + 2) * 3
    table = table[table["seed"] == 2]

    def done(cheese: str, want: str) -> dict[float, int]:
        chosen = table[(table["cheese"] == cheese) & (table["want"] == want)]
        return dict(zip(chosen["threshold"], chosen["done"], strict=True))

    assert done("region", "corner_without_cheese") == {0.05: 100, 0.1: 200, 0.2: 300}
    assert done("region", "cheese_pull") == {0.05: 100, 0.1: 200, 0.2: 300}
    assert done("region", ADDED) == {0.05: 0, 0.1: 100, 0.2: 300}  # 0.3 of 0.3, 0.36, 0.41, 0.6
    assert done("anywhere", "corner_without_cheese") == {0.05: 300, 0.1: 300, 0.2: 300}
    unreached = table[(table["cheese"] == "anywhere") & ~table["reached"]]
    assert set(unreached["threshold"]) == {0.2}
