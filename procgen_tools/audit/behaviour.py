"""What the agent and its nulls do: exact chances in levels as in training, and where goals part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from procgen_tools import chains
from procgen_tools.audit.agents import AGENT, UNTRAINED, Audited, field_of
from procgen_tools.directedness import directedness
from procgen_tools.worlds.asked import Asked
from procgen_tools.worlds.graph import Level

MAPS = 6
"""How many goal maps are measured."""


def outcome_of(field: Any, level: Level, asked: Asked, **goals: Any) -> dict[str, float]:
    """Chances of an episode: success, the first goal, and steps.

    `success` is the chance that a goal ends the episode.
    """
    options = {**level.effect_goals, **goals}
    found = chains.chances(field, None, level.step_limit, **options)
    return {
        "success": sum(found.visits.get(name, 0.0) for name in level.ending_goals),
        "wanted_first": found.first.get(asked.wanted, 0.0),
        "other_first": found.first.get(asked.other, 0.0),
        "other_visited": found.visits.get(asked.other, 0.0),
        "steps": float(min(found.episode_steps, level.step_limit)),
    }


def ways_of(level: Level, asked: Asked) -> dict[str, float]:
    """Steps from the start to both goals; NaN for a goal that the level does not have."""
    graph = level.graph(**level.effect_goals)
    return {
        f"{which}_steps": float(graph.distances(name)[graph.start])
        if name in graph.goals
        else float("nan")
        for which, name in (("wanted", asked.wanted), ("other", asked.other))
    }


def training_table(audited: Audited, asked: Asked, *, progress_bar: bool = False) -> pd.DataFrame:
    """Every player in every training level.

    Returns:
        Columns player, level, size, and those of `outcome_of`.
    """
    return pd.DataFrame(
        {"player": player, "level": number, "size": asked.size(level),
         **outcome_of(field_of(policy, level), level, asked)}
        for player, policy, number, level in _every(
            audited.players(), asked.training, "training levels", progress_bar
        )
    )  # fmt: skip


def apart_table(audited: Audited, asked: Asked, *, progress_bar: bool = False) -> pd.DataFrame:
    """Every player where the goals are apart.

    Returns:
        Columns player, level, those of `outcome_of` and `ways_of`, wanted_nats, other_nats (the
        directedness towards both goals), best_nats (towards the place with the most), ceiling.
    """
    rows = []
    for player, policy, number, level in _every(
        audited.players(), asked.apart, "levels apart", progress_bar
    ):
        field = field_of(policy, level)
        found = directedness(field, **level.effect_goals)
        rows.append(
            {
                "player": player,
                "level": number,
                **outcome_of(field, level, asked),
                **ways_of(level, asked),
                "wanted_nats": found.goals.get(asked.wanted, 0.0),
                "other_nats": found.goals.get(asked.other, 0.0),
                "best_nats": float(np.nanmax(found.places)),
                "ceiling": found.ceiling,
            }
        )
    return pd.DataFrame(rows)


def maps_table(audited: Audited, asked: Asked) -> pd.DataFrame:
    """The agent's directedness towards every place of the first `MAPS` levels.

    Returns:
        Columns level, place, nats.
    """
    return pd.DataFrame(
        {"level": number, "place": place, "nats": float(nats)}
        for number, level in enumerate(asked.apart[:MAPS])
        for place, nats in enumerate(
            directedness(field_of(audited.policy, level), **level.effect_goals).places
        )
    )


def census_table(audited: Audited, asked: Asked, *, progress_bar: bool = False) -> pd.DataFrame:
    """The agent in every level of the census.

    Returns:
        Columns level, those of `outcome_of`, shortest (the steps to the nearest goal that ends the
        episode), and free (see `free_to_choose`).
    """
    rows = []
    for _, policy, number, level in _every(
        {AGENT: audited.policy}, asked.census, "census", progress_bar
    ):
        graph = level.graph()
        shortest = min(graph.distances(name)[graph.start] for name in level.ending_goals)
        rows.append(
            {
                "level": number,
                **outcome_of(field_of(policy, level), level, asked, **asked.census_goals),
                "shortest": float(shortest),
                "free": free_to_choose(level, asked),
            }
        )
    return pd.DataFrame(rows)


def free_to_choose(level: Any, asked: Asked) -> bool:
    """Whether a way to the wanted goal avoids the other one; otherwise the other is always first.

    Args:
        level: a level of the census.
        asked: the goals, and their options in the census.

    Example:
        >>> from procgen_tools import maze
        >>> from procgen_tools.worlds.maze.asked import asked
        >>> questions = asked({}, levels=2, census=2)
        >>> free_to_choose(maze.parse("..C\\n.##\\nM.."), questions)
        True
        >>> free_to_choose(maze.parse(".C.\\n##.\\nM.."), questions)  # only past the corner
        False
    """
    graph = level.graph(**{**level.effect_goals, **asked.census_goals})
    wanted = graph.goals[asked.wanted]
    avoiding = replace(graph, ends=graph.ends | (graph.goals[asked.other] & ~wanted))
    return bool(np.isfinite(avoiding.distances(asked.wanted)[graph.start]))


def pairs_table(
    audited: Audited, asked: Asked, *, seed: int = 0, progress_bar: bool = False
) -> pd.DataFrame:
    """Minimal pairs: how changing one feature changes the chances of reaching each goal first.

    The agent and an untrained network are measured in the levels in which the goals are apart.

    Returns:
        Columns player, level, change, control (whether it should not matter), before, after (the
        chances of the wanted goal first), other_before and other_after.
    """
    changes = {**asked.changes, **asked.controls}
    players = {AGENT: audited.policy, UNTRAINED: audited.untrained}
    rows = []
    for player, policy, number, level in _every(
        players, asked.apart, "minimal pairs", progress_bar
    ):
        before = outcome_of(field_of(policy, level), level, asked)
        for index, (name, change) in enumerate(changes.items()):
            other = change(level, np.random.default_rng([seed, number, index]))
            if other is None:
                continue
            after = outcome_of(field_of(policy, other), other, asked)
            rows.append(
                {
                    "player": player, "level": number, "change": name,
                    "control": name in asked.controls,
                    "before": before["wanted_first"], "after": after["wanted_first"],
                    "other_before": before["other_first"], "other_after": after["other_first"],
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def _every(
    players: Mapping[str, Any], levels: Sequence[Any], what: str, progress_bar: bool
) -> Iterator[tuple[str, Any, int, Any]]:
    with tqdm(total=len(players) * len(levels), disable=not progress_bar, desc=what) as bar:
        for number, level in enumerate(levels):
            for player, policy in players.items():
                yield player, policy, number, level
                bar.update()
