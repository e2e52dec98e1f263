"""Sequences of level seeds: procgen's arithmetic, drawn in any portions."""

from __future__ import annotations

import numpy as np

from procgen_tools.worlds.maze.level_sequences import LevelSequences
from procgen_tools.worlds.maze.random_text import seeded

RANGES = np.array([[0, 2**31 - 1], [5, 8], [7, 8]])


def test_each_environment_has_a_generator_of_its_own() -> None:
    firsts = seeded(3).random_raw(3)
    counts = np.array([2, 4, 1])
    expected = [
        low + int(draw) % (high - low)
        for (low, high), first, count in zip(RANGES.tolist(), firsts, counts, strict=True)
        for draw in seeded(int(first)).random_raw(int(count))
    ]
    assert LevelSequences(3, RANGES, np.zeros(3, np.int64)).draw(counts).tolist() == expected
    assert len(set(expected)) > 3


def test_portions_and_late_beginnings_make_the_same_sequence() -> None:
    whole = LevelSequences(3, RANGES, np.zeros(3, np.int64)).draw(np.full(3, 6)).reshape(3, 6)
    parts = LevelSequences(3, RANGES, np.array([1, 2, 0]))
    first, second = parts.draw(np.array([2, 0, 3])), parts.draw(np.array([1, 2, 0]))
    assert np.concatenate([first[:2], second[:1]]).tolist() == whole[0, 1:4].tolist()
    assert second[1:].tolist() == whole[1, 2:4].tolist()
    assert first[2:].tolist() == whole[2, :3].tolist()
