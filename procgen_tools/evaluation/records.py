"""Records of an evaluation: a table with a row for each episode."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from procgen_tools.evaluation.agents import AgentEvaluation, ConditionEvaluation

EXACT_COLUMNS = {
    "exact_cheese": "cheese",
    "exact_region": "region",
    "exact_region_first": "region_first",
    "exact_steps": "steps",
    "exact_return": "returns",
    "move_agreement": "move_agreement",
}
"""Columns of exact chances, and the attributes of `ExactScores` that they hold."""


def episode_records(evaluation: AgentEvaluation) -> pd.DataFrame:
    """A row for each sampled episode of every condition.

    Columns: agent, condition, backend, sampling_seed, level_seed, world_size, size, cheese_row
    and cheese_col (missing where there is none), seen_in_training (missing where not known),
    found, steps, return, visited_corner, visited_region (see `rollouts.Evaluation`), and
    EXACT_COLUMNS (NaN where not computed).
    """
    return pd.concat(
        [_records(evaluation, measured) for measured in evaluation.conditions], ignore_index=True
    )


def _records(evaluation: AgentEvaluation, measured: ConditionEvaluation) -> pd.DataFrame:
    episodes, levels = measured.episodes, measured.levels
    count = len(levels.mazes)
    cheeses = [measured.condition.maze(level).cheese for level in levels.mazes]
    unknown = [None] * count
    columns = {
        "agent": [evaluation.agent] * count,
        "condition": [measured.condition.value] * count,
        "backend": [evaluation.settings.backend] * count,
        "sampling_seed": np.full(count, evaluation.settings.seed, np.int64),
        "level_seed": levels.seeds,
        "world_size": np.full(count, measured.rule.world_size, np.int64),
        "size": episodes.sizes,
        "cheese_row": pd.array([cheese and cheese.row for cheese in cheeses], "Int64"),
        "cheese_col": pd.array([cheese and cheese.col for cheese in cheeses], "Int64"),
        "seen_in_training": pd.array(
            unknown if measured.seen is None else measured.seen, "boolean"
        ),
        "found": episodes.found,
        "steps": episodes.steps,
        "return": episodes.returns,
        "visited_corner": episodes.visited_corner,
        "visited_region": episodes.visited_region,
    }
    for column, attribute in EXACT_COLUMNS.items():
        columns[column] = (
            np.full(count, np.nan) if measured.exact is None else getattr(measured.exact, attribute)
        )
    return pd.DataFrame(columns)
