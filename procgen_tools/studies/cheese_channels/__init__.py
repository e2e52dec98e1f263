"""The cheese channels: found by what they show and by what the agent does with it.

After Turner et al. (2023), who picked 11 channels of 128 by eye; see `measure` for the rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.interventions import Add, Intervention, cheese_vector, random_channels
from procgen_tools.models import ImpalaPolicy
from procgen_tools.plots.effects import plot_controls
from procgen_tools.plots.style import set_aside
from procgen_tools.studies.base import LAYER, Findings, Settings, decision_levels
from procgen_tools.studies.cheese_channels.claims import FOUND, OTHERS, RANDOM, WHOLE, all_claims
from procgen_tools.studies.cheese_channels.figures import (
    plot_by_number,
    plot_channel_pictures,
    plot_channel_ranks,
)
from procgen_tools.studies.cheese_channels.measure import CheeseChannels, find_cheese_channels
from procgen_tools.studies.measuring import effects_table
from procgen_tools.worlds.maze.grid import Maze

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "cheese_channels"
TITLE = "The cheese channels"
MAZES = 60


SEARCHES = 4
"""Mazes to search for channels, for each one to measure the cheese vector in."""


def run(settings: Settings) -> Findings:
    """Find each agent's cheese channels twice, and subtract the cheese vector in them alone."""
    agents = settings.load_agents()
    levels = decision_levels(settings.count(MAZES, fast=4), settings.rule)
    searched = max(6, SEARCHES * len(levels))
    found, again = (
        {
            agent: find_cheese_channels(
                policy,
                seed=seed,
                mazes=searched,
                rule=settings.rule,
                progress_bar=settings.progress_bar,
            )
            for agent, policy in agents.items()
        }
        for seed in (settings.seed, settings.seed + 1)
    )
    by_policy = {id(policy): found[agent] for agent, policy in agents.items()}

    def edits(policy: ImpalaPolicy, seed: int, maze: Maze) -> dict[str, Intervention]:
        vector = cheese_vector(policy, maze, LAYER)
        sets = channel_sets(by_policy[id(policy)], settings.seed + seed)
        parts = {name: Add(vector.only(channels), -1.0) for name, channels in sets.items()}
        return {WHOLE: Add(vector, -1.0), **parts}

    effects = effects_table(agents, levels, edits, progress_bar=settings.progress_bar)
    channels = _by_agent({agent: each.table for agent, each in found.items()})
    second = _by_agent({agent: each.table for agent, each in again.items()})
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes=f"channels found in {searched} levels with a decision square (a third of them to "
        "choose candidates, the others to test them), cheese anywhere; the vector subtracted in "
        f"the first {len(levels)} such levels (seeds {min(levels)}–{max(levels)})",
        agents=tuple(agents),
        claims=all_claims(channels, second, effects),
        tables={
            "channels": channels.assign(mazes=searched),
            "channels_of_second_search": second,
            "pictures": _by_agent({agent: _pictures(each) for agent, each in found.items()}),
            "effects": effects,
        },
        rule=settings.rule,
    )


def channel_sets(found: CheeseChannels, seed: int) -> dict[str, tuple[int, ...]]:
    """The sets of channels in which the vector is subtracted, by name.

    They are the cheese channels, all others, and as many random ones as cheese channels (from the
    others if these are enough); and the best and random ones, in powers of two up to half of all
    channels. The best are those with the most evidence in the mazes that chose the candidates.
    """
    count = len(found.ranking)
    others = tuple(each for each in range(count) if each not in found.channels)
    few = len(found.channels) <= len(others)
    return {
        FOUND: found.channels,
        OTHERS: others,
        RANDOM: random_channels(
            len(found.channels), count, seed, besides=found.channels if few else ()
        ),
        **{f"best {size}": found.ranking[:size] for size in _sizes(count)},
        **{f"random {size}": random_channels(size, count, seed) for size in _sizes(count)},
    }


def _sizes(count: int) -> list[int]:
    """1, 2, 4, ... up to half of `count`."""
    return [2**power for power in range(count.bit_length()) if 2**power <= count // 2]


def _by_agent(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(
        [table.assign(agent=agent) for agent, table in tables.items()], ignore_index=True
    )


def _pictures(found: CheeseChannels) -> pd.DataFrame:
    """One row per channel and cell; rows and columns count from the cheese's, row 1 below."""
    channel, row, col = np.indices(found.pictures.shape).reshape(3, -1)
    middle = found.pictures.shape[-1] // 2
    return pd.DataFrame(
        {
            "channel": channel,
            "row": row - middle,
            "col": col - middle,
            "change": found.pictures.ravel(),
        }
    )


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: both rankings, what the cheese draws, and the vector in parts of its channels."""
    tables = findings.tables
    effects = tables["effects"]
    figures = {
        "ranks": plot_channel_ranks(tables["channels"]),
        "pictures": plot_channel_pictures(tables["pictures"], tables["channels"]),
        "parts": plot_controls(effects[effects["edit"].isin([WHOLE, FOUND, OTHERS, RANDOM])]),
        "by_number": plot_by_number(effects, WHOLE),
    }
    return set_aside(figures)
