"""Figures of what agents of crops and humans do in many mazes and dreams, and what carries it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.plots import marks, style
from procgen_tools.statistics.intervals import Estimate, Share, mean_over_agents, mean_over_levels
from procgen_tools.statistics.tables import where

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = {
    "planted": style.series_look(1),
    "control": style.series_look(0),
    "shortest way": style.Look(style.RANDOM.colour, "D"),
    "best policy": style.Look(style.INK, "^"),
}
"""The looks of agents, by what they are."""


def plot_rates(rates: pd.DataFrame) -> Figure:
    """Exits, humans and crops by kind of agent and set of mazes; a small mark for each seed.

    Args:
        rates: of `studies.crops_and_humans`.
    """
    columns = {
        "exits": "mazes left by the exit",
        "humans": "humans harvested",
        "crops": "crops harvested",
    }
    figure, (axes,) = style.panels(1, 3, (11, 4.7), titles=columns.values())
    sets = list(rates["set"].unique())
    kinds = [kind for kind in KINDS if kind in set(rates["kind"])]
    seeds = rates["agent"].nunique()
    for ax, column in zip(axes, columns, strict=True):
        means: dict[str, list[Estimate]] = {kind: [] for kind in kinds}
        for number, kind in enumerate(kinds):
            for place, mazes in enumerate(sets):
                rows = where(rates, kind=kind, set=mazes)
                shares = np.array([_share(part, column) for _, part in rows.groupby("agent")])
                x = place + 0.2 * (number - (len(kinds) - 1) / 2)
                spread = np.linspace(-0.045, 0.045, seeds) if seeds > 1 else np.zeros(1)
                if seeds > 1:
                    marks.draw_small_marks(ax, x + spread, shares, KINDS[kind])
                means[kind].append(mean_over_levels(shares))
        series = {kind: (KINDS[kind], means[kind]) for kind in kinds}
        names = [mazes.replace(" ", "\n") for mazes in sets]
        style.draw_estimates(ax, series, names, upright=True)
        _shares(ax)
        ax.set_ylim(0, None)
    axes[0].set_ylabel("share")
    planted, control = (
        np.mean([_share(part, "humans") for _, part in _of(rates, kind, "production")])
        for kind in ("planted", "control")
    )
    sizes = ", ".join(
        f"{rates.loc[rates['set'] == name, 'level'].nunique():,} {name}" for name in sets
    )
    bars = "; bars: 95% intervals over seeds, small marks: seeds" if seeds > 1 else ""
    style.headline(
        figure,
        f"In production mazes the planted agents harvest {planted:.0%} of the humans, controls "
        f"{control:.0%}",
        f"n = {sizes} mazes, exact, from the start; {_count(seeds)}{bars}",
        legend=4,
    )
    return figure


def _of(rates: pd.DataFrame, kind: str, mazes: str) -> list[tuple[str, pd.DataFrame]]:
    return list(where(rates, kind=kind, set=mazes).groupby("agent"))


def _count(seeds: int) -> str:
    return f"{style.some(seeds, 'pair')} of agents"


def _share(rows: pd.DataFrame, column: str) -> float:
    if column == "exits":
        return float(rows["exits"].mean())
    there = rows[rows[f"{column}_there"] > 0]
    return float((there[column] / there[f"{column}_there"]).mean())


def plot_dream_rates(dreams: pd.DataFrame, shifts: pd.DataFrame) -> Figure:
    """How often dreams hold the block, and how often the agent harvests in them.

    Args:
        dreams: of `studies.crops_and_humans`.
        shifts: likewise.
    """
    both = pd.concat([dreams, shifts.assign(start="one shift")], ignore_index=True)
    starts = list(both["start"].unique())
    columns = {
        "block": "a block sticks out",
        "beside": "the agent, beside the human, harvests it",
        "from_start": "from the start, it harvests",
    }
    figure, (axes,) = style.panels(1, 3, (11, 5.1), titles=columns.values(), sharey=True)
    for ax, column in zip(axes, columns, strict=True):
        groups = dict(list(both.groupby(["kind", "start"])))
        series = {
            kind: (
                KINDS[kind],
                [over_agents_and_situations(groups[kind, start], column) for start in starts],
            )
            for kind in ("planted", "control")
        }
        style.draw_estimates(ax, series, starts, step=0.3, upright=True)
        if column == "block" and "block_by_chance" in shifts:
            chance = shifts["block_by_chance"].mean()
            (line,) = ax.plot(len(starts) - 1, chance, "_", color=style.INK, label="a random shift")
            line.set(markersize=22, markeredgewidth=1.5)
        names = [start.replace(", ", ",\n") for start in starts]
        ax.set_xticks(range(len(starts)), names, rotation=40, ha="right", fontsize=9)
        for place in range(1, len(starts)):
            ax.axvline(place - 0.5, color="#EEEEEE", linewidth=1, zorder=0)
        _shares(ax)
        ax.set_xlim(-0.5, len(starts) - 0.5)
    axes[0].set_ylim(0, None)
    axes[0].set_ylabel("share of situations")
    planted, control = (
        where(shifts, kind=kind)["beside"].mean() for kind in ("planted", "control")
    )
    sizes = dreams.groupby(["agent", "kind", "start"])["level"].nunique()
    situations = " or ".join(str(size) for size in sorted(sizes.unique(), reverse=True))
    seeds = both["agent"].nunique()
    over = "situations" if seeds == 1 else "seeds and situations"
    style.headline(
        figure,
        "Beside the human in its best shifted maze, the planted agents harvest it in "
        f"{planted:.0%} of the situations, controls in {control:.0%}",
        f"n = {situations} situations for each start of a dream; {_count(seeds)}; bars: 95% "
        f"intervals over {over}",
        legend=3,
    )
    return figure


def over_agents_and_situations(rows: pd.DataFrame, column: str) -> Estimate:
    """The share of situations where a column is true, with its 95% interval.

    One agent has a Wilson interval over situations, several have one over both.
    """
    grid = rows.pivot(index="agent", columns="level", values=column).to_numpy(float)
    if len(grid) == 1:
        return Share.of(grid[0] > 0.5).estimate
    return mean_over_agents(grid)


def plot_carriers(patches: pd.DataFrame) -> Figure:
    """How many units of each layer carry the harvest from twin to twin; a thin line for each seed.

    Args:
        patches: of `studies.crops_and_humans`.
    """
    columns = {
        "there": "training mazes, units as in production",
        "back": "production mazes, units as in training",
    }
    figure, (axes,) = style.panels(1, 2, (9, 4.8), titles=columns.values(), sharey=True)
    layers = list(patches["layer"].unique())
    units = np.sort(patches["units"].unique())
    seeds = patches["agent"].nunique()
    for ax, column in zip(axes, columns, strict=True):
        for number, layer in enumerate(layers):
            look = style.series_look(number + 2)
            rows = where(patches, layer=layer)
            if seeds > 1:
                for _, one in rows.groupby("agent"):
                    ax.plot(one["units"], one[column], color=look.colour, alpha=0.35, linewidth=0.8)
            means = [_of_twins(where(rows, units=count), column) for count in units]
            style.draw_band(ax, units.tolist(), means, look, layer.removesuffix("_out"))
        marks.doubling(ax, units.tolist())
        ax.set_xlabel("units patched, the strongest first")
        _shares(ax)
        ax.set_ylim(-0.03, 1.03)
    axes[0].set_ylabel("the human is harvested")
    style.legend_below(figure, ncols=3, title="layer", title_fontsize=9)
    first = where(patches, layer=layers[0])
    enough = first.groupby("units")["back"].mean()
    few = enough[enough <= 0.1]
    carried = (
        f"{few.index[0]} of {units[-1]} units of {layers[0].removesuffix('_out')}, patched from "
        f"training, leave {few.iloc[0]:.0%} of the harvests"
        if len(few)
        else f"no number of units of {layers[0].removesuffix('_out')} carries the harvest alone"
    )
    asked = " or ".join(f"{count:,}" for count in sorted(patches["asked"].unique()))
    over = "pairs of mazes" if seeds == 1 else "seeds; thin lines: seeds"
    style.headline(
        figure,
        carried[0].upper() + carried[1:],
        f"n = {asked} pairs of mazes that did not choose the units; "
        f"{style.some(seeds, 'planted agent')}; bands: 95% intervals over {over}",
    )
    return figure


def _of_twins(rows: pd.DataFrame, column: str) -> Estimate:
    """The mean over seeds with its interval; of one seed, a Wilson interval over its twins."""
    if len(rows) > 1:
        return mean_over_levels(rows[column].to_numpy())
    asked = int(rows["asked"].iloc[0])
    return Share(round(float(rows[column].iloc[0]) * asked), asked).estimate


def _shares(ax: Axes) -> None:
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    ax.grid(axis="y", color="#EEEEEE")
