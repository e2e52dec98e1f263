"""Variants of a training step are compared, and learn the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
import torch

from procgen_tools.benchmarks import steps
from procgen_tools.benchmarks.rounds import Cost
from procgen_tools.training import imitation
from procgen_tools.training.precision_choice import Speeds
from procgen_tools.training.settings import ImitationSettings

CHANGES = {
    way.name: way.change for way in steps.ways() if way.change and way.precision == "float32"
}


def test_ways_to_do_a_step_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    def once(calls: Mapping[str, Callable[[], object]], **_: float) -> dict[str, Cost]:
        for call in calls.values():
            call()
        return {name: Cost(16.0, 8.0) for name in calls}  # of a step, whatever its batch

    monkeypatch.setattr(steps, "costs_per_call", once)
    threads = torch.get_num_threads()
    compared = steps.ways()
    assert len({way.name for way in compared}) == len(compared)
    names = (steps.AS_TRAINED, "batches of 64", "freed memory given back")
    few = tuple(way for way in compared if way.name in names)
    assert len(few) == 3
    speed = steps.measure(batch=8, rounds=1, seconds=0.0, compared=few)
    assert torch.get_num_threads() == threads
    today, large = speed.costs[steps.AS_TRAINED], speed.costs["batches of 64"]
    assert (today, large) == (Cost(16 / 8, 8 / 8), Cost(16 / 64, 8 / 64))  # of one sample
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


@pytest.mark.parametrize("name", CHANGES)
def test_every_way_learns_the_same(name: str) -> None:
    """Up to rounding, over a few steps. Otherwise their times would not be comparable."""
    settings = ImitationSettings(world_size=15, batch_size=8, samples=80, warmup_samples=1)
    plain, other = imitation.Learner(settings), imitation.Learner(settings)
    CHANGES[name](other)
    for step in range(3):
        examples = imitation.examples_of_step(settings, step)
        losses = [learner.update(examples)[0] for learner in (plain, other)]
        assert losses[0] == pytest.approx(losses[1], rel=1e-3)
