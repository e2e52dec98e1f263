"""The table of coverage is that of the intervals that studies use."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from procgen_tools.statistics.intervals import Estimate

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "interval_coverage.py"))


def test_an_interval_that_has_everything_covers_and_one_of_no_width_does_not() -> None:
    seen: list[tuple[int, ...]] = []

    def wide(values: np.ndarray) -> Estimate:
        seen.append(values.shape)
        return Estimate(0.0, -9.0, 9.0)

    assert SCRIPT["coverage"](wide, 3, 7, 0.1, 20) == 1.0
    assert set(seen) == {(3, 7)}
    exact = lambda values: Estimate.exact(float(values.mean()))  # noqa: E731
    assert SCRIPT["coverage"](exact, 3, 7, 0.1, 20) == 0.0


def test_students_interval_covers_where_agents_differ_and_not_where_mazes_do() -> None:
    covers = [SCRIPT["coverage"](SCRIPT["student"], 3, 100, sd, 600) for sd in (0.0, 0.5)]
    assert covers[0] == 0.0  # agents that are alike have an interval of no width
    assert covers[1] == pytest.approx(0.95, abs=0.03)


def test_the_readme_has_a_row_for_each_spread() -> None:
    text = SCRIPT["README"].read_text(encoding="utf-8")
    begin, end = SCRIPT["MARKS"]
    head, _, *rows = text.split(begin)[1].split(end)[0].splitlines()
    assert head.split(" | ")[1:-1] == list(SCRIPT["COLUMNS"])[:-1]
    assert [row.split(" | ")[0] for row in rows] == [f"| {sd}" for sd in SCRIPT["AGENT_SDS"]]
    assert all(row.count("%") == len(SCRIPT["COLUMNS"]) for row in rows)
