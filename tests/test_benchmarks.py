"""Benchmarks run, and their reports say what was measured."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from procgen_tools.benchmarks import effects, environment, learning, steps, training
from procgen_tools.benchmarks.memory import peak_memory
from procgen_tools.benchmarks.rounds import seconds_per_call
from procgen_tools.training import imitation
from procgen_tools.training.precision_choice import Speeds
from procgen_tools.training.settings import ImitationSettings
from procgen_tools.worlds.maze.levels import make_bank
from procgen_tools.worlds.maze.paths import distances


def test_effects_are_timed_against_their_passes() -> None:
    (speed,) = effects.measure([3], seconds=0.1, rounds=1)
    assert (speed.maze_size, speed.squares) == (5, 17)
    assert speed.ten < 10 * speed.one  # ten share what comes before
    report = effects.report([speed], 1)
    assert f"{speed.one:.2f} x" in report
    assert f"{speed.ten:.2f} x" in report


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


def test_environment_report() -> None:
    speed = environment.measure(num=4, seconds=0.05, rounds=2)
    report = environment.report(speed)
    assert f"{speed.limit / speed.native:.1f} x below the limit" in report
    assert 0 < speed.native < speed.limit
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


def test_training_report() -> None:
    speed = training.measure(num_envs=8, rollout_steps=4, rounds=1, precision="float32")
    assert 8 <= speed.different <= 32
    assert 0.2 < speed.share_of_limit < 1.5  # small batches and one round: far from exact
    assert 0 < speed.play_limit < speed.learn_limit < speed.advance
    report = training.report(speed)
    assert f"{speed.share_of_limit:.1%}" in report
    assert "8 environments x 4 steps, 3 epochs, on cpu" in report
    assert "float32, as asked" in report
    assert ("fed by procgen" in report) == (speed.advance_procgen is not None)


def test_ways_to_do_a_step_are_compared() -> None:
    threads = torch.get_num_threads()
    compared = steps.ways()
    assert len({way.name for way in compared}) == len(compared)
    names = (steps.AS_TRAINED, "batches of 64", "freed memory given back")
    few = tuple(way for way in compared if way.name in names)
    assert len(few) == 3
    speed = steps.measure(batch=8, rounds=1, seconds=0.0, compared=few)
    assert torch.get_num_threads() == threads
    today, large = speed.costs[steps.AS_TRAINED], speed.costs["batches of 64"]
    assert 0.2 < large.cpu / today.cpu < 3  # of one sample, not of a step
    report = steps.report(speed)
    assert f"{1 / today.cpu:,.0f} per processor second" in report
    assert f"{today.cpu / large.cpu:.2f} x" in report


def test_ways_that_would_kill_the_process_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    failure = "a process that tried it was killed by SIGILL"
    monkeypatch.setattr(steps.precision_choice, "measure", lambda work: Speeds(50.0, None, failure))
    few = tuple(way for way in steps.ways() if way.name in (steps.AS_TRAINED, "bfloat16"))
    assert len(few) == 2
    speed = steps.measure(batch=8, rounds=1, seconds=0.0, compared=few)
    assert list(speed.costs) == [steps.AS_TRAINED]
    assert f"bfloat16 does not work here: {failure}" in steps.report(speed)


CHANGES = {
    way.name: way.change for way in steps.ways() if way.change and way.precision == "float32"
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_way_learns_the_same(name: str) -> None:
    """In a few steps, to rounding: otherwise their times would not compare."""
    settings = ImitationSettings(world_size=15, batch_size=8, samples=80, warmup_samples=1)
    plain, other = imitation.Learner(settings), imitation.Learner(settings)
    CHANGES[name](other)
    for step in range(3):
        examples = imitation.examples_of_step(settings, step)
        losses = [learner.update(examples)[0] for learner in (plain, other)]
        assert losses[0] == pytest.approx(losses[1], rel=1e-3)


def test_the_learner_can_be_fed_by_procgen() -> None:
    """The same frames, rewards and ends as procgen's own, at the learner's face."""
    pytest.importorskip("procgen")
    feed = training.ProcgenFeed(3, torch.device("cpu"))
    engine = training.procgen_engine(
        3, "maze", distribution_mode="hard", rand_seed=0, num_threads=2
    )
    lengths = np.zeros(3, int)
    for actions in np.random.default_rng(0).integers(0, 15, (520, 3)):
        step = feed.step(torch.from_numpy(actions))
        engine.act(actions.astype(np.int32))
        rewards, observation, firsts = engine.observe()
        lengths += 1
        assert np.array_equal(step.frames.numpy(), observation["rgb"])
        assert np.array_equal(step.rewards.numpy(), rewards)
        assert np.array_equal(step.dones.numpy(), firsts)
        assert np.array_equal(step.steps.numpy(), lengths)
        lengths[firsts] = 0
    assert lengths.max() < 500


def test_learning_benchmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = replace(
        learning.SETTINGS,
        steps=96,
        num_envs=4,
        rollout_steps=8,
        minibatches=2,
        maze_size=3,
        precision="float32",
    )
    monkeypatch.setattr(learning, "SETTINGS", tiny)
    report = learning.run(range(2), tmp_path / "runs", tmp_path / "curve.png")
    assert "96 trained" in report
    assert "seed 1" in report
    assert (tmp_path / "curve.png").read_bytes()[:4] == b"\x89PNG"
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.pth")}
    assert len(times) == 4
    learning.run(range(2), tmp_path / "runs", tmp_path / "curve.png")
    assert times == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.pth")}


def test_the_shortest_ways_of_small_mazes() -> None:
    """Against labels made in another way, by distances from the cheese."""
    bank = make_bank(range(300), learning.SETTINGS.rule)
    mean = np.mean([distances(maze, maze.cheese)[maze.mouse] for maze in bank if maze.cheese])
    assert learning.shortest_possible(300) == pytest.approx(mean)


def test_peak_memory_is_that_of_the_call() -> None:
    small, large = (peak_memory(np.ones, size) for size in (10, 3 * 10**8))
    assert small < 2.3 < large
