"""Frames that differ from pictures in a small place: the same answers as by whole passes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from procgen_tools.models import ImpalaPolicy
from procgen_tools.models.pooled import PooledPictures
from procgen_tools.worlds.maze.observations import to_observations
from tests.models.networks import shaken

PICTURES = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), np.uint8)


def changed(places: list[tuple[int, int]], side: int) -> tuple[np.ndarray, np.ndarray]:
    """Frames with a square of other pixels, and the number of each one's picture."""
    picture = np.arange(len(places)) % len(PICTURES)
    frames = PICTURES[picture]
    for frame, (row, col) in zip(frames, places, strict=True):
        frame[row : row + side, col : col + side] ^= 255
    return frames, picture


@pytest.mark.parametrize("side", [0, 1, 2, 3, 13, 64])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_answers_are_those_of_whole_passes(side: int, precision: str) -> None:
    """At every edge, for odd and even rows, and for frames equal to their pictures."""
    policy = shaken(ImpalaPolicy(seed=1))
    places = [(row, col) for row in (0, 1, 30, 64 - side) for col in (0, 17, 63 - side, 64 - side)]
    frames, picture = changed([(max(row, 0), max(col, 0)) for row, col in places], side)
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"), torch.no_grad():
        found = PooledPictures.of(policy, PICTURES, batch=2).logits_and_value(frames, picture)
        wanted = policy.logits_and_value(torch.from_numpy(to_observations(frames)))
    for mine, theirs in zip(found, wanted, strict=True):
        assert mine.dtype == theirs.dtype == torch.float32
        apart = 1e-5 if precision == "float32" else 0.05
        torch.testing.assert_close(mine, theirs, rtol=apart, atol=apart)
    if side:
        at_pictures, _ = policy.logits_and_value(torch.from_numpy(to_observations(PICTURES)))
        assert (found[0] - at_pictures[picture]).abs().max() > 1e-3


def test_places_of_one_batch_may_differ_in_size() -> None:
    policy = shaken(ImpalaPolicy(seed=1))
    frames, picture = changed([(50, 2), (3, 60)], 4)
    frames[0, 10:40, 33] ^= 1
    found = PooledPictures.of(policy, PICTURES).logits_and_value(frames, picture)
    wanted = policy.logits_and_value(torch.from_numpy(to_observations(frames)))
    torch.testing.assert_close(found, tuple(each.detach() for each in wanted))
