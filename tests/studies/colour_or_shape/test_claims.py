"""What decides each claim about agents of two objects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from procgen_tools.studies.colour_or_shape.claims import all_claims, needs
from procgen_tools.studies.colour_or_shape.pairs import BLACK_PAIRS

POPULATIONS = ("black_same_data", "black_own_data")


def tables(**changed: Any) -> tuple[pd.DataFrame, ...]:
    """Eight agents per population that behave as published, but for what is changed."""
    set_to = {"spread": 0.4, "steps": 5.0, "alike": 0.48, "success": 1.0, "red": 9.0, "green": 1.0,
              "shown": 0.9, "slope": 1.0, "own_spread": None, "sampled": 0.0, "error": 0.05,
              "parts": 0.05, "change": 0.3, "balance": 1.0, "initial": 0.0,
              **changed}  # fmt: skip
    preferences, success, model, sampled, parts, layers = [], [], [], [], [], []
    for population in POPULATIONS:
        wide = set_to["spread"]
        if population == "black_own_data" and set_to["own_spread"] is not None:
            wide = set_to["own_spread"]
        for number, part in enumerate(np.linspace(-0.5, 0.5, 8)):
            agent = {"agent": f"{population}_seed_{number}", "population": population}
            gem = 0.5 + wide * part
            for first, second in BLACK_PAIRS:
                preference = {
                    ("red_line", "yellow_gem"): 1 - gem,
                    ("green_line", "red_line"): 0.5 + set_to["slope"] * wide * part,
                    ("yellow_line", "yellow_line"): set_to["alike"],
                    ("yellow_line", "black_gem"): set_to["shown"],
                }.get((first, second), 0.5)
                preferences.append({**agent, "first": first, "second": second,
                                    "preference": preference, "capability": set_to["steps"],
                                    "timeouts": 0.0, "bound": 0.0})  # fmt: skip
            for blanked in ("none", "red", "green", "blue"):
                longer = {"red": set_to["red"], "green": set_to["green"]}.get(blanked, 1.0)
                success.append({**agent, "blanked": blanked, "success": set_to["success"],
                                "steps": 4.0 * longer})  # fmt: skip
            model.append({**agent, "error": set_to["error"], "error_without_model": 0.2,
                          "error_of_distance": 0.15 + 0.001 * number})  # fmt: skip
            sampled.append({**agent, "exact": 0.5, "sampled": 0.5 + set_to["sampled"],
                            "low": 0.47 + set_to["sampled"],
                            "high": 0.53 + set_to["sampled"]})  # fmt: skip
            more = 0.001 * number
            parts.append({**agent, "error": set_to["parts"], "colour alone": 0.2 + more,
                          "shape alone": 0.2 + more, "other agents": 0.2 + more})  # fmt: skip
            turned = np.cos(3.0 * number)  # nearly unrelated to the preference
            layers.append({**agent, "preference": 0.5 + part / 2, "change": set_to["change"] + more,
                           "change_random": 0.1, "success": 1.0, "success_random": 1.0,
                           "balance": set_to["balance"] * part,
                           "initial_balance": set_to["initial"] * part + turned})  # fmt: skip
    return tuple(
        pd.DataFrame(each) for each in (success, preferences, sampled, model, parts, layers)
    )


@pytest.mark.parametrize(
    ("changed", "failing"),
    [
        ({}, []),
        ({"success": 0.98}, [0]),
        ({"spread": 0.01}, [1]),
        ({"steps": 11.0}, [2]),
        ({"alike": 0.6}, [3]),
        ({"shown": 0.5}, [4]),
        ({"slope": -1.0}, [5]),
        ({"own_spread": 0.9}, [6]),
        ({"sampled": 0.2}, [7]),
        ({"green": 9.0}, [8]),
        ({"red": 1.0}, [8]),
        ({"error": 0.16}, [9]),
        ({"parts": 0.3}, [10]),
        ({"change": 0.0}, [11]),
        ({"balance": -1.0}, [12]),
        ({"initial": 10.0}, [12]),
    ],
)
def test_what_decides_each_claim(changed: dict[str, Any], failing: list[int]) -> None:
    claims = all_claims(*tables(**changed))
    assert [number for number, claim in enumerate(claims) if not claim.holds] == failing


def test_a_channel_is_needed_if_episodes_become_three_times_as_long() -> None:
    table = needs(tables(red=2.9, green=3.1)[0])
    assert not table["red"].any()
    assert table["green"].all()
    assert not table["blue"].any()


def with_reinforcement(shift: float) -> pd.DataFrame:
    """Four agents of PPO beside the imitators; their preference for a pair is shifted."""
    _, preferences, *_ = tables()
    by_ppo = preferences[preferences["population"] == "black_same_data"].copy()
    by_ppo["agent"] = by_ppo["agent"].str.replace("black_same_data", "ppo_black")
    by_ppo["population"] = "ppo_black"
    moved = by_ppo["first"] == "cyan_line"
    by_ppo.loc[moved, "preference"] += shift
    noise = np.random.default_rng(0).normal(0, 0.02, len(preferences))
    preferences["preference"] += noise
    return pd.concat([preferences, by_ppo[by_ppo["agent"].str[-1].isin(list("0257"))]])


@pytest.mark.parametrize(("shift", "holds"), [(0.0, False), (0.3, True)])
def test_reinforcement_is_compared_with_imitation(shift: float, holds: bool) -> None:
    success, _, *rest = tables()
    claims = all_claims(success, with_reinforcement(shift), *rest)
    (claim,) = (each for each in claims if each.statement.startswith("Agents of reinforcement"))
    assert claim.holds is holds
    if holds:
        assert "cyan line" in claim.comment
