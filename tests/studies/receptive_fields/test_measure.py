"""Receptive fields against the network itself, and against counting by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from procgen_tools import hooks, maze
from procgen_tools.interventions import observe, square_cells
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.receptive_fields.measure import (
    Extent,
    change_by_cell,
    gradient_field,
    share_within,
    side_that_holds,
    theoretical_extents,
)


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    return ImpalaPolicy(seed=4).eval()


def test_extents_of_the_published_layer(policy: ImpalaPolicy) -> None:
    extents = theoretical_extents(policy)
    assert extents["embedder.block1.conv_in0"].side == 1
    assert extents["embedder.block1.conv_out"].side == 3
    assert extents["embedder.block2.res1.resadd_out"] == Extent(side=45, step=4)
    assert extents["embedder.block3.res2.resadd_out"].step == 8
    assert not any("fc" in name for name in extents)


@pytest.mark.parametrize(
    ("layer", "cell"),
    [("embedder.block1.res1.resadd", (15, 17)), ("embedder.block2.maxpool", (8, 8))],
)
def test_cells_see_their_extent_and_nothing_beyond(
    policy: ImpalaPolicy, layer: str, cell: tuple[int, int]
) -> None:
    """Over many observations all pixels inside matter at some time, and none outside ever."""
    extent = theoretical_extents(policy)[f"{layer}_out"]
    views = torch.rand(6, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    seen = sum(gradient_field(policy, view, layer, cell) for view in views) > 0
    reach = extent.side // 2
    inside = np.zeros((64, 64), bool)
    row, col = (index * extent.step for index in cell)
    inside[row - reach : row + reach + 1, col - reach : col + reach + 1] = True
    assert not seen[~inside].any()
    edges = seen[inside].reshape(extent.side, extent.side)
    assert edges[[0, -1]].any(axis=1).all()
    assert edges[:, [0, -1]].any(axis=0).all()


def test_the_gradient_is_that_of_a_small_step(policy: ImpalaPolicy) -> None:
    """Against finite differences of every channel, at the pixel that moves the cell most."""
    layer, cell = "embedder.block1.res1.resadd", (16, 16)
    double = ImpalaPolicy(seed=4).double().eval()
    view = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(1)).double()
    field = gradient_field(double, view, layer, cell)
    row, col = np.unravel_index(field.argmax(), field.shape)
    steps = []
    for colour in range(3):
        moved = view.clone()
        moved[colour, row, col] += 1e-6
        pair = change_of(double, layer, view, moved)[:, cell[0], cell[1]]
        steps.append(pair.abs().mean() / 1e-6)
    assert field[row, col] == pytest.approx(float(sum(steps) / 3), rel=1e-3)


def change_of(
    policy: ImpalaPolicy, layer: str, before: torch.Tensor, after: torch.Tensor
) -> torch.Tensor:
    with hooks.record(policy, [layer]) as recorded, torch.no_grad():
        policy(torch.stack([before, after]))
    return recorded[layer][1] - recorded[layer][0]


def test_a_change_stays_within_the_extent(policy: ImpalaPolicy) -> None:
    level = maze.make_level(51)
    assert level.cheese is not None
    layer = "embedder.block1.res1.resadd_out"
    moved = change_by_cell(policy, [layer], level, maze.remove_cheese(level))[layer]
    (row, col) = square_cells(level, [level.cheese], 32)[0].tolist()
    reach = theoretical_extents(policy)[layer].side // 2 + 4  # the cheese covers some pixels
    rows, cols = np.nonzero(moved)
    assert max(abs(rows - row).max(), abs(cols - col).max()) * 2 <= reach
    assert moved[row, col] > 0
    (frame,) = observe(level)
    assert change_by_cell(policy, [layer], frame, frame)[layer].sum() == 0


def test_squares_that_hold_a_share() -> None:
    field = np.zeros((16, 16))
    field[8, 8], field[7, 8], field[5, 10] = 6.0, 3.0, 1.0
    assert [side_that_holds(field, (8, 8), share) for share in (0.6, 0.9, 1.0)] == [4, 12, 28]
    assert share_within(field, (8, 8), 1) == pytest.approx(0.9)
    assert share_within(field, (0, 0), 16) == 1
    with pytest.raises(ValueError, match="nothing moves"):
        side_that_holds(np.zeros((8, 8)), (4, 4), 0.5)
    with pytest.raises(ValueError, match="share 0"):
        side_that_holds(field, (8, 8), 0.0)


def test_places_that_do_not_exist(policy: ImpalaPolicy) -> None:
    view = torch.zeros(3, 64, 64)
    with pytest.raises(ValueError, match="no positions"):
        gradient_field(policy, view, "embedder.fc", (0, 0))
    with pytest.raises(ValueError, match="has no cell"):
        gradient_field(policy, view, "embedder.block3.res1.resadd", (8, 0))
