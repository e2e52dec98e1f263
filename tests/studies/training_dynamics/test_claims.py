"""Claims about training: curves by run, level and checkpoint."""

from __future__ import annotations

import numpy as np
import pandas as pd

from procgen_tools.studies.training_dynamics.claims import curves


def test_curves_are_laid_out_by_run_level_and_checkpoint() -> None:
    rows = [
        {"agent": agent, "level": level, "samples": samples, "x": 100 * run + 10 * level + samples}
        for run, agent in enumerate(("a", "b"))
        for level in (3, 5)
        for samples in (2, 0, 1)
    ]
    table = pd.DataFrame(rows)
    both = curves(table, "x")
    assert both.shape == (2, 2, 3)
    np.testing.assert_array_equal(both[1], [[130, 131, 132], [150, 151, 152]])
    np.testing.assert_array_equal(curves(table, "x", "b"), both[1:])
