"""Pixels that a cell sees, against the network itself and against counting by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from procgen_tools import hooks
from procgen_tools.interventions.seen_pixels import (
    Extent,
    gradient_field,
    side_that_holds,
    theoretical_extents,
)
from procgen_tools.models import ImpalaPolicy


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


def test_one_channel_is_its_part_of_the_mean(policy: ImpalaPolicy) -> None:
    layer = "embedder.block3.res2.resadd"
    view = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(2))
    channels = range(policy.activation_shapes[f"{layer}_out"][0])
    each = [gradient_field(policy, view, layer, (4, 5), channel) for channel in channels]
    np.testing.assert_allclose(
        np.mean(each, axis=0), gradient_field(policy, view, layer, (4, 5)), rtol=1e-4, atol=1e-12
    )


def test_a_unit_without_positions_sees_the_whole_frame(policy: ImpalaPolicy) -> None:
    view = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(3))
    seen = gradient_field(policy, view, "embedder.fc", None, 5)
    rows, cols = np.nonzero(seen)
    assert (rows.min(), rows.max(), cols.min(), cols.max()) == (0, 63, 0, 63)


def test_squares_that_hold_a_share() -> None:
    field = np.zeros((16, 16))
    field[8, 8], field[7, 8], field[5, 10] = 6.0, 3.0, 1.0
    assert [side_that_holds(field, (8, 8), share) for share in (0.6, 0.9, 1.0)] == [4, 12, 28]
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
    with pytest.raises(ValueError, match="has no cell None"):
        gradient_field(policy, view, "embedder.block3.res1.resadd", None)
    with pytest.raises(ValueError, match=r"has no channel 256: give 0\.\.255"):
        gradient_field(policy, view, "embedder.fc", None, 256)
