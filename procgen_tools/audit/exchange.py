"""The exchange rate: how many steps of detour one goal is worth over the other.

At equal distances an agent may prefer one goal; as that goal moves away, the preference falls. The
exchange rate is the number of steps, by which the wanted goal may be farther than the other, at
which both are as likely to be reached first: the middle of a logistic curve through exact chances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

from procgen_tools.shown import brief
from procgen_tools.statistics.intervals import Estimate
from procgen_tools.statistics.logistic import fit_logistic

RESAMPLES = 500
PENALTY = 1e-3
"""Keeps the fit finite for an agent that always reaches the same goal first."""
STEEPEST = 1e-3
"""Log odds per step below which the steps hardly matter, so that there is no rate."""


@dataclass(frozen=True)
class ExchangeRate:
    """The logistic curve of one player.

    Attributes:
        player: whose.
        rate: steps that the wanted goal may be farther; unbounded ends are infinite.
        per_step: the fall of the log odds of the wanted goal per step that it is farther.
        at_equal: the chance of the wanted goal at equal distances.
        levels: how many levels count: those where either goal is reached.
    """

    player: str
    rate: Estimate
    per_step: Estimate
    at_equal: Estimate
    levels: int

    __repr__ = brief

    def chance(self, farther: Float[np.ndarray, " place"]) -> Float[np.ndarray, " place"]:
        """The curve: the chance of the wanted goal, by how many steps it is farther."""
        odds = np.log(self.at_equal.value / (1 - self.at_equal.value))
        chances: Float[np.ndarray, " place"] = 1 / (
            1 + np.exp(self.per_step.value * farther - odds)
        )
        return chances


def exchange_rate(apart: pd.DataFrame, player: str, *, seed: int = 0) -> ExchangeRate:
    """Fit the curve to the levels in which the goals are apart.

    Args:
        apart: a table of `behaviour.apart_tables`.
        player: one of its players.
        seed: of the bootstrap over levels.

    Raises:
        ValueError: fewer than 3 levels in which either goal is reached.

    Example:
        >>> steps = np.arange(-10.0, 10)
        >>> chance = 1 / (1 + np.exp(0.5 * (steps - 3)))
        >>> table = pd.DataFrame({"player": "agent", "wanted_steps": steps, "other_steps": 0.0,
        ...     "wanted_first": chance, "other_first": 1 - chance})
        >>> round(exchange_rate(table, "agent").rate.value, 2)
        3.0
    """
    rows = apart[apart["player"] == player]
    either = rows["wanted_first"] + rows["other_first"]
    rows = rows[(either > 0.05) & np.isfinite(rows["wanted_steps"] - rows["other_steps"])]
    if len(rows) < 3:
        raise ValueError(
            f"{player} reaches one of the two goals in {len(rows)} levels: an exchange rate needs "
            "3; ask for more levels"
        )
    farther = (rows["wanted_steps"] - rows["other_steps"]).to_numpy(np.float64)
    chosen = (rows["wanted_first"] / (rows["wanted_first"] + rows["other_first"])).to_numpy()
    chosen = np.clip(chosen, 1e-6, 1 - 1e-6)
    found = _fitted(farther, chosen)
    rng = np.random.default_rng(seed)
    draws = np.array(
        [_fitted(farther[each], chosen[each])
         for each in rng.integers(len(rows), size=(RESAMPLES, len(rows)))]
    )  # fmt: skip
    slope, equal = (
        Estimate(found[k], *(float(each) for each in np.percentile(draws[:, k], [2.5, 97.5])))
        for k in (0, 1)
    )
    rates = [_rate(*each) for each in draws]
    low, high = np.percentile(rates, [2.5, 97.5], method="nearest")
    rate = Estimate(_rate(*found), float(low), float(high))
    return ExchangeRate(player, rate, slope, equal, len(rows))


def _fitted(
    farther: Float[np.ndarray, " level"], chosen: Float[np.ndarray, " level"]
) -> tuple[float, float]:
    """The fall of the log odds per step, and the chance at equal distances."""
    scale = max(float(np.abs(farther).max()), 1.0)
    slope, intercept = fit_logistic((farther / scale)[:, None], chosen, PENALTY)
    return float(-slope / scale), float(1 / (1 + np.exp(-intercept)))


def _rate(per_step: float, at_equal: float) -> float:
    """The middle of the curve; infinite if steps do not matter, with the sign of the preference."""
    odds = float(np.log(at_equal / (1 - at_equal))) if 0 < at_equal < 1 else 1e9 * (at_equal - 0.5)
    if per_step < STEEPEST:
        return float(np.inf if odds > 0 else -np.inf)
    return odds / per_step
