"""The questions to agents of crops and humans."""

from __future__ import annotations

from procgen_tools.crops_and_humans import other_production_mazes, production_mazes
from procgen_tools.worlds.crops_and_humans.asked import asked


def test_production_is_the_census() -> None:
    questions = asked({}, levels=3, census=None)
    assert len(questions.census) == len(production_mazes()) + len(other_production_mazes())
    assert (questions.wanted, questions.other) == ("exit", "human")
    assert not questions.changes
    assert questions.contrast is None
