"""Timing of effects, relative to the forward passes that they require."""

from __future__ import annotations

from procgen_tools.benchmarks import effects


def test_effects_are_timed_against_their_passes() -> None:
    (speed,) = effects.measure([3], seconds=0.1, rounds=1)
    assert (speed.maze_size, speed.squares) == (5, 17)
    assert speed.ten < 10 * speed.one  # ten share what comes before
    report = effects.report([speed], 1)
    assert f"{speed.one:.2f} x" in report
    assert f"{speed.ten:.2f} x" in report
