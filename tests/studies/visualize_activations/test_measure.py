"""Statistics of layers against numpy on recorded activations; where channels change."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from procgen_tools import hooks, maze
from procgen_tools.interventions import observe, square_cells
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies import base
from procgen_tools.studies.visualize_activations.measure import (
    channels_at_cheese,
    layer_statistics,
    steps_from_cheese,
)

LAYER = "embedder.block1.maxpool_out"


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    return ImpalaPolicy(seed=3).eval()


@pytest.fixture(scope="module")
def levels() -> list[maze.Maze]:
    return [maze.make_level(seed) for seed in (0, 4, 51)]


def test_statistics_of_every_layer(policy: ImpalaPolicy, levels: list[maze.Maze]) -> None:
    others = [maze.remove_cheese(level) for level in levels]
    table = layer_statistics(policy, levels, others).set_index("layer")
    assert tuple(table.index) == policy.activation_names
    with hooks.record(policy, [LAYER]) as recorded, torch.no_grad():
        policy(observe(levels))
        seen = recorded[LAYER].double().numpy()
        policy(observe(others))
        changed = recorded[LAYER].double().numpy()
    row = table.loc[LAYER]
    assert row["mean"] == pytest.approx(seen.mean(), rel=1e-4)
    assert row["rms"] == pytest.approx(np.sqrt((seen**2).mean()), rel=1e-4)
    assert row["positive"] == pytest.approx((seen > 0).mean())
    assert row["largest"] == pytest.approx(np.abs(seen).max())
    shares = [np.linalg.norm(a - b) / np.linalg.norm(a) for a, b in zip(seen, changed, strict=True)]
    assert row["change"] == pytest.approx(np.mean(shares), rel=1e-4)
    assert (layer_statistics(policy, levels, levels)["change"] == 0).all()
    with pytest.raises(ValueError, match="3 views and 1 others"):
        layer_statistics(policy, levels, others[:1])


def test_early_channels_change_where_the_cheese_is(
    policy: ImpalaPolicy, levels: list[maze.Maze]
) -> None:
    steps = steps_from_cheese(policy, levels, LAYER)
    assert steps.shape == (3, 16)
    assert steps.max() <= 2  # a cell here sees 5 pixels
    level = levels[2]
    assert level.cheese is not None
    with hooks.record(policy, [LAYER]) as recorded, torch.no_grad():
        policy(observe([level, maze.remove_cheese(level)]))
    change = np.abs(recorded[LAYER][0] - recorded[LAYER][1]).numpy()
    place = np.unravel_index(change[7].argmax(), change[7].shape)
    (cell,) = square_cells(level, [level.cheese], 32)
    assert steps[2, 7] == np.abs(np.array(place) - cell).max()
    with pytest.raises(ValueError, match="has no cheese to take away"):
        steps_from_cheese(policy, [maze.remove_cheese(level)], LAYER)
    with pytest.raises(ValueError, match="has no positions"):
        steps_from_cheese(policy, levels, "embedder.fc")


def test_channels_are_counted_at_one_layer() -> None:
    peaks = pd.DataFrame(
        {
            "agent": "a",
            "layer": [base.LAYER] * 4 + ["other"],
            "level": [0, 1, 0, 1, 0],
            "channel": [0, 0, 1, 1, 0],
            "steps": [0, 5, 1, 0, 9],
        }
    )
    shares = channels_at_cheese(peaks)
    assert shares["channel"].tolist() == [1, 0]
    assert shares["share"].tolist() == [1.0, 0.5]
