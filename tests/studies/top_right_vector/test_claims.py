"""Claims about the top-right vector: each is decided by its own edits."""

from __future__ import annotations

import pandas as pd
import pytest

from procgen_tools.studies.top_right_vector.claims import all_claims
from procgen_tools.studies.top_right_vector.measure import (
    ADDED,
    BOTH,
    CHEESE,
    OTHER_SIZE,
    RANDOM,
    SAME_SIZE,
    SHUFFLED,
    SUBTRACTED,
)

BEFORE = 0.3
AFTER = {
    ADDED: 0.6, RANDOM: 0.32, SHUFFLED: 0.31, SUBTRACTED: 0.28, CHEESE: 0.5, BOTH: 0.8,
    SAME_SIZE: 0.5, OTHER_SIZE: 0.4,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "failing"),
    [
        ({}, []),
        ({ADDED: 0.32}, [0, 1]),
        ({RANDOM: 0.55}, [1]),
        ({SHUFFLED: 0.55}, [1]),
        ({SUBTRACTED: 0.0}, [2]),
        ({BOTH: 0.55}, [3]),
        ({CHEESE: 0.9}, [3]),
        ({SAME_SIZE: 0.35}, [4]),
        ({OTHER_SIZE: 0.0}, []),
    ],
)
def test_what_decides_each_claim(changed: dict[str, float], failing: list[int]) -> None:
    effects = pd.DataFrame(
        {
            "agent": agent,
            "level": level,
            "edit": edit,
            "decision_top_right_before": BEFORE,
            "decision_top_right_after": after,
            "decision_cheese_after": 1 - after,
            "corner_first_before": BEFORE,
            "corner_first_after": after,
        }
        for agent in "ab"
        for level in range(6)
        for edit, after in {**AFTER, **changed}.items()
    )
    claims = all_claims(effects)
    assert [number for number, claim in enumerate(claims) if not claim.holds] == failing
