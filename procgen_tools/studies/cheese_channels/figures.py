"""Figures of channels: how they rank, what they show, and what few of them do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from procgen_tools.plots import marks, style
from procgen_tools.statistics.intervals import mean_over_levels
from procgen_tools.statistics.tables import where

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FOUND, _OTHER = style.Look(style.PICKED.colour, "o"), style.Look(style.RANDOM.colour, "s")
_SHOWN = 8


def plot_channel_ranks(channels: pd.DataFrame) -> Figure:
    """How far each channel follows the cheese, and how much the agent listens to it.

    Args:
        channels: `measure.CheeseChannels.table` of some agents, with the columns `agent` and
            `mazes` (in how many it searched).
    """
    figure, panels = style.agent_panels(channels, width=4.0, extra=1.6, height=5.0)
    for ax, _, rows in panels:
        ax.axhline(1 / len(rows), color="#999999", linestyle="--", linewidth=1, label="even share")
        marks.zero_line(ax, "y")
        for found, look, name in (
            (True, _FOUND, "cheese channel (with its number)"),
            (False, _OTHER, "other channel"),
        ):
            some = where(rows, found=found)
            marks.draw_dots(ax, some["follows"], some["share"], look, name, size=34)
        for _, row in rows[rows["found"]].iterrows():
            marks.write_above(ax, f"{row['channel']}", (row["follows"], row["share"]))
        ax.set_xlabel("follows: share of the change that\none picture at the cheese explains")
        ax.margins(y=0.12)
    panels[0][0].set_ylabel(
        "matters: share of the log odds of turning\nto the cheese that are lost"
    )
    found = channels[channels["found"]]
    style.headline(
        figure,
        f"{_number(channels)} channels follow the cheese and matter: together "
        f"{found.groupby('agent')['share'].sum().mean():.0%} of the evidence",
        _searched(channels),
        legend=min(3, len(panels) + 1),
    )
    return figure


def _searched(channels: pd.DataFrame) -> str:
    """On how many mazes and which agents channels were searched."""
    return f"{style.count(int(channels['mazes'].iloc[0]), 'maze')}, {style.who(channels)}"


def _number(channels: pd.DataFrame) -> str:
    """How many channels were found, of how many."""
    counts = channels.groupby("agent", sort=False)["found"].agg(["sum", "size"])
    few, many = counts["sum"].min(), counts["sum"].max()
    return f"{few if few == many else f'{few}–{many}'} of {counts['size'].max()}"


def plot_channel_pictures(pictures: pd.DataFrame, channels: pd.DataFrame) -> Figure:
    """What the cheese adds to a channel around it, for the channels with the most evidence.

    Args:
        pictures: one row per agent, channel and cell, with columns row and col (from the
            cheese's cell, row 1 below it) and change.
        channels: as for `plot_channel_ranks`.
    """
    from matplotlib.patches import Rectangle

    agents = list(pictures["agent"].unique())
    size = (1.25 * _SHOWN + 0.9, 1.5 * len(agents) + 1.35)
    figure, axes = style.panels(len(agents), _SHOWN, size, framed=True)
    signs = []
    for line, agent in zip(axes, agents, strict=True):
        ranked = where(channels, agent=agent).sort_values("evidence", ascending=False)
        best = ranked.head(_SHOWN)
        grids = {
            channel: rows.pivot_table(index="row", columns="col", values="change")
            for channel, rows in where(pictures, agent=agent).groupby("channel")
        }
        limit = max(float(grids[channel].abs().to_numpy().max()) for channel in best["channel"])
        reach = grids[0].index.max() + 0.5
        for ax, (_, row) in zip(line, best.iterrows(), strict=False):
            grid = grids[row["channel"]]
            extent = (-reach, reach, reach, -reach)
            image = ax.imshow(grid, cmap=style.DIVERGING, vmin=-limit, vmax=limit, extent=extent)
            cell = Rectangle((-0.5, -0.5), 1, 1, fill=False, edgecolor=style.CHEESE.colour)
            cell.set(linewidth=1.6, label="the cheese's cell")
            ax.add_patch(cell)
            weight = "bold" if row["found"] else "normal"
            ax.set_title(f"{row['channel']}", fontsize=10, fontweight=weight)
            ax.set(xticks=[], yticks=[])
            for spine in ax.spines.values():
                spine.set(color=style.INK, linewidth=2.2 if row["found"] else 0.6)
            if row["found"]:
                signs.append(float(grid.to_numpy().flat[grid.abs().to_numpy().argmax()]) > 0)
        line[0].set_ylabel(agent.removeprefix("model_"), fontsize=8)
        marks.colour_bar(figure, image, line, "change", aspect=12, pad=0.01)
    style.headline(
        figure,
        f"Of {len(signs)} cheese channels {sum(signs)} rise most at the cheese and "
        f"{len(signs) - sum(signs)} fall most",
        f"{_searched(channels)}; mean change around the cheese, channels with the most evidence "
        "first; bold and framed: cheese channels",
        legend=4,
    )
    return figure


def plot_by_number(effects: pd.DataFrame, whole: str) -> Figure:
    """How much of the vector's effect the best channels have, and random ones, by their number.

    Args:
        effects: rows of `studies.measuring.effects_table` with the edits 'best N' and
            'random N'.
        whole: the edit that changes all channels.
    """
    falls = effects.assign(
        fall=effects["decision_cheese_before"] - effects["decision_cheese_after"]
    )
    figure, panels = style.agent_panels(falls)
    for ax, _, rows in panels:
        for name, look in (("best", _FOUND), ("random", _OTHER)):
            numbers = _numbers(rows, name)
            means = [
                mean_over_levels(where(rows, edit=f"{name} {number}")["fall"].to_numpy())
                for number in numbers
            ]
            style.draw_band(ax, numbers, means, look, f"{name} channels")
        level = where(rows, edit=whole)["fall"].mean()
        ax.axhline(level, color=style.INK, linestyle="--", linewidth=1.2, label="all channels")
        marks.zero_line(ax, "y")
        marks.doubling(ax, numbers)
        ax.set_xlabel("channels in which the vector is subtracted")
    panels[0][0].set_ylabel("fall of P(towards the cheese)\nat the decision square")
    most = numbers[-1]
    best, random, all_of_it = (
        where(falls, edit=edit)["fall"].mean() for edit in (f"best {most}", f"random {most}", whole)
    )
    style.headline(
        figure,
        f"The best {most} channels lower P(towards the cheese) by {best:.2f}, as many random ones "
        f"by {random:.2f}, all by {all_of_it:.2f}",
        f"{style.sample(effects)}; lines: means, bands: {style.LEVELS_INTERVAL}",
        legend=3,
    )
    return figure


def _numbers(rows: pd.DataFrame, name: str) -> list[int]:
    labels = [each for each in rows["edit"].unique() if each.startswith(f"{name} ")]
    return sorted(int(label.split()[1]) for label in labels)
