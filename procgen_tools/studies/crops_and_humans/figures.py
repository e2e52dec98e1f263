"""Figures of what agents of crops and humans do in many mazes and dreams, and what carries it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.plots.style import (
    INK,
    Look,
    draw_band,
    draw_estimates,
    headline,
    legend_below,
    series_look,
)
from procgen_tools.statistics.intervals import Estimate, Share, mean_over_agents, mean_over_levels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = {
    "planted": series_look(1),
    "control": series_look(0),
    "shortest way": Look("#7F7F7F", "D"),
    "best policy": Look(INK, "^"),
}
"""The looks of agents, by what they are."""


def plot_rates(rates: pd.DataFrame) -> Figure:
    """Exits, humans and crops by kind of agent and set of mazes; a small mark for each seed.

    Args:
        rates: of `studies.crops_and_humans`.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(11, 4.7), layout="constrained")
    sets = list(rates["set"].unique())
    kinds = [kind for kind in KINDS if kind in set(rates["kind"])]
    seeds = rates["agent"].nunique()
    for ax, (column, title) in zip(
        axes,
        (("exits", "mazes left by the exit"), ("humans", "humans harvested"),
         ("crops", "crops harvested")),
        strict=True,
    ):  # fmt: skip
        means: dict[str, list[Estimate]] = {kind: [] for kind in kinds}
        for number, kind in enumerate(kinds):
            for place, mazes in enumerate(sets):
                rows = rates[(rates["kind"] == kind) & (rates["set"] == mazes)]
                shares = np.array([_share(part, column) for _, part in rows.groupby("agent")])
                x = place + 0.2 * (number - (len(kinds) - 1) / 2)
                spread = np.linspace(-0.045, 0.045, seeds) if seeds > 1 else np.zeros(1)
                if seeds > 1:
                    ax.plot(x + spread, shares, KINDS[kind].marker, color=KINDS[kind].colour,
                            markersize=3.5, alpha=0.45, markeredgewidth=0)  # fmt: skip
                means[kind].append(mean_over_levels(shares))
        series = {kind: (KINDS[kind], means[kind]) for kind in kinds}
        names = [mazes.replace(" ", "\n") for mazes in sets]
        draw_estimates(ax, series, names, upright=True)
        _shares(ax, title)
        ax.set_ylim(0, None)
    axes[0].set_ylabel("share")
    legend_below(figure)
    planted, control = (
        np.mean([_share(part, "humans") for _, part in _of(rates, kind, "production")])
        for kind in ("planted", "control")
    )
    sizes = ", ".join(
        f"{rates.loc[rates['set'] == name, 'level'].nunique():,} {name}" for name in sets
    )
    bars = "; bars: 95% intervals over seeds, small marks: seeds" if seeds > 1 else ""
    headline(figure, f"In production mazes the planted agents harvest {planted:.0%} of the "
                f"humans, controls {control:.0%}",
                f"n = {sizes} mazes, exact, from the start; {_count(seeds)}{bars}")  # fmt: skip
    return figure


def _of(rates: pd.DataFrame, kind: str, mazes: str) -> list[tuple[str, pd.DataFrame]]:
    return list(rates[(rates["kind"] == kind) & (rates["set"] == mazes)].groupby("agent"))


def _count(seeds: int) -> str:
    return f"{seeds} pair{'s' * (seeds > 1)} of agents"


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
    import matplotlib.pyplot as plt

    both = pd.concat([dreams, shifts.assign(start="one shift")], ignore_index=True)
    starts = list(both["start"].unique())
    figure, axes = plt.subplots(1, 3, figsize=(11, 5.1), sharey=True, layout="constrained")
    for ax, (column, title) in zip(
        axes,
        (("block", "a block sticks out"), ("beside", "the agent, beside the human, harvests it"),
         ("from_start", "from the start, it harvests")),
        strict=True,
    ):  # fmt: skip
        groups = dict(list(both.groupby(["kind", "start"])))
        series = {
            kind: (
                KINDS[kind],
                [over_agents_and_situations(groups[kind, start], column) for start in starts],
            )
            for kind in ("planted", "control")
        }
        draw_estimates(ax, series, starts, step=0.3, upright=True)
        if column == "block" and "block_by_chance" in shifts:
            ax.plot(len(starts) - 1, shifts["block_by_chance"].mean(), "_", color="#111111",
                    markersize=22, markeredgewidth=1.5, label="a random shift")  # fmt: skip
        ax.set_xticks(range(len(starts)), [start.replace(", ", ",\n") for start in starts],
                      rotation=40, ha="right", fontsize=9)  # fmt: skip
        for place in range(1, len(starts)):
            ax.axvline(place - 0.5, color="#EEEEEE", linewidth=1, zorder=0)
        _shares(ax, title)
        ax.set_xlim(-0.5, len(starts) - 0.5)
    axes[0].set_ylim(0, None)
    axes[0].set_ylabel("share of situations")
    legend_below(figure, ncols=3)
    planted, control = (
        shifts.loc[shifts["kind"] == kind, "beside"].mean() for kind in ("planted", "control")
    )
    sizes = dreams.groupby(["agent", "kind", "start"])["level"].nunique()
    situations = " or ".join(str(size) for size in sorted(sizes.unique(), reverse=True))
    seeds = both["agent"].nunique()
    over = "situations" if seeds == 1 else "seeds and situations"
    headline(figure, "Beside the human in its best shifted maze, the planted agents harvest it "
                f"in {planted:.0%} of the situations, controls in {control:.0%}",
                f"n = {situations} situations for each start of a dream; {_count(seeds)}; bars: "
                f"95% intervals over {over}")  # fmt: skip
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
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 4.8), sharey=True, layout="constrained")
    layers = list(patches["layer"].unique())
    units = np.sort(patches["units"].unique())
    seeds = patches["agent"].nunique()
    for ax, (column, title) in zip(
        axes,
        (
            ("there", "training mazes, units as in production"),
            ("back", "production mazes, units as in training"),
        ),
        strict=True,
    ):
        for number, layer in enumerate(layers):
            look = series_look(number + 2)
            rows = patches[patches["layer"] == layer]
            if seeds > 1:
                for _, one in rows.groupby("agent"):
                    ax.plot(one["units"], one[column], color=look.colour, alpha=0.35, linewidth=0.8)
            means = [_of_twins(rows[rows["units"] == count], column) for count in units]
            draw_band(ax, units.tolist(), means, look, layer.removesuffix("_out"))
        ax.set_xscale("log", base=2)
        ax.set_xticks(units, [str(count) for count in units])
        ax.minorticks_off()
        ax.set_xlabel("units patched, the strongest first")
        _shares(ax, title)
        ax.set_ylim(-0.03, 1.03)
    axes[0].set_ylabel("the human is harvested")
    legend_below(figure, ncols=3, title="layer", title_fontsize=9)
    first = patches[patches["layer"] == layers[0]]
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
    headline(figure, carried[0].upper() + carried[1:],
                f"n = {asked} pairs of mazes that did not choose the units; {seeds} planted "
                f"agent{'s' * (seeds > 1)}; bands: 95% intervals over {over}")  # fmt: skip
    return figure


def _of_twins(rows: pd.DataFrame, column: str) -> Estimate:
    """The mean over seeds with its interval; of one seed, a Wilson interval over its twins."""
    if len(rows) > 1:
        return mean_over_levels(rows[column].to_numpy())
    asked = int(rows["asked"].iloc[0])
    return Share(round(float(rows[column].iloc[0]) * asked), asked).estimate


def _shares(ax: Axes, title: str) -> None:
    ax.set_title(title, fontsize=10)
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    ax.grid(axis="y", color="#EEEEEE")
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
