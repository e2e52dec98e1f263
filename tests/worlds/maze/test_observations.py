"""Frames become what policies take, from arrays and tensors alike."""

from __future__ import annotations

import numpy as np
import torch

from procgen_tools.worlds.maze.observations import to_observations

FRAMES = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)


def test_every_value_is_the_byte_over_255() -> None:
    observations = to_observations(FRAMES)
    assert observations.dtype == np.float32
    for frame, row, col, colour in ((0, 0, 0, 0), (1, 63, 5, 2), (0, 7, 40, 1)):
        value = observations[frame, colour, row, col]
        assert value == np.float32(FRAMES[frame, row, col, colour]) / np.float32(255)
    assert to_observations(np.full((1, 64, 64, 3), 255, np.uint8)).min() == 1


def test_arrays_and_tensors_give_equal_numbers() -> None:
    from_array, from_tensor = to_observations(FRAMES), to_observations(torch.from_numpy(FRAMES))
    assert np.array_equal(from_array, from_tensor.numpy())
    assert from_array.flags.c_contiguous
    assert from_tensor.is_contiguous(memory_format=torch.channels_last)
