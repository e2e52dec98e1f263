"""Timing of the field explorer, of which the network is a part."""

from __future__ import annotations

import pytest

pytest.importorskip("anywidget")

from procgen_tools.benchmarks import explorer


def test_an_edit_is_timed_to_its_complete_answer() -> None:
    (speed,) = explorer.measure([5], edits=2)
    assert (speed.maze_size, speed.squares) == (5, 17)
    assert 0 < speed.network < speed.answer
    assert 0 < speed.network_share < 1
    report = explorer.report([speed], 1)
    assert f"{speed.network_share:.0%}" in report
