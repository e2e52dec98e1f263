"""Exchange rates: planted ones are found, and none is found where steps do not matter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from procgen_tools.audit.exchange import exchange_rate


def table(rate: float, per_step: float, noise: float = 0.0, count: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    farther = rng.integers(-20, 21, count).astype(float)
    odds = per_step * (rate - farther) + rng.normal(0, noise, count)
    chance = 1 / (1 + np.exp(-odds))
    return pd.DataFrame(
        {"player": "agent", "wanted_steps": 30 + farther, "other_steps": 30.0,
         "wanted_first": 0.9 * chance, "other_first": 0.9 * (1 - chance)}
    )  # fmt: skip


@pytest.mark.parametrize("rate", [-7.0, 0.0, 12.0])
def test_a_planted_rate_is_found(rate: float) -> None:
    found = exchange_rate(table(rate, 0.4, noise=0.1), "agent")
    assert found.rate.low <= found.rate.value <= found.rate.high
    assert found.rate.value == pytest.approx(rate, abs=0.5)
    assert found.rate.high - found.rate.low < 2
    assert found.per_step.low < found.per_step.value < found.per_step.high
    assert found.per_step.value == pytest.approx(0.4, rel=0.05)
    assert found.levels == 40
    assert found.chance(np.array([found.rate.value]))[0] == pytest.approx(0.5)


def test_where_steps_do_not_matter_there_is_no_rate() -> None:
    always = exchange_rate(table(5.0, 0.0).assign(wanted_first=0.9, other_first=0.02), "agent")
    assert always.rate.value == np.inf
    never = exchange_rate(table(5.0, 0.0).assign(wanted_first=0.02, other_first=0.9), "agent")
    assert never.rate.value == -np.inf


def test_levels_without_either_goal_do_not_count() -> None:
    rows = table(3.0, 0.4)
    rows.loc[:4, ["wanted_first", "other_first"]] = 0.001
    assert exchange_rate(rows, "agent").levels == 35
    with pytest.raises(ValueError, match="agent reaches one of the two goals in 2 levels"):
        exchange_rate(table(3.0, 0.4, count=2), "agent")
