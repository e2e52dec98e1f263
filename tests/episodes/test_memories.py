"""Memories: they are those of the policy's own steps, and walks from a moment are true walks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from procgen_tools import keys_and_chests
from procgen_tools.episodes.keys import KeyEpisodes, observe, play
from procgen_tools.episodes.memories import (
    CELL,
    HIDDEN,
    Moment,
    chances_along,
    chances_of,
    first_reached,
    led,
    moment_at,
    remember,
)
from procgen_tools.interventions import Zero
from procgen_tools.models import CnnLstmPolicy
from procgen_tools.worlds.keys_and_chests.grid import CHEST, EMPTY, KEY
from procgen_tools.worlds.keys_and_chests.players import key_only, random_moves

LEVELS = keys_and_chests.make_levels(range(8), keys_and_chests.LevelRule(max_ticks=12))


@pytest.fixture(scope="module")
def policy() -> CnnLstmPolicy:
    made = CnnLstmPolicy("small", seed=3).eval()
    with torch.no_grad():
        made.pi.weight *= 2000
    return made


@pytest.fixture(scope="module")
def episodes() -> KeyEpisodes:
    return play(key_only(seed=0), LEVELS)


def test_memories_are_those_of_the_policys_steps(
    policy: CnnLstmPolicy, episodes: KeyEpisodes
) -> None:
    found = remember(policy, episodes, every=3)
    memory = policy.initial_memory(8)
    for tick, states in enumerate(list(episodes.states())[:-1]):
        with torch.no_grad():
            _, _, after = policy.step(
                observe(policy, states), memory, torch.from_numpy(states.ticks == 0)
            )
        moment = moment_at(policy, episodes, tick)
        assert moment.memory is not None
        assert torch.equal(moment.memory, memory)
        assert (moment.states.cells == states.cells).all()
        if tick % 3 == 0:
            row = tick // 3
            assert found.ticks[row] == tick
            both = [found.activations[name][:, row] for name in (CELL, HIDDEN)]
            assert np.array_equal(np.concatenate(both, axis=1), after.numpy())
            assert (found.keys[:, row] == states.keys).all()
            assert found.frames[:, row].sum() > 0
        memory = after


def test_being_led_is_being_there(policy: CnnLstmPolicy, episodes: KeyEpisodes) -> None:
    there, here = (
        led(policy, LEVELS, episodes.actions[:, :5].astype(np.int64)),
        moment_at(policy, episodes, 5),
    )
    assert there.memory is not None
    assert here.memory is not None
    assert torch.equal(there.memory, here.memory)
    assert (there.states.cells == here.states.cells).all()
    assert (there.states.keys == here.states.keys).all()


def test_what_is_reached_first_is_what_an_episode_reaches_first(episodes: KeyEpisodes) -> None:
    for number, level in enumerate(LEVELS):
        played = episodes[number]
        moment = led(None, [level], np.zeros((1, 0), np.int64))
        reached = first_reached(
            lambda s, p=played: p.actions[s.ticks].astype(np.int64), moment, 12, seed=0
        )
        touched = []
        for steps, (before, after) in enumerate(
            zip(played.states, played.states[1:], strict=False), 1
        ):
            row, col = after.players[0].tolist()
            code = int(before.cells[0, row, col])
            if (after.players != before.players).any() and code in (KEY, CHEST):
                touched.append((code, steps, row, col))
        assert touched[0] == (reached.codes[0], reached.steps[0], *reached.squares[0])


def test_a_wall_is_no_object_and_standing_on_a_chest_is_not_reaching_it() -> None:
    level = keys_and_chests.parse("#####/#C#.#/###.#/#..k#/#####")
    moment = led(None, [level], np.zeros((1, 0), np.int64))
    reached = first_reached(random_moves(0), moment, 6, seed=0)
    assert (reached.codes[0], reached.steps[0], tuple(reached.squares[0])) == (EMPTY, 6, (1, 1))


def test_draws_are_paired_and_edits_act_when_they_should(policy: CnnLstmPolicy) -> None:
    moment = led(policy, LEVELS * 5, np.zeros((40, 0), np.int64))
    plain, same = (first_reached(policy, moment, 9, seed=1) for _ in range(2))
    assert (plain.squares == same.squares).all()
    some = first_reached(policy, moment, 9, seed=1, once=Zero("lstm1.hidden"))
    assert (some.squares != plain.squares).any()
    logits = policy.pi.bias.detach()
    assert torch.allclose(logits, torch.zeros(4))  # so a hidden state of zero moves at random
    always = first_reached(policy, moment, 9, seed=1, always=Zero("lstm1.hidden"))
    free = first_reached(_uniform(), moment, 9, seed=1, always=Zero("lstm1.hidden"))
    assert (always.squares == free.squares).all()
    assert (always.squares != some.squares).any()


def _uniform() -> CnnLstmPolicy:
    made = CnnLstmPolicy("small", seed=7).eval()
    with torch.no_grad():
        made.pi.weight *= 0
    return made


def test_choosing_states_keeps_their_memories(policy: CnnLstmPolicy, episodes: KeyEpisodes) -> None:
    moment = moment_at(policy, episodes, 4)
    some = moment.chosen(np.array([6, 1]))
    assert some.memory is not None
    assert moment.memory is not None
    assert torch.equal(some.memory, moment.memory[[6, 1]])
    assert (some.states.players == moment.states.players[[6, 1]]).all()


def test_mistakes_are_named(policy: CnnLstmPolicy, episodes: KeyEpisodes) -> None:
    with pytest.raises(ValueError, match="tick is 12"):
        moment_at(policy, episodes, 12)
    with pytest.raises(ValueError, match="every is 0"):
        remember(policy, episodes, every=0)
    moment = Moment(keys_and_chests.beginning(LEVELS), None)
    with pytest.raises(ValueError, match="no memory"):
        first_reached(policy, moment, 3, seed=0)


def test_chances_along_episodes_are_those_of_the_moments(policy: CnnLstmPolicy) -> None:
    """The memory of each tick is of all ticks before it, and actions follow the chances."""
    steps = list(chances_along(policy, LEVELS, seed=4, ticks=6))
    players = np.stack([states.players for states, _ in steps])
    actions = np.zeros((len(LEVELS), 0), np.int64)
    for states, chances in steps:
        moment = led(policy, LEVELS, actions)
        assert np.array_equal(moment.states.players, states.players)
        assert np.allclose(chances_of(policy, moment), chances, atol=1e-6)
        drawn = np.random.default_rng(4).random((6, len(LEVELS)))[actions.shape[1]]
        taken = (chances.cumsum(axis=1)[:, :-1] < drawn[:, None]).sum(axis=1)
        actions = np.concatenate([actions, taken[:, None]], axis=1)
    assert (players[1:] != players[:-1]).any()
    with pytest.raises(ValueError, match="the moment has no memory"):
        chances_of(policy, led(None, LEVELS, actions))
