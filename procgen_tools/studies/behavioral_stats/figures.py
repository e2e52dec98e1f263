"""Figures of what features of mazes predict about agents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from procgen_tools.plots import marks, style
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
    figure, (axes,) = style.panels(1, len(features), (3.8 * len(features), 3.7), sharey=True)
    for ax, feature in zip(axes, features, strict=True):
        for number, (agent, rows) in enumerate(episodes.groupby("agent", sort=False)):
            bins = pd.qcut(rows[feature], _BINS, duplicates="drop")
            groups = [group for _, group in rows.groupby(bins, observed=True)]
            shares = [Share.of(group["found"].to_numpy()).estimate for group in groups]
            look = style.agent_look(str(agent), number)
            _points(ax, [group[feature].mean() for group in groups], shares, look, str(agent))
        ax.set_ylim(0, 1.02)
        ax.set_xlabel(f"{feature} [squares]", fontsize=9)
        ax.grid(axis="y", color="#EEEEEE")
    axes[0].set_ylabel("share of episodes that got the cheese")
    drops = {each: _first_and_last(episodes, each) for each in features}
    steepest = max(drops, key=lambda each: abs(drops[each][0] - drops[each][1]))
    first, last = drops[steepest]
    style.headline(
        figure,
        f"From the shortest to the longest {steepest} "
        f"the share goes from {first:.0%} to {last:.0%}",
        f"a point is an eighth of {style.count_mazes(episodes)}; bars: 95% Wilson intervals",
        legend=3,
    )
    return figure


def _first_and_last(episodes: pd.DataFrame, feature: str) -> tuple[float, float]:
    """The share that got the cheese in the first and in the last of the bins."""
    bins = pd.qcut(episodes[feature], _BINS, duplicates="drop")
    shares = episodes.groupby(bins, observed=True)["found"].mean()
    return float(shares.iloc[0]), float(shares.iloc[-1])


def _points(
    ax: Axes,
    places: Sequence[float],
    shares: Sequence[Estimate],
    look: style.Look,
    label: str,
) -> None:
    """Shares joined by a line, with a bar for the interval of each."""
    lows, highs = [share.low for share in shares], [share.high for share in shares]
    ax.vlines(places, lows, highs, color=look.colour, linewidth=1.2)
    line: dict[str, Any] = {"color": look.colour, "marker": look.marker, "label": label}
    ax.plot(places, [share.value for share in shares], **line, markersize=5, linewidth=1.5)


def plot_accuracies(singles: pd.DataFrame, mazes: int) -> Figure:
    """How often a regression on each feature alone is right, one dot per agent.

    Args:
        singles: agent, feature, accuracy, accuracy_low, accuracy_high, base_rate and sign.
        mazes: how many there are.
    """
    order = singles.groupby("feature")["accuracy"].mean().sort_values().index
    agents = list(singles["agent"].unique())
    figure, ((ax,),) = style.panels(1, 1, (7.6, 0.34 * len(order) + 1.4))
    for number, agent in enumerate(agents):
        rows = singles[singles["agent"] == agent].set_index("feature").loc[order]
        look = style.agent_look(agent, number)
        colour, marker = look.colour, look.marker
        places = np.arange(len(order)) + _STEP * (number - (len(agents) - 1) / 2)
        ax.hlines(places, rows["accuracy_low"], rows["accuracy_high"], color=colour, linewidth=1.5)
        fewer = rows["sign"].to_numpy() < 0
        for chosen, face in ((fewer, colour), (~fewer, "white")):
            mark = {"color": colour, "markerfacecolor": face}
            at = rows["accuracy"][chosen], places[chosen]
            ax.plot(*at, marker, **mark, markersize=6, markeredgewidth=1.5)
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
    best = singles.groupby("feature")["accuracy"].mean()
    style.headline(
        figure,
        f"{best.idxmax()} alone predicts {best.max():.0%}; always the more frequent outcome, "
        f"{singles['base_rate'].mean():.0%}",
        f"{style.count(mazes, 'maze')}; bars: the middle 95% of splits",
        legend=2,
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
    figure, ((ax,),) = style.panels(1, 1, (7.4, 0.85 * len(published) + 1.4))
    stars = list(published.values()), np.arange(len(published)) - 0.32
    ax.plot(*stars, "*", color=style.INK, markersize=11, label="published, another network")
    series = marks.agent_series(coefficients, lambda rows: _estimates(rows, list(published)))
    style.draw_estimates(ax, series, list(published), step=_STEP)
    marks.zero_line(ax)
    ax.set_xlabel("change of the log odds of getting the cheese per standard deviation")
    ours = coefficients.groupby("feature")["value"].mean()
    same = sum(ours[name] * value > 0 for name, value in published.items())
    style.headline(
        figure,
        f"{same} of {len(published)} coefficients have the published sign",
        f"{style.count(mazes, 'maze')}; bars: {style.LEVELS_INTERVAL}",
        legend=3,
    )
    return figure


def plot_correlations(pairs: pd.DataFrame, mazes: int) -> Figure:
    """Correlations of features with each other, and the variance inflation factor of each.

    Args:
        pairs: first, second, correlation, and inflation of the first (NaN: left out of those).
        mazes: how many there are.
    """
    names = list(pairs["first"].unique())
    grid = pairs.pivot(index="first", columns="second", values="correlation").loc[names, names]
    inflation = pairs.drop_duplicates("first").set_index("first")["inflation"].loc[names]
    side = 0.42 * len(names)
    figure, ((ax,),) = style.panels(1, 1, (side + 4.9, side + 2.9), framed=True)
    image = ax.imshow(grid, cmap=style.DIVERGING, vmin=-1, vmax=1)
    for row, column in np.ndindex(grid.shape):
        value = grid.iloc[row, column]
        text = ax.text(column, row, f"{value:.1f}".replace("0.", "."), ha="center", va="center")
        text.set(fontsize=7, color="white" if abs(value) > 0.7 else "#333333")
    factors = ["left out" if np.isnan(each) else f"{each:.1f}" for each in inflation]
    labels = [f"{name}   [{each}]" for name, each in zip(names, factors, strict=True)]
    ax.set_yticks(range(len(names)), labels, fontsize=8)
    ax.set_xticks(range(len(names)), names, rotation=45, ha="right", fontsize=8)
    marks.colour_bar(figure, image, ax, "correlation", shrink=0.7, aspect=30)
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
            "alone": (style.series_look(0), _estimates(of_agent, names, "alone")),
            "among the others": (style.series_look(1), _estimates(of_agent, names, "joint")),
        }
        style.draw_estimates(ax, series, names, step=_STEP)
        marks.zero_line(ax)
        ax.set_xlabel("change of the log odds\nper standard deviation", fontsize=9)
    panels[0][0].fill_between([], [], [], color="#F0E442", alpha=0.35, label="clear change of sign")
    clearly = flips[flips["flips"] & flips["clear"]]["feature"].nunique()
    style.headline(
        figure,
        f"{clearly} of {len(names)} features clearly change their sign among the others",
        f"{style.count(mazes, 'maze')}; bars: {style.LEVELS_INTERVAL}",
        legend=3,
    )
    return figure


def _estimates(rows: pd.DataFrame, features: Sequence[str], when: str = "") -> list[Estimate]:
    """Of some features; `when` is the column of their values, "" if it is `value`."""
    ends = [f"{when}_low", f"{when}_high"] if when else ["low", "high"]
    table = rows.set_index("feature").loc[list(features), [when or "value", *ends]]
    return [Estimate(*numbers) for numbers in table.to_numpy(float).tolist()]
