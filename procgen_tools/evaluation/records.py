"""Records of an evaluation: a table with a row for each episode, kept as parquet."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.files import unfinished

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


def write_records(path: str | os.PathLike[str], records: pd.DataFrame) -> None:
    """Write records as parquet; an older file is replaced all at once. Missing folders are made.

    Raises:
        ValueError: a path that cannot be written (see `check_destination`).
    """
    check_destination(path)
    with unfinished(path) as temporary:
        records.to_parquet(temporary, engine="pyarrow", index=False)


def check_destination(path: str | os.PathLike[str]) -> None:
    """Make sure that a file of records can be written here, before the work that fills it.

    Raises:
        ValueError: another ending than .parquet, a folder of this name, or a folder that cannot
            be made or written to.
    """
    path = Path(path)
    if path.suffix != ".parquet":
        raise ValueError(f"records are parquet files, and {path} is not named so: end it in "
                         ".parquet")  # fmt: skip
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name a file for the records")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise ValueError(
            f"{path} cannot be written ({error.strerror}): name a file in a folder that you may "
            "write to"
        ) from error
