"""Figures of minimal pairs: what every change does, and what a regression predicts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.plots import marks, style
from procgen_tools.statistics.intervals import Estimate, mean_of_agents, mean_over_levels
from procgen_tools.statistics.tables import where
from procgen_tools.studies.minimal_pairs.claims import CAUSES
from procgen_tools.studies.minimal_pairs.measure import FEATURE_OF
from procgen_tools.studies.minimal_pairs.pairs import CHANGES

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_effects(turns: pd.DataFrame, untrained: pd.DataFrame) -> Figure:
    """The mean change of the turn by every change, for each agent and for untrained networks.

    Args:
        turns: agent, change, level, effect; one row per agent and pair.
        untrained: the same of untrained networks, which are drawn as one.
    """
    names = list(CHANGES)
    figure, ((left, right),) = style.panels(
        1,
        2,
        (11.5, 6.4),
        titles=("mean change, by sign", "mean absolute change"),
        sharey=True,
        width_ratios=(1.7, 1),
    )
    for ax, size in ((left, False), (right, True)):
        series = marks.agent_series(turns, partial(_means, names=names, size=size))
        null = [_over_networks(where(untrained, change=name), size) for name in names]
        series[f"{untrained['agent'].nunique()} untrained networks"] = (style.RANDOM, null)
        style.draw_estimates(ax, series, names, step=0.13)
        marks.zero_line(ax)
        ax.axhline(len(CAUSES) - 0.5, color=style.NOTE, linewidth=0.8, linestyle=":")
        ax.set_xlabel("change of P(turn to the cheese)")
    means = {
        name: float(where(turns, change=name).groupby("agent")["effect"].mean().mean())
        for name in CAUSES
    }
    most = max(means, key=lambda name: abs(means[name]))
    style.headline(
        figure,
        f"What matters most of what was changed: {most}, by {means[most]:+.2f} in the probability "
        "of turning to the cheese",
        f"{_pairs(turns)}; above the dotted line one feature changes, below none does; bars: "
        "95% intervals over pairs, for untrained networks over networks",
        legend=3,
    )
    return figure


def plot_predictions(turns: pd.DataFrame, predicted: pd.DataFrame) -> Figure:
    """What the regression over mazes predicts for each change, and what the change does.

    Args:
        turns: as for `plot_effects`.
        predicted: agent, change, level, predicted.
    """
    names = list(FEATURE_OF)
    figure, ((ax,),) = style.panels(1, 1, (8.6, 3.9))
    own = turns[turns["change"].isin(names)]
    series = {
        "measured": (style.series_look(0), [_agents(own, name, "effect") for name in names]),
        "predicted by the regression": (
            style.series_look(1),
            [_agents(predicted, name, "predicted") for name in names],
        ),
    }
    style.draw_estimates(ax, series, names)
    marks.zero_line(ax)
    ax.set_xlabel("mean change of P(turn to the cheese)")
    found, guessed = (each for _, each in series.values())
    misses = [abs(one.value - other.value) for one, other in zip(found, guessed, strict=True)]
    worst = misses.index(max(misses))
    style.headline(
        figure,
        f"The regression over mazes is farthest off for {names[worst]}: it predicts "
        f"{guessed[worst].value:+.2f}, and the change does {found[worst].value:+.2f}",
        f"{_pairs(own)}; bars: 95% intervals over agents (Student's)",
        legend=2,
    )
    return figure


def _pairs(turns: pd.DataFrame) -> str:
    count = int(turns.groupby(["agent", "change"])["level"].nunique().max())
    return f"{style.count(count, 'pair')} for each change, {style.who(turns)}"


def _means(rows: pd.DataFrame, *, names: list[str], size: bool) -> list[Estimate]:
    numbers = (where(rows, change=name)["effect"].to_numpy() for name in names)
    return [mean_over_levels(np.abs(each) if size else each) for each in numbers]


def _over_networks(rows: pd.DataFrame, size: bool) -> Estimate:
    numbers = rows.assign(effect=rows["effect"].abs()) if size else rows
    return mean_of_agents(numbers.groupby("agent")["effect"].mean().to_numpy())


def _agents(rows: pd.DataFrame, change: str, column: str) -> Estimate:
    return mean_of_agents(where(rows, change=change).groupby("agent")[column].mean().to_numpy())
