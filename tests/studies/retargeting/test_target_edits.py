"""Edits that retarget: their targets, and one row per target with its scores."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from procgen_tools import maze
from procgen_tools.interventions import Clamp
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.base import LAYER
from procgen_tools.studies.retargeting.target_edits import (
    FAST,
    MOVED,
    UNEDITED,
    all_scores,
    budget_name,
    choose_edits,
    clamp,
    task_of,
)
from procgen_tools.worlds.maze.paths import corner_path_distances, distances

LEVEL = maze.make_level(3)


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    return ImpalaPolicy(seed=1).eval()


def test_targets_are_drawn_by_their_seed(policy: ImpalaPolicy) -> None:
    free = [square for square in LEVEL.open_squares() if square != LEVEL.mouse]
    everywhere = task_of(policy, LEVEL, None, 0)
    assert everywhere.maze.cheese is None
    assert list(everywhere.steps.targets) == free
    drawn = [list(task_of(policy, LEVEL, 4, seed).steps.targets) for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(set(drawn[0])) == 4
    assert set(drawn[0]) <= set(free)


def test_every_target_has_a_row_for_each_edit(policy: ImpalaPolicy) -> None:
    task = task_of(policy, LEVEL, 4, 0)
    table = all_scores(task, 3, {"clamped": clamp((5,), 9.0)})
    assert table["edit"].unique().tolist() == [UNEDITED, "clamped", MOVED]
    empty, targets = task.maze, task.steps.targets
    for name, rows in table.groupby("edit"):
        assert list(zip(rows["row"], rows["col"], strict=True)) == [tuple(each) for each in targets]
        for row, (at_row, at_col) in zip(rows.itertuples(), targets, strict=True):
            assert row.distance == distances(empty, empty.mouse)[at_row, at_col]
            assert row.from_corner_path == corner_path_distances(empty)[at_row, at_col]
        scores = {UNEDITED: task.unedited(), MOVED: task.cheese_moved()}.get(str(name))
        if scores is not None:
            np.testing.assert_allclose(rows["probability"], scores.probability)
    assert (table.loc[table["edit"] == UNEDITED, "log_ratio"] == 0).all()
    assert (table.loc[table["edit"] == "clamped", "log_ratio"] != 0).any()


def test_an_agent_without_a_channel_that_cheese_raises_is_refused(policy: ImpalaPolicy) -> None:
    blind = copy.deepcopy(policy)
    with torch.no_grad():
        blind.embedder.block1.conv.weight.zero_()
    with pytest.raises(ValueError, match=f"raises no channel of {LAYER} .* choose another agent"):
        choose_edits(blind, FAST, seed=0)


def test_clamps_and_budgets_say_what_they_are() -> None:
    edit = clamp((5, 6), 9.0)(LEVEL, [LEVEL.open_squares()[1]])
    assert isinstance(edit, Clamp)
    assert edit.layers == (LAYER,)
    assert budget_name(0.1) == "10% of the layer"
    assert budget_name(0.0001) == "0.01% of the layer"
