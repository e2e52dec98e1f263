"""Pictures for people: everything in the maze is in the picture."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools import crops_and_humans
from procgen_tools.worlds.crops_and_humans import human_view

EXAMPLES = (
    "1111111/0000001/1010111/1110100/1010111/1010001/301111E",
    "1031111/1000101/1110101/0011101/2010101/1000001/111111E",
    "1011113/1001000/1011111/1010001/1020111/1000101/111110E",
)
"""Production mazes of the original."""


def test_pictures_show_what_is_there() -> None:
    cells = crops_and_humans.parse(EXAMPLES[1])
    plain = crops_and_humans.picture(cells, None, cell_pixels=12)
    assert plain.shape == (84, 84, 3)
    wall = (plain[:12, 12:24] == plain[6, 18]).all(axis=2)
    assert wall.sum() == 10 * 10, "a wall is all of one colour, within its frame"
    with_agent = crops_and_humans.picture(cells, (3, 3), cell_pixels=12)
    changed = np.argwhere((with_agent != plain).any(axis=2)) // 12
    assert {tuple(cell) for cell in changed.tolist()} == {(3, 3)}
    with pytest.raises(ValueError, match="give 4 or more"):
        crops_and_humans.picture(cells, cell_pixels=2)


def test_things_have_pictures_of_their_own() -> None:
    drawn = {name: human_view.thing(name, 20) for name in ("crop", "human", "exit", "agent")}
    assert len({each.tobytes() for each in drawn.values()}) == 4
    for each in drawn.values():
        assert each.shape == (20, 20, 4)
        assert each[0, 0, 3] == 0  # the floor shows around it
        assert each[..., 3].max() == 255
    with pytest.raises(ValueError, match="no 'corn': choose one of crop, human"):
        human_view.thing("corn")
