"""Claims follow their rules: tables made for a verdict get it, and a changed number changes it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from procgen_tools.evaluation.keys import PUBLISHED, SAMPLED, SCRIPT
from procgen_tools.studies.base import Claim
from procgen_tools.studies.keys_and_chests.claims import all_claims
from procgen_tools.studies.keys_and_chests.inventory import INPUTS, NULLS, SPANS
from procgen_tools.studies.keys_and_chests.measure import AIM
from procgen_tools.studies.keys_and_chests.pairs import CHANGES, KINDS
from procgen_tools.studies.keys_and_chests.steering import DOSES
from procgen_tools.studies.rules import ALL_AGENTS

AGENTS = ("seed_0", "seed_1", PUBLISHED)
OWN = AGENTS[:2]
SCRIPTS = {"random": (2.2, 3.5, 0.0), "key-only": (4.5, 9.8, 0.0), "chest-if-key": (9.4, 9.8, 3.5)}
PLAYERS = (*AGENTS, "untrained", *SCRIPTS)


def row(value: float, width: float = 0.02, **columns: Any) -> dict[str, Any]:
    return {**columns, "value": value, "low": value - width, "high": value + width}


def tables(**changes: float) -> dict[str, pd.DataFrame]:
    """Tables in which every claim holds, but for the numbers that are given."""
    numbers = {
        "keys": 9.0, "aim": 0.7, "gain": 0.3, "transfer": 0.3, "probe": 0.2, "slope": 0.3,
        "lost": -1.0, "drop": 0.2, "first": 0.8, "useless": 0.5, "key added": 0.5,
        "chest added": 0.1, "far": 0.0,
    }  # fmt: skip
    assert changes.keys() <= numbers.keys()
    numbers |= changes
    scores, inventory, steering, held, rates, attraction, pairs, choices = ([] for _ in range(8))
    for player in (*AGENTS, *SCRIPTS):
        agent = player in AGENTS
        opened, keys, aim = SCRIPTS.get(player, (5.0, numbers["keys"], numbers["aim"]))
        for variant in ("train", "test"):
            found = {"return": opened, "hidden_return": opened - aim, "keys": keys, AIM: aim}
            scores += [
                {**row(each, agent=player, variant=variant, figure=name),
                 "choice": SAMPLED if agent else SCRIPT,
                 "published": each if player == PUBLISHED else np.nan}
                for name, each in found.items()
            ]  # fmt: skip
    for each in scores:
        each["far"] = bool(numbers["far"]) and each["agent"] == PUBLISHED
    for agent in AGENTS:
        for fitted, gain in (("test", "gain"), ("train", "transfer")):
            where = {"agent": agent, "fitted": fitted, "tested": "test"}
            for span in ("all", *(f"{low}-{high}" for low, high in SPANS)):
                for name in (*INPUTS, *NULLS):
                    inventory.append(row(0.6, **where, inputs=name, statistic="R2", span=span))
            inventory += [
                row(numbers[gain], **where, inputs="both", statistic=f"gain over {null}",
                    span="all")
                for null in NULLS
            ]  # fmt: skip
            inventory.append(row(0.9, **where, inputs="both", statistic="AUC", span="all"))
        held.append(row(5.0, agent=agent, direction="none", draw=-1, held="", statistic="return"))
        for direction in ("probe", "slope"):
            for draw in range(-1, 5):
                where = {"agent": agent, "direction": direction, "draw": draw}
                effect = numbers[direction] if draw < 0 else 0.01 * draw
                steering.append(row(effect, **where, statistic="effect", dose=1.0))
                steering += [
                    row(effect * dose, **where, statistic=name, dose=dose)
                    for name in ("chest first", "key first")
                    for dose in (DOSES if draw < 0 else (-1.0, 1.0))
                ]
                lost = numbers["lost"] if draw < 0 else -0.1 * draw
                held.append(row(lost, **where, held="mean", statistic="return"))
    for player in PLAYERS:
        choices += [
            {"agent": player, "level": level, "keys": keys, "key_steps": 4, "chest_steps": 2,
             "first": "key" if level % 2 else "chest"}
            for level in range(6) for keys in range(4)
        ]  # fmt: skip
        for keys in range(4):
            where = {"agent": player, "keys": keys}
            rates.append(row(numbers["first"], **where, statistic="key at equal distances"))
            rates.append(row(2.5, **where, statistic="extra steps"))
        rates.append(row(numbers["drop"], agent=player, keys=1, statistic="drop"))
        attraction += [
            row(0.6 if kind == "useful" else numbers["useless"], agent=player, kind=kind,
                statistic="attraction")
            for kind in KINDS
        ]  # fmt: skip
        if player == "untrained":
            continue
        pairs += [row(-0.5, agent=player, change=change, statistic="return") for change in CHANGES]
        pairs += [
            row(numbers[change], agent=player, change=change, statistic="reaches")
            for change in ("key added", "chest added")
        ]
    made = {
        "scores": scores, "inventory": inventory, "steering": steering, "held": held,
        "rates": rates, "attraction": attraction, "pairs": pairs, "choices": choices,
    }  # fmt: skip
    return {name: pd.DataFrame(rows).assign(levels=6) for name, rows in made.items()}


def claims(**changes: float) -> tuple[Claim, ...]:
    return all_claims(tables(**changes), AGENTS, OWN)


def test_every_claim_holds_in_tables_made_for_it() -> None:
    found = claims()
    assert len(found) == 12
    assert all(claim.holds for claim in found)
    assert all(set(claim.measured) == {ALL_AGENTS, *AGENTS} for claim in found if claim.rule.each)


@pytest.mark.parametrize(
    ("number", "changes"),
    [
        (0, {"far": 1.0}),
        (1, {"keys": 6.0}),
        (2, {"aim": 1.9}),
        (3, {"gain": 0.01}),
        (4, {"transfer": 0.01}),
        (5, {"probe": 0.05}),
        (6, {"slope": 0.05}),
        (7, {"lost": -0.35}),
        (8, {"drop": 0.01}),
        (9, {"first": 0.51}),
        (10, {"useless": 0.31}),
        (11, {"chest added": 0.25}),
    ],
)
def test_a_number_decides_its_claim_alone(number: int, changes: dict[str, float]) -> None:
    assert [claim.holds for claim in claims(**changes)] == [each != number for each in range(12)]


def test_the_published_claim_is_left_out_with_its_agent() -> None:
    found = all_claims(tables(), OWN, OWN)
    assert len(found) == 11
    assert all(PUBLISHED not in claim.measured for claim in found)


def test_the_originals_agent_is_no_part_of_the_means() -> None:
    changed = tables()
    scores = changed["scores"]
    scores.loc[scores["agent"] == PUBLISHED, ["value", "low", "high"]] += 5.0
    found = all_claims(changed, AGENTS, OWN)
    assert found[1].measured[ALL_AGENTS] == claims()[1].measured[ALL_AGENTS]
