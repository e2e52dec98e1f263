"""Figures of estimated causal maps: how well each method ranks parts by their exact effects."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from procgen_tools.plots import marks, style
from procgen_tools.statistics.intervals import Estimate, mean_of_agents, mean_over_levels
from procgen_tools.statistics.tables import where
from procgen_tools.studies.causal_map.measure import METHODS, PARTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_scores(trained: pd.DataFrame, untrained: pd.DataFrame, column: str) -> Figure:
    """A score of every method, for cells and channels, by agent and for untrained networks.

    Args:
        trained: of `measure.score_table`.
        untrained: the same of untrained networks, which are drawn as one.
        column: "rank" or "precision".
    """
    titles = {
        part: f"{part}s (on average {where(trained, part=part)['parts'].mean():.0f} of them change)"
        for part in PARTS
    }
    words = {
        "rank": "rank correlation with exact effects",
        "precision": "share found of the {} with the largest effects",
    }[column]
    figure, axes = style.panels(1, 2, (11.0, 4.2), titles=titles.values(), sharey=True)
    for ax, (part, count) in zip(axes[0], PARTS.items(), strict=True):
        rows = where(trained, part=part)
        series = marks.agent_series(rows, partial(_means, column=column))
        null = [_over_networks(where(untrained, part=part, method=m), column) for m in METHODS]
        series[f"{untrained['agent'].nunique()} untrained networks"] = (style.RANDOM, null)
        style.draw_estimates(ax, series, METHODS, step=0.13)
        marks.zero_line(ax)
        ax.set_xlabel(words.format(count))
        ax.set_xlim(right=1.03)
    means = {part: where(trained, part=part).groupby("method")[column].mean() for part in PARTS}
    best = "; ".join(f"{part}s, {of.idxmax()} ({of.max():.2f})" for part, of in means.items())
    style.headline(
        figure,
        f"What comes nearest to exact patching: {best}",
        f"{style.sample(trained)}; bars: 95% intervals over mazes, for untrained networks over "
        "networks",
        legend=3,
    )
    return figure


def _means(rows: pd.DataFrame, *, column: str) -> list[Estimate]:
    return [mean_over_levels(where(rows, method=each)[column].to_numpy()) for each in METHODS]


def _over_networks(rows: pd.DataFrame, column: str) -> Estimate:
    return mean_of_agents(rows.groupby("agent")[column].mean().to_numpy())
