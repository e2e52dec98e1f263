"""Activations lie over the maze where their cells are centred, and walls where walls are."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from procgen_tools import hooks, maze
from procgen_tools.interventions import observe, square_cells
from procgen_tools.models import ImpalaPolicy
from procgen_tools.plots.activations import (
    activation_extent,
    draw_walls,
    plot_activation,
    plot_channels,
    plot_layers,
)


@pytest.mark.parametrize("side", [64, 32, 16, 8])
@pytest.mark.parametrize("seed", [0, 3])
def test_the_cell_of_a_square_is_drawn_nearest_to_it(seed: int, side: int) -> None:
    level = maze.make_level(seed)
    left, right, bottom, top = activation_extent(level, side)
    cell = (right - left) / side
    assert right - left == top - bottom == level.world_size
    squares = level.open_squares()
    for square, (row, col) in zip(squares, square_cells(level, squares, side), strict=True):
        x, y = left + (col + 0.5) * cell, top - (row + 0.5) * cell
        if 0 < row < side - 1 and 0 < col < side - 1:
            assert abs(x - square.col) <= cell / 2 + 1e-9
            assert abs(y - square.row) <= cell / 2 + 1e-9


def test_the_input_lies_on_its_squares() -> None:
    """The pixels that the cheese changes are centred on its square."""
    level = maze.make_level(4)
    assert level.cheese is not None
    seen, without = observe([level, maze.remove_cheese(level)])
    changed = (seen - without).abs().sum(dim=0).numpy()
    left, right, bottom, top = activation_extent(level, 64)
    rows, cols = np.nonzero(changed)
    x = left + (cols + 0.5) * (right - left) / 64
    y = top - (rows + 0.5) * (top - bottom) / 64
    assert np.average(x, weights=changed[rows, cols]) == pytest.approx(level.cheese.col, abs=0.3)
    assert np.average(y, weights=changed[rows, cols]) == pytest.approx(level.cheese.row, abs=0.3)


def test_walls_are_outlined_and_nothing_else() -> None:
    level = maze.make_level(0)
    ax = Figure().subplots()
    draw_walls(ax, level)
    middles = {
        tuple(np.mean(segment, axis=0).tolist()) for segment in ax.collections[0].get_segments()
    }
    expected = set()
    for row, col in level.open_squares():
        for step_row, step_col in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            if not level.is_open((row + step_row, col + step_col)):
                expected.add((col + step_col / 2, row + step_row / 2))
    assert middles == expected


def test_figures_hold_what_was_asked_for() -> None:
    policy = ImpalaPolicy(seed=0).eval()
    level = maze.make_level(51)
    with hooks.record(policy) as recorded, torch.no_grad():
        policy(observe(level))
    assert len(recorded) == sum(bool(ax.get_title()) for ax in plot_layers(recorded, level).axes)
    activation = recorded["embedder.block2.res1.resadd"][0]
    figure = plot_channels(activation, level, channels=[3, 31])
    assert [ax.get_title() for ax in figure.axes[:2]] == ["3", "31"]
    shown = figure.axes[1].images[0]
    np.testing.assert_allclose(shown.get_array(), activation[31].double().numpy())
    assert shown.get_clim() == figure.axes[0].images[0].get_clim()
    assert list(level.landmarks()) == ["top-right corner", "mouse", "cheese", "decision square"]
    assert "cheese" not in maze.remove_cheese(level).landmarks()


def test_what_cannot_be_drawn() -> None:
    level, ax = maze.make_level(0), Figure().subplots()
    with pytest.raises(ValueError, match=r"the activation has shape .* give one channel"):
        plot_activation(torch.zeros(5), level, ax)
    with pytest.raises(ValueError, match=r"limit -1\.0 is not positive"):
        plot_activation(np.zeros((8, 8)), level, ax, limit=-1.0)
    with pytest.raises(ValueError, match=r"not all in 0\.\.1"):
        plot_channels(np.zeros((2, 8, 8)), level, channels=[2])
    with pytest.raises(ValueError, match="no activations to draw"):
        plot_layers({}, level)
    with pytest.raises(ValueError, match="contains 2 observations"):
        plot_layers({"embedder.fc_out": torch.zeros(2, 256)}, level)


def test_one_activation_and_no_columns() -> None:
    level = maze.parse("..C\n.##\nM..")
    figure = plot_layers({"embedder.block1.conv_out": torch.rand(1, 16, 64, 64)}, level)
    plt.close(figure)
    with pytest.raises(ValueError, match="columns is 0"):
        plot_layers({"embedder.block1.conv_out": torch.rand(1, 16, 64, 64)}, level, columns=0)
