"""The questions to agents of two objects follow the agent's training."""

from __future__ import annotations

import pytest

from procgen_tools.worlds.two_objects.asked import PAIR, asked


def test_levels_follow_the_training() -> None:
    plain = asked({}, levels=4, census=3)
    assert {level.background for level in (*plain.training, *plain.apart)} == {None}
    assert {level.objects for level in plain.training} == {("yellow_line",)}
    assert {level.objects for level in (*plain.apart, *plain.census)} == {PAIR}
    textured = asked({"use_backgrounds": True, "goal": "red_gem"}, levels=4, census=3)
    assert None not in {level.background for level in textured.apart}
    assert {level.objects for level in textured.training} == {("red_gem",)}
    assert "a red gem alone" in textured.training_words


def test_mazes_are_as_large_as_in_training() -> None:
    larger = asked({"world_size": 7, "fixed_size": True}, levels=4, census=3)
    for levels in (larger.training, larger.apart, larger.census):
        assert {level.world_size for level in levels} == {7}
    of_the_maze = {"world_size": 25, "fixed_size": False, "goal": "cheese"}
    for settings in (of_the_maze, {"world_size": 25, "rand_region": 5}):
        with pytest.raises(ValueError, match="of side 25 with mazes of several sizes"):
            asked(settings, levels=4, census=3)


def test_changes_move_the_thing_that_they_name() -> None:
    questions = asked({}, levels=6, census=3)
    level = questions.apart[0]
    exchanged = questions.changes["the two exchanged"](level, None)
    assert [thing.square for thing in exchanged.things] == [
        thing.square for thing in level.things[::-1]
    ]
    assert len(set(questions.census)) == len(questions.census)
