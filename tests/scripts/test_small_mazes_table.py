"""Imitators and agents of PPO in small mazes: counts, and what is expected of them."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies import other_agents
from procgen_tools.studies.base import Claim
from procgen_tools.studies.rules import ALL_AGENTS, Rule, value

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "small_mazes_table.py"))
SIX = (*(f"s{seed}_ppo" for seed in range(3)), *(f"s{seed}_stopped" for seed in range(3)))


def claim(statement: str = "It gains", **gains: float | tuple[float, float, float]) -> Claim:
    """That a gain is 0.5 or more, for the agents named."""
    ends = {
        agent: Estimate(*gain)
        if isinstance(gain, tuple)
        else Estimate(float(gain), gain - 1.0, gain + 1.0)
        for agent, gain in gains.items()
    }
    return Claim(
        statement=statement,
        rule=Rule.that(value("gain") >= 0.5),
        measured={agent: {"gain": end} for agent, end in ends.items()}
        | {ALL_AGENTS: {"gain": Estimate(0.5, 0.0, 1.0)}},
    )


def finding(*gains: float, **others: Claim | None) -> Any:
    given = {"untrained": None, "easy": None, "public": None, **others}
    return SCRIPT["Finding"]("a_study", claim(**dict(zip(SIX, gains, strict=True))), **given)


@pytest.mark.parametrize(
    ("ppo", "imitators", "kind"),
    [
        ((1, 1, 1), (1, 1, 1), "both"),
        ((0, 0, 0), (0, 0, 0), "neither"),
        ((1, 1, 1), (0, 0, 0), "PPO alone"),
        ((0, 0, 0), (1, 1, 1), "imitators alone"),
        ((1, 0, 1), (1, 1, 1), "divided"),
        ((0, 0, 0), (0, 1, 0), "divided"),
    ],
)
def test_a_side_holds_if_all_its_agents_do(
    ppo: tuple[int, ...], imitators: tuple[int, ...], kind: str
) -> None:
    found = finding(*ppo, *imitators)
    assert found.kind == kind
    assert kind in SCRIPT["KINDS"]


def test_a_row_has_the_sides_apart_and_the_null() -> None:
    null = claim(untrained=0.9)
    row = finding(1, 0.9, 0.1, 0.25, 0, 0, untrained=null, null=null).row()
    assert row == (
        "| It gains | gain 0.25, 0.00, 0.00 (0 of 3) | gain 1.00, 0.90, 0.10 (2 of 3) | gain 0.90 "
        "| divided; an untrained network meets the rule, too |"
    )


def test_directions_are_those_of_the_public_agent_beside_imitators_of_easy_worlds() -> None:
    for easy, interval, expected in (
        ((0.1, 0.2), (0.5, 0.3, 0.7), 1),
        ((0.8, 0.9), (0.5, 0.3, 0.7), -1),
        ((0.2, 0.4), (0.5, 0.3, 0.7), 0),
        ((0.1, 0.9), (0.5, 0.3, 0.7), 0),
        ((0.1, 0.2), (0.5, 0.5, 0.5), 0),
    ):
        found = finding(
            *range(6), easy=claim(**dict(zip("ab", easy, strict=True))),
            public=claim(public_ppo=interval),
        )  # fmt: skip
        assert found.direction("gain") == expected
    assert finding(*range(6), public=claim(public_ppo=0.5)).direction("gain") == 0


def drawn(seed: int, shift: float, count: int = 60) -> list[Any]:
    """Findings of agents of which those of PPO gain more by a shift, as the public agent does."""
    rng = np.random.default_rng(seed)
    sides = {"easy": claim(easy=0.1), "public": claim(public_ppo=(0.6, 0.4, 0.8))}
    return [
        finding(*(rng.normal(size=6) + shift * (np.arange(6) < 3)).tolist(), **sides)
        for _ in range(count)
    ]


def test_groups_that_differ_are_beyond_what_is_expected_and_others_are_not() -> None:
    every, expected = SCRIPT["separated"](drawn(0, 6.0))
    assert (every.numbers, every.expected, every.p) == (60, 6.0, 0.1)
    assert every.own > 40
    assert (expected.own, expected.expected, expected.p) == (every.own, 3.0, 0.05)
    every, expected = SCRIPT["separated"](drawn(1, 0.0))
    assert every.own < 15
    assert expected.own < 10
    one_sided = [
        each[SCRIPT["IMITATORS"]] + each[SCRIPT["REINFORCED"]]
        for each in SCRIPT["kinds_of_divisions"](drawn(0, 6.0))
    ]
    assert len(one_sided) == 20
    assert one_sided[0] > 3 * np.mean(one_sided)


def test_the_same_numbers_count_once_and_the_words_have_all_counts() -> None:
    found = drawn(0, 6.0, 10)
    assert len(SCRIPT["numbers"]([*found, *found])) == 10
    text = SCRIPT["in_words"](found).replace("\n", " ")
    kinds = [each.kind for each in found]
    assert f"Of 10 findings, {kinds.count('both')} hold for all six agents" in text
    assert f"{kinds.count('PPO alone')} for agents of PPO alone" in text
    every, expected = SCRIPT["separated"](found)
    assert f"In {every.own} of 10 numbers, ours is the most separated of the ten; 1.0 are" in text
    assert f"any other division, in {expected.own}; 0.5 are expected (as many" in text
    assert "public agent" not in SCRIPT["in_words"]([finding(1, 2, 3, 4, 5, 7)])


def test_the_page_has_the_section() -> None:
    begin, end = SCRIPT["MARKS"]
    shown = SCRIPT["PAGE"].read_text(encoding="utf-8").split(begin)[1].split(end)[0]
    assert shown == SCRIPT["section"](), "python scripts/small_mazes_table.py"


def test_without_results_the_remedy_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(other_agents, "OTHERS", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"is missing: .*other_agents.py small_agents$"):
        SCRIPT["main"]()


def test_a_page_without_a_place_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    globals_of = SCRIPT["main"].__globals__
    monkeypatch.setitem(globals_of, "PAGE", page)
    monkeypatch.setitem(globals_of, "section", lambda: "new\n")
    page.write_text("No place.\n")
    with pytest.raises(ValueError, match="no place for the section: add <!-- small"):
        SCRIPT["main"]()
    assert page.read_text() == "No place.\n"
    begin, end = SCRIPT["MARKS"]
    page.write_text(f"Before.\n{begin}old\n{end}\nAfter.\n")
    SCRIPT["main"]()
    assert page.read_text() == f"Before.\n{begin}new\n{end}\nAfter.\n"
