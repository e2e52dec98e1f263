"""The figures of an audit of keys and chests, one per answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from procgen_tools.audit.agents import AGENT, RANDOM
from procgen_tools.audit.figures import LOOKS, WORST, draw_circuits, draw_edits, heat_look
from procgen_tools.audit.inside import order_of
from procgen_tools.audit.keys.answers import score_of
from procgen_tools.audit.keys.census import PLAYS, placements
from procgen_tools.audit.keys.directed import few_chests
from procgen_tools.audit.keys.inside import UNIT
from procgen_tools.plots.keys import LOOKS as FIGURE_LOOKS
from procgen_tools.plots.style import INK, draw_estimates, headline, legend_below, panel_grid
from procgen_tools.studies.keys_and_chests.exchange import BEST
from procgen_tools.studies.keys_and_chests.figures import (
    plot_attraction,
    plot_exchange,
    plot_pairs,
)
from procgen_tools.studies.keys_and_chests.measure import UNTRAINED
from procgen_tools.worlds.keys_and_chests.grid import Level
from procgen_tools.worlds.keys_and_chests.human_view import pictures
from procgen_tools.worlds.keys_and_chests.rules import States, beginning

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from procgen_tools.audit.keys.run import KeysAudit

PLAYERS = {AGENT: "this agent", UNTRAINED: "untrained network", RANDOM: "random actions",
           "key-only": "keys only", BEST: "chests whenever\na key is in hand"}  # fmt: skip
COUNTED = {"keys": "keys taken", "return": "chests opened",
           "hidden_return": "hidden chests opened (chance)"}  # fmt: skip
CELL_PIXELS = 32


def figures(audit: KeysAudit) -> dict[str, Figure]:
    """The figures by the key of their answer."""
    tables = audit.tables
    drawn: dict[str, Callable[[], Figure]] = {
        "abilities": lambda: plot_scores(audit, "abilities", "train", ("keys", "return")),
        "apart": lambda: plot_scores(audit, "apart", "test", tuple(COUNTED)),
        "directed": lambda: plot_goal_maps(audit),
        "exchange": lambda: plot_exchange(tables["choices"], tables["rates"]),
        "census": lambda: plot_census(audit),
        "pairs": lambda: plot_pairs(tables["pairs"]),
        "useless": lambda: plot_attraction(tables["attraction"]),
        "inside": lambda: plot_inside(audit),
        "edits": lambda: plot_edits(audit),
    }
    return {answer.key: drawn[answer.key]() for answer in audit.answers}


def plot_scores(audit: KeysAudit, key: str, variant: str, counted: Sequence[str]) -> Figure:
    """What every player takes and opens in an episode of a variant."""
    import matplotlib.pyplot as plt

    answer, scores = audit.answer(key), audit.tables["scores"]
    figure, ax = plt.subplots(figsize=(7.4, 3.9), layout="constrained")
    series = {
        COUNTED[name]: (
            FIGURE_LOOKS[name], [score_of(scores, player, variant, name) for player in PLAYERS]
        )
        for name in counted
    }  # fmt: skip
    draw_estimates(ax, series, list(PLAYERS.values()))
    ax.set(xlim=(0, None), xlabel=f"in an episode of the {variant} variant")
    legend_below(figure)
    headline(figure, answer.text, f"{answer.note}; bars: 95% intervals over levels")
    return figure


def plot_goal_maps(audit: KeysAudit) -> Figure:
    """How well being at each square explains the agent's first moves, in the first levels."""
    answer, maps = audit.answer("directed"), audit.tables["maps"]
    directed = audit.tables["directed"]
    own = directed[directed["player"] == AGENT].pivot_table("nats", "level", "goal")
    numbers = maps["level"].unique()
    levels = few_chests(len(numbers))
    figure, axes = panel_grid(len(numbers), 3, (2.9, 3.0), (1.0, 1.2))
    look = heat_look(max(0.05, float(maps["nats"].max())))
    for ax, number in zip(axes, numbers, strict=True):
        level = levels[int(number)]
        rows = maps[maps["level"] == number]
        grid = np.full(level.cells.shape, np.nan)
        grid[rows["row"], rows["col"]] = rows["nats"]
        _picture(ax, level, beginning([level]), alpha=0.75)
        image = ax.imshow(grid, **look)
        ax.set_title(
            f"keys {own['keys'][number]:.2f}, chests {own['chests'][number]:.2f}", fontsize=9
        )
    bar = figure.colorbar(image, ax=axes, shrink=0.7, pad=0.02)
    bar.set_label("goal-directedness (nats per step)", fontsize=9)
    headline(
        figure,
        answer.text,
        f"the first {len(numbers)} levels and the first steps of episodes; darker: wanting to be "
        "there explains the moves better; titles: towards the nearest key and chest, whole "
        "episodes",
    )
    return figure


def plot_census(audit: KeysAudit) -> Figure:
    """Placements in which the useless key is first although the chest is much nearer."""
    answer, table = audit.answer("census"), audit.tables["census"]
    table = table[table["player"] == AGENT]
    every = placements(audit.amount.census)
    free = table[table["avoidable"]].assign(nearer=table["key_steps"] - table["chest_steps"])
    worst = free.sort_values(["key_first", "nearer"], ascending=False, kind="stable")[:WORST]
    figure, axes = panel_grid(len(worst), 3, (2.9, 3.0), (0.4, 1.2))
    for ax, row in zip(axes, worst.itertuples(), strict=True):
        placement = every[int(row.placement)]
        _picture(ax, placement.level(), placement.moment().states, alpha=1.0)
        ax.set_title(
            f"key {row.key_steps} steps away: first in {row.key_first * PLAYS:.0f} of {PLAYS}\n"
            f"chest {row.chest_steps} steps away: first in {row.chest_first * PLAYS:.0f}",
            fontsize=9,
        )
    headline(
        figure,
        answer.text,
        f"the {len(worst)} worst of {len(free):,} placements in which a way to the chest avoids "
        "the key; the player holds a key for the chest",
    )
    return figure


def plot_inside(audit: KeysAudit) -> Figure:
    """What a key changes, the units by effect, and circuits by size."""
    import matplotlib.pyplot as plt

    answer, tables = audit.answer("inside"), audit.tables
    patches = tables["patches"]
    own = patches[(patches["player"] == AGENT) & (patches["kind"] == UNIT)]
    effect = (own["clean"] - own["patched"]).groupby(own["part"]).mean()
    figure, (left, middle, right) = plt.subplots(
        1, 3, figsize=(11.6, 4.2), width_ratios=(1.05, 1, 1.2), layout="constrained"
    )
    whole = {"the key": 0, "the key in the\nlast frame alone": 1, "a key in hand": 2}
    series = {
        label: (
            LOOKS[player],
            [answer.findings[number].agent if player == AGENT
             else next(iter(answer.findings[number].nulls.values())) for number in whole.values()],
        )
        for player, label in ((AGENT, "this agent"), (UNTRAINED, "untrained network"))
    }  # fmt: skip
    draw_estimates(left, series, list(whole))
    left.axvline(0, color=INK, linewidth=0.8)
    left.set_ylim(len(whole) - 0.5, -1.1)  # room for the legend
    left.legend(fontsize=9, frameon=False, loc="upper left")
    left.set(title="what changes the way to the key", xlabel="change of the log odds")
    ordered = order_of(patches, kind=UNIT)
    middle.bar(range(len(ordered)), effect[ordered], color=LOOKS[AGENT].colour)
    middle.axhline(0, color=INK, linewidth=0.8)
    first = ", ".join(str(unit) for unit in ordered[:3])
    middle.set(title="each unit patched", xlabel=f"units, by effect: {first}, …",
               ylabel="fall of the log odds")  # fmt: skip
    draw_circuits(right, tables["circuits"], "units")
    for ax in (left, middle, right):
        ax.title.set_fontsize(10)
    headline(figure, answer.text, answer.note)
    return figure


def plot_edits(audit: KeysAudit) -> Figure:
    """What each edit leaves of the keys taken and of the chests opened."""
    import matplotlib.pyplot as plt

    answer, edits = audit.answer("edits"), audit.tables["edits"]
    panels = {
        "keys taken, few chests": ("test", "keys"),
        "chests opened, few chests": ("test", "return"),
        "chests opened, as in training": ("train", "return"),
    }
    names = list(edits["edit"].unique())
    figure, axes = plt.subplots(
        1, 3, figsize=(11.6, 0.34 * len(names) + 1.8), sharey=True, layout="constrained"
    )
    for ax, (label, (variant, column)) in zip(axes, panels.items(), strict=True):
        draw_edits(ax, edits[edits["variant"] == variant], column)
        ax.set(xlabel=label, xlim=(0, None))
    axes[0].set_yticks(range(len(names)), ["unedited" if n == "none" else n for n in names])
    count = edits["level"].nunique()
    headline(figure, answer.text, "black: unedited; grey: random edits; bars: 95% intervals over "
             f"{count} levels of each variant")  # fmt: skip
    return figure


def _picture(ax: Axes, level: Level, states: States, *, alpha: float) -> None:
    rows, cols = level.cells.shape
    shown = pictures(states, cell_pixels=CELL_PIXELS)[0]
    ax.imshow(shown, extent=(-0.5, cols - 0.5, rows - 0.5, -0.5), alpha=alpha)
    ax.set(xticks=[], yticks=[])
