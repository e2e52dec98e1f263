"""Nulls of claims: untrained networks, unless nothing happens in them, and controls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies import nulls
from procgen_tools.studies.base import Claim
from procgen_tools.studies.nulls import CONTROLS, EFFECTS, effects, nothing_happens, nulls_of
from procgen_tools.studies.other_agents import UNTRAINED_HARD
from procgen_tools.studies.results import FOLDER, read_claims
from procgen_tools.studies.rules import Rule, value


def claim(statement: str, **numbers: dict[str, float]) -> Claim:
    """That its first number is above one half, for agents by name."""
    names = list(next(iter(numbers.values())))
    return Claim(
        statement=statement,
        rule=Rule.that(value(names[0]) > 0.5),
        measured={
            agent: {name: Estimate.exact(each) for name, each in found.items()}
            for agent, found in numbers.items()
        },
    )


def test_a_claim_is_dropped_if_it_holds_and_every_network_meets_it() -> None:
    held = claim("it", one={"x": 0.9}, two={"x": 0.8}, **{"all agents": {"x": 0.85}})
    both, one = claim("it", n={"x": 0.6}, m={"x": 0.7}), claim("it", n={"x": 0.6}, m={"x": 0.1})
    assert held.holds
    assert held.dropped(both)
    assert not held.dropped(one)
    assert not held.dropped(None)
    missed = replace(held, rule=Rule.that(value("x") > 0.95))
    assert not missed.dropped(both)
    assert not replace(held, small=True).dropped(both)


@pytest.mark.parametrize("study", EFFECTS)
def test_edits_change_nothing_in_untrained_networks(study: str) -> None:
    found = effects(study)
    assert len(found) == 3
    assert nothing_happens(study)
    assert nulls_of(study, claims(study)) == {}


def claims(study: str) -> tuple[Claim, ...]:
    return read_claims(FOLDER / study / "results.json")[1]


def test_where_an_edit_does_something_its_rules_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    beginning, name = EFFECTS["cheese_vector"]
    kept = {f"{beginning} so": claim(f"{beginning} so", a={name: 0.0}, b={name: -0.2})}
    monkeypatch.setattr(nulls, "claims_of", lambda group, study: kept)
    assert effects("cheese_vector") == {"a": 0.0, "b": -0.2}
    assert not nothing_happens("cheese_vector")
    assert nulls_of("cheese_vector", kept.values()) == kept
    assert nulls_of("cheese_vector", ()) == {}
    assert effects("probing") == {}


def test_untrained_networks_are_the_null_of_other_studies() -> None:
    found = nulls_of("value_head", claims("value_head"))
    assert len(found) == len(claims("value_head"))
    assert all(len(each.single) == 3 for each in found.values())
    assert nulls_of("value_head", (), UNTRAINED_HARD) == {}


@pytest.mark.parametrize("study", CONTROLS)
def test_a_control_takes_the_place_of_what_the_claim_is_about(study: str) -> None:
    by_statement = {each.statement: each for each in claims(study)}
    found = nulls_of(study, by_statement.values())
    assert len(found) == len(CONTROLS[study])
    for statement, null in found.items():
        (names,) = [
            names for beginning, names in CONTROLS[study].items() if statement.startswith(beginning)
        ]
        own = by_statement[statement]
        assert null.rule == own.rule
        for agent, estimates in null.measured.items():
            for name, other in names.items():
                assert estimates[name] == own.measured[agent][other] != own.measured[agent][name]
