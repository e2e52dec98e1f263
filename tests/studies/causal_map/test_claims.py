"""Claims about estimates of causal maps: what decides each."""

from __future__ import annotations

import pandas as pd
import pytest

from procgen_tools.statistics import intervals
from procgen_tools.studies.causal_map.claims import all_claims
from procgen_tools.studies.causal_map.measure import METHODS, PARTS

PATCHING, INTEGRATED, SALIENCY, SIZE = METHODS
RANKS = {PATCHING: 0.9, INTEGRATED: 0.95, SIZE: 0.5, SALIENCY: 0.2}


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scores vary so little that any resample says the same."""
    monkeypatch.setattr(intervals, "RESAMPLES", 49)


def table(
    agents: str, changed: dict[tuple[str, str], float], precision: float = 0.6
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "agent": agent,
            "level": level,
            "part": part,
            "method": method,
            "parts": 32,
            "rank": changed.get((part, method), rank) + 0.001 * level,
            "precision": precision,
        }
        for agent in agents
        for level in range(4)
        for part in PARTS
        for method, rank in RANKS.items()
    )


def failing(
    changed: dict[tuple[str, str], float] | None = None,
    *,
    of: str = "abc",
    precision: float = 0.6,
) -> list[int]:
    """The numbers of the claims that fail where some agents have these rank correlations."""
    rest = "".join(set("abc") - set(of))
    parts = [table(of, changed or {}, precision), table(rest, {})]
    claims = all_claims(pd.concat(part for part in parts if len(part)), table("de", {}))
    return [number for number, claim in enumerate(claims) if not claim.holds]


def test_all_claims_can_hold() -> None:
    assert failing() == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({("cell", PATCHING): 0.7}, [0]),
        ({("channel", PATCHING): 0.7}, [1]),
        ({("cell", INTEGRATED): 0.85}, [2]),
        ({("channel", INTEGRATED): 0.85}, [2]),
        ({("cell", SIZE): 0.92}, [3]),
        ({("channel", SIZE): 0.1}, [4]),
        ({("cell", SALIENCY): 0.6}, [4]),
    ],
)
def test_what_decides_each_claim(
    changed: dict[tuple[str, str], float], expected: list[int]
) -> None:
    assert failing(changed) == expected


def test_precision_is_judged_and_every_agent_counts() -> None:
    assert failing(precision=0.4) == [5]
    assert 0 in failing({("cell", PATCHING): 0.7}, of="b")
