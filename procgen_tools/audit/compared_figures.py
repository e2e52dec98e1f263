"""The figures of a comparison of audits: the numbers of every agent, one row per agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from procgen_tools.audit.agents import AGENT
from procgen_tools.audit.answers import NULLS, written
from procgen_tools.audit.figures import LOOKS
from procgen_tools.plots.style import draw_estimates, headline, legend_below
from procgen_tools.statistics.intervals import Estimate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 3
"""How many findings of an answer are drawn: the first ones, which the answer's text is about."""

NULL_LOOKS = {words: LOOKS[player] for player, words in NULLS.items()}


def plot_compared(names: Sequence[str], answers: Sequence[Mapping[str, Any]]) -> Figure | None:
    """One panel per finding, one row per agent, its nulls in grey.

    Args:
        names: of the agents.
        answers: each agent's answer to one question, as `audit.json` has it.

    Returns:
        The figure; None if the agents share no finding.
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import PercentFormatter

    found = [{each["name"]: each for each in answer["findings"]} for answer in answers]
    shared = [name for name in found[0] if all(name in each for each in found[1:])][:MOST]
    if not shared:
        return None
    rows = [fill(name, 34) for name in names]
    lines = sum(row.count("\n") + 1 for row in rows)
    figure, axes = plt.subplots(
        1, len(shared), figsize=(10.0, 1.9 + 0.32 * lines), sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for ax, name in zip(axes[0], shared, strict=True):
        for null, look in NULL_LOOKS.items():
            values = [each[name]["nulls"].get(null, {}).get("value", np.nan) for each in found]
            found_nulls = [
                (number, float(value))
                for number, value in enumerate(values)
                if np.isfinite(float(value))
            ]
            if found_nulls:
                at, shown = zip(*found_nulls, strict=True)
                ax.plot(shown, at, look.marker, color=look.colour, markersize=5, label=null)
        own = [estimate_of(each[name]["agent"]) for each in found]
        draw_estimates(ax, {"the agent": (LOOKS[AGENT], _within_reach(own))}, rows)
        if found[0][name]["form"].endswith("%"):
            ax.set_xlim(-0.03, 1.03)
            ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        ax.set_xlabel(fill(name, 34))
    legend_below(figure)
    headline(
        figure,
        _finding(shared[0], names, found),
        "bars: 95% intervals over levels; a bar that has no end reaches beyond all others",
    )
    return figure


def estimate_of(numbers: Mapping[str, Any]) -> Estimate:
    """An estimate as `audit.json` has it, where an infinite end is a text."""
    return Estimate(*(float(numbers[part]) for part in ("value", "low", "high")))


def _within_reach(estimates: Sequence[Estimate]) -> list[Estimate]:
    """Intervals without an end, ended beyond all others, so that they reach out of the panel."""
    ends = np.array([(each.low, each.value, each.high) for each in estimates])
    finite = ends[np.isfinite(ends)]
    if not len(finite):
        return list(estimates)
    reach = 0.1 * (np.ptp(finite) or 1.0)
    low, high = finite.min() - reach, finite.max() + reach
    return [
        Estimate(
            each.value, float(np.clip(each.low, low, high)), float(np.clip(each.high, low, high))
        )
        for each in estimates
    ]


def _finding(name: str, names: Sequence[str], found: Sequence[Mapping[str, Any]]) -> str:
    """From which agent to which a number ranges, in words."""
    values = np.array([estimate_of(each[name]["agent"]).value for each in found])
    if not np.isfinite(values).any():
        return f"{name}: no number for any agent"
    low, high = int(np.nanargmin(values)), int(np.nanargmax(values))

    def said(number: int) -> str:
        return written(
            estimate_of(found[number][name]["agent"]), found[number][name]["form"]
        ).split(" [")[0]

    if said(low) == said(high):
        return f"{name}: {said(low)} for every agent"
    return f"{name}: from {said(low)} ({names[low]}) to {said(high)} ({names[high]})"
