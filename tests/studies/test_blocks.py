"""Blocks of levels: the same means, nearly the same intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from procgen_tools.studies.base import over_levels
from procgen_tools.studies.blocks import over_many_levels


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    levels = rng.permutation(5000)[:1003]
    return pd.concat(
        pd.DataFrame(
            {"agent": agent, "level": rng.permutation(levels), "found": rng.random(1003) < share}
        )
        for agent, share in (("a", 0.7), ("b", 0.75))
    )


def test_blocks_and_levels_agree(table: pd.DataFrame) -> None:
    blocks = over_many_levels(table, "found", 100)
    levels = over_levels(table, "found")
    assert list(blocks) == list(levels)
    for agent, mean in levels.items():
        assert blocks[agent].value == pytest.approx(mean.value, abs=1e-12)
        assert blocks[agent].low == pytest.approx(mean.low, abs=0.012)
        assert blocks[agent].high == pytest.approx(mean.high, abs=0.012)


def test_few_levels_are_not_grouped(table: pd.DataFrame) -> None:
    assert over_many_levels(table, "found", 1003) == over_levels(table, "found")


def test_gaps_are_refused(table: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="different levels, or twice on one"):
        over_many_levels(table.iloc[1:], "found", 100)
    with pytest.raises(ValueError, match="numbers are missing"):
        over_many_levels(table.assign(found=table["found"].where(table["found"])), "found", 100)
