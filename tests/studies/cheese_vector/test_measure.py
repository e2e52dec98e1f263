"""Edits of the study of the cheese vector: their donors, and what is added."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from procgen_tools import maze
from procgen_tools.effects import measure
from procgen_tools.interventions import Add, cheese_vector
from procgen_tools.models import ImpalaPolicy, load_policy
from procgen_tools.studies.base import LAYER, shipped_agent
from procgen_tools.studies.cheese_vector.measure import (
    COEFFICIENTS,
    ELSEWHERE,
    REMOVED,
    SAME_SQUARE,
    SUBTRACTED,
    donors,
    edits,
    floor,
)
from procgen_tools.vfield import vector_field

LEVEL = maze.make_level(3)


@pytest.fixture(scope="module")
def others() -> tuple[maze.Maze, maze.Maze]:
    return donors(LEVEL, 3, 0)


def test_donors_differ_in_the_cheese_alone(others: tuple[maze.Maze, maze.Maze]) -> None:
    same, elsewhere = others
    assert (same.size, same.cheese) == (LEVEL.size, LEVEL.cheese)
    assert elsewhere.cheese not in (same.cheese, same.mouse)
    assert replace(elsewhere, cheese=same.cheese) == same
    assert donors(LEVEL, 3, 0) == others
    assert donors(LEVEL, 3, 1) != others


def test_edits_add_multiples_of_their_vectors(others: tuple[maze.Maze, maze.Maze]) -> None:
    policy = ImpalaPolicy(seed=1).eval()
    made = edits(policy, LEVEL, others, seed=5)
    assert set(made) >= {f"coefficient {each:g}" for each in COEFFICIENTS}
    for name, source in ((SUBTRACTED, LEVEL), (SAME_SQUARE, others[0]), (ELSEWHERE, others[1])):
        edit = made[name]
        assert isinstance(edit, Add)
        assert edit.coefficient == -1
        torch.testing.assert_close(edit.vector.values, cheese_vector(policy, source, LAYER).values)
    again, other = (edits(policy, LEVEL, others, seed=seed) for seed in (5, 6))
    for name, edit in made.items():
        assert isinstance(edit, Add)
        assert torch.equal(edit.vector.values, again[name].vector.values)
        drawn = name in ("random direction", "shuffled positions")
        assert torch.equal(edit.vector.values, other[name].vector.values) != drawn


def test_the_floor_is_the_field_without_the_cheese() -> None:
    """At every square but the cheese's own, where an episode ends."""
    policy = load_policy(shipped_agent()).eval()
    effect = measure(policy, LEVEL, floor(policy, LEVEL)[REMOVED])
    blind = vector_field(maze.remove_cheese(LEVEL), policy)
    far = np.abs(effect.after.by_state - blind.by_state).max(axis=1) > 1e-5
    squares = LEVEL.open_squares()
    assert {squares[state % len(squares)] for state in np.flatnonzero(far)} == {LEVEL.cheese}
    assert effect.difference.total_variation.max() > 0.1
