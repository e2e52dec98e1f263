"""Claims about the cheese vector: each is decided by its own edits."""

from __future__ import annotations

import pandas as pd
import pytest

from procgen_tools.studies.cheese_vector.claims import all_claims
from procgen_tools.studies.cheese_vector.measure import (
    ELSEWHERE,
    RANDOM,
    REMOVED,
    SAME_SQUARE,
    SUBTRACTED,
)

BEFORE = {"decision_cheese": 0.7, "decision_other": 0.1, "cheese": 0.8}
ADDED = "coefficient 1"
AFTER = {
    SUBTRACTED: {"decision_cheese": 0.1, "cheese": 0.2},
    REMOVED: {"decision_cheese": 0.1, "cheese": 0.2},
    ADDED: {},
    RANDOM: {"decision_cheese": 0.3, "decision_other": 0.5},
    SAME_SQUARE: {"decision_cheese": 0.2},
    ELSEWHERE: {"decision_cheese": 0.6},
}


def effects_of(edit: str, changed: dict[str, float], order: int = 1) -> pd.DataFrame:
    """Effects of AFTER, but for one edit; what remains rises with the level, or falls (-1)."""
    return pd.DataFrame(
        {
            "agent": agent,
            "level": level,
            "edit": name,
            **{f"{column}_before": number for column, number in BEFORE.items()},
            **{
                f"{column}_after": number
                + 0.01 * level * (order if name == REMOVED else 1) * (column == "decision_cheese")
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


@pytest.mark.parametrize(
    ("edit", "changed", "failing"),
    [
        (SUBTRACTED, {}, []),
        (SUBTRACTED, {"decision_cheese": 0.5}, [0, 6]),
        (SUBTRACTED, {"decision_cheese": 0.75}, [0, 1, 6]),
        (REMOVED, {"decision_cheese": 0.5}, [6]),
        (REMOVED, {"decision_cheese": -0.3}, [6]),
        (SUBTRACTED, {"cheese": 0.9}, [2]),
        (ADDED, {"decision_cheese": 0.9}, [3]),
        (RANDOM, {"decision_other": 0.1}, [4]),
        (ELSEWHERE, {"decision_cheese": 0.2}, [5]),
    ],
)
def test_what_decides_each_claim(edit: str, changed: dict[str, float], failing: list[int]) -> None:
    claims = all_claims(effects_of(edit, changed))
    assert [number for number, claim in enumerate(claims) if not claim.holds] == failing


def test_the_same_mean_in_other_mazes_is_not_what_the_removal_does() -> None:
    *_, floor = all_claims(effects_of(REMOVED, {"decision_cheese": 0.15}, order=-1))
    for numbers in floor.measured.values():
        assert numbers["share of the removal"].value == pytest.approx(1, abs=0.1)
        assert numbers["correlation"].value == pytest.approx(-1)
    assert floor.holds is False


def test_medians_of_all_agents_are_of_all_their_mazes() -> None:
    effects = effects_of(SUBTRACTED, {})
    effects.loc[effects["agent"] == "b", "decision_cheese_after"] += 0.4
    numbers = {
        agent: found["median after"] for agent, found in all_claims(effects)[0].measured.items()
    }
    assert numbers["a"].value == pytest.approx(0.125)
    assert numbers["b"].value == pytest.approx(0.525)
    assert numbers["all agents"].value == pytest.approx((0.15 + 0.5) / 2)
    assert (numbers["all agents"].low, numbers["all agents"].high) == pytest.approx(
        (0.115, 0.535), abs=0.02
    )  # both resamples of one agent alone are among 95%
