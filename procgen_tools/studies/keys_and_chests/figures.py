"""Figures of agents of keys and chests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.evaluation.keys import GREEDY
from procgen_tools.plots.keys import LOOKS as FIGURE_LOOKS
from procgen_tools.plots.memory_fields import plot_memory_fields
from procgen_tools.plots.style import (
    INK,
    NOTE,
    REFERENCE,
    Look,
    count,
    draw_estimates,
    headline,
    legend_below,
    series_look,
)
from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies.keys_and_chests.claims import one, random_range
from procgen_tools.studies.keys_and_chests.exchange import BEST, EQUAL, FARTHEST, KEYS
from procgen_tools.studies.keys_and_chests.fields_shown import fields_of
from procgen_tools.studies.keys_and_chests.inventory import MAIN, NULLS, SPANS
from procgen_tools.studies.keys_and_chests.measure import UNTRAINED
from procgen_tools.studies.keys_and_chests.pairs import CHANGES, KINDS
from procgen_tools.studies.keys_and_chests.steering import DIRECTIONS, DOSES
from procgen_tools.worlds.keys_and_chests.players import SCRIPTED

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WORDS = {
    "return": "chests opened", "hidden_return": "hidden chests opened", "keys": "keys taken",
}  # fmt: skip

REFERENCES = (UNTRAINED, *SCRIPTED)
"""Players that are no agents, drawn in grey."""

_GREYS = dict(
    zip(REFERENCES, (Look("#777777", "v"), Look("#AAAAAA", "x"), Look("#777777", "1"),
                     Look(INK, "*")), strict=True)
)  # fmt: skip


def looks(players: Sequence[str]) -> dict[str, Look]:
    """A look for each player: colours for agents, greys for the references."""
    agents = [name for name in players if name not in REFERENCES]
    found = {name: series_look(number) for number, name in enumerate(agents)}
    return {name: found.get(name) or _GREYS[name] for name in players}


def _listed(numbers: Sequence[float], form: str = ".2f") -> str:
    """The range of numbers, in words."""
    smallest, largest = (round(each, 2) + 0.0 for each in (min(numbers), max(numbers)))
    low, high = f"{smallest:{form}}", f"{largest:{form}}"
    return low if low == high else f"{low} to {high}"


def _n(table: pd.DataFrame, noun: str = "level") -> str:
    """How many levels were measured, in words."""
    return count(int(table["levels"].iloc[0]), noun)


def _agents(table: pd.DataFrame) -> list[str]:
    return [name for name in table["agent"].unique() if name not in REFERENCES]


def plot_returns(scores: pd.DataFrame) -> Figure:
    """Returns, hidden returns and keys of every player, one panel per variant."""
    import matplotlib.pyplot as plt

    shown = scores[scores["choice"] != GREEDY]
    players, variants = list(shown["agent"].unique()), list(shown["variant"].unique())
    figure, axes = plt.subplots(
        1, len(variants), figsize=(9.6, 0.5 * len(players) + 2.0), sharey=True, layout="constrained"
    )
    for ax, variant in zip(axes, variants, strict=True):
        rows = shown[shown["variant"] == variant]
        series = {
            word: (
                FIGURE_LOOKS[name],
                [one(rows, agent=player, figure=name) for player in players],
            )
            for name, word in WORDS.items()
        }
        draw_estimates(ax, series, players)
        for number, name in enumerate(WORDS):
            for place, player in enumerate(players):
                told = rows[(rows["agent"] == player) & (rows["figure"] == name)]["published"]
                ax.plot(told, [place + 0.2 * (number - 1)], "|", color=INK, markersize=13,
                        label="original program")  # fmt: skip
        ax.set(xlim=(0, None), xlabel="per episode")
        ax.set_title(f"{variant} variant", fontsize=10)
    legend_below(figure)
    agents = _agents(shown)
    test = shown[shown["variant"] == "test"]
    keys, aims = (
        [one(test, agent=agent, figure=name).value for agent in agents]
        for name in ("keys", "return - hidden return")
    )
    headline(
        figure,
        f"With few chests agents still take {_listed(keys, '.1f')} keys, and open only "
        f"{_listed(aims, '.1f')} chests more than hidden ones",
        f"{_n(scores)}, sampled actions; 95% bootstrap intervals over levels; hidden chests are "
        "drawn like chests, and no player sees them",
    )
    return figure


def plot_inventory(inventory: pd.DataFrame) -> Figure:
    """R² of the keys by tick, one panel per agent, fitted and tested in the test variant."""
    import matplotlib.pyplot as plt

    agents = _agents(inventory)
    figure, axes = plt.subplots(
        1, len(agents), figsize=(4.2 * len(agents) + 1.0, 4.2), sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    labels = {
        (MAIN, "test"): "memory", (MAIN, "train"): "memory, fitted in the train variant",
        **{(null, "test"): null for null in NULLS},
    }  # fmt: skip
    middles = [(low + high) / 2 for low, high in SPANS]
    for ax, agent in zip(axes[0], agents, strict=True):
        rows = inventory[
            (inventory["agent"] == agent) & (inventory["tested"] == "test")
            & (inventory["statistic"] == "R2")
        ]  # fmt: skip
        for number, ((name, fitted), label) in enumerate(labels.items()):
            look = series_look(number)
            found = [
                one(rows, inputs=name, fitted=fitted, span=f"{low}-{high}") for low, high in SPANS
            ]
            values = np.array([[each.value, each.low, each.high] for each in found]).clip(-1, 1)
            ax.plot(middles, values[:, 0], marker=look.marker, color=look.colour, label=label)
            ax.fill_between(middles, values[:, 1], values[:, 2], color=look.colour, alpha=0.15,
                            linewidth=0)  # fmt: skip
        ax.axhline(0, color=REFERENCE, linewidth=1)
        ax.set(xlabel="tick", ylim=(-1.05, 1.05))
        ax.set_title(agent, fontsize=10)
    axes[0][0].set_ylabel("R² of the keys in hand (below −1: drawn at −1)")
    legend_below(figure, ncols=3)
    whole = inventory[
        (inventory["fitted"] == "test") & (inventory["tested"] == "test")
        & (inventory["span"] == "all") & (inventory["statistic"] == "R2")
    ]  # fmt: skip
    own, frame, other = (
        _listed([one(whole, agent=agent, inputs=name).value for agent in agents])
        for name in (MAIN, "frame", "untrained")
    )
    headline(
        figure,
        f"Keys in hand are read from the memory with R² {own}; from the frame {frame}, from "
        f"untrained networks {other}",
        f"test variant, {_n(inventory)} that no probe was fitted "
        "to; bands: 95% intervals over levels",
    )
    return figure


def plot_steering(steering: pd.DataFrame) -> Figure:
    """The change of what is reached next, by the keys that were added to the reading."""
    import matplotlib.pyplot as plt

    agents = _agents(steering)
    figure, axes = plt.subplots(
        len(DIRECTIONS), len(agents), sharex=True, sharey=True, squeeze=False, layout="constrained",
        figsize=(4.0 * len(agents) + 1.2, 3.1 * len(DIRECTIONS) + 1.0),
    )  # fmt: skip
    statistics = ("chest first", "key first")
    for column, agent in enumerate(agents):
        for line, direction in enumerate(DIRECTIONS):
            ax = axes[line][column]
            rows = steering[(steering["agent"] == agent) & (steering["direction"] == direction)]
            for number, name in enumerate(statistics):
                look = FIGURE_LOOKS["return" if name == "chest first" else "keys"]
                found = [one(rows, draw=-1, statistic=name, dose=dose) for dose in DOSES]
                places = np.array(DOSES) + 0.06 * (2 * number - 1)
                ax.vlines(places, [e.low for e in found], [e.high for e in found],
                          color=look.colour, linewidth=2)  # fmt: skip
                ax.plot(places, [e.value for e in found], look.marker, color=look.colour,
                        label=name)  # fmt: skip
                drawn = rows[(rows["draw"] >= 0) & (rows["statistic"] == name)]
                ax.plot(drawn["dose"] + 0.2 * (2 * number - 1), drawn["value"], ".", markersize=3,
                        color=look.colour, alpha=0.35,
                        label=f"{name}: random directions")  # fmt: skip
            ax.axhline(0, color=REFERENCE, linewidth=1)
            ax.set_title(f"{agent}, {direction}", fontsize=10)
            if line == len(DIRECTIONS) - 1:
                ax.set(xlabel="keys added to the reading", xticks=DOSES)
            if column == 0:
                ax.set_ylabel("change of the share")
    legend_below(figure)
    effects = steering[steering["statistic"] == "effect"]
    own = {
        direction: [one(effects, agent=agent, direction=direction, draw=-1).value
                    for agent in agents]
        for direction in DIRECTIONS
    }  # fmt: skip
    spread = random_range(effects[effects["draw"] >= 0]["value"])
    headline(
        figure,
        "From −1 to +1 key, the share of chests that are reached first changes by "
        f"{_listed(own['probe'])} along the probe and {_listed(own['slope'])} along the slope; "
        f"random directions: {spread[0]:.2f} to {spread[1]:.2f}",
        f"one edit of the cell state in one step, test variant, "
        f"{_n(steering)} at ticks 30 and 60; bars: 95% intervals "
        "over levels",
    )
    return figure


def plot_exchange(choices: pd.DataFrame, rates: pd.DataFrame) -> Figure:
    """Chances of the key by how much farther it is, and at equal distances by keys in hand."""
    import matplotlib.pyplot as plt

    players = list(choices["agent"].unique())
    agents = _agents(choices)
    figure, (left, right) = plt.subplots(1, 2, figsize=(11.0, 4.8), layout="constrained")
    look_of = looks(players)
    for agent in agents:
        for keys, style in ((0, ":"), (1, "-")):
            rows = choices[
                (choices["agent"] == agent) & (choices["keys"] == keys)
                & (choices["first"] != "neither")
            ]  # fmt: skip
            farther = rows["key_steps"] - rows["chest_steps"]
            share = (rows["first"] == "key").groupby(farther).mean()
            left.plot(share.index, share, style, marker=look_of[agent].marker,
                      color=look_of[agent].colour,
                      label=f"{agent}, {keys} in hand")  # fmt: skip
    left.axhline(0.5, color=REFERENCE, linewidth=1)
    left.set(xlabel="steps that the key is farther than the chest", ylabel="P(key first)",
             ylim=(-0.03, 1.03))  # fmt: skip
    left.legend(fontsize=8, frameon=False)
    series = {
        player: (
            look_of[player],
            [one(rates, agent=player, keys=keys, statistic="key at equal distances")
             for keys in KEYS],
        )
        for player in players
    }  # fmt: skip
    draw_estimates(right, series, [str(keys) for keys in KEYS], step=0.09, upright=True)
    right.axhline(0.5, color=REFERENCE, linewidth=1)
    right.set(xlabel="keys in hand (not in the frame)", ylim=(-0.03, 1.03),
              ylabel=f"P(key first), both {EQUAL:g} steps away")  # fmt: skip
    right.legend(fontsize=8, frameon=False, ncols=3, loc="center", bbox_to_anchor=(0.5, 0.25))
    first, without = (
        [one(rates, agent=agent, keys=keys, statistic="key at equal distances").value
         for agent in agents]
        for keys in (1, 0)
    )  # fmt: skip
    extra = [one(rates, agent=agent, keys=1, statistic="extra steps").value for agent in agents]
    levels = choices["level"].nunique()
    headline(
        figure,
        f"A useless key or a chest that opens: the key first in {_listed(first)} at equal "
        f"distances ({_listed(without)} without a key in hand); worth {_listed(extra, '+.1f')} "
        "steps",
        f"{levels} made levels, each with key and chest exchanged; best with a key in hand: the "
        f"chest, at any distances ({BEST}); extra steps are cut at {FARTHEST:g}; 95% intervals "
        "over levels",
    )
    return figure


def plot_attraction(attraction: pd.DataFrame) -> Figure:
    """How much more often a square is reached because of a key on it."""
    import matplotlib.pyplot as plt

    players = list(attraction["agent"].unique())
    figure, ax = plt.subplots(figsize=(7.6, 4.6), layout="constrained")
    rows = attraction[attraction["statistic"] == "attraction"]
    look_of = looks(players)
    series = {
        player: (look_of[player], [one(rows, agent=player, kind=kind) for kind in KINDS])
        for player in players
    }
    draw_estimates(ax, series, list(KINDS), step=0.09, upright=True)
    ax.axhline(0, color=REFERENCE, linewidth=1)
    ax.set_ylabel("P(reached with a key) − P(reached without)")
    legend_below(figure)
    agents = _agents(attraction)
    useful, useless = (
        [one(rows, agent=agent, kind=kind).value for agent in agents] for kind in list(KINDS)[:2]
    )
    headline(
        figure,
        f"A useful key attracts by {_listed(useful)}; one more key than there are chests by "
        f"{_listed(useless)}",
        f"{_n(attraction, 'made level')}, key 2 or 4 steps away, the chest "
        "farther; within 10 steps; 95% intervals over levels",
    )
    return figure


def plot_pairs(pairs: pd.DataFrame) -> Figure:
    """Changes of the return by changes of one object, with controls."""
    import matplotlib.pyplot as plt

    players = list(pairs["agent"].unique())
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(11.0, 5.2), layout="constrained", width_ratios=(2.2, 1)
    )
    look_of = looks(players)
    returns = pairs[pairs["statistic"] == "return"]
    arrivals = pairs[pairs["statistic"] == "reaches"]
    added = ("key added", "chest added")

    def series(rows: pd.DataFrame, names: Sequence[str]) -> dict[str, tuple[Look, list[Estimate]]]:
        return {
            player: (look_of[player], [one(rows, agent=player, change=name) for name in names])
            for player in players
        }

    draw_estimates(left, series(returns, list(CHANGES)), list(CHANGES), step=0.11)
    left.axvline(0, color=REFERENCE, linewidth=1)
    left.set_xlabel("change of the return (chests opened)")
    draw_estimates(right, series(arrivals, added), added, step=0.09, upright=True)
    right.axhline(0, color=REFERENCE, linewidth=1)
    right.set_ylabel("change of P(its square is reached within 10 steps)")
    legend_below(figure, labelcolor=NOTE)
    agents = _agents(pairs)
    key, chest = (
        [one(arrivals, agent=agent, change=name).value for agent in agents] for name in added
    )
    headline(
        figure,
        f"A key that is added three steps away draws agents by {_listed(key, '+.2f')}, a chest "
        f"there by {_listed(chest, '+.2f')}",
        f"test variant, {_n(pairs)}, from the beginning, no key in "
        "hand; before and after share their random "
        "numbers; 95% intervals over levels",
    )
    return figure


def plot_fields(fields: pd.DataFrame) -> Figure:
    """One frame, two memories: the fields without and with a key in hand."""
    found = fields_of(fields)
    before, after = found[0], found[1]
    figure = plot_memory_fields({"no key in hand": before, "a key in hand": after})
    variation = before.total_variation(after)
    here = float(variation[(before.squares == before.states.players[0]).all(axis=1)][0])
    headline(
        figure,
        f"The same frame, another memory: moves differ by {variation.mean():.2f} on average over "
        f"squares (total variation), and by {here:.2f} where the player is",
        f"one level, agent {fields['agent'].iloc[0]}; key and chest are 4 steps from the player, "
        "who took a key or none on the way in; elsewhere the memory is of another place than the "
        "frame",
    )
    return figure
