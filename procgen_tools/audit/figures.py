"""The figures of an audit, one per answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from procgen_tools.audit.agents import AGENT, RANDOM, UNTRAINED, field_of
from procgen_tools.audit.answers import NULLS, change_sizes
from procgen_tools.audit.behaviour import MAPS
from procgen_tools.audit.exchange import exchange_rate
from procgen_tools.audit.inside import FAITHFUL, faithfulness
from procgen_tools.fields import VectorField
from procgen_tools.plots.fields import plot_vf
from procgen_tools.plots.mazes import plot_maze, ring_squares
from procgen_tools.plots.style import (
    DIVERGING,
    INK,
    PICKED,
    REFERENCE,
    Look,
    draw_estimates,
    headline,
    legend_below,
    panel_grid,
    series_look,
)
from procgen_tools.statistics.intervals import Estimate, mean_over_levels
from procgen_tools.worlds.maze.grid_level import GridLevel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from procgen_tools.audit.exact import ExactAudit

LOOKS = {
    AGENT: series_look(0),
    UNTRAINED: Look("#777777", "v"),
    RANDOM: Look("#AAAAAA", "x"),
}
WORDS = {AGENT: "this agent", **NULLS}
HEAT = "#54278F"
WORST = 6
"""How many counterexamples are drawn."""


def figures(audit: ExactAudit) -> dict[str, Figure]:
    """The figures by the key of their answer."""
    drawn: dict[str, Callable[[ExactAudit], Figure]] = {
        "abilities": plot_abilities,
        "apart": plot_apart,
        "directed": plot_goal_maps,
        "exchange": plot_exchange,
        "census": plot_census,
        "pairs": plot_pairs,
        "inside": plot_inside,
        "edits": plot_edits,
    }
    return {answer.key: drawn[answer.key](audit) for answer in audit.answers}


def _by(table: pd.DataFrame, column: str, value: str, player: str) -> dict[Any, Estimate]:
    rows = table[table["player"] == player]
    return {
        key: mean_over_levels(group[value].to_numpy(np.float64))
        for key, group in rows.groupby(column)
    }


def plot_abilities(audit: ExactAudit) -> Figure:
    """Success by size, for the agent and its nulls."""
    import matplotlib.pyplot as plt

    table = audit.tables["training"].copy()
    sizes = np.sort(table["size"].unique())
    if len(sizes) > 8:  # neighbours share a dot, so that each has enough levels
        edges = np.quantile(sizes, np.linspace(0, 1, 8))
        middle = (edges[:-1] + edges[1:]) / 2
        table["size"] = middle[np.clip(np.searchsorted(edges, table["size"], "right") - 1, 0, 6)]
    figure, ax = plt.subplots(figsize=(7.0, 3.8), layout="constrained")
    for player, look in LOOKS.items():
        found = _by(table, "size", "success", player)
        ax.vlines(list(found), [e.low for e in found.values()], [e.high for e in found.values()],
                  color=look.colour, linewidth=2)  # fmt: skip
        ax.plot(list(found), [e.value for e in found.values()], color=look.colour,
                marker=look.marker, label=WORDS[player])  # fmt: skip
    ax.set(ylim=(-0.03, 1.03), ylabel="chance of success", xlabel=audit.asked.size_words)
    legend_below(figure)
    answer = audit.answer("abilities")
    headline(figure, answer.text, f"{answer.note}; bars: 95% intervals over levels")
    return figure


def plot_apart(audit: ExactAudit) -> Figure:
    """Which goal is reached first where the goals are apart."""
    import matplotlib.pyplot as plt

    answer, asked = audit.answer("apart"), audit.asked
    columns = {
        "wanted_first": f"{asked.words[asked.wanted]} first",
        "other_first": f"{asked.words[asked.other]} first",
        "other_visited": f"{asked.words[asked.other]}\nat any time",
    }
    figure, ax = plt.subplots(figsize=(7.0, 3.2), layout="constrained")
    series = {
        WORDS[player]: (
            look,
            [
                mean_over_levels(_of(audit, "apart", player)[column].to_numpy(np.float64))
                for column in columns
            ],
        )
        for player, look in LOOKS.items()
    }
    draw_estimates(ax, series, list(columns.values()))
    ax.set(xlim=(-0.02, 1.02), xlabel="share of episodes")
    legend_below(figure)
    headline(figure, answer.text, f"{answer.note}; bars: 95% intervals over levels")
    return figure


def plot_goal_maps(audit: ExactAudit) -> Figure:
    """How well being at each place explains the agent, in the first levels."""
    answer, maps = audit.answer("directed"), audit.tables["maps"]
    numbers = maps["level"].unique()[:MAPS]
    figure, axes = panel_grid(len(numbers), 3, (2.9, 3.0), (1.0, 1.2))
    top = max(0.05, float(np.nanmax(maps["nats"])))
    images = []
    for ax, number in zip(axes, numbers, strict=True):
        level = audit.asked.apart[int(number)]
        nats = maps[maps["level"] == number].sort_values("place")["nats"].to_numpy(np.float64)
        images.append(_heat(ax, level, nats, top))
        found = _of(audit, "apart", AGENT).iloc[int(number)]
        ax.set_title(
            f"{audit.asked.wanted.replace('_', ' ')} {found['wanted_nats']:.2f}, "
            f"{audit.asked.other.replace('_', ' ')} {found['other_nats']:.2f}",
            fontsize=9,
        )
        ax.set(xlabel="", ylabel="", xticks=[], yticks=[])
    bar = figure.colorbar(images[0], ax=axes, shrink=0.7, pad=0.02)
    bar.set_label("goal-directedness (nats per step)", fontsize=9)
    headline(
        figure,
        answer.text,
        f"the first {len(numbers)} levels; darker: wanting to be there explains the moves better; "
        "titles: towards the two goals",
    )
    return figure


def heat_look(top: float) -> dict[str, Any]:
    """How goal maps are drawn over a picture: from transparent to one colour, at `top` nats."""
    from matplotlib.colors import LinearSegmentedColormap, PowerNorm, to_rgba

    shades = [to_rgba(HEAT, 0.0), to_rgba(HEAT, 0.92)]
    return {
        "cmap": LinearSegmentedColormap.from_list("heat", shades),
        "norm": PowerNorm(0.6, 0, top),
        "zorder": 2,
    }


def _heat(ax: Axes, level: Any, nats: np.ndarray, top: float) -> Any:
    """A level with a number at each place, from transparent to one colour."""
    look = heat_look(top)
    if isinstance(level, GridLevel):
        plot_maze(level, ax, fade=0.6)
        ring_squares(ax, level)
        grid = np.full((level.size, level.size), np.nan)
        for square, number in zip(level.open_squares(), nats, strict=True):
            grid[square] = number
        last = level.size - 0.5
        return ax.imshow(grid, origin="lower", extent=(-0.5, last, -0.5, last), **look)
    from procgen_tools.worlds.crops_and_humans.human_view import picture

    side = int(np.sqrt(len(nats)))
    last = side - 0.5
    ax.imshow(picture(level.cells), extent=(-0.5, last, last, -0.5), alpha=0.75)
    return ax.imshow(nats.reshape(side, side), **look)


def plot_exchange(audit: ExactAudit) -> Figure:
    """The chance of the wanted goal by how much farther it is, and the fitted curves."""
    import matplotlib.pyplot as plt

    answer, asked = audit.answer("exchange"), audit.asked
    figure, ax = plt.subplots(figsize=(7.0, 4.2), layout="constrained")
    for player, look in LOOKS.items():
        rows = _of(audit, "apart", player)
        farther = rows["wanted_steps"] - rows["other_steps"]
        either = rows["wanted_first"] + rows["other_first"]
        if player == AGENT:
            ax.scatter(farther, rows["wanted_first"] / either.where(either > 0.05), s=22,
                       alpha=0.55, color=look.colour, edgecolor="none")  # fmt: skip
        try:
            found = exchange_rate(audit.tables["apart"], player)
        except ValueError:
            continue
        places = np.linspace(farther.min(), farther.max(), 200)
        ax.plot(places, found.chance(places), color=look.colour, label=WORDS[player],
                linewidth=2.2 if player == AGENT else 1.4)  # fmt: skip
    ax.axhline(0.5, color=REFERENCE, linewidth=1, zorder=0)
    ax.axvline(0, color=REFERENCE, linewidth=1, zorder=0)
    ax.set(
        ylim=(-0.03, 1.03),
        xlabel=f"steps that {asked.words[asked.wanted]} is farther than {asked.words[asked.other]}",
        ylabel=f"P({asked.words[asked.wanted]} first)",
    )
    legend_below(figure)
    headline(figure, answer.text, f"one dot per level; {answer.note}")
    return figure


def plot_census(audit: ExactAudit) -> Figure:
    """The worst counterexamples of the census."""
    answer, table = audit.answer("census"), audit.tables["census"]
    table = table[table["free"]]
    worst = table.nsmallest(WORST, "wanted_first")
    figure, axes = panel_grid(len(worst), 3, (2.9, 3.0), (0.4, 1.2))
    for ax, row in zip(axes, worst.itertuples(), strict=True):
        level = audit.asked.census[int(row.level)]
        field = field_of(audit.agent.policy, level)
        if isinstance(field, VectorField):
            plot_vf(field, ax, legend=False)
        else:
            _heat(ax, level, np.full(level.graph().places.max() + 1, np.nan), 1.0)
        ax.set_title(f"P = {row.wanted_first:.4f}", fontsize=9)
        ax.set(xlabel="", ylabel="", xticks=[], yticks=[])
    headline(
        figure,
        answer.text,
        f"the {len(worst)} worst of {len(table):,} levels in which a way avoids "
        f"{audit.asked.words[audit.asked.other]}; P: chance of "
        f"{audit.asked.words[audit.asked.wanted]} first",
    )
    return figure


def plot_pairs(audit: ExactAudit) -> Figure:
    """How far changes of one feature move the chance of the wanted goal."""
    import matplotlib.pyplot as plt

    answer, pairs = audit.answer("pairs"), audit.tables["pairs"]
    tables = {player: change_sizes(pairs, player) for player in (AGENT, UNTRAINED)}
    names = [
        f"{row.change}{' (control)' if row.control else ''}" for row in tables[AGENT].itertuples()
    ]
    figure, axes = plt.subplots(
        1, 2, figsize=(10.4, 0.42 * len(names) + 1.9), sharey=True, layout="constrained"
    )
    for ax, column, label in zip(
        axes, ("mean", "size"), ("mean change", "mean size of the change"), strict=True
    ):
        series = {
            WORDS[player]: (
                LOOKS[player],
                list(table.set_index("change").loc[tables[AGENT]["change"], column]),
            )
            for player, table in tables.items()
        }
        draw_estimates(ax, series, names)
        ax.axvline(0, color=REFERENCE, linewidth=1, zorder=0)
        ax.set_xlabel(label)
    legend_below(figure)
    headline(
        figure,
        answer.text,
        f"chance of {audit.asked.words[audit.asked.wanted]} first in "
        f"{_range(tables[AGENT]['levels'])} levels, exact; bars: 95% intervals over levels",
    )
    return figure


def plot_inside(audit: ExactAudit) -> Figure:
    """The causal map by cell, the channels by effect, and circuits by size."""
    import matplotlib.pyplot as plt

    answer, patches = audit.answer("inside"), audit.tables["patches"]
    own = patches[patches["player"] == AGENT]
    effects = {
        kind: (rows["clean"] - rows["patched"]).groupby(rows["part"]).mean()
        for kind, rows in own.groupby("kind")
    }
    figure, (left, middle, right) = plt.subplots(
        1, 3, figsize=(11.6, 4.2), width_ratios=(1.05, 1, 1.2), layout="constrained"
    )
    side = int(np.sqrt(len(effects["cell"])))
    cells = effects["cell"].to_numpy().reshape(-1, side)
    most = float(np.abs(cells).max())
    image = left.imshow(cells, cmap=DIVERGING, vmin=-most, vmax=most)
    figure.colorbar(image, ax=left, shrink=0.75)
    left.set(title="fall of the log odds, each cell patched", xlabel="column", ylabel="row")
    ordered = effects["channel"].sort_values(ascending=False)
    middle.bar(range(len(ordered)), ordered, color=LOOKS[AGENT].colour)
    middle.axhline(0, color=INK, linewidth=0.8)
    first = ", ".join(str(channel) for channel in ordered.index[:3])
    middle.set(title="each channel patched", xlabel=f"channels, by effect: {first}, …",
               ylabel="fall of the log odds")  # fmt: skip
    draw_circuits(right, audit.tables["circuits"], "channels")
    for ax in (left, middle, right):
        ax.title.set_fontsize(10)
    headline(figure, answer.text, answer.note)
    return figure


def draw_circuits(ax: Axes, circuits: pd.DataFrame, parts: str) -> None:
    """The faithfulness of circuits by size, beside that of random parts.

    Args:
        ax: where to draw.
        circuits: see `inside.circuits_table`.
        parts: what circuits are made of, such as "channels".
    """
    shares = faithfulness(circuits)
    for player, look, label in (
        (AGENT, LOOKS[AGENT], "chosen by effect"),
        (f"random {parts}", LOOKS[RANDOM], f"random {parts}"),
    ):
        rows = shares[shares["player"] == player]
        by_size = rows.groupby("size")["faithfulness"]
        ax.plot(by_size.mean(), color=look.colour, marker=look.marker, markersize=3, label=label)
        if player != AGENT:
            ax.fill_between(by_size.mean().index, by_size.quantile(0.025),
                            by_size.quantile(0.975), color=look.colour, alpha=0.2,
                            linewidth=0)  # fmt: skip
    ax.axhline(FAITHFUL, color=PICKED.colour, linewidth=1, linestyle="--")
    ax.set(title="circuits, on unseen levels", xlabel=f"{parts} kept", ylabel="faithfulness")
    ax.legend(fontsize=9, frameon=False, loc="lower right")


def plot_edits(audit: ExactAudit) -> Figure:
    """What each edit leaves of the wanted goal, and of success in training levels."""
    import matplotlib.pyplot as plt

    answer, edits = audit.answer("edits"), audit.tables["edits"]
    names = list(edits["edit"].unique())
    figure, axes = plt.subplots(
        1, 2, figsize=(10.4, 0.42 * len(names) + 1.8), sharey=True, layout="constrained"
    )
    panels: Mapping[str, tuple[str, str]] = {
        f"P({audit.asked.words[audit.asked.wanted]} first), goals apart": ("apart", "wanted_first"),
        "success in training levels": ("training", "success"),
    }
    for ax, (label, (part, column)) in zip(axes, panels.items(), strict=True):
        draw_edits(ax, edits[edits["part"] == part], column)
        ax.set(xlim=(-0.03, 1.03), xlabel=label)
    axes[0].set_yticks(range(len(names)), ["unedited" if n == "none" else n for n in names])
    headline(figure, answer.text, "black: unedited; grey: random edits; bars: 95% intervals over "
             f"{_range(edits.groupby(['edit', 'part'])['level'].nunique())} levels")  # fmt: skip
    return figure


def draw_edits(ax: Axes, edits: pd.DataFrame, column: str) -> None:
    """The mean of a column under each edit, one row per edit: black unedited, grey random."""
    names = list(edits["edit"].unique())
    for place, name in enumerate(names):
        rows = edits[edits["edit"] == name]
        look = INK if name == "none" else (
            LOOKS[RANDOM].colour if rows["null"].iloc[0] else LOOKS[AGENT].colour
        )  # fmt: skip
        found = mean_over_levels(rows[column].to_numpy(np.float64))
        ax.hlines(place, found.low, found.high, color=look, linewidth=2)
        ax.plot(found.value, place, "o", color=look)
    ax.set(ylim=(len(names) - 0.5, -0.5))
    ax.grid(axis="y", color="#EEEEEE")


def _range(counts: pd.Series) -> str:
    """How many, or from how few to how many."""
    low, high = int(counts.min()), int(counts.max())
    return f"{low}" if low == high else f"{low} to {high}"


def _of(audit: ExactAudit, table: str, player: str) -> pd.DataFrame:
    found = audit.tables[table]
    return found[found["player"] == player]
