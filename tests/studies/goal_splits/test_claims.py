"""Claims about onsets: what decides each of them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from procgen_tools.studies.goal_splits.claims import all_claims
from procgen_tools.studies.goal_splits.design import CONDITIONS
from procgen_tools.studies.goal_splits.onsets import onset_table

UNTRAINED = pd.DataFrame(
    {"agent": ["u", "v"], "level": 3, "corner_without_cheese": [0.1, 0.3], "cheese_pull": 0.0}
)


def curves_with(
    corner: dict[str, float], cheese: dict[str, float], end: dict[str, float]
) -> pd.DataFrame:
    """Five runs in each condition: both wants begin at a snapshot that differs a bit by seed.

    Args:
        corner: when the wish for the corner begins, by "cheese shift" of the condition.
        cheese: the same of the pull of the cheese.
        end: the wish for the corner at the end.
    """
    rows: list[dict[str, Any]] = []
    for place, shift in CONDITIONS:
        key = f"{place} {shift}"
        for seed in range(5):
            late = seed % 2
            for number in range(21):
                wanted = end.get(key, 0.8) if number >= corner.get(key, 5) + late else 0.2
                pull = 0.4 if number >= cheese.get(key, 10) + late else 0.0
                rows.append(
                    {
                        "agent": f"{key} {seed}", "cheese": place, "shift": shift, "seed": seed,
                        "samples": 1000 * number, "corner_without_cheese": wanted,
                        "cheese_pull": pull,
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("corner", "cheese", "end", "holds"),
    [
        ({}, {}, {}, [1, 1, 0, 0, 0, 0, 0, 0]),
        ({"region off": 12}, {}, {}, [0, 1, 0, 0, 0, 0, 0, 0]),
        ({}, {"region on": 14}, {}, [1, 1, 1, 0, 0, 0, 0, 0]),
        ({}, {"anywhere on": 6}, {}, [1, 1, 0, 0, 0, 1, 0, 0]),
        ({}, {"region on": 5}, {}, [1, 0, 0, 1, 0, 0, 0, 0]),
        ({}, {}, {"anywhere off": 0.4}, [1, 1, 0, 0, 0, 0, 1, 0]),
        ({}, {}, {"anywhere on": 0.4}, [1, 1, 0, 0, 0, 0, 0, 1]),
    ],
)
def test_what_decides_each_claim(
    corner: dict[str, float], cheese: dict[str, float], end: dict[str, float], holds: list[int]
) -> None:
    curves = curves_with(corner, cheese, end)
    claims = all_claims(curves, onset_table(curves, UNTRAINED), UNTRAINED)
    assert [claim.holds for claim in claims] == list(map(bool, holds))
    numbers = claims[0].measured["all agents"]
    after = cheese.get("region off", 10) - corner.get("region off", 5)
    assert numbers["cheese after corner"].value == after
    assert claims[0].comment == ""


def test_runs_that_never_get_there_are_counted() -> None:
    curves = curves_with({}, {"region on": 20}, {})
    claims = all_claims(curves, onset_table(curves, UNTRAINED), UNTRAINED)
    assert claims[1].comment == (
        "With the cheese in the top-right 5 x 5 and with the shift to large mazes, never wanted: "
        "the cheese in 2 of 5 runs."
    )
