"""The script that measures published numbers again finds the numbers that changed."""

from __future__ import annotations

import json
import math
import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from procgen_tools import crops_and_humans
from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies.crops_and_humans.claims import PRODUCTION
from procgen_tools.studies.crops_and_humans.measure import SETS, load_pairs
from procgen_tools.studies.results import FOLDER, RESULTS, read_claims
from procgen_tools.worlds.crops_and_humans.walks import fates, greedy

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts" / "recompute_sample.py"))


def test_a_published_number_is_measured_again(script: dict[str, Any]) -> None:
    """The share of humans that the first planted agent harvests in production mazes, exactly."""
    mazes = SETS[PRODUCTION]()
    graph = crops_and_humans.graph_of(mazes)
    ((agent, pair),) = load_pairs(1).items()
    harvested = fates(graph, greedy(pair.planted)(graph.states)).humans
    there = (mazes == crops_and_humans.HUMAN).sum(axis=(1, 2))
    share = (harvested[there > 0] / there[there > 0]).mean()
    _, claims = read_claims(FOLDER / "crops_and_humans" / RESULTS)
    kept = script["numbers_of"](claims, (agent,))
    statement = "In the production mazes, where planting rewarded that, it harvests humans"
    number = kept[statement, agent, "humans harvested"]
    assert number.value == pytest.approx(share, abs=1e-12)


def test_what_moved_is_named(
    script: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = json.loads((FOLDER / "cheese_vector" / RESULTS).read_text())
    (tmp_path / "cheese_vector").mkdir()
    (tmp_path / "cheese_vector" / RESULTS).write_text(json.dumps(content))
    claim, agent = content["claims"][0], content["agents"][0]
    value, low, high = claim["measured"][agent]["mean after"]
    key = (claim["statement"], agent, "mean after")

    def check(mean: Estimate) -> bool:
        return bool(script["check"]("cheese_vector", lambda: {key: mean}, tmp_path))

    assert check(Estimate(value, low, high))
    assert check(Estimate(value + 1e-5, low, high))
    capsys.readouterr()
    assert not check(Estimate(value, low, high + 1e-3))
    assert f"moved by 0.001: {claim['statement']}, {agent}, mean after" in capsys.readouterr().out
    assert not check(Estimate(math.nan, low, high))
    with pytest.raises(ValueError, match="have no 'new' of"):
        script["check"](
            "cheese_vector", lambda: {(*key[:2], "new"): Estimate(0.0, 0.0, 0.0)}, tmp_path
        )


def test_the_numbers_of_the_sample_are_published(script: dict[str, Any]) -> None:
    assert set(script["SAMPLE"]) < set(script["experiments"].NAMES)


def test_other_rules_are_named(script: dict[str, Any]) -> None:
    _, claims = read_claims(FOLDER / "cheese_vector" / RESULTS)
    script["check_rules"]("cheese_vector", claims)
    other = replace(claims[0], rule=replace(claims[0].rule, average=False))
    with pytest.raises(ValueError, match=r"do not judge 'Subtracting the cheese vector .* by this"):
        script["check_rules"]("cheese_vector", (other, *claims[1:]))
