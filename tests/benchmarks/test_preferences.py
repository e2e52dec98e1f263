"""Timing of exact preferences, relative to the forward passes that they require."""

from __future__ import annotations

from procgen_tools.benchmarks import preferences


def test_preferences_are_timed_against_their_passes() -> None:
    speeds = preferences.measure(range(100_000, 100_006), rounds=1)
    assert [(speed.tolerance, speed.precision) for speed in speeds] == list(preferences.WAYS)
    whole, *some = speeds
    assert whole.error == 0
    for speed in some:
        assert speed.states < whole.states
        assert speed.error <= speed.tolerance + 0.01  # the rounding of bfloat16
    assert f"{whole.ratio:.2f} x" in preferences.report(speeds)
    assert f"{whole.population:.1f} min" in preferences.report(speeds)


def test_a_population_is_measured_whole() -> None:
    found = preferences.measure_population(processes=1, seeds=range(100_000, 100_002), count=2)
    assert (found.agents, found.pairs, found.processes) == (2, 15, 1)
    assert found.bound <= found.tolerance
    assert len(found.errors) == 15
    assert found.errors.max() <= found.tolerance + 0.01
    assert "2 agents x 15 pairs" in found.report()
