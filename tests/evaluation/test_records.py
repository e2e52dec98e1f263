"""Records of an evaluation have one row per episode, and are read back as they were written."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from procgen_tools.episodes.records import write_records
from procgen_tools.evaluation.agents import (
    AgentEvaluation,
)
from procgen_tools.evaluation.conditions import Condition
from procgen_tools.evaluation.records import episode_records
from procgen_tools.worlds.maze.levels import make_level


def test_records_hold_every_episode(whole: AgentEvaluation) -> None:
    records = episode_records(whole)
    assert len(records) == 36
    for condition, rows in records.groupby("condition"):
        measured = whole.of(Condition(condition))
        assert rows["steps"].tolist() == measured.episodes.steps.tolist()
        assert rows["exact_region"].tolist() == measured.exact.region.tolist()  # type: ignore[union-attr]
        for row in rows.itertuples():
            level = make_level(row.level_seed, measured.rule)
            assert row.size == level.size
            if condition == "no_cheese":
                assert row.cheese_row is pd.NA
            else:
                assert (row.cheese_row, row.cheese_col) == level.cheese
    assert (records["return"] == 10 * records["found"]).all()
    assert records["seen_in_training"].sum() == sum(
        measured.seen.sum()  # type: ignore[union-attr]
        for measured in whole.conditions
    )


def test_records_come_back_from_parquet(whole: AgentEvaluation, tmp_path: Path) -> None:
    records = episode_records(whole)
    path = tmp_path / "new" / "records.parquet"
    write_records(path, records)
    pd.testing.assert_frame_equal(pd.read_parquet(path), records)
    assert list(path.parent.iterdir()) == [path]
