"""Figures of retargeting: every square as a target, and scores by distance and magnitude."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from procgen_tools.plots import marks, style
from procgen_tools.plots.mazes import plot_maze
from procgen_tools.statistics.intervals import Estimate, mean_over_levels
from procgen_tools.statistics.tables import where
from procgen_tools.worlds.maze.edit import remove_cheese
from procgen_tools.worlds.maze.grid import Maze

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_STYLES = ("-", "-", "-", "--", "-", "-", "-")
"""The set of all channels may be that of the effective ones: both lines show."""

_BINS = 9
_LEAST_LEVELS = 3
"""In a bin that is drawn, where there are many levels."""


def plot_target_maps(maze: Maze, scores: pd.DataFrame, panels: Mapping[str, str]) -> Figure:
    """A maze for each edit, its squares coloured by how likely the mouse is to walk to them.

    Below each edit but the first, the ratio to the first.

    Args:
        maze: whose targets they are.
        scores: one row per edit and target: edit, row, col, probability.
        panels: titles, by the edits to show; the first is the one to compare with.

    Raises:
        ValueError: an edit without scores.
    """
    from matplotlib.colors import TwoSlopeNorm

    grids = {name: _grid(maze, where(scores, edit=name)) for name in panels}
    for name, grid in grids.items():
        if np.isnan(grid).all():
            raise ValueError(f"there are no scores of {name!r}: leave it out of the panels")
    first, *others = panels
    figure, axes = style.panels(2, len(panels), (3.3 * len(panels) + 1, 7.8), framed=True)
    figure.set_layout_engine("constrained", h_pad=0.1)  # or the titles touch the edge
    empty = remove_cheese(maze)
    for ax, (name, title) in zip(axes[0], panels.items(), strict=True):
        _panel(ax, empty, f"{title}: {np.nanmean(grids[name]):.2f}")
        shown = _draw(ax, grids[name], cmap=style.SEQUENTIAL, vmin=0, vmax=1)
    label = "probability of a typical step\non the way to the square"
    marks.colour_bar(figure, shown, axes[0], label, pad=0.01)
    ratios = {name: np.log2(grids[name] / grids[first]) for name in others}
    limit = max(float(np.nanpercentile(np.abs(list(ratios.values())), 98)), 0.5)
    _explain(axes[1, 0])
    for ax, name in zip(axes[1, 1:], others, strict=True):
        middle = float(np.nanmedian(2 ** ratios[name]))
        _panel(ax, empty, f"ratio (median {middle:.2g})")
        shown = _draw(ax, ratios[name], cmap=style.DIVERGING, norm=TwoSlopeNorm(0, -limit, limit))
    label = "times as probable as without the edit"
    bar = marks.colour_bar(figure, shown, axes[1], label, pad=0.01)
    ticks = [tick for tick in (-6, -4, -2, -1, 0, 1, 2, 4, 6) if abs(tick) <= limit]
    bar.set_ticks(ticks, labels=[f"{2.0**tick:.3g} ×" for tick in ticks])
    # Where hardly anything falls, the bar need not show how far it might.
    lowest = min(float(np.nanmin(ratio)) for ratio in ratios.values())
    bar.ax.set_ylim(max(-limit, min(lowest, -0.5)), limit)
    scores_of = {name: float(np.nanmean(grid)) for name, grid in grids.items()}
    best = max(others, key=scores_of.__getitem__)
    style.headline(
        figure,
        f"Mean score of a target: {scores_of[first]:.2f} for '{panels[first]}', most for "
        f"'{panels[best]}' ({scores_of[best]:.2f})",
        f"{style.count(1, 'maze')}, {int((~np.isnan(grids[first])).sum())} targets",
    )
    return figure


def _grid(maze: Maze, rows: pd.DataFrame) -> Float[np.ndarray, "row col"]:
    grid = np.full((maze.size, maze.size), np.nan)
    grid[rows["row"], rows["col"]] = rows["probability"]
    return grid


def _panel(ax: Axes, maze: Maze, title: str) -> None:
    plot_maze(maze, ax, fade=0.35)
    ax.set_title(title, fontsize=11)
    ax.set(xlabel="", ylabel="", xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(False)


def _draw(ax: Axes, grid: Float[np.ndarray, "row col"], **colours: Any) -> Any:
    last = len(grid) - 0.5
    extent = (-0.5, last, -0.5, last)
    return ax.imshow(
        grid, extent=extent, origin="lower", interpolation="nearest", zorder=1, **colours
    )


def _explain(ax: Axes) -> None:
    ax.axis("off")
    words = (
        "Every square is a target once.\n\n"
        "Above: how likely the mouse, from\nits start, takes each step of the\n"
        "way there (geometric mean);\nabove each maze the mean\nover its squares.\n\n"
        "Right: how many times as likely\nas without the edit (white: no change)."
    )
    ax.text(0.02, 0.9, words, va="top", fontsize=10, transform=ax.transAxes)


def plot_scores_by(scores: pd.DataFrame, column: str, label: str, edits: Sequence[str]) -> Figure:
    """Mean scores of edits against a number, with 95% intervals over levels, for each agent.

    Args:
        scores: one row per agent, level, edit and target.
        column: the number, such as "distance"; its lowest whole number has a bin of its own,
            and equally wide bins follow.
        label: what it is, under the axis.
        edits: which edits, in the order of the legend.
    """
    figure, panels = style.agent_panels(scores, extra=1.9, height=4.1, least=8.4)
    edges = np.linspace(scores[column].min() + 0.5, scores[column].max() + 0.5, _BINS)
    least = max(1, min(_LEAST_LEVELS, scores["level"].nunique() // 20))
    binned = scores.assign(bin=np.digitize(scores[column], edges[:-1]))
    for ax, agent, _ in panels:
        for number, (edit, line) in enumerate(zip(edits, _STYLES, strict=False)):
            rows = where(binned, agent=agent, edit=edit)
            places, means = [], []
            for _, group in rows.groupby("bin"):
                if group["level"].nunique() >= least:
                    places.append(group[column].mean())
                    means.append(_mean(group, "probability"))
            style.draw_band(ax, places, means, edit_look(edit, number), edit, line=line)
        ax.set(xlabel=label, ylim=(0, 1))
    panels[0][0].set_ylabel("probability of a typical step")
    means_of = binned[binned["edit"].isin(edits)].groupby(["edit", "bin"])["probability"].mean()
    first, last = (means_of.xs(each, level="bin") for each in _ends(binned, least))
    _legend_beside(
        figure,
        scores,
        f"From the least to the most {label}: '{edits[0]}' {first[edits[0]]:.2f} → "
        f"{last[edits[0]]:.2f}, '{edits[-1]}' {first[edits[-1]]:.2f} → {last[edits[-1]]:.2f}",
    )
    return figure


def edit_look(name: str, number: int) -> style.Look:
    """The look of an edit: by its place, but black as trained, the first, and grey at random."""
    if name.startswith("random"):
        return style.RANDOM
    return style.Look(style.INK, "o") if number == 0 else style.series_look(number - 1)


def _ends(binned: pd.DataFrame, least: int) -> tuple[int, int]:
    """The first and the last bin that is drawn."""
    levels = binned.groupby("bin")["level"].nunique()
    drawn = levels[levels >= least].index
    return int(drawn.min()), int(drawn.max())


def plot_magnitudes(tuning: pd.DataFrame, sets: Sequence[str]) -> Figure:
    """How many times as probable targets are, against the magnitude of the clamp, by agent.

    Args:
        tuning: one row per agent, level, set, magnitude and target, with log_ratio.
        sets: which sets of channels.
    """
    figure, panels = style.agent_panels(tuning, extra=1.9, height=4.1, least=8.4)
    for ax, agent, _ in panels:
        for number, (name, line) in enumerate(zip(sets, _STYLES[1:], strict=False), start=1):
            rows = where(tuning, agent=agent, set=name)
            groups = dict(list(rows.groupby("magnitude")))
            logs = [_mean(group, "log_ratio") for group in groups.values()]
            ratios = [Estimate(*np.exp([each.value, each.low, each.high])) for each in logs]
            style.draw_band(ax, list(groups), ratios, edit_look(name, number), name, line=line)
        ax.axhline(1, color=style.REFERENCE, linewidth=1, zorder=0)
        magnitudes = sorted(tuning["magnitude"].unique())
        ax.set(xscale="log", ylim=(0, None))
        ax.set_xticks(magnitudes, [f"{each:g}" for each in magnitudes], minor=False)
        ax.set_xticks([], minor=True)
        ax.set_xlabel("clamp, in natural 99th percentiles\nwhere cheese is")
    panels[0][0].set_ylabel("times as probable as without")
    gains = np.exp(
        tuning[tuning["set"].isin(sets)].groupby(["set", "magnitude"])["log_ratio"].mean()
    )
    name, magnitude = gains.idxmax()
    _legend_beside(
        figure,
        tuning,
        f"Targets become most probable ({gains.max():.2f} times) with '{name}' at {magnitude:g}",
    )
    return figure


def plot_budgets(
    scores: pd.DataFrame, budgets: Mapping[str, float], references: Mapping[str, str]
) -> Figure:
    """Shares of targets that are walked straight to, and mean scores, by what may be changed.

    Args:
        scores: one row per agent, level, edit and target.
        budgets: the share of a layer's numbers that each edit changes, by its name.
        references: edits to draw as levels across, with their names.
    """
    figure, panels = style.agent_panels(scores, extra=1.9, height=4.1, least=8.4)
    columns = {"probability": "mean score", "straight": "targets walked straight to"}
    for ax, _, rows in panels:
        for number, (column, name) in enumerate(columns.items()):
            look = style.series_look(number)
            means = [_mean(where(rows, edit=edit), column) for edit in budgets]
            style.draw_band(ax, [100 * share for share in budgets.values()], means, look, name)
            for (edit, words), dash in zip(references.items(), (":", "--"), strict=False):
                value = _mean(where(rows, edit=edit), column).value
                line: dict[str, Any] = {"linestyle": dash, "label": f"{words}: {name}"}
                ax.axhline(value, color=look.colour, linewidth=1.2, **line)
        ax.set(xscale="log", ylim=(0, 1), xlabel="changed numbers, % of the layer")
        ax.set_xticks(
            [100 * share for share in budgets.values()],
            [f"{100 * share:g}" for share in budgets.values()],
        )
    panels[0][0].set_ylabel("probability, or share of targets")
    by_level = scores.groupby(["edit", "agent", "level"])["straight"].mean()
    straight = by_level.groupby("edit").mean()
    others = ", ".join(f"{words}: {straight[edit]:.0%}" for edit, words in references.items())
    most = list(budgets)[-1]
    _legend_beside(
        figure,
        scores,
        f"With {budgets[most]:.0%} of the layer changed, {straight[most]:.0%} of targets are "
        f"walked straight to ({others})",
    )
    return figure


def _mean(rows: pd.DataFrame, column: str) -> Estimate:
    """Over levels, of each level's mean over targets."""
    return mean_over_levels(rows.groupby("level")[column].mean().to_numpy())


def _legend_beside(figure: Figure, rows: pd.DataFrame, finding: str) -> None:
    style.legend_below(figure, ncols=1, loc="outside right center")
    style.headline(figure, finding, f"{style.count_mazes(rows)}; bands: {style.LEVELS_INTERVAL}")
