"""Precisions: what layers compute in, and that bfloat16 learns nearly the same."""

from __future__ import annotations

import pytest
import torch

from procgen_tools.training import imitation
from procgen_tools.training.precision import FLOAT32, Precision, autocast
from procgen_tools.training.settings import ImitationSettings

CPU = torch.device("cpu")

TINY = ImitationSettings(world_size=15, samples=32, batch_size=8, row_steps=1, warmup_samples=8)


def test_the_precision_decides_what_layers_compute_in() -> None:
    assert not autocast(CPU, FLOAT32)._enabled
    assert autocast(CPU, Precision("bfloat16", "a test"))._enabled


@pytest.mark.usefixtures("bfloat16")
def test_bfloat16_learns_nearly_the_same() -> None:
    plain = imitation.Learner(TINY)
    rough = imitation.Learner(TINY, precision=Precision("bfloat16", "a test"))
    examples = imitation.examples_of_step(TINY, 0)
    (loss, _), (rounded, _) = plain.update(examples), rough.update(examples)
    assert 0 < abs(loss - rounded) < 0.02 * loss
