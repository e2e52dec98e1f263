"""What is measured in crops and humans: example mazes."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools import crops_and_humans
from procgen_tools.studies.crops_and_humans.measure import example_mazes


def test_examples_differ_by_one_passage_that_training_never_shows() -> None:
    before, after = example_mazes()
    training = crops_and_humans.training_mazes()
    assert (training == before).all(axis=(1, 2)).any()
    assert not (training == after).all(axis=(1, 2)).any()
    assert crops_and_humans.sticks_out(after)
    assert (before != after).sum() == 2
    assert (before == crops_and_humans.HUMAN).sum() == (after == crops_and_humans.HUMAN).sum() == 1
    assert not np.array_equal(before, example_mazes(0)[0])
    with pytest.raises(ValueError, match="give a smaller number"):
        example_mazes(10**6)
