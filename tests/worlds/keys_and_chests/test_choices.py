"""Choices: distances are true, neither place is on the way to the other, keys leave no trace."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools.episodes.memories import led
from procgen_tools.worlds.keys_and_chests import choices
from procgen_tools.worlds.keys_and_chests.choices import make_choices
from procgen_tools.worlds.keys_and_chests.grid import CHEST, KEY
from procgen_tools.worlds.keys_and_chests.players import distances
from procgen_tools.worlds.keys_and_chests.rules import beginning

CHOICES = make_choices(12, distances=(2, 5))


@pytest.mark.parametrize("keys", range(4))
def test_the_way_in_leads_to_the_choice_with_the_keys(keys: int) -> None:
    levels = [
        choice.level({choice.places[0]: KEY, choice.places[1]: CHEST}, keys) for choice in CHOICES
    ]
    moment = led(None, levels, np.stack([choice.actions for choice in CHOICES]))
    assert (moment.states.keys == keys).all()
    assert [tuple(each) for each in moment.states.players] == [each.path[-1] for each in CHOICES]
    plain = [choice.level({choice.places[0]: KEY, choice.places[1]: CHEST}) for choice in CHOICES]
    without = led(None, plain, np.stack([choice.actions for choice in CHOICES]))
    assert (moment.states.cells == without.states.cells).all()


def test_distances_are_those_of_the_level() -> None:
    for choice in CHOICES:
        states = beginning([choice.level({})])
        for place, steps in zip(choice.places, choice.distances, strict=True):
            target = np.zeros(states.cells.shape, bool)
            target[(0, *place)] = True
            found = distances(states, target)[0]
            assert found[choice.path[-1]] == steps
            other = choice.places[1 - choice.places.index(place)]
            assert found[other] == choice.between
    assert all(
        choice.between > abs(choice.distances[0] - choice.distances[1]) for choice in CHOICES
    )
    assert [choice.distances for choice in CHOICES[:4]] == [(2, 2), (2, 5), (5, 2), (5, 5)]


def test_free_squares_are_far_from_everything() -> None:
    for choice in CHOICES:
        for square in choice.free(3):
            assert not choice.walls[square]
            assert square not in (*choice.path, *choice.places)


def test_impossible_choices_are_refused() -> None:
    with pytest.raises(ValueError, match="from 1 up"):
        make_choices(1, distances=(0, 2))
    with pytest.raises(ValueError, match="is a wall or on the way in"):
        CHOICES[0].level({CHOICES[0].path[1]: KEY})
    with pytest.raises(ValueError, match="keys is 4"):
        CHOICES[0].level({}, 4)


def test_distances_that_no_level_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choices, "MOST_LEVELS", 3)
    with pytest.raises(ValueError, match="places 500 and 500 steps"):
        make_choices(1, distances=(500,))
