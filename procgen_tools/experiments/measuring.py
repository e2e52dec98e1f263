"""Effects of many interventions in many mazes on several agents, as one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
from tqdm import tqdm

from procgen_tools.effects import measure_each
from procgen_tools.interventions.base import Intervention
from procgen_tools.maze.grid import Maze
from procgen_tools.models import ImpalaPolicy

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
