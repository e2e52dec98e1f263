"""Changes of cells against the extent of their receptive fields."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools import maze
from procgen_tools.interventions import observe, square_cells
from procgen_tools.interventions.seen_pixels import theoretical_extents
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.receptive_fields.measure import change_by_cell, share_within


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    return ImpalaPolicy(seed=4).eval()


def test_a_change_stays_within_the_extent(policy: ImpalaPolicy) -> None:
    level = maze.make_level(51)
    assert level.cheese is not None
    layer = "embedder.block1.res1.resadd_out"
    moved = change_by_cell(policy, [layer], level, maze.remove_cheese(level))[layer]
    (row, col) = square_cells(level, [level.cheese], 32)[0].tolist()
    reach = theoretical_extents(policy)[layer].side // 2 + 4  # the cheese covers some pixels
    rows, cols = np.nonzero(moved)
    assert max(abs(rows - row).max(), abs(cols - col).max()) * 2 <= reach
    assert moved[row, col] > 0
    (frame,) = observe(level)
    assert change_by_cell(policy, [layer], frame, frame)[layer].sum() == 0


def test_shares_within_a_distance() -> None:
    field = np.zeros((16, 16))
    field[8, 8], field[7, 8], field[5, 10] = 6.0, 3.0, 1.0
    assert share_within(field, (8, 8), 1) == pytest.approx(0.9)
    assert share_within(field, (0, 0), 16) == 1
