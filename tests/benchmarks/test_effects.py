"""Timing of effects, relative to the forward passes that they require."""

from __future__ import annotations

from procgen_tools.benchmarks import effects


def test_effects_are_timed_against_their_passes() -> None:
    (speed,) = effects.measure([3], seconds=0.1, rounds=1)
    assert (speed.maze_size, speed.squares) == (5, 17)
    one, ten, passes = (speed.seconds[way] for way in (effects.ONE, effects.TEN, effects.LIMIT))
    assert speed.one == one / passes
    assert speed.ten == ten / (11 / 2 * passes)
    report = effects.report([speed], 1)
    assert f"{speed.one:.2f} x" in report
    assert f"{speed.ten:.2f} x" in report
