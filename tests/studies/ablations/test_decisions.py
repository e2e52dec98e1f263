"""Decisions of many mazes in one pass: the same as by whole fields, maze by maze."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from procgen_tools import chains, maze, vfield
from procgen_tools.interventions import NOTHING, Add, Intervention, Zero, cheese_vector
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.ablations.decisions import (
    CONDITIONS,
    EMPTY,
    SHOWN,
    Decisions,
    ablations,
    add_cheese_vectors,
    others_of_all,
)
from procgen_tools.studies.base import LAYER, decision_levels
from procgen_tools.worlds.maze.levels import LevelRule
from procgen_tools.worlds.maze.paths import decision_square, nearer_moves

SMALL = LevelRule(world_size=15)


@pytest.fixture(scope="module")
def decisions() -> Decisions:
    policy = ImpalaPolicy(seed=1)
    with torch.no_grad():
        policy.fc_policy.weight *= 200
    return Decisions(policy.eval(), decision_levels(3, SMALL))


def by_field(
    decisions: Decisions, level: maze.Maze, edit: Intervention
) -> tuple[float, float, float]:
    """P(cheese), P(top right) and, without cheese, P(top right)."""
    with edit.on(decisions.policy):
        shown = vfield.vector_field(level, decisions.policy, both_facings=False)
        empty = vfield.vector_field(maze.remove_cheese(level), decisions.policy, both_facings=False)
    found = chains.decision(shown)
    square = decision_square(level)
    assert found is not None
    assert square is not None
    moves = nearer_moves(level, level.corner)[square]
    return found.cheese, found.top_right, float(empty.at(square)[moves].sum())


@pytest.mark.parametrize(
    "edit", [NOTHING, Zero(LAYER, channels=[0, 5, 9]), Zero("embedder.block1.conv", channels=[2])]
)
def test_as_by_whole_fields(decisions: Decisions, edit: Intervention) -> None:
    rows = decisions.ask(edit)
    for row, level in zip(rows.itertuples(), decisions.levels.values(), strict=True):
        expected = by_field(decisions, level, edit)
        assert (row.cheese, row.top_right, row.corner) == pytest.approx(expected, abs=1e-5)
    np.testing.assert_allclose(rows[["cheese", "top_right", "other"]].sum(axis=1), 1)


def test_each_maze_gets_its_own_cheese_vector(decisions: Decisions) -> None:
    rows = decisions.ask(add_cheese_vectors(decisions, LAYER, -2.0))
    for row, level in zip(rows.itertuples(), decisions.levels.values(), strict=True):
        edit = Add(cheese_vector(decisions.policy, level, LAYER), -2.0)
        expected = by_field(decisions, level, edit)
        assert (row.cheese, row.top_right, row.corner) == pytest.approx(expected, abs=1e-5)
    assert np.abs(rows["cheese"] - decisions.ask(NOTHING)["cheese"]).max() > 1e-3


def test_ablations_take_everything_or_what_others_have(decisions: Decisions) -> None:
    edits = ablations(decisions, LAYER, seed=0)
    # All mazes have the same activation, and so the same moves.
    for kind in ("zero", "mean"):
        for condition in CONDITIONS:
            moves = decisions._moves(edits[kind][condition], condition)
            assert np.ptp(moves, axis=0).max() < 1e-6
    others = others_of_all(3, seed=0)
    plain = {condition: decisions._moves(NOTHING, condition) for condition in CONDITIONS}
    for condition in CONDITIONS:
        moves = decisions._moves(edits["resample"][condition], condition)
        np.testing.assert_allclose(moves, plain[condition][others], atol=1e-5)
    assert np.abs(plain[SHOWN] - plain[EMPTY]).max() > 1e-3


@pytest.mark.parametrize("count", [2, 5, 30])
def test_nobody_gets_its_own(count: int) -> None:
    others = others_of_all(count, seed=count)
    assert sorted(others) == list(range(count))
    assert all(other != number for number, other in enumerate(others))


def test_bad_mazes(decisions: Decisions) -> None:
    with pytest.raises(ValueError, match="level 7 has no decision square"):
        Decisions(decisions.policy, {7: maze.remove_cheese(maze.make_level(7))})
    with pytest.raises(ValueError, match="1 mazes have no others"):
        others_of_all(1, seed=0)
