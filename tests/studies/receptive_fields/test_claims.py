"""Claims about receptive fields: theory bounds every layer, the rest is about one."""

from __future__ import annotations

import pandas as pd
import pytest

from procgen_tools.studies.base import LAYER
from procgen_tools.studies.receptive_fields.claims import SIDE, all_claims

GOOD = {
    LAYER: {"theoretical": SIDE, "seen": SIDE, "gradient_90": 20, "gradient_50": 10,
            "cheese_90": 25, "cheese_near": 0.8},
    "earlier": {"theoretical": 9, "seen": 9, "gradient_90": 9, "gradient_50": 5,
                "cheese_90": 99, "cheese_near": 0.0},
}  # fmt: skip


@pytest.mark.parametrize(
    ("layer", "changed", "failing"),
    [
        (LAYER, {}, []),
        (LAYER, {"seen": SIDE - 2}, [0]),
        ("earlier", {"seen": 10}, [0]),
        (LAYER, {"gradient_90": 40}, [1]),
        (LAYER, {"cheese_near": 0.3}, [2]),
    ],
)
def test_what_decides_each_claim(layer: str, changed: dict[str, float], failing: list[int]) -> None:
    fields = pd.DataFrame(
        {
            "agent": agent,
            "level": level,
            "layer": name,
            **good,
            **(changed if name == layer else {}),
        }
        for agent in "ab"
        for level in range(6)
        for name, good in GOOD.items()
    )
    claims = all_claims(fields)
    assert [number for number, claim in enumerate(claims) if not claim.holds] == failing
