"""Scripted players: shortest paths, and the published figures of the whole world."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools.worlds.keys_and_chests.grid import KEY, WALL, parse
from procgen_tools.worlds.keys_and_chests.levels import VARIANTS, make_levels
from procgen_tools.worlds.keys_and_chests.players import SCRIPTED, Actor, distances, key_only
from procgen_tools.worlds.keys_and_chests.rules import States, beginning, step

PUBLISHED = {
    ("random", "train"): (3.41, 3.40, 3.48), ("random", "test"): (2.26, 2.28, 3.53),
    ("key-only", "train"): (9.77,), ("key-only", "test"): (4.65,),
    ("chest-if-key", "train"): (9.82,), ("chest-if-key", "test"): (9.46,),
}  # fmt: skip
"""Return, hidden return and keys over 1,000 episodes of the original world."""


def totals(actor: Actor, states: States) -> np.ndarray:
    """Returns, hidden returns and keys of an episode in each state."""
    sums = np.zeros((3, len(states)))
    for _ in range(130):
        stepped = step(states, actor(states))
        sums += np.array([stepped.rewards, stepped.hidden_rewards, stepped.collected])
        states = stepped.states
    return sums


@pytest.mark.parametrize(("name", "variant"), PUBLISHED)
def test_returns_are_those_of_the_original(name: str, variant: str) -> None:
    found = totals(SCRIPTED[name](0), beginning(make_levels(range(500), VARIANTS[variant])))
    published = np.array(PUBLISHED[name, variant])
    # The published means are of 1,000 episodes.
    error = found.std(axis=1)[: len(published)] * np.sqrt(1 / 500 + 1 / 1000)
    # Details of the scripted players, such as what they do when no key is left, are not published.
    tolerance = 4 * error + (0 if name == "random" else 0.1)
    assert (np.abs(found.mean(axis=1)[: len(published)] - published) < tolerance).all()


def test_distances_are_those_of_the_shortest_paths() -> None:
    states = beginning(make_levels(range(20)))
    targets = states.cells == KEY
    found = distances(states, targets)
    expected = np.where(targets, 0, 10_000)
    walls = states.cells == WALL
    for _ in range(100):
        padded = np.pad(expected, [(0, 0), (1, 1), (1, 1)], constant_values=10_000)
        near = np.min(
            [padded[:, 2:, 1:-1], padded[:, :-2, 1:-1], padded[:, 1:-1, 2:], padded[:, 1:-1, :-2]],
            axis=0,
        )
        expected = np.where(walls, 10_000, np.minimum(expected, near + 1))
    assert (found == np.where(expected >= 10_000, -1, expected)).all()


def test_players_walk_to_the_nearest_key_by_all_shortest_paths() -> None:
    text = "#######/#.....#/#.k...#/#...@.#/#.....#/#....k#/#######"
    states = beginning([parse(text)] * 200)
    moves = key_only(seed=0)(states)
    # The key at (2, 2) and the one at (5, 5) are three steps away.
    assert set(moves.tolist()) == {0, 1, 2, 3}
    alone = beginning([parse(text.replace("#....k#", "#.....#"))] * 200)
    assert set(key_only(seed=0)(alone).tolist()) == {1, 3}
    assert (key_only(seed=1)(alone) != key_only(seed=0)(alone)).any()


def test_players_without_a_goal_walk_at_random() -> None:
    states = beginning([parse("#####/#@#k#/#.#.#/#.#.#/#####")] * 200)
    for name in ("key-only", "chest-if-key"):
        assert set(SCRIPTED[name](0)(states).tolist()) == {0, 1, 2, 3}


def test_chest_if_key_wants_what_it_can_use() -> None:
    text = "#######/#k.@.c#/#.....#/#.....#/#######"
    without, with_key = beginning([parse(text)]), beginning([parse(text)])
    with_key.keys[:] = 1
    act = SCRIPTED["chest-if-key"](0)
    assert act(without).tolist() == [3]
    assert act(with_key).tolist() == [2]


def test_a_player_on_a_key_steps_off_and_back() -> None:
    states = beginning([parse("#####/#K..#/#...#/#...#/#####")])
    assert totals(key_only(seed=0), states)[2].tolist() == [1]
