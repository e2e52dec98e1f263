"""Claims about training: curves by run, level and checkpoint."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from procgen_tools.studies.training_dynamics.claims import all_claims, curves


def test_curves_are_laid_out_by_run_level_and_checkpoint() -> None:
    rows = [
        {"agent": agent, "level": level, "samples": samples, "x": 100 * run + 10 * level + samples}
        for run, agent in enumerate(("a", "b"))
        for level in (3, 5)
        for samples in (2, 0, 1)
    ]
    table = pd.DataFrame(rows)
    both = curves(table, "x")
    assert both.shape == (2, 2, 3)
    np.testing.assert_array_equal(both[1], [[130, 131, 132], [150, 151, 152]])
    np.testing.assert_array_equal(curves(table, "x", "b"), both[1:])


def run_with(corner_from: int, cheese_from: int, pull: float, cheese: float) -> pd.DataFrame:
    """A run of ten checkpoints in which two wants begin at two of them, in every level."""
    return pd.DataFrame(
        {
            "agent": "run",
            "level": level,
            "samples": 1000 * number,
            "corner_without_cheese": float(number >= corner_from),
            "cheese_pull": pull * (number >= cheese_from),
            "agreement": number / 10,
            "cheese": cheese,
            "top_right": 0.5,
        }
        for level in range(5)
        for number in range(10)
    )


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, [True, True]),
        ({"cheese_from": 3}, [False, True]),
        ({"pull": 0.05}, [False, True]),
        ({"cheese": 0.6}, [True, False]),
    ],
)
def test_what_decides_each_claim(changed: dict[str, float], expected: list[bool]) -> None:
    planted = {"corner_from": 3, "cheese_from": 6, "pull": 0.3, "cheese": 0.4, **changed}
    claims = all_claims(run_with(**planted))
    assert [claim.holds for claim in claims] == expected
    order = claims[0].measured["run"]
    assert order["corner without cheese"].value == 3
    assert order["cheese after corner"].value == planted["cheese_from"] - 3
