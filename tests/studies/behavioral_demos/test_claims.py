"""Claims about situations: each is decided by where the cheese lies in them."""

from __future__ import annotations

import pandas as pd
import pytest

from procgen_tools.studies.behavioral_demos.claims import all_claims
from procgen_tools.worlds.maze.situations import (
    FAR_FROM_THE_WAY,
    IN_REGION,
    NEAR_THE_WAY,
    NONE,
    ON_THE_WAY,
)

GOOD = {
    NEAR_THE_WAY: (0.8, 0.2),
    FAR_FROM_THE_WAY: (0.3, 0.7),
    IN_REGION: (1.0, 0.0),
    ON_THE_WAY: (1.0, 0.0),
    NONE: (0.0, 1.0),
}
"""The chances of the cheese, and of the top right only."""


@pytest.mark.parametrize(
    ("changed", "failing"),
    [
        ({}, []),
        ({NEAR_THE_WAY: (0.7, 0.0)}, [0]),
        ({IN_REGION: (0.9, 0.1)}, [1]),
        ({ON_THE_WAY: (0.5, 0.5)}, [2]),
        ({FAR_FROM_THE_WAY: (0.9, 0.1)}, [3]),
        ({NONE: (0.0, 0.5)}, [4]),
    ],
)
def test_what_decides_each_claim(
    changed: dict[str, tuple[float, float]], failing: list[int]
) -> None:
    outcomes = pd.DataFrame(
        {
            "agent": agent,
            "level": level,
            "situation": situation,
            "cheese": cheese,
            "top_right_only": top_right,
            "neither": 1 - cheese - top_right,
        }
        for agent in "ab"
        for level in range(6)
        for situation, (cheese, top_right) in {**GOOD, **changed}.items()
    )
    claims = all_claims(outcomes)
    assert [number for number, claim in enumerate(claims) if not claim.holds] == failing
