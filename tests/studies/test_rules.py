"""Rules: the sentence and the verdict come from one value."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies.base import Claim
from procgen_tools.studies.results import FOLDER, read_claims
from procgen_tools.studies.rules import ALL_AGENTS, Condition, Rule, lower, upper, value

HIGH, LOW = Estimate(0.8, 0.7, 0.9), Estimate(0.3, 0.1, 0.5)


def measured(**numbers: Estimate) -> dict[str, dict[str, Estimate]]:
    return dict.fromkeys(("a", "b", ALL_AGENTS), numbers)


@pytest.mark.parametrize(
    ("condition", "words", "holds"),
    [
        (value("x") >= 0.8, "'x' is at least 0.8", True),
        (value("x") > 0.8, "'x' is more than 0.8", False),
        (value("x") <= 0.8, "'x' is at most 0.8", True),
        (value("x") < 0.8, "'x' is less than 0.8", False),
        (value("y") < 0.5 * value("x"), "'y' is less than 0.5 × 'x'", True),
        (
            upper("y") < 0.5 * value("x"),
            "the upper end of 'y' is less than 0.5 × 'x'",
            False,
        ),
        (
            lower("x") > upper("y"),
            "the lower end of 'x' is more than the upper end of 'y'",
            True,
        ),
        (value("x") - value("y") >= 0.5, "'x' − 'y' is at least 0.5", True),
        (value("x") >= value("y") + 0.6, "'x' is at least 'y' + 0.6", False),
        (value("x") <= 0.5 + 0.5 * value("x"), "'x' is at most 0.5 + 0.5 × 'x'", True),
        (value("y") > -0.1, "'y' is more than −0.1", True),
        (value("x", per="y") > 2.5, "'x' / 'y' is more than 2.5", True),
        (value("x", "the share of mazes") >= 0.9, "the share of mazes is at least 0.9", False),
    ],
)
def test_sentence_and_verdict(condition: Condition, words: str, holds: bool) -> None:
    rule = Rule.that(condition)
    assert rule.sentence() == f"{words}, for every agent and on average"
    assert rule.holds(measured(x=HIGH, y=LOW)) is holds


def test_several_conditions_must_all_be_met() -> None:
    rule = Rule.that(value("x") > 0.7, value("x") < 0.9, value("y") <= 0.05, unit="run")
    assert rule.sentence(percent=True) == (
        "'x' is more than 70%, and is less than 90%, and 'y' is at most 5%, for every run and on "
        "average"
    )
    assert rule.holds(measured(x=HIGH, y=Estimate.exact(0.05)))
    assert not rule.holds(measured(x=HIGH, y=LOW))


def test_who_must_meet_a_rule() -> None:
    numbers = {agent: {"x": LOW if agent == "b" else HIGH} for agent in ("a", "b", "c", ALL_AGENTS)}
    rule = Rule.that(value("x") > 0.5)
    assert not rule.holds(numbers)
    lenient = replace(rule, may_fail=1)
    assert lenient.holds(numbers)
    assert lenient.sentence().endswith(", for all agents but at most 1 and on average")
    assert not lenient.holds({**numbers, "c": {"x": LOW}})
    assert not lenient.holds({**numbers, ALL_AGENTS: {"x": LOW}})
    average = replace(rule, each=False)
    assert average.holds(numbers)
    assert average.sentence() == "'x' is more than 0.5, on average"
    every = replace(rule, average=False)
    assert not every.holds(numbers)
    assert every.holds({"a": {"x": HIGH}, ALL_AGENTS: {"x": LOW}})
    assert every.sentence() == "'x' is more than 0.5, for every agent"
    with pytest.raises(ValueError, match="for nobody is always met"):
        replace(rule, each=False, average=False)
    with pytest.raises(ValueError, match="a rule of 0 conditions"):
        Rule.that()


def test_undefined_numbers_meet_nothing() -> None:
    nan = Estimate.exact(float("nan"))
    for condition in (value("x") >= 0, value("x") <= 0, value("y", per="zero") >= 0):
        assert not Rule.that(condition).holds(measured(x=nan, y=HIGH, zero=Estimate.exact(0.0)))


@pytest.mark.parametrize("factor", [-1.5, 2.0])
def test_a_rule_may_be_met_within_the_intervals(factor: float) -> None:
    """Just if a point of the intervals meets it; so always, if the estimates themselves do."""
    rng = np.random.default_rng(0)
    missed, undecided = 0, 0
    for _ in range(300):
        ends = np.sort(rng.normal(size=(3, 3)), axis=1)
        low, middle, high = ends.T.tolist()
        estimates = {
            name: Estimate(middle[i], low[i], high[i]) for i, name in enumerate(("x", "y", "z"))
        }
        rule = Rule.that(factor * value("x", per="z") - value("y") >= 0.3)
        corners = [
            factor * x / middle[2] - y >= 0.3
            for x in (low[0], middle[0], high[0])
            for y in (low[1], middle[1], high[1])
        ]
        assert rule.may_be_met_by(estimates) == any(corners)
        assert rule.may_be_met_by(estimates) or not rule.met_by(estimates)
        missed += not any(corners)
        undecided += any(corners) and not rule.met_by(estimates)
    assert missed > 20
    assert undecided > 20


def test_an_end_of_an_interval_that_a_rule_asks_for_may_be_better() -> None:
    rule = Rule.that(lower("x") > 0, value("x") < 1)
    assert rule.may_be_met_by({"x": Estimate(0.2, -0.1, 0.4)})
    assert not rule.may_be_met_by({"x": Estimate(-0.2, -0.4, 0.0)})
    assert not rule.met_by({"x": Estimate(0.2, -0.1, 0.4)})


def test_rules_come_back_from_json() -> None:
    rule = Rule.that(
        upper("a", "the fall") < 0.5 * value("b", per="c") - 0.1,
        value("a") >= 1,
        unit="seed",
        average=False,
        may_fail=2,
    )
    again = Rule.from_json(json.loads(json.dumps(rule.to_json())))
    assert again == rule
    assert again.sentence() == rule.sentence()


def test_a_rule_about_something_else_is_refused() -> None:
    rule = Rule.that(value("mean after") < 0.5)
    with pytest.raises(
        ValueError, match=r"'mean after', which was not .* did you mean 'mean afer'"
    ):
        Claim(
            statement="It falls",
            published="none",
            rule=rule,
            measured=measured(**{"mean afer": LOW}),
        )
    with pytest.raises(ValueError, match="not measured for a"):
        rule.holds(measured(x=LOW))


def test_kept_verdicts_follow_from_their_rules(tmp_path: Path) -> None:
    """A verdict or a sentence that is edited by hand is not read."""
    content = json.loads((FOLDER / "cheese_vector" / "results.json").read_text())
    path = tmp_path / "results.json"
    for key, edited in (("holds", not content["claims"][0]["holds"]), ("sentence", "it falls")):
        claims = [{**content["claims"][0], key: edited}, *content["claims"][1:]]
        path.write_text(json.dumps({**content, "claims": claims}))
        with pytest.raises(ValueError, match="not what its rule and numbers give"):
            read_claims(path)
    path.write_text(json.dumps(content))
    assert read_claims(path)[1][0].holds is content["claims"][0]["holds"]


def test_a_rule_of_values_judges_no_bounds() -> None:
    rule = Rule.that(upper("after") < 0.5 * value("before"), lower("gain") > 0, each=False)
    numbers = {
        "after": Estimate(0.2, 0.1, 0.6), "before": Estimate(0.8, 0.7, 0.9),
        "gain": Estimate(0.1, -0.1, 0.3),
    }  # fmt: skip
    assert not rule.met_by(numbers)
    assert rule.of_values().met_by(numbers)
    assert rule.of_values().sentence() == (
        "'after' is less than 0.5 × 'before', and 'gain' is more than 0, on average"
    )
    assert rule.of_values().of_values() == rule.of_values()
