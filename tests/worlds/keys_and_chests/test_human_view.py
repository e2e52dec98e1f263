"""Pictures for people: everything in the level is in the picture."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from procgen_tools import keys_and_chests
from procgen_tools.worlds.keys_and_chests import human_view

TEXT = "######/#@.kc#/#.h.b#/#....#/######"


def picture(text: str, **options: bool) -> np.ndarray:
    states = keys_and_chests.beginning([keys_and_chests.parse(text)])
    return keys_and_chests.pictures(states, **options)[0]


def changed(one: np.ndarray, other: np.ndarray) -> set[tuple[int, int]]:
    return {tuple(cell) for cell in (np.argwhere((one != other).any(axis=2)) // 16).tolist()}


def test_the_original_size() -> None:
    states = keys_and_chests.beginning([keys_and_chests.make_level(0)])
    assert keys_and_chests.pictures(states)[0].shape == (192, 192, 3)


def test_everything_that_is_there_is_seen() -> None:
    plain = picture(TEXT)
    assert changed(plain, picture(TEXT.replace("@", ".").replace("#....#", "#@...#", 1))) == {
        (1, 1),
        (3, 1),
    }
    tiles = [
        plain[16 * row : 16 * row + 16, 16 * col : 16 * col + 16]
        for row, col in ((0, 0), (1, 1), (1, 2), (1, 3), (1, 4))
    ]
    assert all(np.abs(a.astype(int) - b).max() > 60 for a, b in pairwise(tiles))
    assert changed(plain, picture(TEXT.replace("h", ".").replace("b", "c"))) == set()
    assert changed(plain, picture(TEXT, show_hidden=True)) == {(2, 2), (2, 4)}


@pytest.mark.parametrize("below", "kc")
def test_a_player_and_what_is_below_are_both_seen(below: str) -> None:
    text = TEXT.replace("@", ".").replace(".", below.upper(), 1)
    both, alone = picture(text), picture(TEXT)
    assert changed(both, alone) == {(1, 1)}
    found = {tuple(pixel) for pixel in both[16:32, 16:32].reshape(-1, 3).tolist()}
    thing = picture(TEXT.replace("@", below).replace("#....#", "#@...#", 1))[16:32, 16:32]
    common = found & {tuple(pixel) for pixel in thing.reshape(-1, 3).tolist()}
    assert len(common) > 10


def test_too_few_pixels() -> None:
    states = keys_and_chests.beginning([keys_and_chests.parse(TEXT)])
    with pytest.raises(ValueError, match="cell_pixels is 7: give 8 or more"):
        keys_and_chests.pictures(states, cell_pixels=7)


def test_things_have_pictures_of_their_own() -> None:
    drawn = {name: human_view.thing(name, 20) for name in ("key", "chest", "player", "hidden")}
    assert len({each.tobytes() for each in drawn.values()}) == 4
    for each in drawn.values():
        assert each.shape == (20, 20, 4)
        assert each[..., 3].min() == 0  # the floor shows around it
        assert each[..., 3].max() > 240
    assert human_view.thing("wall", 20)[..., 3].min() == 255
    with pytest.raises(ValueError, match="no 'door': choose one of key, chest"):
        human_view.thing("door")
