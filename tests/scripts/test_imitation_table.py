"""The table of imitators and PPO agents is what the audits and results say."""

from __future__ import annotations

import json
import runpy
from dataclasses import replace
from pathlib import Path

from matplotlib import pyplot as plt

from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies.imitation import (
    Finding,
    all_findings,
    findings,
    measured_studies,
    positions,
)
from tests.studies.gains import NO, YES, claim

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "imitation_table.py"))


def test_the_page_has_the_table() -> None:
    text = SCRIPT["PAGE"].read_text(encoding="utf-8")
    for (begin, end), made in (
        ((SCRIPT["BEGIN"], SCRIPT["END"]), SCRIPT["table"]()),
        (SCRIPT["STUDIES"], SCRIPT["of_studies"](all_findings())),
    ):
        shown = text.split(begin)[1].split(end)[0]
        assert shown == made, "python scripts/imitation_table.py"


def test_a_number_is_that_of_the_agent_or_of_the_null() -> None:
    audit = json.loads((SCRIPT["DOCS"] / "audits" / "rand_region_5" / "audit.json").read_text())
    (answer,) = [each for each in audit["answers"] if each["key"] == "apart"]
    row = answer["findings"][0]
    agent = SCRIPT["number"](audit, "apart", row["name"])
    assert agent.startswith(f"{row['agent']['value']:.1%} [")
    null = SCRIPT["number"](audit, "apart", row["name"], "random actions")
    assert null.startswith(f"{row['nulls']['random actions']['value']:.1%} [")
    assert agent != null


def test_a_row_has_all_agents() -> None:
    imitators, public = claim(one=YES, together=YES), claim(public_ppo=YES)
    null = claim(untrained=YES)
    made, row = Finding("a_study", imitators, public, null, null=null), SCRIPT["row"]
    assert row(made) == (
        "| It gains | gain 0.80 [0.70, 0.90] (1 of 1) |  | gain 0.80 [0.70, 0.90] "
        "| gain 0.80 [0.70, 0.90] | both; an untrained network meets the rule, too |"
    )
    measured = replace(made, untrained=None, easy=claim(first=YES, second=NO))
    assert "| gain 0.80, 0.10 (1 of 2) | gain 0.80 [0.70, 0.90] |  |" in row(measured)
    assert row(replace(measured, public=None)).count("gain 0.80 [") == 1
    untrained = {"gain of untrained": Estimate(0.3, 0.2, 0.4)}
    own = replace(public, measured={"public_ppo": public.measured["public_ppo"] | untrained})
    assert row(replace(made, public=own, untrained=None)).split(" | ")[4] == (
        "gain of untrained 0.30 [0.20, 0.40]"
    )


def test_what_imitators_of_easy_worlds_say_in_words() -> None:
    made, hard = Finding, claim(one=NO, two=NO, together=NO)
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
    studies = measured_studies()
    assert studies
    counts = [
        int(cell) for cell in SCRIPT["summary"](all_findings()).splitlines()[-1].split("|")[2:-1]
    ]
    assert sum(counts) == sum(len(findings(study)) for study in studies)


def test_the_picture_has_every_place() -> None:
    found = {name: findings(name) for name in ("cheese_vector", "attribution", "ablations")}
    figure = SCRIPT["picture"](found)
    (ax,) = figure.axes
    drawn = [dots.get_offsets()[:, 0] for dots in ax.collections]
    placed = [positions(found[name]) for name in ("cheese_vector", "ablations")]
    expected = [each for name in ("easy", "hard") for each in (getattr(p, name) for p in placed)]
    assert sorted(map(tuple, drawn)) == sorted(map(tuple, expected))
    shown = [label.get_text() for label in ax.get_yticklabels()]
    assert shown == [f"cheese_vector ({placed[0].numbers})", f"ablations ({placed[1].numbers})"]
    plt.close(figure)


def test_the_page_shows_the_picture() -> None:
    text = SCRIPT["PAGE"].read_text(encoding="utf-8")
    assert f"]({SCRIPT['PICTURE'].name})" in text
    assert SCRIPT["PICTURE"].exists()
