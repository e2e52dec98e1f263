"""What experiments measure alike: effects in many mazes on several agents, as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
from tqdm import tqdm

from procgen_tools.effects import measure_each
from procgen_tools.interventions import Intervention, NaturalActivations, unusualness
from procgen_tools.models import ImpalaPolicy
from procgen_tools.statistics.intervals import Mean
from procgen_tools.studies.base import over_levels
from procgen_tools.worlds.maze.grid import Maze

Edits = Callable[[ImpalaPolicy, int, Maze], Mapping[str, Intervention]]
"""Given a policy, a level's seed and its maze, the interventions to measure there, by name."""


def effects_table(
    agents: Mapping[str, ImpalaPolicy],
    levels: Mapping[int, Maze],
    edits: Edits,
    *,
    progress_bar: bool = False,
) -> pd.DataFrame:
    """A row for each agent, level and intervention.

    Columns: agent, level (its seed), edit (the name), and those of `effects.Effect.row`.
    """
    rows = []
    with tqdm(total=len(agents) * len(levels), disable=not progress_bar, unit=" mazes") as bar:
        for agent, policy in agents.items():
            for seed, maze in levels.items():
                chosen = edits(policy, seed, maze)
                effects = measure_each(policy, maze, list(chosen.values()))
                rows += [
                    {"agent": agent, "level": seed, "edit": name, **effect.row()}
                    for name, effect in zip(chosen, effects, strict=True)
                ]
                bar.update()
    return pd.DataFrame(rows)


def change(effects: pd.DataFrame, edit: str, column: str) -> dict[str, Mean]:
    """How far an edit changes a number on average, for each agent and over all.

    Args:
        effects: what `effects_table` gives.
        edit: its name there.
        column: such as "decision_cheese", without `_before` and `_after`.

    Raises:
        ValueError: see `base.over_levels`.
    """
    chosen = effects[effects["edit"] == edit]
    return over_levels(chosen, lambda table: table[f"{column}_after"] - table[f"{column}_before"])


def unusualness_table(
    agents: Mapping[str, ImpalaPolicy],
    levels: Mapping[int, Maze],
    layer: str,
    edit: Callable[[ImpalaPolicy, Maze], Intervention],
    *,
    progress_bar: bool = False,
) -> pd.DataFrame:
    """Where the activations that an edit makes lie among those of the same levels as they are.

    Columns: agent, level (its seed), and those of `interventions.Unusualness`.
    """
    rows = []
    views = list(levels.values())
    for agent, policy in tqdm(agents.items(), disable=not progress_bar, unit=" agents"):
        natural = NaturalActivations.of(policy, views, layer)
        for seed, maze in levels.items():
            found = unusualness(policy, edit(policy, maze), maze, natural)
            rows.append({"agent": agent, "level": seed, **vars(found)})
    return pd.DataFrame(rows)
