"""Tables of ablations: each row is what the named edit does at the decision squares."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from procgen_tools.interventions import NOTHING, Mean, Zero
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.ablations.claims import FOUND, RANDOM
from procgen_tools.studies.ablations.decisions import EMPTY, Decisions
from procgen_tools.studies.ablations.measure import (
    KINDS,
    channel_counts,
    channel_rows,
    layer_rows,
    set_rows,
)
from procgen_tools.studies.ablations.removal import removal_rows
from procgen_tools.studies.base import LAYER, decision_levels
from procgen_tools.worlds.maze.levels import LevelRule

FIRST = "embedder.block1.conv_out"


@pytest.fixture(scope="module")
def decisions() -> Decisions:
    policy = ImpalaPolicy(seed=1)
    with torch.no_grad():
        policy.fc_policy.weight *= 200
    return Decisions(policy.eval(), decision_levels(2, LevelRule(world_size=15)))


def check(rows: pd.DataFrame, decisions: Decisions, edit: Zero | Mean) -> None:
    expected = removal_rows(decisions.ask(NOTHING), decisions.ask(edit))
    for column in ("removed", "loss"):
        np.testing.assert_allclose(rows[column], expected[column], atol=1e-5)


def test_layers_are_ablated_whole(decisions: Decisions) -> None:
    rows = layer_rows(decisions, decisions, 0, [LAYER])
    nothing = rows[rows["layer"] == "nothing"]
    assert (nothing["removed"] == 0).all()
    assert set(rows.loc[rows["layer"] == LAYER, "kind"]) == set(KINDS)
    check(rows[rows["kind"] == "zero"], decisions, Zero(LAYER))


def test_channels_are_ablated_alone(decisions: Decisions) -> None:
    rows = channel_rows(decisions, decisions, 0, [FIRST])
    channels = decisions.policy.activation_shapes[FIRST][0]
    assert len(rows) == channels * len(KINDS) * 2
    for channel in (0, channels - 1):
        alone = rows[(rows["kind"] == "zero") & (rows["channel"] == channel)]
        check(alone, decisions, Zero(FIRST, channels=(channel,)))


def test_random_sets_are_as_large_and_apart(decisions: Decisions) -> None:
    absent = Mean(LAYER, decisions.activations(LAYER, EMPTY))
    rows = set_rows(decisions, absent, tuple(range(8, 24)), 0)
    named = {
        name: {int(channel) for channel in one["channels"].iloc[0].split(", ")}
        for name, one in rows.groupby("set")
    }
    assert named[FOUND] == {*range(8, 24)}
    assert named[RANDOM] == {*range(8), *range(24, 32)}
    for name, channels in named.items():
        edit = Mean(LAYER, absent.examples, channels=sorted(channels))
        check(rows[rows["set"] == name], decisions, edit)


def test_counts_go_from_one_channel_to_all() -> None:
    assert channel_counts(ImpalaPolicy()) == [1, 2, 3, 4, 6, 8, 12, 16, 24, 32]
    assert channel_counts(ImpalaPolicy(2))[-1] == 64
