"""Minimal pairs: one object differs, and a player that wants what is best tells use from no use."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools.models import CnnLstmPolicy
from procgen_tools.studies.keys_and_chests import pairs
from procgen_tools.studies.keys_and_chests.claims import one
from procgen_tools.studies.keys_and_chests.measure import Member
from procgen_tools.worlds.keys_and_chests.grid import CHEST, EMPTY, KEY, WALL, parse
from procgen_tools.worlds.keys_and_chests.levels import VARIANTS, LevelRule, make_levels

LEVELS = make_levels(range(12), VARIANTS["test"])
EXPECTED = {
    "nearest key taken away": {(KEY, EMPTY): 1},
    "farthest key taken away": {(KEY, EMPTY): 1},
    "nearest chest taken away": {(CHEST, EMPTY): 1},
    "farthest chest taken away": {(CHEST, EMPTY): 1},
    "nearest key moved away": {(KEY, EMPTY): 1, (EMPTY, KEY): 1},
    "key added": {(EMPTY, KEY): 1},
    "chest added": {(EMPTY, CHEST): 1},
    "far wall opened": {(WALL, EMPTY): 1},
}


@pytest.mark.parametrize("name", pairs.CHANGES)
def test_a_change_is_of_one_object(name: str) -> None:
    for level in LEVELS:
        after = pairs.CHANGES[name](level)
        changed = np.argwhere(after.cells != level.cells)
        kinds = [(int(level.cells[tuple(at)]), int(after.cells[tuple(at)])) for at in changed]
        assert {kind: kinds.count(kind) for kind in kinds} == EXPECTED[name]
        assert after.player == level.player


def test_nearest_and_farthest_are_by_steps() -> None:
    level = parse("#######/#@#k..#/#.###.#/#....k#/#######")
    near = pairs.taken_away(level, KEY, nearest=True)
    far = pairs.taken_away(level, KEY, nearest=False)
    assert near.cells[3, 5] == EMPTY
    assert far.cells[1, 3] == EMPTY
    assert pairs.moved_away(level).cells[1, 4] == KEY
    assert pairs.added(level, CHEST).cells[3, 2] == CHEST
    without = parse("#####/#@..#/#.k.#/#...#/#####")
    assert pairs.taken_away(without, CHEST, nearest=True) is without


@pytest.fixture(scope="module")
def random_member() -> Member:
    return Member("mine", CnnLstmPolicy("small").eval(), own=True)


def test_the_use_of_a_key_decides_for_a_player_that_knows_it(random_member: Member) -> None:
    table = pairs.attraction_table([random_member], 8, seed=0)

    def attraction(agent: str, kind: str) -> float:
        return one(table, agent=agent, kind=kind, statistic="attraction").value

    for kind in pairs.KINDS:
        assert attraction("key-only", kind) > 0.5
    assert attraction("chest-if-key", "useful") > 0.5
    assert attraction("chest-if-key", "useless: key in hand") < 0.3
    for statistic in ("with key", "without"):
        shares = table[table["statistic"] == statistic]["value"]
        assert shares.between(0, 1).all()


def test_players_are_drawn_by_what_they_want(
    random_member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = {name: pairs.CHANGES[name] for name in ("nearest key taken away", "far wall opened")}
    monkeypatch.setattr(pairs, "CHANGES", some)
    monkeypatch.setattr(pairs, "VARIANTS", {"test": LevelRule(p_chest=0.1, max_ticks=60)})
    table = pairs.pairs_table([random_member], 6, seed=0)
    for agent in ("key-only", "chest-if-key"):
        lost = one(table, agent=agent, change="nearest key taken away", statistic="keys")
        assert lost.value < 0
        assert one(table, agent=agent, change="key added", statistic="reaches").value > 0
    assert set(table["change"]) == {*some, "key added", "chest added"}
    assert set(table["agent"]) == {"mine", "random", "key-only", "chest-if-key"}
