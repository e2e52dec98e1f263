"""Steps: keys, chests, hidden chests, and what the agent sees."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools.worlds.keys_and_chests.grid import CHEST, EMPTY, KEY, WALL, parse
from procgen_tools.worlds.keys_and_chests.levels import VARIANTS, make_levels
from procgen_tools.worlds.keys_and_chests.rules import (
    ACTIONS,
    DOWNS,
    RIGHTS,
    States,
    beginning,
    step,
)

DOWN, UP, RIGHT, LEFT, STAY = range(5)


def play(text: str, *actions: int, max_ticks: int = 130) -> tuple[States, list[float], list[int]]:
    states, rewards, hidden = beginning([parse(text, max_ticks=max_ticks)]), [], []
    for action in actions:
        stepped = step(states, np.array([action]))
        states = stepped.states
        rewards.append(float(stepped.rewards[0]))
        hidden.append(int(stepped.hidden_rewards[0]))
    return states, rewards, hidden


def test_a_key_opens_one_chest() -> None:
    states, rewards, _ = play("######/#@kcc#/#....#/#....#/######", RIGHT, RIGHT, RIGHT)
    assert rewards == [0, 1, 0]
    assert states.keys.tolist() == [0]
    assert states.cells[0, 1].tolist() == [WALL, EMPTY, EMPTY, EMPTY, CHEST, WALL]
    assert states.players.tolist() == [[1, 4]], "a closed chest can be stepped on"


def test_keys_can_be_stored() -> None:
    states, rewards, _ = play("#######/#@kkcc#/#.....#/#.....#/#######", *[RIGHT] * 4)
    assert rewards == [0, 0, 1, 1]
    assert states.keys.tolist() == [0]


def test_ghost_keys_open_hidden_chests() -> None:
    text = "########/#@hkhcb#/#......#/#......#/########"
    states, rewards, hidden = play(text, *[RIGHT] * 5)
    assert hidden == [0, 0, 1, 0, 0], "the ghost key is used up where no chest is seen"
    assert rewards == [0, 0, 0, 1, 0]
    assert states.hidden[0, 1].tolist() == [False, False, True, False, False, False, True, False]
    _, rewards, hidden = play("#####/#@kb#/#...#/#...#/#####", RIGHT, RIGHT)
    assert rewards == [0, 1]
    assert hidden == [0, 1], "both chests in one cell are opened"


def test_a_key_below_the_player_is_taken_on_return() -> None:
    states, _, _ = play("#####/#K..#/#...#/#...#/#####", STAY, RIGHT)
    assert states.keys.tolist() == [0]
    assert states.cells[0, 1, 1] == KEY
    states, _, _ = play("#####/#K..#/#...#/#...#/#####", RIGHT, LEFT)
    assert states.keys.tolist() == [1]


def test_staying_on_a_chest_does_not_open_it() -> None:
    text = "#####/#@c.#/#.h.#/#...#/#####"
    states = play(text, RIGHT)[0]
    states.keys[:], states.ghost_keys[:] = 1, 1
    stepped = step(states, np.array([STAY]))
    assert stepped.rewards.tolist() == [0]
    assert stepped.states.players.tolist() == [[1, 2]]


def test_walls_stop_and_cost_a_tick() -> None:
    states, _, _ = play("#####/#@..#/#...#/#...#/#####", UP, LEFT)
    assert states.players.tolist() == [[1, 1]]
    assert states.ticks.tolist() == [2]


def test_only_ticks_end_an_episode() -> None:
    states = beginning([parse("#####/#@..#/#...#/#...#/#####", max_ticks=3)])
    ended = []
    for action in (DOWN, STAY, UP):
        stepped = step(states, np.array([action]))
        states = stepped.states
        ended.append(bool(stepped.ended[0]))
    assert ended == [False, False, True]


@pytest.mark.parametrize("variant", VARIANTS)
def test_laws_of_random_play(variant: str) -> None:
    """Against a program that follows the published rules cell by cell."""
    states = beginning(make_levels(range(40), VARIANTS[variant]))
    rng = np.random.default_rng(0)
    for _ in range(130):
        actions = rng.integers(0, len(ACTIONS), len(states))
        stepped = step(states, actions)
        for i in range(len(states)):
            _check(states, stepped.states, i, int(actions[i]))
        gained = stepped.rewards, stepped.hidden_rewards
        held = (states.keys, stepped.states.keys), (states.ghost_keys, stepped.states.ghost_keys)
        for (before, after), opened in zip(held, gained, strict=True):
            assert (after - before == stepped.collected - opened).all()
        states = stepped.states
    assert stepped.ended.all()


def _check(before: States, after: States, i: int, action: int) -> None:
    row, col = before.players[i] + (DOWNS[action], RIGHTS[action])
    cells, hidden = before.cells[i].copy(), before.hidden[i].copy()
    here = tuple(before.players[i])
    if action != STAY and cells[row, col] != WALL:
        here = (row, col)
        if cells[here] == KEY or (cells[here] == CHEST and before.keys[i]):
            cells[here] = EMPTY
        # A key and a hidden chest are never in the same cell.
        if hidden[here] and before.ghost_keys[i]:
            hidden[here] = False
    assert tuple(after.players[i]) == here
    assert (after.cells[i] == cells).all()
    assert (after.hidden[i] == hidden).all()


def test_observations_show_walls_keys_chests_and_the_player_only() -> None:
    seen, without = (
        beginning([parse(text)]).observations()
        for text in ("######/#@.kb#/#h...#/#....#/######", "######/#@.kc#/#....#/#....#/######")
    )
    assert (seen == without).all(), "hidden chests are not observed"
    assert seen.shape == (1, 15, 18, 4)
    cells = seen[0, ::3, ::3]
    assert (np.kron(cells, np.ones((3, 3, 1))) == seen[0]).all()
    assert set(np.unique(seen)) == {0, 255}
    assert [tuple(np.argwhere(cells[..., channel])[0]) for channel in (1, 2, 3)] == [
        (1, 3),
        (1, 4),
        (1, 1),
    ]
    assert (cells[..., 0] > 0).sum() == 18
    small = beginning([parse("######/#@.kc#/#....#/#....#/######")]).observations(1)
    assert (small == cells).all()


def test_bad_actions_and_levels() -> None:
    states = beginning([parse("#####/#@..#/#...#/#...#/#####")])
    with pytest.raises(ValueError, match="no action 5: choose 0 down, 1 up, 2 right, 3 left, 4 st"):
        step(states, np.array([5]))
    with pytest.raises(ValueError, match="give 1 integers"):
        step(states, np.array([1, 2]))
    with pytest.raises(ValueError, match="one level or more, all of one size"):
        beginning([])


def test_counts_of_a_beginning_are_apart() -> None:
    begun = beginning(make_levels(range(2)))
    begun.keys[0] = 3
    assert begun.ghost_keys.tolist() == begun.ticks.tolist() == [0, 0]
