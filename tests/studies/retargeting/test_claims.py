"""Claims about retargeting: each is decided by its own edits, targets and magnitudes."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from procgen_tools.studies.retargeting.claims import BUDGET_EDITS, FAR, all_claims
from procgen_tools.studies.retargeting.target_edits import (
    ALL,
    EFFECTIVE,
    MOVED,
    ONE,
    RANDOM,
    UNEDITED,
)

PROBABILITY = {
    UNEDITED: 0.1,
    ONE: 0.2,
    EFFECTIVE: 0.4,
    ALL: 0.5,
    RANDOM: 0.12,
    MOVED: 0.6,
    **dict.fromkeys(BUDGET_EDITS, 0.56),
}
STRAIGHT = {MOVED: 1.0, **dict.fromkeys(BUDGET_EDITS, 0.6)}
TUNING = {1.0: 0.0, 2.0: 1.0, 4.0: -1.0}
"""The logarithm of the ratio to the unedited policy, by magnitude."""


def claims_with(
    probability: dict[str, float] | None = None,
    straight: dict[str, float] | None = None,
    tuning: dict[float, float] | None = None,
    targets: tuple[tuple[int, float], ...] = ((0, 1.5), (FAR, 0.5)),
) -> tuple[Any, ...]:
    """The claims with some numbers changed; targets are steps from the way, and a factor."""
    where = [(agent, level) for agent in "ab" for level in range(6)]
    scores = pd.DataFrame(
        {
            "agent": agent,
            "level": level,
            "row": row,
            "col": 0,
            "edit": edit,
            "probability": number * factor,
            "from_corner_path": steps,
            "straight": {**STRAIGHT, **(straight or {})}.get(edit, 0.0),
        }
        for agent, level in where
        for edit, number in {**PROBABILITY, **(probability or {})}.items()
        for row, (steps, factor) in enumerate(targets)
    )
    tuned = pd.DataFrame(
        {"agent": agent, "level": level, "set": name, "magnitude": magnitude, "log_ratio": ratio}
        for agent, level in where
        for name in (EFFECTIVE, ALL)
        for magnitude, ratio in {**TUNING, **(tuning or {})}.items()
    )
    channels = pd.DataFrame(
        [("a", ALL, 3), ("a", EFFECTIVE, 3), ("b", ALL, 3), ("b", ALL, 4), ("b", EFFECTIVE, 3)],
        columns=["agent", "set", "channel"],
    )
    return all_claims(scores, tuned, channels)


@pytest.mark.parametrize(
    ("changed", "failing"),
    [
        ({}, []),
        ({"targets": ((0, 1.1), (FAR, 0.9))}, [0]),
        ({"tuning": {4.0: 2.0}}, [1]),
        ({"tuning": {4.0: 0.9}}, [1]),
        ({"probability": {ONE: 0.45}}, [2]),
        ({"probability": {BUDGET_EDITS[0]: 0.7}}, [3]),
        ({"probability": {RANDOM: 0.35}}, [4]),
        ({"straight": {BUDGET_EDITS[-1]: 0.3}}, [5]),
        ({"probability": {BUDGET_EDITS[-1]: 0.5}}, [6]),
    ],
)
def test_what_decides_each_claim(changed: dict[str, Any], failing: list[int]) -> None:
    claims = claims_with(**changed)
    assert [number for number, claim in enumerate(claims) if not claim.holds] == failing


def test_without_far_targets_nothing_is_said_about_them() -> None:
    assert len(claims_with(targets=((0, 1.5), (FAR - 1, 0.5)))) == len(claims_with()) - 1


def test_agents_whose_sets_are_one_are_named() -> None:
    assert claims_with()[2].comment.endswith("so the sets are one: a.")
    assert claims_with()[1].measured["a"]["magnitude of the peak"].value == 2
