"""Cosines between channels and pictures of paths."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from procgen_tools import hooks, maze
from procgen_tools.models import ImpalaPolicy
from procgen_tools.statistics.path_similarity import path_picture, path_similarity
from procgen_tools.worlds.maze.paths import shortest_path

LAYER = "embedder.block2.res1.resadd"
MAZES = [maze.make_level(seed) for seed in range(3)]


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    return ImpalaPolicy(seed=1).eval()


@pytest.mark.parametrize("goal", ["cheese", "corner"])
def test_a_channel_that_is_the_path_has_cosine_one(policy: ImpalaPolicy, goal: str) -> None:
    pictures = torch.stack([path_picture(level, goal, 16) for level in MAZES])

    def paint(x: Tensor) -> Tensor:
        x[:, 3], x[:, 4], x[:, 5] = 7 * pictures, -pictures, 0
        return x

    with hooks.patched(policy, {LAYER: paint}):
        found = path_similarity(policy, MAZES, LAYER, goal)
    assert found.cosines.shape == (3, 32)
    for channel, cosine in ((3, 1.0), (4, -1.0), (5, 0.0)):
        np.testing.assert_allclose(found.cosines[:, channel], cosine, atol=1e-6)
    assert {channel for channel, _ in found.strongest(2)} == {3, 4}
    assert abs(found.cosines).max() <= 1 + 1e-9


def test_pictures_cover_as_much_as_the_path() -> None:
    for level in MAZES:
        path = shortest_path(level, level.mouse, level.corner)
        assert path is not None
        for side in (8, 16, 32):
            share = float(path_picture(level, "corner", side).mean())
            assert share == pytest.approx(len(path) / level.world_size**2, rel=1e-5)
        exact = path_picture(level, "corner", level.world_size)
        row, col = level.world_size - 1 - level.padding - level.mouse.row, level.padding
        assert exact[row, col + level.mouse.col] == 1


def test_refusals(policy: ImpalaPolicy) -> None:
    with pytest.raises(ValueError, match="no goal 'mouse'"):
        path_similarity(policy, MAZES, LAYER, "mouse")
    with pytest.raises(ValueError, match="without cheese has no path to it"):
        path_similarity(policy, [maze.remove_cheese(MAZES[0])], LAYER)
    with pytest.raises(ValueError, match="has no positions"):
        path_similarity(policy, MAZES, "embedder.fc")
