"""For whom a finding holds: for imitators, for the public agent, for both, or undecided."""

from __future__ import annotations

from dataclasses import replace

import pytest

from procgen_tools.studies.imitation import (
    KINDS,
    NOT_COMPARABLE,
    Finding,
    Positions,
    all_findings,
    findings,
    measured_studies,
    positions,
)  # fmt: skip
from procgen_tools.studies.results import FOLDER, RESULTS, read_claims
from procgen_tools.studies.rules import Rule, value
from tests.studies.gains import NO, ROOM, YES, Numbers, claim


@pytest.mark.parametrize(
    ("one", "two", "together", "public", "verdict"),
    [
        (YES, YES, YES, YES, "both"),
        (YES, YES, YES, NO, "imitators alone"),
        (YES, YES, YES, ROOM, "undecided: the public agent's intervals leave room for it"),
        (NO, NO, NO, YES, "public agent alone"),
        (NO, NO, ROOM, YES, "undecided: the imitators' intervals leave room for it"),
        (NO, NO, NO, NO, "neither"),
        (YES, NO, NO, YES, "undecided: so for 1 of 2 imitators"),
        (YES, NO, YES, NO, "undecided: so for 1 of 2 imitators"),
        (NO, NO, NO, ROOM, "undecided: the public agent's intervals leave room for it"),
    ],
)
def test_whose_finding_it_is(
    one: Numbers, two: Numbers, together: Numbers, public: Numbers, verdict: str
) -> None:
    imitators = claim(one=one, two=two, together=together)
    found = Finding("a_study", imitators, claim(public_ppo=public), None)
    assert found.verdict == verdict
    assert found.kind == verdict.split(":")[0]
    assert found.kind in KINDS


def test_what_qualifies_a_finding() -> None:
    imitators, public = claim(one=YES, together=YES), claim(public_ppo=YES)
    untrained = claim(untrained=YES)
    both = Finding("a_study", imitators, public, untrained, null=untrained)
    assert both.verdict == "both; an untrained network meets the rule, too"
    assert replace(both, null=claim(untrained=NO)).verdict == "both"
    assert replace(both, null=None).verdict == "both", "nothing happens in that network"
    assert Finding("a_study", imitators, None, None).verdict.startswith(
        "undecided: the study has no"
    )
    ((study, beginning), reason) = next(iter(NOT_COMPARABLE.items()))
    doubtful = Finding(study, replace(imitators, statement=f"{beginning} ..."), public, None)
    assert doubtful.verdict == f"undecided: {reason}"
    statements = [each.imitators.statement for each in findings(study)]
    assert sum(each.startswith(beginning) for each in statements) == 1


@pytest.mark.parametrize(
    ("together", "public", "easy", "side"),
    [
        (YES, NO, (NO, NO), "go with the public agent"),
        (YES, NO, (YES, YES), "go with imitators of hard worlds"),
        (NO, YES, (YES, YES), "go with the public agent"),
        (NO, YES, (NO, NO), "go with imitators of hard worlds"),
        (NO, YES, (YES, NO), "are divided"),
        (YES, YES, (YES, YES), ""),
        (YES, YES, (NO, NO), "are judged otherwise"),
        (NO, NO, (YES, YES), "are judged otherwise"),
        (NO, NO, (YES, NO), "are divided"),
    ],
)
def test_with_whom_imitators_of_easy_worlds_go(
    together: Numbers, public: Numbers, easy: tuple[Numbers, Numbers], side: str
) -> None:
    found = Finding(
        "a_study", claim(one=together, together=together), claim(public_ppo=public), None,
        claim(first=easy[0], second=easy[1], together=NO),
    )  # fmt: skip
    assert (found.side, found.differs) == (side, together != public)
    assert found.verdict.endswith(f"; imitators of easy worlds {side}") == bool(side)
    (study, beginning), _ = next(iter(NOT_COMPARABLE.items()))
    doubtful = replace(found.imitators, statement=f"{beginning} ...")
    assert replace(found, study=study, imitators=doubtful).side == ""


def test_a_rule_about_the_mean_judges_the_mean() -> None:
    rule = Rule.that(value("gain") >= 0.5, each=False, average=True)
    made = replace(claim(one=YES, two=NO, together=YES), rule=rule)
    easy = replace(claim(first=YES, second=NO, together=NO), rule=rule)
    public = replace(claim(public_ppo=YES), rule=rule)
    found = Finding("a_study", made, public, None, easy)
    assert found.side == "are judged otherwise"


def test_positions_between_imitators_and_the_public_agent() -> None:
    imitators = claim(one=(0.0, -0.1, 0.1), two=(0.2, 0.1, 0.3), together=(0.1, 0.0, 0.2))
    easy = claim(first=(0.5, 0.4, 0.6), second=(0.1, 0.0, 0.2))
    apart = Finding("a_study", imitators, claim(public_ppo=(0.9, 0.8, 1.0)), None, easy)
    near = replace(apart, public=claim(public_ppo=(0.3, 0.1, 0.5)))  # there is no way to measure on
    exact = replace(apart, public=claim(public_ppo=(0.9, 0.9, 0.9)))
    found = positions([apart, near, exact, replace(apart, easy=None)])
    assert found.easy == pytest.approx([0.5, 0.0])
    assert found.hard == pytest.approx([-0.125, 0.125])
    assert found.numbers == 1
    of_mazes, of_agents = (
        replace(apart, untrained=claim(untrained=(gain, gain, gain))) for gain in (0.8, 0.2)
    )
    assert positions([of_mazes]) == Positions((), (), 0)
    assert positions([of_agents]) == found


def test_findings_are_the_claims_of_the_published_run() -> None:
    found = all_findings()
    assert list(found) == measured_studies()
    for study, some in found.items():
        claims = read_claims(FOLDER / study / RESULTS)[1]
        assert [each.imitators.statement for each in some] == [each.statement for each in claims]
        assert {each.study for each in some} == {study}
        assert all(each.kind in KINDS for each in some)
