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

RESAMPLES = 500
PENALTY = 1e-4
"""The L2 penalty on the coefficients. It keeps the fit finite if one goal always wins."""
NEWTON_STEPS = 60
LONGEST_STEP = 2.0
STEEPEST = 1e-3
"""The slope, in log odds per step, below which distance hardly matters and the rate is infinite."""


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
        apart: a table from `behaviour.apart_table`.
        player: one of its players.
        seed: of the bootstrap over levels.

    Raises:
        ValueError: fewer than 3 levels in which the chance of reaching either goal is above 5%.

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
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(rows), size=(RESAMPLES, len(rows)))
    drawn[0] = np.arange(len(rows))  # the levels themselves
    slopes, intercepts = _fitted(farther[drawn], chosen[drawn])
    flat = slopes < STEEPEST
    rates = np.where(flat, np.sign(intercepts) * np.inf, intercepts / np.where(flat, 1, slopes))
    return ExchangeRate(
        player,
        rate=_estimate(rates),
        per_step=_estimate(slopes),
        at_equal=_estimate(1 / (1 + np.exp(-intercepts))),
        levels=len(rows),
    )


def _estimate(values: Float[np.ndarray, " draw"]) -> Estimate:
    low, high = np.percentile(values, [2.5, 97.5], method="nearest")
    return Estimate(float(values[0]), float(low), float(high))


def _fitted(
    farther: Float[np.ndarray, "draw level"], chosen: Float[np.ndarray, "draw level"]
) -> tuple[Float[np.ndarray, " draw"], Float[np.ndarray, " draw"]]:
    """The fall of the log odds per step, and the log odds at equal distances, of each resample.

    Newton's method for all resamples at once.
    """
    scale = max(float(np.abs(farther).max()), 1.0)
    inputs = np.stack([farther / scale, np.ones_like(farther)], axis=-1)
    weights = np.zeros((len(farther), 2))
    for _ in range(NEWTON_STEPS):
        chances = 1 / (1 + np.exp(-np.einsum("dlw,dw->dl", inputs, weights)))
        gradient = np.einsum("dlw,dl->dw", inputs, chances - chosen) + PENALTY * weights
        curvature = np.einsum("dlw,dl,dlv->dwv", inputs, chances * (1 - chances), inputs)
        curvature += PENALTY * np.eye(2)
        step = np.linalg.solve(curvature, gradient[..., None])[..., 0]
        weights -= np.clip(step, -LONGEST_STEP, LONGEST_STEP)
    return -weights[:, 0] / scale, weights[:, 1]
