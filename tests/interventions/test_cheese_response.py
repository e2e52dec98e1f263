"""What cheese adds around its cell: a planted response is found, and stamps land where asked."""

from __future__ import annotations

import pytest
import torch

from procgen_tools import hooks, maze
from procgen_tools.interventions import activations_of, square_cells
from procgen_tools.interventions.cheese_response import (
    CheeseResponse,
    Stamp,
    cheese_response,
    largest,
)
from procgen_tools.models import ImpalaPolicy

LAYER = "embedder.block2.res1.resadd_out"


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    return ImpalaPolicy(seed=2).eval()


def test_planted_channels_are_found(policy: ImpalaPolicy) -> None:
    """Where frames show the cheese's yellow, channels 3 and 7 are raised on top of noise."""
    levels = [maze.make_level(seed) for seed in range(6)]
    cheeses: list[torch.Tensor] = []

    def plant(activation: torch.Tensor) -> torch.Tensor:
        """Blue is low and red high only in the cheese."""
        generator = torch.Generator().manual_seed(1)
        noise = torch.randn(activation.shape, generator=generator)
        noise[:] = noise[:1]
        yellow = cheeses[-1][:, :1]
        noise[:, 3:4] += 20 * yellow
        noise[:, 7:8] += 8 * yellow
        noise[:, 9:10] -= 8 * yellow
        return noise

    def see(observations: torch.Tensor) -> torch.Tensor:
        is_cheese = (observations[:, :1] > 0.8) & (observations[:, 2:] < 0.4)
        cheeses.append(torch.nn.functional.max_pool2d(is_cheese.float(), 4))
        return observations

    with hooks.patched(policy, {"embedder.block1.conv_in0": see, LAYER: plant}):
        found = cheese_response(policy, LAYER, levels, squares=3)
    assert set(found.strongest(2)) == {3, 7}
    assert found.strength[3] > found.strength[7] > 0 > found.strength[9]
    assert found.added[3].argmax() == 3 * 7 + 3
    assert len(found.present) == 18


def test_without_an_effect_nothing_is_added(policy: ImpalaPolicy) -> None:
    with hooks.patched(policy, {LAYER: lambda x: x[-1:].expand_as(x)}):
        found = cheese_response(policy, LAYER, [maze.make_level(3)])
    assert not found.added.any()
    with pytest.raises(ValueError, match="cheese raises 0 channels"):
        found.strongest(1)


def test_a_quantile_of_natural_values() -> None:
    present = torch.arange(101.0)[:, None] * torch.tensor([1.0, 3.0])
    window = torch.zeros(2, 1, 1)
    found = CheeseResponse(LAYER, present, present, window)
    assert found.natural([0]) == pytest.approx(99)
    assert found.natural([0, 1]) == pytest.approx(198)


@pytest.mark.parametrize("squares", [[(0, 0)], [(0, 0), (12, 12), (4, 6)]])
def test_a_stamp_adds_its_window_around_its_square(
    policy: ImpalaPolicy, squares: list[tuple[int, int]]
) -> None:
    level = maze.make_level(0)
    window = torch.randn(32, 7, 7, generator=torch.Generator().manual_seed(0))
    stamp = Stamp(LAYER, window, level, squares, 2.0)
    before = activations_of(policy, LAYER, [level] * 3)
    with stamp.on(policy):
        added = activations_of(policy, LAYER, [level] * 3) - before
    cells = square_cells(level, squares * (3 // len(squares)), 16).tolist()
    expected = torch.zeros_like(added)
    for item, (row, col) in enumerate(cells):
        for i in range(7):
            for j in range(7):
                if 0 <= row + i - 3 < 16 and 0 <= col + j - 3 < 16:
                    expected[item, :, row + i - 3, col + j - 3] = 2 * window[:, i, j]
    torch.testing.assert_close(added, expected, atol=1e-5, rtol=0)


def test_a_stamp_at_the_edge_of_the_world(policy: ImpalaPolicy) -> None:
    level = maze.whole_world(maze.make_level(0))
    stamp = Stamp(LAYER, torch.ones(32, 7, 7), level, [(0, 24)])
    before = activations_of(policy, LAYER, level)
    with stamp.on(policy):
        added = activations_of(policy, LAYER, level) - before
    # The square's cell is the last but none of the row; four of seven rows and columns remain.
    (row, col) = square_cells(level, [(0, 24)], 16)[0].tolist()
    assert int((added[0, 0] > 0.5).sum()) == (16 - row + 3) * (16 - col + 3)


def test_the_largest_numbers() -> None:
    window = torch.tensor([[[1.0, -5.0], [0.0, 3.0]]])
    assert largest(window, 2).tolist() == [[[0.0, -5.0], [0.0, 3.0]]]
    with pytest.raises(ValueError, match="no 5 largest"):
        largest(window, 5)


def test_bad_stamps(policy: ImpalaPolicy) -> None:
    level = maze.make_level(0)
    with pytest.raises(ValueError, match="has no middle"):
        Stamp(LAYER, torch.ones(32, 2, 2), level, [(0, 0)])
    with (
        pytest.raises(ValueError, match="does not fit"),
        Stamp(LAYER, torch.ones(5, 3, 3), level, [(0, 0)]).on(policy),
    ):
        pass
    with pytest.raises(ValueError, match="no positions"):
        cheese_response(policy, "embedder.fc", [level])
