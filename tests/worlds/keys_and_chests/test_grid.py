"""Levels as text, and what no level may be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from procgen_tools import keys_and_chests
from procgen_tools.worlds.keys_and_chests.grid import Level, draw, parse

TEXT = "#####/#@.k#/#.#.#/#hcb#/#####"


@given(st.integers(0, 2**63 - 1), st.sampled_from(list(keys_and_chests.VARIANTS)))
def test_a_level_is_its_text(seed: int, variant: str) -> None:
    level = keys_and_chests.make_level(seed, keys_and_chests.VARIANTS[variant])
    again = parse(str(level))
    assert (again.cells == level.cells).all()
    assert (again.hidden == level.hidden).all()
    assert again.player == level.player


@pytest.mark.parametrize(("below", "symbol"), list(zip(".khcb", "@KHCB", strict=True)))
def test_the_player_can_be_on_everything_but_walls(below: str, symbol: str) -> None:
    alone = parse(TEXT.replace("@", below, 1).replace("k#", "@#"))
    on_it = parse(TEXT.replace("@", symbol, 1))
    assert on_it.player == (1, 1)
    assert on_it.cells[1, 1] == alone.cells[1, 1]
    assert on_it.hidden[1, 1] == alone.hidden[1, 1]
    assert draw(on_it).replace("\n", "/") == TEXT.replace("@", symbol, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "rows have no cells"),
        ("#####/#@x.#/#...#/#...#/#####", "no 'x': write # wall"),
        ("#####/#@.#/#...#/#...#/#####", "rows have 5, 4, 5, 5, 5 cells"),
        ("#####/#...#/#...#/#...#/#####", r"players are at \[\]: write one"),
        ("#####/#@K.#/#...#/#...#/#####", r"players are at \[\[1, 1\], \[1, 2\]\]: write one"),
        ("####/#@.#/#..#/####", r"shape \(4, 4\)"),
        ("#####/#@..#/#...#/#....#".replace("#....#", "....#") + "/#####", r"gap at \(3, 0\)"),
    ],
)
def test_texts_that_are_no_levels(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse(text)


@pytest.mark.usefixtures("unchecked")
def test_levels_that_cannot_be_played() -> None:
    level = parse(TEXT)
    cells, hidden = level.cells.copy(), level.hidden.copy()
    cells[1, 2] = 7
    with pytest.raises(ValueError, match="7 is no cell: use 0 empty"):
        Level(cells, hidden, (1, 1))
    hidden[1, 3] = True
    with pytest.raises(ValueError, match=r"on a key, at \(1, 3\)"):
        Level(level.cells, hidden, (1, 1))
    with pytest.raises(ValueError, match=r"in a wall, at \(2, 2\)"):
        Level(level.cells, level.hidden, (2, 2))
    with pytest.raises(ValueError, match=r"column is 5: give a whole number in 0\.\.4"):
        Level(level.cells, level.hidden, (2, 5))
    with pytest.raises(ValueError, match="max_ticks is 0"):
        parse(TEXT, max_ticks=0)
    with pytest.raises(ValueError, match="hidden chests"):
        Level(level.cells, level.hidden[:-1], (1, 1))


def test_levels_do_not_change() -> None:
    cells = np.array(parse(TEXT).cells)
    level = Level(cells, parse(TEXT).hidden, (1, 1))
    cells[1, 1] = 2
    assert level.cells[1, 1] == keys_and_chests.EMPTY
    with pytest.raises(ValueError, match="read-only"):
        level.cells[1, 1] = 2
