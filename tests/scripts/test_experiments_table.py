"""The table of claims in the README of experiments is that of the results."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies.base import Claim
from procgen_tools.studies.other_agents import UNTRAINED, UNTRAINED_HARD, claims_of
from procgen_tools.studies.results import FOLDER, read_claims
from procgen_tools.studies.rules import ALL_AGENTS, Rule, value

ROOT = Path(__file__).parents[2]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "experiments_table.py"))


def test_the_readme_holds_the_claims() -> None:
    made = SCRIPT["account"]() + SCRIPT["table"]()
    assert SCRIPT["written"]() == made, "run python scripts/experiments_table.py"


def test_the_account_counts_what_the_table_shows() -> None:
    """Counted again in the text of the table: one row per claim."""
    rows = [
        line
        for line in SCRIPT["table"]().splitlines()
        if line.startswith("| ") and not line.startswith("| claim ")
    ]
    held = sum("| yes: " in row for row in rows)
    dropped = sum("| dropped: " in row for row in rows)
    assert dropped > 0
    account = " ".join(SCRIPT["account"]().split())
    assert f"judge {len(rows) - dropped} claims, of which {held} hold" in account
    assert f"{dropped} more are dropped" in account


def test_figures_with_numbers_are_told_from_words() -> None:
    numbers = {
        "median .81 → .03": True,
        "11 of 128": True,
        "none": False,
        "yes (no number)": False,
        "it widens in other networks (Luo et al., 2016)": False,
    }
    assert {text: SCRIPT["has_number"](text) for text in numbers} == numbers


def test_claims_that_were_seen_before_must_exist() -> None:
    claims = read_claims(FOLDER / "probing" / "results.json")[1]
    seen = SCRIPT["seen_before"]("probing", claims)
    assert [claim.statement[:16] for claim in seen] == ["Cells of block 1"]
    assert SCRIPT["seen_before"]("ablations", claims) == list(claims)
    with pytest.raises(ValueError, match="no claim of value_head begins with"):
        SCRIPT["seen_before"]("value_head", claims)


def test_rules_that_untrained_networks_meet_are_marked() -> None:
    remarks = SCRIPT["notes"]("behavioral_stats")
    measured = claims_of(UNTRAINED_HARD, "behavioral_stats")
    met = {name for name, claim in measured.items() if any(claim.met_by(claim.single))}
    assert met == set(remarks)
    assert 0 < len(met) < len(measured)
    assert SCRIPT["notes"]("keys_and_chests") == {}
    easy_only = set(SCRIPT["notes"]("probing")) - set(claims_of(UNTRAINED_HARD, "probing"))
    assert easy_only <= set(claims_of(UNTRAINED, "probing"))
    rows = [line for line in SCRIPT["table"]().splitlines() if line.startswith("| ")]
    marked = [row for row in rows if "meet this rule" in row or "meets this rule" in row]
    assert len(marked) == sum(len(SCRIPT["notes"](path.parent.name)) for path in SCRIPT["stored"]())


def null_claim(*met: bool, together: bool = False) -> Claim:
    names = [ALL_AGENTS] if together else [f"network {number}" for number in range(len(met))]
    measured = {
        name: {"x": Estimate.exact(float(each))} for name, each in zip(names, met, strict=True)
    }
    return Claim(statement="it", rule=Rule.that(value("x") > 0.5), measured=measured)


def test_untrained_networks_that_meet_a_rule_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    remark = SCRIPT["remark"]
    assert remark(null_claim(False, False)) == ""
    assert remark(null_claim(False, together=True)) == ""
    assert remark(null_claim(True, False, True)) == "2 of 3 untrained networks meet this rule"
    assert remark(null_claim(True, together=True)) == "Untrained networks meet this rule"
    known = {"it": null_claim(True, False, False)}
    monkeypatch.setitem(SCRIPT["nulls"].__globals__, "claims_of", lambda *_: known)
    held = null_claim(True, together=True)
    assert held.holds
    text = SCRIPT["nulls"]({"a_study": [held, null_claim(False, together=True)]})
    assert text.startswith(" 1 of the claims that hold were measured on three untrained networks")
    assert "one or two of them meet the rules of 1, which the table marks" in text
    assert SCRIPT["dropped"]("a_study", [held]) == []
    known["it"] = null_claim(True, True, True)
    assert SCRIPT["dropped"]("a_study", [held]) == [held]
    assert SCRIPT["dropped"]("a_study", [null_claim(False, together=True)]) == []


def numbers_claim(*values: float) -> Claim:
    measured = {str(at): {"x": Estimate.exact(each)} for at, each in enumerate(values)}
    return Claim(statement="it", rule=Rule.that(value("x") > 0.5), measured=measured)


def test_numbers_that_tell_agents_from_untrained_networks_are_named() -> None:
    differences = SCRIPT["differences"]
    ours = numbers_claim(0.6, 0.7)
    assert differences(ours, numbers_claim(0.51, 0.59)) == (
        "In every agent 'x' is larger than in every untrained network"
    )
    assert differences(ours, numbers_claim(0.8, 0.9)) == (
        "In every agent 'x' is smaller than in every untrained network"
    )
    assert differences(ours, numbers_claim(0.51, 0.65)) == ""
    assert differences(ours, numbers_claim(0.51, 0.599)) == "", "both are written as 0.60"


def test_fewer_mazes_of_untrained_networks_are_told() -> None:
    assert SCRIPT["same_mazes"]("cheese_vector")
    assert not SCRIPT["same_mazes"]("keys_and_chests")
    assert SCRIPT["same_mazes"]("behavioral_stats") == ("behavioral_stats" not in SCRIPT["but"]())


def test_verdicts_that_depend_on_a_bound_are_counted() -> None:
    claims = read_claims(FOLDER / "ablations" / "results.json")[1]
    text = SCRIPT["bounds"]({"ablations": claims, "none": claims[:0]})
    assert text == (
        "If rules judged values wherever they judge bounds of intervals, 1 of these verdicts would "
        "be others: 1 more claims would hold, and 0 fewer (`ablations` 1)."
    )
