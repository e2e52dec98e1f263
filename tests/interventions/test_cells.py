"""Cells of squares against the network itself: what a cell sees is centred where we say."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from procgen_tools import hooks, maze
from procgen_tools.interventions import square_cells
from procgen_tools.models import ImpalaPolicy


@pytest.mark.parametrize(
    ("layer", "side", "cell"),
    [
        ("embedder.block1.conv", 64, (20, 31)),
        ("embedder.block1.maxpool", 32, (12, 17)),
        ("embedder.block2.maxpool", 16, (7, 8)),
        ("embedder.block2.res1.conv1", 16, (6, 9)),
    ],
)
def test_receptive_fields_are_centred_on_pixel_i_times_64_by_side(
    layer: str, side: int, cell: tuple[int, int]
) -> None:
    policy = ImpalaPolicy(seed=4).eval()
    obs = torch.rand(16, 3, 64, 64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    with hooks.record(policy, [layer], grad=True) as recorded:
        policy(obs)
    recorded[layer][:, :, cell[0], cell[1]].sum().backward()
    assert obs.grad is not None
    touched = obs.grad.abs().sum(dim=(0, 1)) > 0
    for axis, index in enumerate(cell):
        lines = torch.nonzero(touched.any(dim=1 - axis)).flatten()
        assert (int(lines[0]) + int(lines[-1])) / 2 == index * 64 / side


@pytest.mark.parametrize("side", [64, 32, 16, 8])
@pytest.mark.parametrize("seed", [0, 3, 11])
def test_the_nearest_cell(seed: int, side: int) -> None:
    """Against a search through all centres, from the middle of the square in the picture."""
    level = maze.make_level(seed)
    squares = level.open_squares()
    cells = square_cells(level, squares, side)
    centres = np.arange(side) * 64 / side + 0.5
    for square, (row, col) in zip(squares, cells.tolist(), strict=True):
        y = 64 - (square.row + level.padding + 0.5) * 64 / 25
        x = (square.col + level.padding + 0.5) * 64 / 25
        assert abs(centres[row] - y) == pytest.approx(np.abs(centres - y).min())
        assert abs(centres[col] - x) == pytest.approx(np.abs(centres - x).min())


def test_a_side_that_no_activation_has() -> None:
    with pytest.raises(ValueError, match="no activation has 12 cells per side"):
        square_cells(maze.make_level(0), [(0, 0)], 12)
