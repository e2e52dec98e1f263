"""Claims about retargeting: each is decided by its own edits, targets and magnitudes."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from procgen_tools.studies.retargeting.claims import (
    BUDGET_EDITS,
    FAR,
    _random_claim,
    all_claims,
)
from procgen_tools.studies.retargeting.target_edits import (
    ALL,
    EFFECTIVE,
    MOVED,
    ONE,
    RANDOM,
    UNEDITED,
    apart,
    draw_name,
)

PROBABILITY = {
    UNEDITED: 0.1,
    ONE: 0.2,
    EFFECTIVE: 0.4,
    ALL: 0.5,
    draw_name(0): 0.1,
    draw_name(1): 0.14,
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
    far: dict[str, float] | None = None,
    sets: str = "ab",
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
            "size": 9,
            "distance": 5,
            "log_ratio": 0.0,
            "probability": (far or {}).get(edit, number * factor) if steps else number * factor,
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
        [
            *(("a", name, channel) for name in (ALL, EFFECTIVE) for channel in (3, 4)),
            *(("b", name, channel) for name in (ALL, EFFECTIVE) for channel in (3, 4)),
            *(("a", ONE, 3), ("b", ONE, 3), ("b", ALL, 5)),
        ],
        columns=["agent", "set", "channel"],
    )
    channels = pd.concat(
        channels[channels["agent"] == agent].assign(agent=name)
        for name, agent in zip("ab", sets, strict=True)
    )
    together, draws = apart(scores)
    tables = {"scores": together, "random": draws, "tuning": tuned, "channels": channels}
    return all_claims(tables)


@pytest.mark.parametrize(
    ("changed", "failing"),
    [
        ({}, []),
        ({"targets": ((0, 1.1), (FAR, 0.9))}, [0]),
        ({"far": {UNEDITED: 0.3}}, [0]),
        ({"probability": {UNEDITED: 0.4}, "far": {UNEDITED: 0.0}}, [0]),
        ({"tuning": {4.0: 2.0}}, [1]),
        ({"tuning": {4.0: 0.9}}, [1]),
        ({"probability": {ONE: 0.45}}, [2]),
        ({"probability": {EFFECTIVE: 0.51}}, [3]),
        ({"probability": {BUDGET_EDITS[0]: 0.7}}, [4]),
        ({"probability": {draw_name(0): 0.35, draw_name(1): 0.35}}, [5]),
        ({"probability": {draw_name(0): 0.0, draw_name(1): 0.55}}, [5]),
        ({"straight": {BUDGET_EDITS[-1]: 0.3}}, [6]),
        ({"probability": {BUDGET_EDITS[-1]: 0.5}}, [7]),
    ],
)
def test_what_decides_each_claim(changed: dict[str, Any], failing: list[int]) -> None:
    claims = claims_with(**changed)
    assert [number for number, claim in enumerate(claims) if not claim.holds] == failing


def test_without_far_targets_nothing_is_said_about_them() -> None:
    assert len(claims_with(targets=((0, 1.5), (FAR - 1, 0.5)))) == len(claims_with()) - 1


def test_sets_are_compared_where_they_differ() -> None:
    """Agent a has one set for all and the effective channels, so b alone decides."""
    order = claims_with()[3]
    assert list(order.measured) == ["b", "all agents"]
    assert order.comment == "Untestable where the two sets are one: a."
    assert list(claims_with()[2].measured) == ["a", "b", "all agents"]
    assert len(claims_with(sets="aa")) == len(claims_with()) - 1
    assert claims_with()[1].measured["a"]["magnitude of the peak"].value == 2


def test_draws_are_averaged_target_by_target() -> None:
    random = claims_with()[5]
    assert random.comment.startswith("2 draws for each agent")
    for numbers in random.measured.values():
        assert numbers["random"].value == pytest.approx(0.02)
        assert numbers["best draw"].value == pytest.approx(0.04)


def test_the_best_draw_of_one_agent_is_not_that_of_another() -> None:
    others = {"size": 9, "distance": 5, "log_ratio": 0.0, "straight": 0.0, "from_corner_path": 0}
    gains = {draw_name(0): (0.3, 0.0), draw_name(1): (0.0, 0.1), RANDOM: (0.15, 0.05)}
    scores = pd.DataFrame(
        {
            "agent": agent,
            "level": level,
            "row": 0,
            "col": 0,
            "edit": edit,
            "probability": number,
            **others,
        }
        for edit, numbers in {**gains, UNEDITED: (0.0, 0.0), ALL: (0.5, 0.5)}.items()
        for agent, number in zip("ab", numbers, strict=True)
        for level in range(3)
    )
    together, draws = apart(scores[~scores["edit"].eq(RANDOM)])
    claim = _random_claim(together, draws)
    best = {agent: numbers["best draw"].value for agent, numbers in claim.measured.items()}
    assert best == pytest.approx({"a": 0.3, "b": 0.1, "all agents": 0.2})
