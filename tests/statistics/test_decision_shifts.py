"""Decisions of many mazes before and after an edit: the numbers of whole fields, sooner."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from procgen_tools import chains, maze
from procgen_tools.interventions import NOTHING, Add, Scale, cheese_vector
from procgen_tools.models import ImpalaPolicy
from procgen_tools.statistics.decision_shifts import GOALS, decision_shifts
from procgen_tools.vfield import vector_field

LAYER = "embedder.block2.res1.resadd"
LEVELS = [
    *(maze.make_level(seed) for seed in maze.find_seeds(4, size=7, has_decision_square=True)),
    maze.remove_cheese(maze.make_level(0)),
]


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    policy = ImpalaPolicy(seed=1).eval()
    with torch.no_grad():
        policy.fc_policy.weight *= 50
    return policy


def test_they_are_those_of_whole_fields(policy: ImpalaPolicy) -> None:
    def edit(level: maze.Maze) -> Add:
        return Add(cheese_vector(policy, level, LAYER), -3.0)

    shifts = decision_shifts(policy, LEVELS, edit)
    assert (len(shifts.mazes), shifts.left_out) == (4, 1)
    for number, level in enumerate(shifts.mazes):
        with edit(level).on(policy):
            after = chains.decision(vector_field(level, policy))
        before = chains.decision(vector_field(level, policy))
        for found, expected in ((shifts.before, before), (shifts.after, after)):
            wanted = [getattr(expected, goal) for goal in GOALS]
            np.testing.assert_allclose(found[number], wanted, atol=1e-5)
    assert abs(shifts.change).max() > 1e-3
    np.testing.assert_allclose(shifts.change.sum(axis=1), 0, atol=1e-6)
    table = shifts.table()
    assert np.array_equal(table["top_right_after"], shifts.after[:, 1])


def test_one_edit_for_all_mazes(policy: ImpalaPolicy) -> None:
    edit = Scale(LAYER, 0.5)
    together = decision_shifts(policy, LEVELS, edit)
    apart = decision_shifts(policy, LEVELS, lambda _: edit)
    np.testing.assert_allclose(together.after, apart.after, atol=1e-5)
    assert together.edit == str(edit)
    nothing = decision_shifts(policy, LEVELS, NOTHING)
    assert np.array_equal(nothing.before, nothing.after)


def test_no_decision_anywhere(policy: ImpalaPolicy) -> None:
    with pytest.raises(ValueError, match="none of 1 mazes has a decision square"):
        decision_shifts(policy, LEVELS[4:], NOTHING)
