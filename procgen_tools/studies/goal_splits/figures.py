"""Figures of when the goal splits: curves over training, and onsets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.plots import style
from procgen_tools.statistics.intervals import mean_of_agents
from procgen_tools.studies.goal_splits.claims import IN_WORDS
from procgen_tools.studies.goal_splits.design import CONDITIONS, REGION
from procgen_tools.studies.goal_splits.onsets import CHEESE, CORNER, THRESHOLD, null_means

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOOKS = {CORNER: style.series_look(0), CHEESE: style.series_look(1)}

LABELS = {
    CORNER: "P(top right) without cheese",
    CHEESE: "pull of the cheese: P(cheese) with it − without it",
}

_BARS = "bars and bands: Student's 95% intervals over seeds"


def plot_curves(curves: pd.DataFrame, untrained: pd.DataFrame) -> Figure:
    """What is wanted over training, in each condition: every agent, and the mean over seeds.

    Args:
        curves: as `onsets.mean_curves` makes them.
        untrained: columns agent, level and WANTS, in the same levels.
    """
    figure, axes = style.panels(2, 2, (9.6, 8.2), titles=_conditions(), sharex=True, sharey=True)
    floor = {CORNER: null_means(untrained)[CORNER], CHEESE: 0.0}
    ends = {}
    for ax, (cheese, shift) in zip(axes.flat, CONDITIONS, strict=True):
        rows = curves[(curves["cheese"] == cheese) & (curves["shift"] == shift)]
        for want, look in LOOKS.items():
            wide = rows.pivot(index="seed", columns="samples", values=want)
            done = wide.columns.to_numpy() / 1000
            for curve in wide.to_numpy():
                ax.plot(done, curve, color=look.colour, linewidth=0.7, alpha=0.5)
            over_seeds = [mean_of_agents(values) for values in wide.to_numpy().T]
            style.draw_band(ax, list(done), over_seeds, look, LABELS[want])
            ax.axhline(floor[want] + THRESHOLD, color=look.colour, linestyle=":", linewidth=1)
            ends[cheese, shift, want] = over_seeds[-1].value
    for ax in axes[-1]:
        ax.set_xlabel("thousands of examples")
    for ax in axes[:, 0]:
        ax.set_ylabel("mean over levels")
    region = [ends[cheese, shift, CORNER] for cheese, shift in CONDITIONS if cheese == REGION]
    free = [ends[cheese, shift, CORNER] for cheese, shift in CONDITIONS if cheese != REGION]
    levels = style.some(untrained["level"].nunique(), "level")
    seeds = style.some(curves["seed"].nunique(), "seed")
    style.headline(
        figure,
        f"Without cheese, agents of the region turn to the top right with {np.mean(region):.2f} at "
        f"the end, agents of cheese anywhere with {np.mean(free):.2f}",
        f"n = {seeds} in each condition, {levels}; thin: one agent; dotted: the thresholds of the "
        f"rules; {_BARS}",
        legend=2,
    )
    return figure


def plot_onsets(onsets: pd.DataFrame) -> Figure:
    """When each agent begins to want the corner and the cheese, in each condition.

    Args:
        onsets: as `onsets.onset_table` makes it.
    """
    chosen = onsets[onsets["threshold"] == THRESHOLD]
    figure, ((ax,),) = style.panels(1, 1, (8.2, 5.0))
    series = {}
    for number, (want, look) in enumerate(LOOKS.items()):
        found = []
        for place, (cheese, shift) in enumerate(CONDITIONS):
            rows = chosen[
                (chosen["want"] == want) & (chosen["cheese"] == cheese) & (chosen["shift"] == shift)
            ]
            done = rows["done"].to_numpy() / 1000
            found.append(mean_of_agents(done))
            height = place + 0.3 * (number - 0.5) + 0.1
            for reached in (True, False):
                some = done[rows["reached"].to_numpy(bool) == reached]
                fill = look.colour if reached else "none"
                ax.scatter(
                    some, np.full(len(some), height), 16, facecolor=fill, edgecolor=look.colour,
                    linewidth=0.8,
                )  # fmt: skip
        series[LABELS[want]] = (look, found)
    style.draw_estimates(ax, series, _conditions(), step=0.3)
    ax.set_xlabel("thousands of examples until it is wanted")
    ax.set_xlim(left=0)
    began = {want: series[LABELS[want]][1] for want in LOOKS}
    of_region = [place for place, (cheese, _) in enumerate(CONDITIONS) if cheese == REGION]
    apart = np.mean([began[CHEESE][each].value - began[CORNER][each].value for each in of_region])
    order = f"{abs(apart):.0f} thousand examples {'after' if apart >= 0 else 'before'}"
    style.headline(
        figure,
        f"With the cheese in the region, its pull begins {order} the wish for the corner",
        f"n = {style.some(chosen['seed'].nunique(), 'seed')} in each condition; dots: agents, "
        f"hollow if they never want it; {_BARS}",
        legend=1,
    )
    return figure


def _conditions() -> list[str]:
    """The conditions in words, in two lines each."""
    return [
        f"Cheese {IN_WORDS[cheese].removeprefix('with the cheese ')},\n{IN_WORDS[shift]}"
        for cheese, shift in CONDITIONS
    ]
