"""The cheese channels: found by what they show and by what the agent does with it.

After Turner et al. (2023), who picked 11 channels of 128 by eye; see `measure` for the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.interventions import Add, Intervention, cheese_vector, random_channels
from procgen_tools.models import ImpalaPolicy
from procgen_tools.statistics.intervals import Mean, mean_over_agents, mean_over_levels
from procgen_tools.studies.base import (
    ALL_AGENTS,
    LAYER,
    Claim,
    Findings,
    Settings,
    decision_levels,
    every,
    measured,
    over_levels,
)
from procgen_tools.studies.cheese_channels.measure import CheeseChannels, find_cheese_channels
from procgen_tools.studies.measuring import effects_table
from procgen_tools.worlds.maze.grid import Maze

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "cheese_channels"
TITLE = "The cheese channels"
MAZES = 60

WHOLE = "whole vector"
FOUND = "cheese channels"
OTHERS = "all other channels"
RANDOM = "as many random channels"

SEARCHES = 4
"""Mazes to search for channels, for each one to measure the cheese vector in."""


def run(settings: Settings) -> Findings:
    """Find each agent's cheese channels twice, and subtract the cheese vector in them alone."""
    agents = settings.load_agents()
    levels = decision_levels(settings.count(MAZES, fast=4))
    searched = max(6, SEARCHES * len(levels))
    found, again = (
        {
            agent: find_cheese_channels(
                policy, seed=seed, mazes=searched, progress_bar=settings.progress_bar
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
        claims=_claims(channels, second, effects),
        tables={
            "channels": channels.assign(mazes=searched),
            "channels_of_second_search": second,
            "pictures": _by_agent({agent: _pictures(each) for agent, each in found.items()}),
            "effects": effects,
        },
    )


def channel_sets(found: CheeseChannels, seed: int) -> dict[str, tuple[int, ...]]:
    """The sets of channels in which the vector is subtracted, by name.

    The cheese channels, all others, as many random ones of these; and the best and random ones
    in numbers from 1 up to half of all. The best are those with the most evidence in the mazes
    that chose the candidates.
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
    """A row for each channel and cell; rows and columns count from the cheese's, row 1 below."""
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


def _claims(
    channels: pd.DataFrame, second: pd.DataFrame, effects: pd.DataFrame
) -> tuple[Claim, ...]:
    counts = over_agents({agent: float(t["found"].sum()) for agent, t in _agents(channels)})
    shares = over_agents({agent: float(t["found"].mean()) for agent, t in _agents(channels)})
    overlap = over_agents(
        {agent: _overlap(t, second[second["agent"] == agent]) for agent, t in _agents(channels)}
    )
    follows, others_follow = (_follows(channels, found=found) for found in (True, False))

    def falls(scale: Callable[[pd.Series], pd.Series]) -> dict[str, dict[str, Mean]]:
        return {
            name: over_levels(
                effects[effects["edit"] == edit],
                lambda t: scale(t["decision_cheese_before"]) - scale(t["decision_cheese_after"]),
            )
            for name, edit in (
                ("whole_vector", WHOLE),
                ("cheese_channels", FOUND),
                ("all_others", OTHERS),
                ("as_many_random", RANDOM),
            )
        }

    def account(fall: dict[str, dict[str, Mean]]) -> bool:
        whole, found, random = (
            fall[name] for name in ("whole_vector", "cheese_channels", "as_many_random")
        )
        return all(
            found[agent].value >= whole[agent].value / 2
            and random[agent].value < found[agent].value / 2
            for agent in whole
        )

    chances, odds = falls(lambda chance: chance), falls(_log_odds)
    return (
        Claim(
            "A small minority of channels carries the cheese's position",
            "11 of 128 (.09), picked by eye",
            measured(channels=counts, share=shares),
            "at least one channel and at most a quarter of them, for every agent",
            every(shares, lambda mean: 0 < mean.value <= 0.25),
            comment="Ours follow the cheese, and each holds more than an even share of the log "
            "odds of turning to it; at most 5% of them are expected to be wrong.",
        ),
        Claim(
            "Another search in other mazes finds the same channels",
            "none",
            measured(overlap=overlap),
            "channels in both are at least half of those in either, for every agent",
            every(overlap, lambda mean: mean.value >= 0.5),
        ),
        Claim(
            "What the cheese does to these channels is one picture that moves with it, more than "
            "in other channels",
            "so by eye",
            measured(cheese_channels=follows, others=others_follow),
            "the picture explains a larger share of the change in the cheese channels than in the "
            "others, on average, for every agent",
            all(follows[agent].value > others_follow[agent].value for agent in follows),
            comment="Intervals over channels.",
        ),
        Claim(
            "These channels account for what subtracting the cheese vector does to P(towards the "
            "cheese)",
            "none",
            measured(**chances),
            "it falls at least half as much as with the whole vector, and with as many random "
            "channels less than half of that, for every agent",
            account(chances),
        ),
        Claim(
            "So they do to the log odds of turning to the cheese, in which what channels do adds "
            "up more nearly",
            "none",
            measured(**odds),
            "as for P(towards the cheese)",
            account(odds),
        ),
    )


def _log_odds(chance: pd.Series) -> pd.Series:
    bounded = chance.clip(1e-12, 1 - 1e-12)
    return np.log(bounded) - np.log1p(-bounded)


def _agents(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    return [(str(agent), rows) for agent, rows in table.groupby("agent", sort=False)]


def over_agents(values: Mapping[str, float]) -> dict[str, Mean]:
    """One number an agent, without an interval, and their mean with one over agents."""
    single = {agent: Mean(value, value, value) for agent, value in values.items()}
    return {**single, ALL_AGENTS: mean_over_agents(np.array([[each] for each in values.values()]))}


def _overlap(first: pd.DataFrame, second: pd.DataFrame) -> float:
    """Channels found both times, of those found at all; 0 where none was."""
    one, other = (set(table.loc[table["found"], "channel"]) for table in (first, second))
    return len(one & other) / max(len(one | other), 1)


def _follows(channels: pd.DataFrame, *, found: bool) -> dict[str, Mean]:
    """Means over channels, found ones or others; 0 where there are none."""

    def mean(table: pd.DataFrame) -> Mean:
        values = table.loc[table["found"] == found, "follows"].to_numpy()
        return mean_over_levels(values if len(values) else np.zeros(1))

    means = {agent: mean(table) for agent, table in _agents(channels)}
    return {**means, ALL_AGENTS: over_agents({a: m.value for a, m in means.items()})[ALL_AGENTS]}


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: both rankings, what the cheese draws, and the vector in parts of its channels."""
    from procgen_tools.plots.effects import plot_controls
    from procgen_tools.plots.style import set_aside
    from procgen_tools.studies.cheese_channels.figures import (
        plot_by_number,
        plot_channel_pictures,
        plot_channel_ranks,
    )

    tables = findings.tables
    effects = tables["effects"]
    figures = {
        "ranks": plot_channel_ranks(tables["channels"]),
        "pictures": plot_channel_pictures(tables["pictures"], tables["channels"]),
        "parts": plot_controls(effects[effects["edit"].isin([WHOLE, FOUND, OTHERS, RANDOM])]),
        "by_number": plot_by_number(effects, WHOLE),
    }
    return set_aside(figures)
