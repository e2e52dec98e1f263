"""Claims about the cheese vector: each is decided by its own edits."""

from __future__ import annotations

import pandas as pd
import pytest

from procgen_tools.studies.cheese_vector.claims import all_claims
from procgen_tools.studies.cheese_vector.measure import ELSEWHERE, RANDOM, SAME_SQUARE, SUBTRACTED

BEFORE = {"decision_cheese": 0.7, "decision_other": 0.1, "cheese": 0.8}
ADDED = "coefficient 1"
AFTER = {
    SUBTRACTED: {"decision_cheese": 0.1, "cheese": 0.2},
    ADDED: {},
    RANDOM: {"decision_cheese": 0.3, "decision_other": 0.5},
    SAME_SQUARE: {"decision_cheese": 0.2},
    ELSEWHERE: {"decision_cheese": 0.6},
}


@pytest.mark.parametrize(
    ("edit", "changed", "failing"),
    [
        (SUBTRACTED, {}, []),
        (SUBTRACTED, {"decision_cheese": 0.6}, [0]),
        (SUBTRACTED, {"decision_cheese": 0.75}, [0, 1]),
        (SUBTRACTED, {"cheese": 0.9}, [2]),
        (ADDED, {"decision_cheese": 0.9}, [3]),
        (RANDOM, {"decision_other": 0.1}, [4]),
        (ELSEWHERE, {"decision_cheese": 0.2}, [5]),
    ],
)
def test_what_decides_each_claim(edit: str, changed: dict[str, float], failing: list[int]) -> None:
    effects = pd.DataFrame(
        {
            "agent": agent,
            "level": level,
            "edit": name,
            **{f"{column}_before": number for column, number in BEFORE.items()},
            **{
                f"{column}_after": number
                for column, number in {
                    **BEFORE,
                    **after,
                    **(changed if name == edit else {}),
                }.items()
            },
        }
        for agent in "ab"
        for level in range(6)
        for name, after in AFTER.items()
    )
    claims = all_claims(effects)
    assert [number for number, claim in enumerate(claims) if not claim.holds] == failing
