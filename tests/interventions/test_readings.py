"""Readings: what is held is read, nothing else changes, and a memory does not accumulate it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from procgen_tools.hooks import IdleEditWarning
from procgen_tools.interventions import ActivationVector, Add, Hold, Reading, Zero
from procgen_tools.models import CnnLstmPolicy

CELL = "lstm1.cell_out"


@pytest.fixture
def policy() -> CnnLstmPolicy:
    return CnnLstmPolicy("small", seed=1).eval()


@pytest.fixture
def reading() -> Reading:
    weights = torch.randn(128, generator=torch.Generator().manual_seed(0))
    return Reading("lstm1.cell", weights, 0.7, "keys held")


def test_what_is_held_is_read_and_the_rest_stays(reading: Reading) -> None:
    before = torch.randn(5, 128, generator=torch.Generator().manual_seed(1))
    after = Hold(reading, 2.5).edit(CELL, before)
    assert torch.allclose(reading.of(after), torch.full((5,), 2.5), atol=1e-5)
    across = before - torch.outer(before @ reading.weights, reading.step.values)
    kept = after - torch.outer(after @ reading.weights, reading.step.values)
    assert torch.allclose(across, kept, atol=1e-5)
    assert torch.allclose(Hold(reading, 2.5).edit(CELL, after), after, atol=1e-5)


def test_a_step_raises_the_reading_by_one_and_no_shorter_change_does(reading: Reading) -> None:
    zeros = torch.zeros(128)
    assert float(reading.of(reading.step.values) - reading.of(zeros)) == pytest.approx(1, abs=1e-5)
    assert reading.step.norm == pytest.approx(1 / float(reading.weights.norm()))


def test_edits_of_the_cell_reach_the_hidden_state_and_the_next_step(
    policy: CnnLstmPolicy, reading: Reading
) -> None:
    seen, firsts = torch.rand(3, 4, 12, 12), torch.ones(3, dtype=torch.bool)
    _, _, plain = policy.step(seen, policy.initial_memory(3), firsts)
    with torch.no_grad(), (Hold(reading, 4.0) + Zero("lstm1.hidden", channels=[2])).on(policy):
        _, _, edited = policy.step(seen, policy.initial_memory(3), firsts)
        _, _, later = policy.step(seen, edited, ~firsts)
    for memory in (edited, later):
        cell, hidden = memory.chunk(2, dim=1)
        assert torch.allclose(reading.of(cell), torch.full((3,), 4.0), atol=1e-4)
        assert not hidden[:, 2].any()
    assert not torch.allclose(edited[:, 128:], plain[:, 128:], atol=1e-4)


def test_adding_accumulates_in_the_memory(policy: CnnLstmPolicy, reading: Reading) -> None:
    seen, firsts = torch.zeros(1, 4, 12, 12), torch.zeros(1, dtype=torch.bool)
    plain, edited, differences = policy.initial_memory(1), policy.initial_memory(1), []
    for _ in range(6):
        with torch.no_grad():
            _, _, plain = policy.step(seen, plain, firsts)
            with Add(reading.step).on(policy):
                _, _, edited = policy.step(seen, edited, firsts)
        differences.append(float(reading.of((edited - plain)[:, :128]) - reading.bias))
    assert differences[0] == pytest.approx(1, abs=1e-4)
    assert differences[5] > 1.3


def test_controls_have_the_norm_and_the_mean_but_another_direction(reading: Reading) -> None:
    examples = torch.randn(50, 128, generator=torch.Generator().manual_seed(2)) + 1
    control = reading.random(examples, seed=3)
    assert control.step.norm == pytest.approx(reading.step.norm, rel=1e-5)
    assert float(control.of(examples).mean()) == pytest.approx(
        float(reading.of(examples).mean()), abs=1e-3
    )
    assert abs(float(torch.cosine_similarity(control.weights, reading.weights, dim=0))) < 0.4
    assert not torch.equal(control.weights, reading.random(examples, seed=4).weights)


def test_a_reading_along_a_vector_ignores_what_is_orthogonal() -> None:
    vector = ActivationVector("lstm1.cell", torch.tensor([3.0, 4.0, 0.0]), "a key")
    reading = Reading.along(vector, torch.ones(2, 3), 1.5)
    assert torch.allclose(reading.step.values, vector.values)
    assert float(reading.of(torch.tensor([5.0, -2.0, 9.0]))) == pytest.approx(1.5, abs=1e-5)


def test_bad_readings_are_refused(policy: CnnLstmPolicy, reading: Reading) -> None:
    with pytest.raises(ValueError, match="all zero"):
        replace(reading, weights=torch.zeros(128))
    with pytest.raises(ValueError, match="finite number to hold"):
        Hold(reading, float("nan"))
    with pytest.raises(ValueError, match=r"has shape \(128,\): fit the reading to this policy"):
        Hold(replace(reading, weights=torch.ones(3)), 1.0).check(policy)
    with pytest.warns(IdleEditWarning, match="never acted"), Hold(reading, 1.0).on(policy):
        pass
