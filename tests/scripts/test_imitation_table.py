"""The table of imitators and PPO agents is what the audits and results say."""

from __future__ import annotations

import json
import runpy
from dataclasses import replace
from pathlib import Path

import pytest

from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies.base import Claim
from procgen_tools.studies.rules import ALL_AGENTS, Rule, value

Numbers = tuple[float, float, float]
SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "imitation_table.py"))


def test_the_page_has_the_table() -> None:
    text = SCRIPT["PAGE"].read_text(encoding="utf-8")
    for (begin, end), made in (
        ((SCRIPT["BEGIN"], SCRIPT["END"]), SCRIPT["table"]),
        (SCRIPT["STUDIES"], SCRIPT["of_studies"]),
    ):
        shown = text.split(begin)[1].split(end)[0]
        assert shown == made(), "python scripts/imitation_table.py"


def test_a_number_is_that_of_the_agent_or_of_the_null() -> None:
    audit = json.loads((SCRIPT["DOCS"] / "audits" / "rand_region_5" / "audit.json").read_text())
    (answer,) = [each for each in audit["answers"] if each["key"] == "apart"]
    row = answer["findings"][0]
    agent = SCRIPT["number"](audit, "apart", row["name"])
    assert agent.startswith(f"{row['agent']['value']:.1%} [")
    null = SCRIPT["number"](audit, "apart", row["name"], "random actions")
    assert null.startswith(f"{row['nulls']['random actions']['value']:.1%} [")
    assert agent != null


def claim(**gains: Numbers) -> Claim:
    """That a gain is 0.5 or more, for the agents named."""
    return Claim(
        statement="It gains",
        rule=Rule.that(value("gain") >= 0.5),
        measured={
            ALL_AGENTS if name == "together" else name: {"gain": Estimate(*ends)}
            for name, ends in gains.items()
        },
    )


YES, NO, ROOM = (0.8, 0.7, 0.9), (0.1, 0.0, 0.2), (0.4, 0.2, 0.6)


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
    found = SCRIPT["Finding"]("a_study", imitators, claim(public_ppo=public), None)
    assert found.verdict == verdict
    assert found.kind == verdict.split(":")[0]
    assert found.kind in SCRIPT["KINDS"]


def test_what_qualifies_a_finding() -> None:
    imitators, public = claim(one=YES, together=YES), claim(public_ppo=YES)
    made = SCRIPT["Finding"]
    untrained = claim(untrained=YES)
    both = made("a_study", imitators, public, untrained)
    assert both.verdict == "both; an untrained network meets the rule, too"
    assert made("a_study", imitators, public, claim(untrained=NO)).verdict == "both"
    assert made("a_study", imitators, None, None).verdict.startswith("undecided: the study has no")
    row = both.row()
    assert row.count("gain 0.80 [0.70, 0.90]") == 3
    assert "(1 of 1)" in row
    ((study, beginning), reason) = next(iter(SCRIPT["NOT_COMPARABLE"].items()))
    doubtful = made(study, replace(imitators, statement=f"{beginning} ..."), public, None)
    assert doubtful.verdict == f"undecided: {reason}"
    statements = [each.imitators.statement for each in SCRIPT["findings"](study)]
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
    found = SCRIPT["Finding"](
        "a_study", claim(one=together, together=together), claim(public_ppo=public), None,
        claim(first=easy[0], second=easy[1], together=NO),
    )  # fmt: skip
    assert (found.side, found.differs) == (side, together != public)
    assert found.verdict.endswith(f"; imitators of easy worlds {side}") == bool(side)
    shown = ", ".join(f"{value:.2f}" for value, *_ in easy)
    assert f"| gain {shown} ({easy.count(YES)} of 2) |" in found.row()
    (study, beginning), _ = next(iter(SCRIPT["NOT_COMPARABLE"].items()))
    doubtful = replace(found.imitators, statement=f"{beginning} ...")
    assert replace(found, study=study, imitators=doubtful).side == ""


def test_a_rule_about_the_mean_judges_the_mean() -> None:
    rule = Rule.that(value("gain") >= 0.5, each=False, average=True)
    made = replace(claim(one=YES, two=NO, together=YES), rule=rule)
    easy = replace(claim(first=YES, second=NO, together=NO), rule=rule)
    public = replace(claim(public_ppo=YES), rule=rule)
    found = SCRIPT["Finding"]("a_study", made, public, None, easy)
    assert found.side == "are judged otherwise"


def test_positions_between_imitators_and_the_public_agent() -> None:
    imitators = claim(one=(0.0, -0.1, 0.1), two=(0.2, 0.1, 0.3), together=(0.1, 0.0, 0.2))
    easy = claim(first=(0.5, 0.4, 0.6), second=(0.1, 0.0, 0.2))
    apart = SCRIPT["Finding"]("a_study", imitators, claim(public_ppo=(0.9, 0.8, 1.0)), None, easy)
    near = replace(apart, public=claim(public_ppo=(0.3, 0.1, 0.5)))  # there is no way to measure on
    exact = replace(apart, public=claim(public_ppo=(0.9, 0.9, 0.9)))
    found = SCRIPT["positions"]([apart, near, exact, replace(apart, easy=None)])
    assert found[0] == pytest.approx([0.5, 0.0])
    assert found[1] == pytest.approx([-0.125, 0.125])
    assert found[2] == 1
    of_mazes, of_agents = (
        replace(apart, untrained=claim(untrained=(gain, gain, gain))) for gain in (0.8, 0.2)
    )
    assert SCRIPT["positions"]([of_mazes]) == ([], [], 0)
    assert SCRIPT["positions"]([of_agents]) == found


def test_what_imitators_of_easy_worlds_say_in_words() -> None:
    made, hard = SCRIPT["Finding"], claim(one=NO, two=NO, together=NO)
    split = claim(one=YES, two=NO, together=NO)
    null, public, easy = claim(untrained=NO), claim(public_ppo=YES), claim(first=YES, second=YES)
    found = [
        made("a_study", hard, public, null, easy),
        made("a_study", hard, public, None, easy),
        made("a_study", hard, public, null, claim(first=NO, second=YES)),
        made("a_study", split, public, null, claim(first=NO, second=NO)),
        made("a_study", hard, claim(public_ppo=NO), null, easy),
    ]
    text = " ".join(SCRIPT["world_or_training"](found).split())
    assert "All 5 findings were measured for 2 imitators of easy worlds" in text
    assert "differ in 4 of those that can be compared." in text
    assert (
        "Where imitators of hard worlds agree among themselves (3), imitators of easy worlds go "
        "with the public agent in 2, go with imitators of hard worlds in 0, and are divided in 1. "
        "Where they are divided themselves (1), imitators of easy worlds go with the public agent "
        "in 0, go with imitators of hard worlds in 1, and are divided in 0. Where the two are "
        "judged alike (1), they are judged otherwise in 1, and are divided in 0."
    ) in text
    assert "3 numbers in which the intervals do not overlap, and an untrained network" in text
    assert "1 number in which the intervals do not overlap, in studies for which no" in text
    assert "at a median of 1.00 (half of them between 1.00 and 1.00)" in text
    unmeasured = [replace(found[0], easy=None), found[1]]
    assert "1 of 2 findings were measured" in " ".join(
        SCRIPT["world_or_training"](unmeasured).split()
    )
    assert SCRIPT["world_or_training"](unmeasured[:1]) == ""


def test_every_finding_of_a_measured_study_is_counted() -> None:
    studies = SCRIPT["measured_studies"]()
    assert studies
    counts = [
        int(cell)
        for cell in SCRIPT["summary"](SCRIPT["all_findings"]()).splitlines()[-1].split("|")[2:-1]
    ]
    assert sum(counts) == sum(len(SCRIPT["findings"](study)) for study in studies)
