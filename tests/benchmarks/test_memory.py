"""Peak memory of one call."""

from __future__ import annotations

import numpy as np

from procgen_tools.benchmarks.memory import peak_memory


def test_peak_memory_is_that_of_the_call() -> None:
    small, large = (peak_memory(np.ones, size) for size in (10, 3 * 10**8))
    assert small < 2.3 < large
