"""Figures of what features of mazes predict about agents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.plots import style
from procgen_tools.statistics.intervals import Estimate, Share

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BINS = 8
_STEP = 0.17
"""Between the marks of two agents, or of two regressions."""
WARNING = 4
"""From here on a variance inflation factor is usually taken as a warning."""


def plot_shares(episodes: pd.DataFrame, features: Sequence[str]) -> Figure:
    """How often each agent got the cheese, by each feature in bins of equally many mazes.

    Args:
        episodes: agent, found, and a column for each feature; one row per agent and maze.
        features: which to show. Bars are 95% Wilson intervals.
    """
    from matplotlib import pyplot as plt

    figure = plt.figure(figsize=(3.8 * len(features), 3.7), layout="constrained")
    axes = figure.subplots(1, len(features), sharey=True, squeeze=False)[0]
    for ax, feature in zip(axes, features, strict=True):
        for number, (agent, rows) in enumerate(episodes.groupby("agent", sort=False)):
            bins = pd.qcut(rows[feature], _BINS, duplicates="drop")
            groups = [group for _, group in rows.groupby(bins, observed=True)]
            shares = [Share.of(group["found"].to_numpy()) for group in groups]
            look = style.agent_look(str(agent), number)
            _points(
                ax,
                [group[feature].mean() for group in groups],
                [share.value for share in shares],
                [share.interval for share in shares],
                look,
                str(agent),
            )
        ax.set(xlabel=f"{feature} [squares]", ylim=(0, 1.02))
        ax.xaxis.label.set_fontsize(9)
        ax.grid(axis="y", color="#EEEEEE")
    axes[0].set_ylabel("share of episodes that got the cheese")
    style.legend_below(figure, ncols=3)
    drops = {each: _first_and_last(episodes, each) for each in features}
    steepest = max(drops, key=lambda each: abs(drops[each][0] - drops[each][1]))
    first, last = drops[steepest]
    style.headline(
        figure,
        f"From the shortest to the longest {steepest} "
        f"the share goes from {first:.0%} to {last:.0%}",
        f"a point is an eighth of {style.count_mazes(episodes)}; bars: 95% Wilson intervals",
    )
    return figure


def _first_and_last(episodes: pd.DataFrame, feature: str) -> tuple[float, float]:
    """The share that got the cheese in the first and in the last of the bins."""
    bins = pd.qcut(episodes[feature], _BINS, duplicates="drop")
    shares = episodes.groupby(bins, observed=True)["found"].mean()
    return float(shares.iloc[0]), float(shares.iloc[-1])


def _points(
    ax: Axes,
    x: Sequence[float],
    y: Sequence[float],
    bounds: Sequence[tuple[float, float]],
    look: style.Look,
    label: str,
) -> None:
    low, high = np.array(bounds).T
    ax.errorbar(
        x, y, yerr=[y - low, high - y], color=look.colour, marker=look.marker, markersize=5,
        linewidth=1.5, elinewidth=1.2, label=label,
    )  # fmt: skip


def plot_accuracies(singles: pd.DataFrame, mazes: int) -> Figure:
    """How often a regression on each feature alone is right, one dot per agent.

    Args:
        singles: agent, feature, accuracy, accuracy_low, accuracy_high, base_rate and sign.
        mazes: how many there are.
    """
    from matplotlib import pyplot as plt

    order = singles.groupby("feature")["accuracy"].mean().sort_values().index
    agents = list(singles["agent"].unique())
    figure = plt.figure(figsize=(7.6, 0.34 * len(order) + 1.4), layout="constrained")
    ax = figure.subplots()
    for number, agent in enumerate(agents):
        rows = singles[singles["agent"] == agent].set_index("feature").loc[order]
        look = style.agent_look(agent, number)
        colour, marker = look.colour, look.marker
        places = np.arange(len(order)) + _STEP * (number - (len(agents) - 1) / 2)
        ax.hlines(places, rows["accuracy_low"], rows["accuracy_high"], color=colour, linewidth=1.5)
        fewer = rows["sign"].to_numpy() < 0
        for chosen, face in ((fewer, colour), (~fewer, "white")):
            ax.plot(
                rows["accuracy"][chosen], places[chosen], marker, color=colour,
                markerfacecolor=face, markersize=6, markeredgewidth=1.5,
            )  # fmt: skip
        ax.plot([], [], marker, color=colour, label=agent)
        ax.axvline(rows["base_rate"].iloc[0], color=colour, linestyle=":", linewidth=1.3)
    grey = style.RANDOM.colour
    ax.plot([], [], "o", color=grey, label="the larger, the fewer cheeses")
    ax.plot([], [], "o", color=grey, markerfacecolor="white", label="the larger, the more cheeses")
    ax.plot([], [], ":", color=grey, label="always the more frequent outcome")
    ax.set_yticks(range(len(order)), order)
    ax.set(xlabel="accuracy of a regression on this feature alone")
    ax.xaxis.set_major_formatter("{x:.0%}")
    ax.grid(axis="y", color="#EEEEEE")
    ax.set_axisbelow(True)
    style.legend_below(figure, ncols=2)
    best = singles.groupby("feature")["accuracy"].mean()
    style.headline(
        figure,
        f"{best.idxmax()} alone predicts {best.max():.0%}; always the more frequent outcome, "
        f"{singles['base_rate'].mean():.0%}",
        f"{style.count(mazes, 'maze')}; bars: the middle 95% of splits",
    )
    return figure


def plot_coefficients(
    coefficients: pd.DataFrame, published: Mapping[str, float], mazes: int
) -> Figure:
    """Coefficients with 95% intervals beside published ones.

    Args:
        coefficients: agent, feature, value, low, high.
        published: by feature.
        mazes: how many there are.
    """
    from matplotlib import pyplot as plt

    agents = list(coefficients["agent"].unique())
    figure = plt.figure(figsize=(7.4, 0.85 * len(published) + 1.4), layout="constrained")
    ax = figure.subplots()
    places = np.arange(len(published))
    ax.plot(
        list(published.values()), places - 0.32, "*", color=style.INK, markersize=11,
        label="published, another network",
    )  # fmt: skip
    series = {
        agent: (
            style.agent_look(agent, number),
            _estimates(coefficients[coefficients["agent"] == agent], list(published)),
        )
        for number, agent in enumerate(agents)
    }
    style.draw_estimates(ax, series, list(published), step=_STEP)
    ax.axvline(0, color=style.REFERENCE, linewidth=1, zorder=0)
    ax.set_xlabel("change of the log odds of getting the cheese per standard deviation")
    style.legend_below(figure, ncols=3)
    ours = coefficients.groupby("feature")["value"].mean()
    same = sum(ours[name] * value > 0 for name, value in published.items())
    style.headline(
        figure,
        f"{same} of {len(published)} coefficients have the published sign",
        f"{style.count(mazes, 'maze')}; bars: 95% intervals over mazes",
    )
    return figure


def plot_correlations(pairs: pd.DataFrame, mazes: int) -> Figure:
    """Correlations of features with each other, and the variance inflation factor of each.

    Args:
        pairs: first, second, correlation, and inflation of the first (NaN: left out of those).
        mazes: how many there are.
    """
    from matplotlib import pyplot as plt

    names = list(pairs["first"].unique())
    grid = pairs.pivot(index="first", columns="second", values="correlation").loc[names, names]
    inflation = pairs.drop_duplicates("first").set_index("first")["inflation"].loc[names]
    side = 0.42 * len(names)
    figure = plt.figure(figsize=(side + 4.6, side + 2.9), layout="constrained")
    ax = figure.subplots()
    image = ax.imshow(grid, cmap=style.DIVERGING, vmin=-1, vmax=1)
    for row, column in np.ndindex(grid.shape):
        value = grid.iloc[row, column]
        ax.text(column, row, f"{value:.1f}".replace("0.", "."), ha="center", va="center",
                fontsize=7, color="white" if abs(value) > 0.7 else "#333333")  # fmt: skip
    factors = ["left out" if np.isnan(each) else f"{each:.1f}" for each in inflation]
    labels = [f"{name}   [{each}]" for name, each in zip(names, factors, strict=True)]
    ax.set_yticks(range(len(names)), labels, fontsize=8)
    ax.set_xticks(range(len(names)), names, rotation=45, ha="right", fontsize=8)
    bar = figure.colorbar(image, ax=ax, shrink=0.7, aspect=30)
    bar.set_label("correlation")
    high = int((inflation >= WARNING).sum())
    style.headline(
        figure,
        f"{high} of {int(inflation.notna().sum())} features have a variance inflation factor of "
        f"{WARNING} or more",
        f"[ ]: variance inflation factor; {style.count(mazes, 'maze')}",
    )
    return figure


def plot_sign_flips(flips: pd.DataFrame, mazes: int) -> Figure:
    """Coefficients of each feature alone and among the others, with 95% intervals, by agent.

    Args:
        flips: agent, feature, and the columns of `statistics.collinearity.sign_flips`.
        mazes: how many there are.
    """

    names = list(flips["feature"].unique())
    figure, panels = style.agent_panels(flips, width=2.9, extra=2.4, height=0.34 * len(names) + 1.5)
    for ax, _, of_agent in panels:
        rows = of_agent.set_index("feature").loc[names]
        for place in np.flatnonzero(rows["flips"] & rows["clear"]):
            ax.axhspan(place - 0.5, place + 0.5, color="#F0E442", alpha=0.35, linewidth=0)
        series = {
            words: (style.series_look(number), _estimates(of_agent, names, when))
            for number, (when, words) in enumerate(
                (("alone", "alone"), ("joint", "among the others"))
            )
        }
        style.draw_estimates(ax, series, names, step=_STEP)
        ax.axvline(0, color=style.REFERENCE, linewidth=1, zorder=0)
        ax.set_xlabel("change of the log odds\nper standard deviation", fontsize=9)
    panels[0][0].fill_between([], [], [], color="#F0E442", alpha=0.35, label="clear change of sign")
    style.legend_below(figure, ncols=3)
    clearly = flips[flips["flips"] & flips["clear"]]["feature"].nunique()
    style.headline(
        figure,
        f"{clearly} of {len(names)} features clearly change their sign among the others",
        f"{style.count(mazes, 'maze')}; bars: 95% intervals over mazes",
    )
    return figure


def _estimates(rows: pd.DataFrame, features: Sequence[str], when: str = "") -> list[Estimate]:
    """Of some features; `when` is the column of their values, "" if it is `value`."""
    ends = [f"{when}_low", f"{when}_high"] if when else ["low", "high"]
    table = rows.set_index("feature").loc[list(features), [when or "value", *ends]]
    return [Estimate(*numbers) for numbers in table.to_numpy(float).tolist()]
