"""Imitation: the learner's own laws; `test_runs` holds what all learners share."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
import torch

from procgen_tools.training import imitation
from procgen_tools.training.settings import ImitationSettings
from procgen_tools.training.targets import Examples

TINY = ImitationSettings(
    world_size=15,
    samples=8 * 6,
    batch_size=8,
    warmup_samples=8,
    shift_from=8,
    shift_until=24,
    row_steps=2,
)


def test_it_learns() -> None:
    """Four examples again and again: the loss must fall far below chance.

    With other seeds, as on other processors, it falls to 0.04 of the first loss or less.
    """
    settings = replace(TINY, batch_size=4, samples=4 * 100, warmup_samples=16, decay_from=0.5)
    learner = imitation.Learner(settings)
    examples = imitation.examples_of_step(settings, 0)
    losses = [learner.update(examples)[0] for _ in range(100)]
    assert losses[-1] < 0.3 * losses[0]


def test_a_row_of_the_log_is_the_mean_of_its_steps() -> None:
    settings = replace(TINY, samples=8 * 5)
    alone, rows = imitation.Learner(settings), imitation.Learner(settings)
    losses = [alone.update(imitation.examples_of_step(settings, step))[0] for step in range(5)]
    ticks: list[int] = []
    for steps in ([0, 1], [2, 3], [4]):
        figures = rows.advance(ticks.append)
        assert figures["loss"] == pytest.approx(sum(losses[step] for step in steps) / len(steps))
    assert ticks == [8] * 5
    assert rows.done == rows.total == 40


def test_the_agent_is_the_average() -> None:
    learner = imitation.Learner(replace(TINY, averaging=0.0))
    learner.advance(lambda count: None)
    for mean, current in zip(
        learner.agent().parameters(), learner.policy.parameters(), strict=True
    ):
        assert torch.equal(mean, current)
    learner = imitation.Learner(TINY)
    learner.advance(lambda count: None)
    assert not torch.equal(learner.agent().fc_value.weight, learner.policy.fc_value.weight)


def test_a_loss_that_is_not_finite_stops_the_run() -> None:
    learner = imitation.Learner(TINY)
    learner.advance(lambda count: None)
    with torch.no_grad():
        learner.policy.fc_policy.weight.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="the loss is nan at step 2: lower learning_rate"):
        learner.update(imitation.examples_of_step(TINY, 2))


def test_with_one_thread_a_run_takes_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    makers: set[int] = set()

    def made(settings: ImitationSettings, step: int) -> Examples:
        makers.add(threading.get_ident())
        return make(settings, step)

    make = imitation.examples_of_step
    monkeypatch.setattr(imitation, "examples_of_step", made)
    assert torch.get_num_threads() == 1
    imitation.Learner(TINY).advance(lambda count: None)
    assert makers == {threading.get_ident()}
