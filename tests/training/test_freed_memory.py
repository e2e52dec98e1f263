"""Freed memory is kept inside a block, and only there; what is computed stays the same."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from procgen_tools.training import freed_memory, imitation
from procgen_tools.training.freed_memory import freed_memory_kept
from procgen_tools.training.settings import ImitationSettings

FAULTS = """
import resource, sys
from contextlib import nullcontext
import numpy as np
from procgen_tools.training.freed_memory import freed_memory_kept

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def pages():
    before = faults()
    for _ in range(10):
        np.ones(2**23)  # 64 MiB: 16,384 pages, or 32 huge ones
    return faults() - before

with freed_memory_kept():
    pages()
    kept = pages()
print(kept, pages())
"""


@pytest.mark.skipif(not freed_memory.set_malloc(freed_memory.USUAL), reason="malloc is not glibc's")
def test_pages_are_asked_for_once() -> None:
    done = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True)
    kept, usual = map(int, done.stdout.split())
    assert usual > 100
    assert usual > 10 * kept


def test_another_malloc_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freed_memory.ctypes, "CDLL", lambda name: object())
    assert not freed_memory.set_malloc(freed_memory.KEEP)
    with freed_memory_kept():
        pass


def test_a_step_computes_the_same() -> None:
    settings = ImitationSettings(world_size=15, batch_size=8, samples=16)
    plain, kept = imitation.Learner(settings), imitation.Learner(settings)
    examples = imitation.examples_of_step(settings, 0)
    losses = [plain.update(examples)]
    with freed_memory_kept():
        losses.append(kept.update(examples))
    assert losses[0] == losses[1]
    for ours, theirs in zip(plain.agent().parameters(), kept.agent().parameters(), strict=True):
        assert torch.equal(ours, theirs)
