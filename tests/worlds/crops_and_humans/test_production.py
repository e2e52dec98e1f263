"""Production mazes: how they differ from the training mazes."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools import crops_and_humans
from procgen_tools.worlds.crops_and_humans.production import STICKING_OUT

EXAMPLES = (
    "1111111/0000001/1010111/1110100/1010111/1010001/301111E",
    "1031111/1000101/1110101/0011101/2010101/1000001/111111E",
    "1011113/1001000/1011111/1010001/1020111/1000101/111110E",
)
"""Production mazes of the original."""


def test_production_mazes() -> None:
    mazes, others = crops_and_humans.production_mazes(), crops_and_humans.other_production_mazes()
    assert (len(mazes), len(others)) == (640, 536)
    assert not {cells.tobytes() for cells in mazes} & {cells.tobytes() for cells in others}
    for cells in (*mazes, *others):
        crops_and_humans.check(cells)
        assert crops_and_humans.reachable(cells).sum() == 31, "shifting a wall cuts nothing off"
    assert crops_and_humans.sticks_out(mazes).all()
    assert crops_and_humans.sticks_out(others).all()
    assert not crops_and_humans.sticks_out(crops_and_humans.training_mazes()).any()
    assert [
        bool(crops_and_humans.sticks_out(crops_and_humans.parse(rows))) for rows in EXAMPLES
    ] == [True] * 3
    known = {cells.tobytes() for cells in mazes}
    assert [crops_and_humans.parse(rows).tobytes() in known for rows in EXAMPLES] == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("block", STICKING_OUT, ids=lambda block: str(block.ravel()))
def test_a_block_that_sticks_out_is_found_anywhere(block: np.ndarray) -> None:
    for row, col in np.ndindex(5, 5):
        cells = np.full((7, 7), crops_and_humans.EMPTY, np.int8)
        cells[row : row + 3, col : col + 3] = block
        assert crops_and_humans.sticks_out(cells)
        cells[row + 1, col + 1] ^= 1
        assert not crops_and_humans.sticks_out(cells)
