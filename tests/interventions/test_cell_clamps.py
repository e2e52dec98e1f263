"""Clamps of cells: one number changes, and what the policy does not have is refused."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
import torch

from procgen_tools import hooks, maze
from procgen_tools.interventions import Clamp, ClampCell, observe, square_cells
from procgen_tools.models import ImpalaPolicy

POLICY = ImpalaPolicy(seed=0).eval()
LEVEL = maze.parse("..C\n.##\nM..")
LAYER = "embedder.block2.res1.resadd_out"


def recorded(edit: ClampCell | Clamp | None, layer: str) -> torch.Tensor:
    """An activation as later layers see it."""
    acting = nullcontext() if edit is None else edit.on(POLICY)
    with torch.no_grad(), acting, hooks.record(POLICY, [layer]) as seen:
        POLICY(observe(LEVEL))
    return seen[layer][0]


@pytest.mark.parametrize(("layer", "cell"), [(LAYER, (7, 9)), ("embedder.fc_out", None)])
def test_only_the_cell_of_the_channel_changes(layer: str, cell: tuple[int, int] | None) -> None:
    before = recorded(None, layer)
    after = recorded(ClampCell(layer, 5.5, cell, channels=[3]), layer)
    expected = before.clone()
    expected[(3, *(cell or ()))] = 5.5
    torch.testing.assert_close(after, expected)


def test_at_the_cell_of_a_square_it_is_a_clamp() -> None:
    (place,) = square_cells(LEVEL, [(2, 2)], 16)
    at_cell = ClampCell(LAYER, -2.0, (int(place[0]), int(place[1])), channels=[3])
    at_square = Clamp(LAYER, -2.0, LEVEL, [(2, 2)], channels=[3])
    fc = "embedder.fc_out"
    torch.testing.assert_close(recorded(at_cell, fc), recorded(at_square, fc))


@pytest.mark.parametrize(
    ("layer", "cell", "message"),
    [
        (LAYER, (16, 0), r"no cell \(16, 0\): give \(row, col\) in \(0..15, 0..15\)"),
        (LAYER, (0, -1), "no cell"),
        (LAYER, None, "no cell None"),
        ("embedder.fc", (0, 0), "no positions: give cell None"),
    ],
)
def test_cells_that_do_not_exist(layer: str, cell: tuple[int, int] | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ClampCell(layer, 1.0, cell).check(POLICY)


def test_values_that_are_no_numbers() -> None:
    with pytest.raises(ValueError, match="value of a clamp is nan: give a finite number"):
        ClampCell(LAYER, float("nan"), (0, 0))
