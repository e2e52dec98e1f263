"""Rounds: the methods are timed in alternation."""

from __future__ import annotations

import time

from procgen_tools.benchmarks.rounds import seconds_per_call


def test_ways_are_timed_side_by_side() -> None:
    calls: list[str] = []

    def slow() -> None:
        calls.append("slow")
        time.sleep(0.004)

    def quick() -> None:
        calls.append("quick")
        time.sleep(0.0005)

    taken = seconds_per_call({"slow": slow, "quick": quick}, rounds=3, seconds=0.03)
    assert taken["slow"] > 2 * taken["quick"]
    turns = [name for name, before in zip(calls[2:], calls[1:], strict=False) if name != before]
    assert turns == ["slow", "quick"] * 3
