"""Onsets: the first checkpoint from which on a curve stays above its threshold."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools.studies.onsets import Onset, lasting_onset

DONE = np.array([0, 100, 200, 300])


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ([0.0, 0.1, 0.2, 0.3], Onset(200, reached=True, first=200)),
        ([0.0, 0.3, 0.1, 0.3], Onset(300, reached=True, first=100)),
        ([0.3, 0.3, 0.3, 0.1], Onset(300, reached=False, first=0)),
        ([0.2, 0.2, 0.2, 0.2], Onset(0, reached=True, first=0)),
        ([0.0, 0.0, 0.0, 0.0], Onset(300, reached=False, first=300)),
    ],
)
def test_lasting_onset(curve: list[float], expected: Onset) -> None:
    assert lasting_onset(DONE, np.array(curve), 0.2) == expected


@pytest.mark.parametrize("curve", [[], [0.1], [0.0, 0.1, np.nan, 0.3]])
def test_curves_that_have_no_onset(curve: list[float]) -> None:
    with pytest.raises(ValueError, match="at 4 checkpoints: give a finite one for each"):
        lasting_onset(DONE, np.array(curve), 0.2)
