"""Claims about receptive fields: what differs from untrained networks at one layer decides."""

from __future__ import annotations

import pandas as pd
import pytest

from procgen_tools.studies.base import LAYER
from procgen_tools.studies.receptive_fields.claims import all_claims

TRAINED = {"gradient_90": 30.0, "cheese_near": 0.8}
UNTRAINED = {"gradient_90": 20.0, "cheese_near": 0.6}


def fields(agents: str, numbers: dict[str, float], elsewhere: float) -> pd.DataFrame:
    """The same numbers in six mazes at the layer, and `elsewhere` at another."""
    return pd.DataFrame(
        {"agent": agent, "level": level, "layer": layer, **columns}
        for agent in agents
        for level in range(6)
        for layer, columns in ((LAYER, numbers), ("other", dict.fromkeys(numbers, elsewhere)))
    )


@pytest.mark.parametrize(
    ("changed", "failing"),
    [
        ({}, []),
        ({"gradient_90": 20.0}, [0]),
        ({"gradient_90": 12.0}, [0]),
        ({"cheese_near": 0.6}, [1]),
        ({"cheese_near": 0.1}, [1]),
    ],
)
def test_what_decides_each_claim(changed: dict[str, float], failing: list[int]) -> None:
    claims = all_claims(fields("ab", {**TRAINED, **changed}, 0.0), fields("xyz", UNTRAINED, 99.0))
    assert [number for number, claim in enumerate(claims) if not claim.holds] == failing


def test_one_agent_that_is_like_untrained_networks_decides_against_the_claims() -> None:
    trained = pd.concat([fields("a", TRAINED, 0.0), fields("b", UNTRAINED, 0.0)])
    claims = all_claims(trained, fields("xyz", UNTRAINED, 0.0))
    assert [claim.holds for claim in claims] == [False, False]
