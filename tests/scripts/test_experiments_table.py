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
    assert f"judge {len(rows)} claims, of which {held} hold" in " ".join(
        SCRIPT["account"]().split()
    )


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
    notes = SCRIPT["untrained"]("behavioral_stats")
    measured = claims_of(UNTRAINED_HARD, "behavioral_stats") or claims_of(
        UNTRAINED, "behavioral_stats"
    )
    met = {name for name, claim in measured.items() if any(claim.met_by(claim.single))}
    assert met <= set(notes)
    assert 0 < len(met) < len(measured)
    assert SCRIPT["untrained"]("keys_and_chests") == {}
    rows = [line for line in SCRIPT["table"]().splitlines() if line.startswith("| ")]
    marked = [row for row in rows if "this rule, too" in row]
    assert len(marked) == sum(
        len(SCRIPT["untrained"](path.parent.name)) for path in SCRIPT["stored"]()
    )


def null_claim(*met: bool, together: bool = False) -> Claim:
    names = [ALL_AGENTS] if together else [f"network {number}" for number in range(len(met))]
    measured = {
        name: {"x": Estimate.exact(float(each))} for name, each in zip(names, met, strict=True)
    }
    return Claim(statement="it", rule=Rule.that(value("x") > 0.5), measured=measured)


def test_untrained_networks_that_meet_a_rule_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    remark = SCRIPT["remark"]
    assert remark(null_claim(False, False)) == ""
    assert remark(null_claim(True, False, True)) == "2 of 3 untrained networks meet this rule, too"
    assert remark(null_claim(True, together=True)) == (
        "Untrained networks meet this rule, too: it says nothing about training"
    )
    assert remark(null_claim(True, True)).endswith("too: it says nothing about training")
    known = {"it": null_claim(True, False, False)}
    monkeypatch.setitem(SCRIPT["nulls"].__globals__, "claims_of", lambda *_: known)
    held = null_claim(True, together=True)
    assert held.holds
    text = SCRIPT["nulls"]({"a_study": [held, null_claim(False, together=True)]})
    assert text.startswith(" 1 of the claims that hold were measured on three untrained networks")
    assert "all three meet the rules of 0, which therefore say" in text
    assert "one or two those of 1; the table marks them" in text


def test_verdicts_that_depend_on_a_bound_are_counted() -> None:
    claims = read_claims(FOLDER / "ablations" / "results.json")[1]
    text = SCRIPT["bounds"]({"ablations": claims, "none": claims[:0]})
    assert text == (
        "If rules judged values wherever they judge bounds of intervals, 1 of these verdicts would "
        "be others: 1 more claims would hold, and 0 fewer (`ablations` 1)."
    )
