"""Figures of when the goal splits: curves over training, and onsets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.plots import style
from procgen_tools.statistics.intervals import Estimate, mean_of_agents
from procgen_tools.studies.goal_splits.claims import IN_WORDS
from procgen_tools.studies.goal_splits.design import CONDITIONS, FREE, OFF, ON, REGION
from procgen_tools.studies.goal_splits.onsets import (
    ADDED,
    CHEESE,
    CORNER,
    THRESHOLD,
    floors,
    of_condition,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LABELS = {
    CORNER: "P(top right) without cheese",
    CHEESE: "pull of the cheese: P(cheese) with it − without it",
}

PASSED = {
    CORNER: "turn to the top right without cheese: 0.1 above untrained networks",
    ADDED: "the same: 0.1 above agents with the cheese anywhere",
    CHEESE: "pull of the cheese: 0.1",
}

LOOKS = {want: style.series_look(number) for number, want in enumerate(PASSED)}

_APART = 0.26
"""The distance of two series."""

_INTERVALS = "Student's 95% intervals over seeds"


def plot_curves(curves: pd.DataFrame, untrained: pd.DataFrame, walks: pd.DataFrame) -> Figure:
    """What is wanted over training, in each condition: every agent, and the mean over seeds.

    Args:
        curves: as `onsets.mean_curves` makes them.
        untrained: columns agent, level and WANTS, in the same levels.
        walks: as `measure.walks` makes them, of the same levels.
    """
    figure, axes = style.panels(2, 2, (9.6, 8.6), titles=_conditions(), sharex=True, sharey=True)
    floor = floors(untrained)
    ends: dict[tuple[str, str], list[float]] = {}
    for ax, (cheese, shift) in zip(axes.flat, CONDITIONS, strict=True):
        rows = of_condition(curves, cheese, shift)
        for name, line in (("random", (0, (6, 3))), ("forward", (0, (3, 2, 1, 2)))):
            label = f"P(top right) of a {name} walk"
            ax.axhline(walks[name].mean(), color=style.NOTE, linestyle=line, lw=1, label=label)
        for want, label in LABELS.items():
            look = LOOKS[want]
            wide = rows.pivot(index="seed", columns="samples", values=want)
            done = wide.columns.to_numpy() / 1000
            for curve in wide.to_numpy():
                ax.plot(done, curve, color=look.colour, linewidth=0.7, alpha=0.5)
            over_seeds = [mean_of_agents(values) for values in wide.to_numpy().T]
            style.draw_band(ax, list(done), over_seeds, look, label)
            ax.axhline(floor[want] + THRESHOLD, color=look.colour, linestyle=":", linewidth=1)
            ends[cheese, want] = [*ends.get((cheese, want), []), over_seeds[-1].value]
    for ax in axes[-1]:
        ax.set_xlabel("thousands of examples")
    for ax in axes[:, 0]:
        ax.set_ylabel("mean over levels")
    region, free = (np.mean(ends[cheese, CORNER]) for cheese in (REGION, FREE))
    levels = style.some(untrained["level"].nunique(), "level")
    seeds = style.some(curves["seed"].nunique(), "seed")
    style.headline(
        figure,
        "At the end, without cheese, agents trained with the cheese in the region turn to the top "
        f"right with probability {region:.2f}, agents trained with it anywhere with {free:.2f}",
        f"n = {seeds} in each condition, {levels}; thin: one agent; bands: {_INTERVALS}; dotted: "
        "thresholds of the rules; a forward walk does not turn back; the finding is a mean over "
        "both shifts",
        legend=2,
    )
    return figure


def plot_onsets(onsets: pd.DataFrame) -> Figure:
    """When each agent passes each threshold of the rules for good, in each condition.

    Args:
        onsets: as `onsets.onset_table` makes it.
    """
    chosen = onsets[onsets["threshold"] == THRESHOLD]
    figure, ((ax,),) = style.panels(1, 1, (9.2, 6.0))
    series, begins = {}, {}
    for number, (want, label) in enumerate(PASSED.items()):
        look, means = LOOKS[want], []
        for place, condition in enumerate(CONDITIONS):
            rows = of_condition(chosen, *condition)
            rows = rows[rows["want"] == want].sort_values("seed")
            done = rows["done"].to_numpy() / 1000
            begins[want, condition] = done
            means.append(mean_of_agents(done) if len(done) else Estimate.exact(np.nan))
            height = place + _APART * (number - 1) + 0.08
            for reached in (True, False):
                some = done[rows["reached"].to_numpy(bool) == reached]
                fill = look.colour if reached else "none"
                ax.scatter(
                    some, np.full(len(some), height), 16, facecolor=fill, edgecolor=look.colour,
                    linewidth=0.8,
                )  # fmt: skip
        series[label] = (look, means)
    style.draw_estimates(ax, series, _conditions(), step=_APART)
    ax.set_xlabel("thousands of examples until the threshold is passed for good")
    apart = {
        shift: mean_of_agents(begins[CHEESE, (REGION, shift)] - begins[ADDED, (REGION, shift)])
        for shift in (OFF, ON)
    }
    style.headline(
        figure,
        f"With the cheese in the region, its pull begins {apart[OFF]:.0f} thousand examples after "
        f"the effect of the region on the turn to the corner, and {apart[ON]:.0f} with the shift",
        f"n = {style.some(chosen['seed'].nunique(), 'seed')} in each condition; dots: agents, "
        f"hollow if they are below the threshold at the end; bars: {_INTERVALS}",
        legend=1,
    )
    return figure


def _conditions() -> list[str]:
    """The conditions in words, in two lines each."""
    return [
        f"Cheese {IN_WORDS[cheese].removeprefix('with the cheese ')},\n{IN_WORDS[shift]}"
        for cheese, shift in CONDITIONS
    ]
