"""The census: every placement once, and steps and ways around the key as they are."""

from __future__ import annotations

import numpy as np

from procgen_tools.audit.keys.census import PLAYS, Placement, census_table, placements
from procgen_tools.models import load_cnn_lstm
from procgen_tools.worlds.keys_and_chests.choices import Choice
from procgen_tools.worlds.keys_and_chests.grid import CHEST, KEY, WALL, parse


def test_every_pair_of_free_squares_occurs_once() -> None:
    every = placements(None)
    free = {each.key for each in every}
    assert len({(each.key, each.chest) for each in every}) == len(every)
    assert len(every) == len(free) * (len(free) - 1)
    assert not free & set(every[0].choice.path)
    level = every[7].level()
    assert level.cells[every[7].key] == KEY
    assert level.cells[every[7].chest] == CHEST


def test_the_player_holds_a_key_when_it_chooses() -> None:
    moment = placements(3)[1].moment()
    assert moment.states.keys.tolist() == [1]


def corridor(key: tuple[int, int], chest: tuple[int, int]) -> Placement:
    cells = parse("#######/#@....#/#.###.#/#.....#/#######").cells
    path, actions = ((1, 1), (1, 2)), np.array([2])
    places = ((1, 4), (3, 3))
    return Placement(Choice(0, cells == WALL, path, actions, places, (2, 4), 4), key, chest)


def test_a_way_may_avoid_the_key() -> None:
    assert corridor((1, 3), (1, 4)).steps() == (1, 2, True)  # round the other side
    ring = corridor((1, 3), (1, 4)).choice.walls.copy()
    ring[3, 3] = True
    alone = corridor((1, 3), (1, 4))
    closed = Placement(
        Choice(0, ring, alone.choice.path, alone.choice.actions, alone.choice.places, (2, 4), 4),
        alone.key, alone.chest,
    )  # fmt: skip
    assert closed.steps() == (1, 2, False)


def test_shares_are_of_episodes() -> None:
    both = census_table({"agent": load_cnn_lstm("seed_0")}, 5, seed=0)
    assert set(both["player"]) == {"agent", "random"}
    table = both[both["player"] == "agent"]
    assert table["placement"].tolist() == list(range(5))
    assert (table[["key_first", "chest_first"]].to_numpy() * PLAYS % 1 == 0).all()
    assert (table["key_first"] + table["chest_first"] <= 1).all()
