"""Rounds: the methods are timed in alternation."""

from __future__ import annotations

import pytest

from procgen_tools.benchmarks import rounds
from procgen_tools.benchmarks.rounds import Cost, costs_per_call, seconds_per_call


class Clock:
    """A clock that only the timed functions advance. Half of the time is the processor's."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.calls: list[str] = []

    def perf_counter(self) -> float:
        return self.seconds

    def process_time(self) -> float:
        return self.seconds / 2

    def slow(self) -> None:
        self.calls.append("slow")
        self.seconds += 0.5

    def quick(self) -> None:
        self.calls.append("quick")
        self.seconds += 0.0625


def test_ways_are_timed_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(rounds, "time", clock)
    ways = {"slow": clock.slow, "quick": clock.quick}
    assert seconds_per_call(ways, rounds=3, seconds=3.0) == {"slow": 0.5, "quick": 0.0625}
    turns = ["slow"] * 2 + ["quick"] * 16
    assert clock.calls == ["slow", "quick"] + turns * 3
    assert costs_per_call(ways, rounds=3, seconds=3.0)["quick"] == Cost(0.0625, 0.03125)
