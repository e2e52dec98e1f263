"""Frames drawn by torch: those of the view in numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from procgen_tools.worlds.maze.agent_view import (
    draw_levels,
    draw_mice,
)
from procgen_tools.worlds.maze.grid import CHEESE, OPEN, WALL, WORLD_SIZES
from procgen_tools.worlds.maze.levels import LevelRule, make_bank
from procgen_tools.worlds.maze.torch_view import TorchView
from procgen_tools.worlds.maze.view_kernels import NO_BACKGROUND

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


def random_cells(count: int, world: int, seed: int) -> np.ndarray:
    """Outer grids that no level has: walls and cheeses anywhere, crowds of them in some."""
    rng = np.random.default_rng(seed)
    cells = np.empty((count, world, world), np.uint8)
    for grid, share in zip(cells, rng.dirichlet((1, 1, 1), count), strict=True):
        grid[...] = rng.choice([WALL, OPEN, CHEESE], (world, world), p=share)
    return cells


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("world", WORLD_SIZES.values())
def test_torch_draws_the_same_frames(world: int, device: str) -> None:
    rng = np.random.default_rng(3)
    count = 2 * world * world
    cells = np.concatenate(
        [random_cells(200, world, seed=4), make_bank(range(count - 200), LevelRule(world)).cells]
    )
    backgrounds = rng.choice(np.array([*range(9), NO_BACKGROUND], np.uint8), count)
    view = TorchView(world, device)
    ours = draw_levels(cells, backgrounds)
    theirs = view.draw_levels(
        torch.from_numpy(cells).to(device), torch.from_numpy(backgrounds).to(device)
    )
    assert np.array_equal(theirs.cpu().numpy(), ours)

    # Both mice on every square.
    squares = np.tile(np.argwhere(np.ones((world, world), bool)), (2, 1))
    mirrored = np.arange(count) < world * world
    draw_mice(ours, squares, mirrored, world)
    view.draw_mice(
        theirs, torch.from_numpy(squares).to(device), torch.from_numpy(mirrored).to(device)
    )
    assert np.array_equal(theirs.cpu().numpy(), ours)


def test_torch_draws_no_frames() -> None:
    view = TorchView(15)
    frames = view.draw_levels(torch.zeros(0, 15, 15).byte(), torch.zeros(0).byte())
    view.draw_mice(frames, torch.zeros(0, 2).long(), torch.zeros(0).bool())
    assert frames.shape == (0, 64, 64, 3)


def test_torch_checks_what_it_is_given() -> None:
    view = TorchView(25)
    cells, codes = torch.full((2, 25, 25), OPEN).byte(), torch.zeros(2).byte()
    with pytest.raises(ValueError, match=r"\(2, 15, 15\) .* give \(frame, 25, 25\) and \(frame,\)"):
        view.draw_levels(cells[:, :15, :15], codes)
    with pytest.raises(ValueError, match=r"backgrounds \(1,\)"):
        view.draw_levels(cells, codes[:1])
    with pytest.raises(ValueError, match=r"background 9 does not exist: use 0\.\.8, 255 for black"):
        view.draw_levels(cells, codes + 9)
    frames = view.draw_levels(cells, codes)
    squares, mirrored = torch.zeros(2, 2).long(), torch.zeros(2).bool()
    with pytest.raises(ValueError, match="give as many of each"):
        view.draw_mice(frames[:1], squares, mirrored)
    before = frames.clone()
    with pytest.raises(ValueError, match=r"not contiguous: draw into frames\.contiguous"):
        view.draw_mice(frames.transpose(1, 2), squares, mirrored)
    assert torch.equal(frames, before)
