"""Claims about the value head: agreement beyond chance, and which return it follows."""

from __future__ import annotations

import pandas as pd
import pytest

from procgen_tools.studies.value_head.claims import all_claims

GOOD = {
    "peak_at_cheese": False, "own": 0.8, "cheese": 0.5, "corner": 0.2, "own_error": 1.0,
    "cheese_error": 0.2, "corner_error": 0.6, "size_error": 0.5, "start_value": 5.0,
    "start_value_without": 3.0, "mean_value": 5.0, "mean_value_without": 3.0,
}  # fmt: skip


def failing(
    changed: dict[str, float], *, usual: float = 0.95, values_vary: bool = True
) -> list[int]:
    """The numbers of the claims that fail where half of the mazes turn to the cheese."""
    table = pd.DataFrame(
        {
            "agent": agent,
            "level": level,
            "policy_cheese": 0.9 if level % 2 else 0.1,
            "policy_top_right": 0.1 if level % 2 else 0.9,
            "value_cheese": 2.0 if level % 2 or not values_vary else 1.0,
            "value_top_right": 1.5,
            **GOOD,
            **changed,
        }
        for agent in "ab"
        for level in range(6)
    )
    claims = all_claims(table, table.assign(own=usual, own_error=0.1))
    return [number for number, claim in enumerate(claims) if not claim.holds]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"peak_at_cheese": True}, [1]),
        ({"corner": 0.9}, [3]),
        ({"cheese_error": 0.9, "corner_error": 2.0, "size_error": 2.0}, [4]),
        ({"corner_error": 0.1}, [4]),
        ({"size_error": 0.1}, [4]),
        ({"start_value": 3.0}, [5]),
    ],
)
def test_what_decides_each_claim(changed: dict[str, float], expected: list[int]) -> None:
    assert failing(changed) == expected


def test_training_is_judged_by_its_own_levels() -> None:
    assert failing({}, usual=0.5) == [2]
    assert failing({"own": 0.3}) == []


def test_one_answer_everywhere_agrees_by_chance() -> None:
    assert failing({}, values_vary=False) == [0]
