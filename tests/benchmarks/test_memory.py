"""Peak memory of one call."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from procgen_tools.benchmarks.memory import peak_memory


@pytest.mark.skipif(sys.platform != "linux", reason="other systems tell this process's peak, too")
def test_peak_memory_is_that_of_the_call_alone() -> None:
    here = np.ones(10**8)
    del here
    small, large = (peak_memory(np.ones, size) for size in (10, 3 * 10**7))
    assert small < 0.8, "the array of this process does not count"
    assert 0.2 < large - small < 0.3, "240 MB"
