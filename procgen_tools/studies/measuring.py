"""What several studies measure alike: tables of every agent in every maze, and of edits there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import pandas as pd
from tqdm import tqdm

from procgen_tools.effects import measure_each
from procgen_tools.interventions import Intervention, NaturalActivations, unusualness
from procgen_tools.models import ImpalaPolicy
from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies.base import over_levels
from procgen_tools.worlds.maze.grid import Maze

Level = TypeVar("Level")

MazeEdits = Callable[[ImpalaPolicy, int, Maze], Mapping[str, Intervention]]
"""Given a policy, a level's seed and its maze, the interventions to measure there, by name."""


def every_maze(
    agents: Mapping[str, ImpalaPolicy], levels: Mapping[int, Level], *, progress_bar: bool = False
) -> Iterator[tuple[dict[str, Any], ImpalaPolicy, Level]]:
    """Every agent in every level: the columns `agent` and `level`, the policy, and the level.

    Args:
        agents: by name.
        levels: by seed.
        progress_bar: whether to show one.
    """
    with tqdm(total=len(agents) * len(levels), disable=not progress_bar, unit=" mazes") as bar:
        for agent, policy in agents.items():
            for seed, level in levels.items():
                yield {"agent": agent, "level": seed}, policy, level
                bar.update()


def table_of_mazes(
    agents: Mapping[str, ImpalaPolicy],
    levels: Mapping[int, Level],
    measure: Callable[[ImpalaPolicy, int, Level], Iterable[Mapping[str, Any]]],
    *,
    progress_bar: bool = False,
) -> pd.DataFrame:
    """What `measure` yields for every agent in every level, one row per item.

    Args:
        agents: by name.
        levels: by seed.
        measure: called with the policy, the level's seed, and the level.
        progress_bar: whether to show one.

    Returns:
        Columns agent, level (its seed), and those of `measure`.
    """
    return pd.DataFrame(
        {**columns, **row}
        for columns, policy, level in every_maze(agents, levels, progress_bar=progress_bar)
        for row in measure(policy, columns["level"], level)
    )


def effects_table(
    agents: Mapping[str, ImpalaPolicy],
    levels: Mapping[int, Maze],
    edits: MazeEdits,
    *,
    progress_bar: bool = False,
) -> pd.DataFrame:
    """One row per agent, level and intervention.

    Columns: agent, level (its seed), edit (the name), and those of `effects.Effect.row`.
    """

    def measure(policy: ImpalaPolicy, seed: int, maze: Maze) -> Iterator[dict[str, Any]]:
        chosen = edits(policy, seed, maze)
        effects = measure_each(policy, maze, list(chosen.values()))
        for name, effect in zip(chosen, effects, strict=True):
            yield {"edit": name, **effect.row()}

    return table_of_mazes(agents, levels, measure, progress_bar=progress_bar)


def change(effects: pd.DataFrame, edit: str, column: str) -> dict[str, Estimate]:
    """How far an edit changes a number on average, for each agent and over all.

    Args:
        effects: the result of `effects_table`.
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
    """How the activations under an edit compare with those of the same levels unedited.

    Columns: agent, level (its seed), and those of `interventions.Unusualness`.
    """
    views = list(levels.values())
    natural = {
        agent: NaturalActivations.of(policy, views, layer) for agent, policy in agents.items()
    }
    return pd.DataFrame(
        {
            **columns,
            **vars(unusualness(policy, edit(policy, maze), maze, natural[columns["agent"]])),
        }
        for columns, policy, maze in every_maze(agents, levels, progress_bar=progress_bar)
    )
