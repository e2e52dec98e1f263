"""Claims about behaviour: what is planted in episodes is found."""

from __future__ import annotations

import pandas as pd
import pytest

from procgen_tools.studies.base import Findings
from procgen_tools.studies.behavioral_stats import measure
from procgen_tools.studies.behavioral_stats.claims import _sign_claim, _walk_claim
from procgen_tools.studies.rules import ALL_AGENTS
from tests.studies.behavioral_stats.conftest import PLANTED


def test_claims_about_what_is_planted(findings: Findings) -> None:
    holds = {claim.statement: claim.holds for claim in findings.claims}
    assert all(set(claim.measured) == {"a", "b", ALL_AGENTS} for claim in findings.claims)
    expected = {
        "Features of a maze predict": True,
        "Features predict it in the mazes with a decision square": True,
        "The agent gets the cheese more often than a random walk": True,
        "Three features predict nearly": True,
        "Of the three, the distance of the cheese": True,
        "The agent gets the cheese more often when": True,
        "It also matters how far": False,
        "Six features know at least half": True,
    }
    for beginning, wanted in expected.items():
        (found,) = [held for words, held in holds.items() if words.startswith(beginning)]
        assert found == wanted, beginning


def test_coefficients_that_are_planted(findings: Findings) -> None:
    table = findings.tables["coefficients"].set_index(["agent", "feature"])
    for agent in ("a", "b"):
        for name, weight in {**PLANTED, measure.TO_CHEESE: 0.0}.items():
            row = table.loc[(agent, name)]
            assert row["low"] - 0.3 < weight < row["high"] + 0.3
    assert table.loc[(ALL_AGENTS, measure.TO_TOP_RIGHT), "value"] == pytest.approx(
        table.loc[["a", "b"]].xs(measure.TO_TOP_RIGHT, level="feature")["value"].mean()
    )


def test_a_walk_that_does_as_well_in_one_of_the_two_kinds_of_mazes_decides(
    findings: Findings,
) -> None:
    for inside in (True, False):
        episodes = findings.tables["episodes"].copy()
        same = episodes["in_region"] == inside
        episodes.loc[same, "walk"] = episodes.loc[same, "chance"]
        walk = _walk_claim(episodes)
        assert walk.holds is False
        there, elsewhere = episodes[episodes["in_region"]], episodes[~episodes["in_region"]]
        numbers = walk.measured[ALL_AGENTS]
        assert numbers["in the region"].value == pytest.approx(there["chance"].mean())
        assert numbers["elsewhere"].value == pytest.approx(elsewhere["chance"].mean())


def test_a_mean_of_counts_has_an_interval_over_agents() -> None:
    signs = pd.DataFrame(
        {
            "agent": agent,
            "feature": feature,
            "flips": feature < count,
            "clear": feature < count - 1,
        }
        for agent, count in (("a", 2), ("b", 4))
        for feature in range(6)
    )
    claim = _sign_claim(signs)
    assert claim.holds
    numbers = {agent: found["clearly"] for agent, found in claim.measured.items()}
    assert (numbers["a"].value, numbers["b"].value, numbers[ALL_AGENTS].value) == (1, 3, 2)
    assert (numbers["a"].low, numbers["a"].high) == (1, 1)
    assert numbers[ALL_AGENTS].low < 1 < 3 < numbers[ALL_AGENTS].high
    assert not _sign_claim(signs.assign(flips=False)).holds
