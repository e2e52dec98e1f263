"""Records of an evaluation: a table with one row per episode."""

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
"""The columns of exact chances, and the attribute of `ExactScores` that each contains."""


def episode_records(evaluation: AgentEvaluation) -> pd.DataFrame:
    """A table with one row per sampled episode, for all conditions.

    Columns: agent, condition, backend, sampling_seed, level_seed, world_size, size, cheese_row
    and cheese_col (missing if there is no cheese), seen_in_training (missing if not known),
    found, steps, return, visited_corner, visited_region (see `rollouts.Evaluation`), and
    EXACT_COLUMNS (NaN if not computed).

    Example:
        >>> from procgen_tools.evaluation.agents import EvaluationSettings, evaluate_agent
        >>> settings = EvaluationSettings(levels=2, world_size=15, deduplicate=False, exact=False)
        >>> records = episode_records(evaluate_agent("rand_region_5", settings))
        >>> records.groupby("condition", sort=False).size().tolist()
        [2, 2, 2]
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
