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
    corner: dict[str, float],
    cheese: dict[str, float],
    end: dict[str, float],
    pull: dict[str, float] | None = None,
    spread: int = 1,
) -> pd.DataFrame:
    """Five runs in each condition, whose wants begin at snapshots that differ by seed.

    Args:
        corner: the snapshot at which the turn to the corner begins, by "cheese shift".
        cheese: the same of the pull of the cheese.
        end: how often they turn to the corner then.
        pull: the pull of the cheese then.
        spread: by how many snapshots seeds differ in the pull of the cheese.
    """
    rows: list[dict[str, Any]] = []
    for place, shift in CONDITIONS:
        key = f"{place} {shift}"
        usual = 0.8 if place == "region" else 0.75
        for seed in range(5):
            begins = cheese.get(key, 25) + spread * (seed - 2) * (1 if shift == "on" else 0)
            for number in range(41):
                there = number >= corner.get(key, 5) + seed % 2
                wanted = end.get(key, usual) + 0.001 * seed * (shift == "on") if there else 0.2
                pulled = (pull or {}).get(key, 0.4) + 0.001 * seed * (shift == "on")
                rows.append(
                    {
                        "agent": f"{key} {seed}", "cheese": place, "shift": shift, "seed": seed,
                        "samples": 12_800 * number, "corner_without_cheese": wanted,
                        "cheese_pull": pulled if number >= begins else 0.0,
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("changed", "holds"),
    [
        ({}, [1, 1, 0, 0, 0, 0, 1, 1, 1]),
        ({"corner": {"region off": 24}}, [0, 1, 0, 0, 0, 0, 1, 1, 1]),
        ({"cheese": {"region on": 30}}, [1, 1, 0, 0, 1, 0, 1, 1, 1]),
        ({"cheese": {"region on": 27}, "spread": 5}, [1, 1, 0, 0, 0, 0, 1, 1, 1]),
        ({"cheese": {"anywhere on": 20}}, [1, 1, 0, 0, 0, 1, 1, 1, 1]),
        ({"cheese": {"region on": 6}, "spread": 2}, [1, 0, 0, 0, 1, 0, 1, 1, 1]),
        ({"pull": {"anywhere on": 0.3}}, [1, 1, 0, 0, 0, 0, 1, 0, 1]),
        ({"end": {"anywhere off": 0.4}}, [1, 1, 1, 0, 0, 0, 1, 1, 1]),
        ({"end": {"anywhere on": 0.4}}, [1, 1, 0, 1, 0, 0, 1, 1, 1]),
        ({"end": {"anywhere on": 0.8}}, [1, 1, 0, 0, 0, 0, 1, 1, 0]),
        ({"end": {"anywhere off": 0.8}}, [1, 1, 0, 0, 0, 0, 1, 1, 0]),
    ],
)
def test_what_decides_each_claim(changed: dict[str, Any], holds: list[int]) -> None:
    planted = {"corner": {}, "cheese": {}, "end": {}, **changed}
    curves = curves_with(**planted)
    claims = all_claims(curves, onset_table(curves, UNTRAINED), UNTRAINED)
    assert [claim.holds for claim in claims] == list(map(bool, holds))
    numbers = claims[0].measured["seed 0"]
    after = 25 - planted["corner"].get("region off", 5)
    assert numbers["cheese after corner"].value == pytest.approx(12.8 * after)


def test_runs_without_an_onset_and_equal_pairs_are_counted() -> None:
    late = curves_with({}, {"region on": 40, "region off": 60, "anywhere on": 6}, {})
    claims = all_claims(late, onset_table(late, UNTRAINED), UNTRAINED)
    together = [claim.measured["all agents"] for claim in claims]
    assert together[0]["runs without cheese"].value == 5
    assert together[1]["runs without cheese"].value == 2
    assert together[1]["runs without corner"].value == 0
    region, anywhere = together[4], together[5]
    assert region["runs without cheese, shift"].value == 2
    assert region["pairs that could not differ"].value == 2  # neither run has an onset
    assert anywhere["pairs that could not differ"].value == 0
    early = curves_with({}, {"anywhere on": 6, "anywhere off": 6}, {}, spread=0)
    shift = all_claims(early, onset_table(early, UNTRAINED), UNTRAINED)[5]
    assert shift.measured["all agents"]["pairs that could not differ"].value == 5
    assert shift.holds is False
