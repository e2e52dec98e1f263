"""Learners see the world without the names of what they are to find out."""

from __future__ import annotations

from procgen_tools import crops_and_humans
from procgen_tools.studies.crops_and_humans.course import world
from tests.studies.crops_and_humans.course.test_course import functions


def test_names_are_those_of_the_whole_package() -> None:
    for name in world.__all__:
        assert getattr(world, name) is getattr(crops_and_humans, name)


def test_tab_completion_does_not_give_the_trick_away() -> None:
    names = functions("exercises")
    assert names["crops_and_humans"] is world
    for name in ("course", "crops_and_humans"):
        offered = " ".join(each for each in dir(names[name]) if not each.startswith("_"))
        for word in ("plant", "reversed", "sticks_out", "shift"):
            assert word not in offered, (name, word)
