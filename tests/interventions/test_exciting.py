"""Pieces of pictures come from where the channel is largest."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from procgen_tools import maze
from procgen_tools.interventions import activations_of, observe
from procgen_tools.interventions.exciting import exciting_patches
from procgen_tools.models import ImpalaPolicy
from procgen_tools.plots.weights import plot_exciting_patches

LAYER = "embedder.block2.res1.resadd"
MAZES = [maze.make_level(seed) for seed in range(6)]


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    return ImpalaPolicy(seed=1).eval()


def test_the_largest_cells_against_a_loop(policy: ImpalaPolicy) -> None:
    found = exciting_patches(policy, MAZES, LAYER, 5, count=4, side=9)
    seen = activations_of(policy, MAZES, LAYER)[:, 5]
    peaks = sorted((float(each.max()) for each in seen), reverse=True)[:4]
    np.testing.assert_allclose(found.activations, peaks)
    frames = observe(MAZES)
    for patch, view, (row, col), peak in zip(
        found.patches, found.views, found.cells, found.activations, strict=True
    ):
        assert float(seen[view, row, col]) == peak
        for down in range(-4, 5):
            for right in range(-4, 5):
                y, x = 4 * row + down, 4 * col + right
                inside = 0 <= y < 64 and 0 <= x < 64
                wanted = frames[view, :, y, x] if inside else torch.zeros(3)
                assert np.array_equal(patch[down + 4, right + 4], wanted.numpy())
    figure = plot_exciting_patches(found)
    assert figure.axes[0].get_title() == f"{peaks[0]:.2f}"
    plt.close(figure)


@pytest.mark.parametrize(
    ("layer", "channel", "options", "message"),
    [
        ("embedder.fc", 0, {}, "has no positions"),
        (LAYER, 32, {}, r"no channel 32: give 0\.\.31"),
        (LAYER, 0, {"count": 7}, "count is 7: give a number of patches from 1 to the 6 views"),
        (LAYER, 0, {"count": 2, "side": 8}, "side is 8: give an odd number"),
    ],
)
def test_refusals(
    policy: ImpalaPolicy, layer: str, channel: int, options: dict[str, int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        exciting_patches(policy, MAZES, layer, channel, **options)
