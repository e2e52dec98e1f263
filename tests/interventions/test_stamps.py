"""Stamps land where they are asked to, and not beyond the edge."""

from __future__ import annotations

import pytest
import torch

from procgen_tools import maze
from procgen_tools.interventions import activations_of, square_cells
from procgen_tools.interventions.stamps import Stamp, largest
from procgen_tools.models import ImpalaPolicy
from procgen_tools.worlds.maze.edit import whole_world

LAYER = "embedder.block2.res1.resadd_out"


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    return ImpalaPolicy(seed=2).eval()


@pytest.mark.parametrize("squares", [[(0, 0)], [(0, 0), (12, 12), (4, 6)]])
def test_a_stamp_adds_its_window_around_its_square(
    policy: ImpalaPolicy, squares: list[tuple[int, int]]
) -> None:
    level = maze.make_level(0)
    window = torch.randn(32, 7, 7, generator=torch.Generator().manual_seed(0))
    stamp = Stamp(LAYER, window, level, squares, 2.0)
    before = activations_of(policy, [level] * 3, LAYER)
    with stamp.on(policy):
        added = activations_of(policy, [level] * 3, LAYER) - before
    cells = square_cells(level, squares * (3 // len(squares)), 16).tolist()
    expected = torch.zeros_like(added)
    for item, (row, col) in enumerate(cells):
        for i in range(7):
            for j in range(7):
                if 0 <= row + i - 3 < 16 and 0 <= col + j - 3 < 16:
                    expected[item, :, row + i - 3, col + j - 3] = 2 * window[:, i, j]
    torch.testing.assert_close(added, expected, atol=1e-5, rtol=0)


def test_a_stamp_at_the_edge_of_the_world(policy: ImpalaPolicy) -> None:
    level = whole_world(maze.make_level(0))
    stamp = Stamp(LAYER, torch.ones(32, 7, 7), level, [(0, 24)])
    before = activations_of(policy, level, LAYER)
    with stamp.on(policy):
        added = activations_of(policy, level, LAYER) - before
    # The square's cell is the last but none of the row; four of seven rows and columns remain.
    (row, col) = square_cells(level, [(0, 24)], 16)[0].tolist()
    assert int((added[0, 0] > 0.5).sum()) == (16 - row + 3) * (16 - col + 3)


def test_the_largest_numbers() -> None:
    window = torch.tensor([[[1.0, -5.0], [0.0, 3.0]]])
    assert largest(window, 2).tolist() == [[[0.0, -5.0], [0.0, 3.0]]]
    with pytest.raises(ValueError, match="count is 5: give 1 to 4"):
        largest(window, 5)


def test_bad_stamps(policy: ImpalaPolicy) -> None:
    level = maze.make_level(0)
    with pytest.raises(ValueError, match="has no central cell"):
        Stamp(LAYER, torch.ones(32, 2, 2), level, [(0, 0)])
    with (
        pytest.raises(ValueError, match="does not fit"),
        Stamp(LAYER, torch.ones(5, 3, 3), level, [(0, 0)]).on(policy),
    ):
        pass
