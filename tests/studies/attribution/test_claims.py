"""Claims about attributions: each fails by its own numbers, and by no others."""

from __future__ import annotations

import pandas as pd
import pytest

from procgen_tools.studies.attribution.claims import all_claims

GOOD = {
    **dict.fromkeys(("error_black", "error_no_cheese", "error_layer"), 0.01),
    **dict.fromkeys(("agreement_black", "agreement_saliency"), 0.7),
    **dict.fromkeys(("same_top_black", "same_top_saliency"), 1.0),
    **{f"cheese_rank_{name}": 3.0 for name in ("real", "black", "saliency")},
    "channels": 0.9,
}


@pytest.mark.parametrize(
    ("changed", "failing"),
    [
        ({}, []),
        ({"error_layer": 0.2}, [0]),
        ({"agreement_black": 0.3}, [1]),
        ({"same_top_black": 0.0}, [2]),
        ({"cheese_rank_real": 30.0}, [3]),
        ({"channels": 0.5}, [4]),
        ({"agreement_saliency": 0.0, "same_top_saliency": 0.0, "cheese_rank_saliency": 99.0}, []),
    ],
)
def test_what_decides_each_claim(changed: dict[str, float], failing: list[int]) -> None:
    scores = pd.DataFrame(
        {"agent": agent, "level": level, **GOOD, **changed} for agent in "ab" for level in range(6)
    )
    claims = all_claims(scores)
    assert [number for number, claim in enumerate(claims) if not claim.holds] == failing


def test_errors_are_medians() -> None:
    scores = pd.DataFrame({"agent": "a", "level": level, **GOOD} for level in range(5))
    scores.loc[0, "error_black"] = 100.0
    assert all_claims(scores)[0].measured["a"]["black baseline"].value == 0.01
