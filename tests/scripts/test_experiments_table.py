"""The table of claims in the README of experiments is that of the results."""

from __future__ import annotations

import runpy
from pathlib import Path

import pandas as pd
import pytest

from procgen_tools.statistics.intervals import Estimate, mean_of_agents
from procgen_tools.studies.base import Claim
from procgen_tools.studies.goal_splits.onsets import mean_curves, onset_table
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
    assert f"{dropped} more hold and are dropped" in account


def test_claims_that_are_set_aside_exist_and_hold() -> None:
    for study, reasons in SCRIPT["SET_ASIDE"].items():
        claims = read_claims(FOLDER / study / "results.json")[1]
        for beginning in reasons:
            (one,) = [each for each in claims if each.statement.startswith(beginning)]
            assert one.holds
    every = [each for path in SCRIPT["stored"]() for each in read_claims(path)[1]]
    for beginning in SCRIPT["OTHER_KINDS"]:
        (one,) = [each for each in every if each.statement.startswith(beginning)]
        assert SCRIPT["has_number"](one.published)
        assert not SCRIPT["comparable"](one)


def test_agents_with_the_cheese_anywhere_turn_to_the_corner_first_too() -> None:
    """Why two claims of goal_splits are set aside."""
    measured = FOLDER / "goal_splits" / "measured"
    agents = [pd.read_parquet(path) for path in sorted(measured.glob("*_seed_*.parquet"))]
    assert len(agents) == 20
    curves = mean_curves(pd.concat(agents, ignore_index=True))
    onsets = onset_table(curves, pd.read_parquet(measured / "untrained.parquet"))
    onsets = onsets[onsets.threshold == 0.1]
    done = onsets.pivot_table(index=["cheese", "shift", "seed"], columns="want", values="done")
    after = done["cheese_pull"] - done["corner_without_cheese"]
    for shift in ("off", "on"):
        assert mean_of_agents(after["anywhere", shift].to_numpy()).low > 0


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


def null_claim(*met: bool, together: bool = False) -> Claim:
    names = [ALL_AGENTS] if together else [f"network {number}" for number in range(len(met))]
    measured = {
        name: {"x": Estimate.exact(float(each))} for name, each in zip(names, met, strict=True)
    }
    return Claim(statement="it", rule=Rule.that(value("x") > 0.5), measured=measured)


def test_how_many_networks_meet_a_rule() -> None:
    remark = SCRIPT["remark"]
    assert remark("a_study", null_claim(False, False)) == ""
    assert remark("a_study", null_claim(False, together=True)) == ""
    assert remark("a_study", null_claim(True, False, True)) == (
        "2 of 3 untrained networks meet this rule"
    )
    assert remark("a_study", null_claim(True, together=True)) == (
        "The untrained networks meet this rule, too"
    )
    assert remark("causal_map", null_claim(True, True)) == "The control meets this rule, too"
    assert remark("causal_map", null_claim(True, False)) == ""


def test_claims_that_their_null_meets_are_dropped() -> None:
    found = SCRIPT["judged"](FOLDER / "behavioral_stats" / "results.json")
    met = {name for name, null in found.nulls.items() if null.met_by_all}
    assert 0 < len(met) < len(found.nulls)
    held = {claim.statement for claim in found.claims if claim.holds}
    assert set(found.dropped) == met & held
    assert [claim.statement for claim in found.counted] == [
        claim.statement for claim in found.claims if claim.statement not in found.dropped
    ]
    silent = SCRIPT["judged"](FOLDER / "cheese_vector" / "results.json")
    assert silent.dropped == silent.nulls == {}
    assert "nothing happens ('own' is " in SCRIPT["about_nulls"](silent)
    control = SCRIPT["judged"](FOLDER / "causal_map" / "results.json")
    assert len(control.dropped) == 2
    assert SCRIPT["about_nulls"](control) == "Null: the study's own control"
    assert (
        SCRIPT["about_nulls"](SCRIPT["judged"](FOLDER / "colour_or_shape" / "results.json")) == ""
    )


def test_fewer_mazes_of_untrained_networks_are_told() -> None:
    for study, words in (("value_head", "in the same mazes"), ("behavioral_stats", "2,000 levels")):
        found = SCRIPT["judged"](FOLDER / study / "results.json")
        assert found.same_mazes == (words == "in the same mazes")
        assert SCRIPT["about_nulls"](found).startswith("Null: three untrained networks in ")
        assert words in SCRIPT["about_nulls"](found)


def test_verdicts_that_depend_on_a_bound_are_counted() -> None:
    claims = read_claims(FOLDER / "ablations" / "results.json")[1]
    text = SCRIPT["bounds"]({"ablations": claims, "none": claims[:0]})
    assert text == (
        "If rules judged values wherever they judge bounds of intervals, 1 of these verdicts would "
        "be others: 1 more claims would hold, and 0 fewer (`ablations` 1)."
    )
