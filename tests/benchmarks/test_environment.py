"""Speed of environments: what is measured, and the report."""

from __future__ import annotations

import pytest

from procgen_tools.benchmarks import environment


def test_environment_report() -> None:
    speed = environment.measure(num=4, seconds=0.05, rounds=2)
    report = environment.report(speed)
    assert f"{speed.limit / speed.native:.1f} x below the limit" in report
    assert min(speed.native, speed.limit) > 0
    assert "4 environments, hard mode" in report


def test_the_report_compares_with_procgens_best() -> None:
    rates = {environment.NATIVE: 500.0, environment.COPY: 1000.0, "procgen, 1 thread": 20.0}
    speed = environment.EnvironmentSpeed(4, {**rates, "procgen, 2 threads": 25.0})
    assert "20.0 x procgen at its best thread count" in environment.report(speed)
    alone = environment.EnvironmentSpeed(4, {k: v for k, v in rates.items() if "procgen," not in k})
    assert alone.procgen == 0
    assert "procgen is not installed here" in environment.report(alone)


def test_procgen_is_measured_where_it_is_installed() -> None:
    pytest.importorskip("procgen")
    speed = environment.measure(num=2, seconds=0.02, rounds=1)
    assert speed.procgen > 0
    assert environment.PROCGEN.format(2, "s") in speed.steps_per_second


def test_every_other_world_is_measured_by_its_name() -> None:
    speed = environment.measure_world("crops-and-humans", num=4, seconds=0.02, rounds=1)
    assert min(speed.native, speed.limit) > 0
    report = environment.report(speed)
    assert "4 environments, procgen_tools/CropsAndHumans-v0, observations (161,)" in report
    assert "procgen is not installed" not in report
    with pytest.raises(ValueError, match=r"choose one of maze, .*did you mean 'keys_and_chests'"):
        environment.measure_world("keys_and_chest")
