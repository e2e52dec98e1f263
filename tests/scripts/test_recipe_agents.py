"""Agents of one recipe differ in their seed alone, and the README has what holds for them."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from procgen_tools import studies
from procgen_tools.catalogue import find_agent
from procgen_tools.models import checkpoint_metadata
from procgen_tools.statistics.intervals import Estimate, mean_of_agents
from procgen_tools.studies.base import Claim
from procgen_tools.studies.results import RESULTS, read_claims
from procgen_tools.studies.rules import ALL_AGENTS, Rule, value

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "recipe_agents.py"))
KEPT = sorted(SCRIPT["KEPT"].glob(f"*/{RESULTS}"))


def test_the_agents_differ_in_their_seed_alone() -> None:
    settings = [checkpoint_metadata(find_agent(name))["settings"] for name in SCRIPT["AGENTS"]]
    assert [each.pop("seed") for each in settings] == list(range(1, 8))
    common = set.intersection(*(set(each) for each in settings))
    assert {"samples", "batch_size", "rand_region", "shift_from", "learning_rate"} <= common
    for name in common:
        assert len({str(each[name]) for each in settings}) == 1, name
    assert set(SCRIPT["STUDIES"]) <= set(studies.NAMES)


def test_a_row_has_students_interval_and_counts_agents() -> None:
    values = {"a": 0.2, "b": 0.5, "c": 0.8}
    claim = Claim(
        statement="It is high",
        rule=Rule.that(value("height") >= 0.5),
        measured={
            **{
                name: {"height": Estimate.exact(each), "width": Estimate.exact(1.0)}
                for name, each in values.items()
            },
            ALL_AGENTS: {"height": Estimate.exact(0.5), "width": Estimate.exact(1.0)},
        },
    )
    expected = f"height {mean_of_agents(list(values.values())):.2f}"
    assert SCRIPT["row"](claim, list(values)) == ["It is high", expected, "2 of 3"]


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.parts[-2])
def test_kept_results_are_of_the_seven_agents(path: Path) -> None:
    content, claims = read_claims(path)
    assert content["agents"] == [find_agent(name).stem for name in SCRIPT["AGENTS"]]
    assert content["experiment"] == path.parts[-2]
    assert claims


def test_claims_that_all_untrained_networks_meet_are_not_counted() -> None:
    lines = SCRIPT["section"]().splitlines()
    rows = [line for line in lines if line.startswith("| ") and not line.startswith("| claim ")]
    marked = [row for row in rows if row.endswith("; by all untrained networks, too |")]
    judged = [row for row in rows if row.endswith(" of 7 |")]
    text = " ".join("\n".join(lines).split())
    assert 0 < len(marked) < len(judged)
    assert f"Of {len(judged)} claims that are judged" in text
    assert f"{len(marked)} more are not counted" in text


def test_the_readme_has_the_section() -> None:
    assert KEPT
    text = SCRIPT["README"].read_text(encoding="utf-8")
    first, last = SCRIPT["MARKS"]
    assert text.split(first)[1].split(last)[0] == SCRIPT["section"](), (
        "run python scripts/recipe_agents.py --table"
    )
