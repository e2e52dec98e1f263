"""Claims about causes: what decides each, agent by agent and on average."""

from __future__ import annotations

import pandas as pd
import pytest

from procgen_tools.statistics import intervals
from procgen_tools.statistics.intervals import mean_of_agents
from procgen_tools.studies.minimal_pairs.claims import CAUSES, _chance_claims, all_claims, by_agent
from procgen_tools.studies.minimal_pairs.pairs import CHANGES
from procgen_tools.studies.rules import ALL_AGENTS


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """The effects vary so little that any resample says the same."""
    monkeypatch.setattr(intervals, "RESAMPLES", 49)


CORNER = "distance of the cheese to the corner"
NAMES = list(CAUSES)


def effects(agent: str, sizes: dict[str, float], jitter: float = 0.01) -> pd.DataFrame:
    """Small effects of controls and larger ones of changes, a little different in each maze."""
    return pd.DataFrame(
        {
            "agent": agent,
            "change": change,
            "level": level,
            "effect": sizes.get(change, 0.0) + jitter * (level % 2 - 0.5),
        }
        for change in CHANGES
        for level in range(6)
    )


def failing(
    changed: dict[str, float] | None = None,
    *,
    of: tuple[str, ...] = ("a", "b", "c"),
    untrained: dict[str, float] | None = None,
    predicted: float = 1.2,
    chance: float = 1.0,
    walk: float = 0.1,
) -> list[int]:
    """The numbers of the claims that fail where effects, predictions and chances are these."""
    usual = {change: 0.2 * sign for change, (sign, *_) in CAUSES.items()}
    turns = pd.concat(
        effects(agent, {**usual, **((changed or {}) if agent in of else {})}) for agent in "abc"
    )
    nulls = pd.concat(effects(name, untrained or {}, 0.0) for name in "de")
    chances = turns.assign(effect=chance * turns["effect"], walk_effect=walk * turns["effect"])
    claims = all_claims(turns, nulls, chances, turns.assign(predicted=predicted * turns["effect"]))
    return [number for number, claim in enumerate(claims) if not claim.holds]


def test_all_claims_can_hold() -> None:
    assert failing() == []


@pytest.mark.parametrize("factor", [0.2, -1.0])
def test_a_small_or_opposite_effect_is_no_cause(factor: float) -> None:
    usual = {name: 0.2 * sign for name, (sign, *_) in CAUSES.items()}
    assert set(range(6)) <= set(failing({name: factor * size for name, size in usual.items()}))
    # Every agent must show it: the mean of the three alone does not do.
    assert 3 in failing({NAMES[3]: 0.0}, of=("b",))


def test_what_untrained_networks_do_too_is_no_finding() -> None:
    assert failing(untrained={NAMES[3]: -0.3}) == [3, 10]
    all_six = {name: 0.3 * sign for name, (sign, *_) in CAUSES.items()}
    assert failing(untrained=all_six) == [*range(6), 10]


@pytest.mark.parametrize(
    "control",
    ["cheese moved, all held", "way to the cheese redrawn, as long", "rewired off all ways"],
)
def test_controls_that_do_as_much_are_told(control: str) -> None:
    assert failing({control: 0.15}) == [6, 10]


def test_predictions_chances_and_random_walks() -> None:
    assert failing(predicted=2.5) == [7]
    assert failing(predicted=0.4) == [7]
    assert failing(predicted=-1.0) == [7]
    assert failing(chance=-1.0) == [8, 9]
    assert failing(walk=1.5) == [9]


def test_a_random_walk_varies_over_pairs_and_not_over_agents() -> None:
    turns = pd.concat(effects(agent, {CORNER: -0.2}) for agent in "ab")
    walks = turns.assign(walk_effect=turns["level"] / 10)
    (_, claim) = _chance_claims(turns, walks)
    together = claim.measured[ALL_AGENTS]["random walk"]
    assert together == claim.measured["a"]["random walk"] == claim.measured["b"]["random walk"]
    assert together.low < together.value < together.high


def test_means_of_agents_have_students_interval() -> None:
    table = pd.concat(
        effects(name, {CORNER: size}) for name, size in zip("ab", (0.1, 0.3), strict=True)
    )
    found = by_agent(table[table["change"] == CORNER], "effect")
    assert found["a"].value == pytest.approx(0.1)
    assert found[ALL_AGENTS] == mean_of_agents([found["a"].value, found["b"].value])


def test_discoveries_are_of_features_alone() -> None:
    assert failing({"closed off all ways": 0.02}) == [10]  # small, and the same in all mazes
    assert failing({"closed off all ways": 0.02}, of=("a",)) == [10]  # in one agent is enough
    assert 10 in failing(dict.fromkeys(CAUSES, 0.0))
