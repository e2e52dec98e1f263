"""Dreams one shift away from a maze: against trying everything."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from procgen_tools import crops_and_humans
from procgen_tools.models import QNetwork
from procgen_tools.studies.crops_and_humans.dreaming import (
    all_encounters,
    contains_block,
)
from procgen_tools.studies.crops_and_humans.shift_dreams import (
    beside_items,
    one_shift_away,
    shift_dreams,
)


class Waits(nn.Module):
    """Wants any action the more, the more wall there is in one cell and the less in another."""

    def __init__(self, wall: int, no_wall: int) -> None:
        super().__init__()
        self.wall, self.no_wall = wall, no_wall

    def forward(self, inputs: Tensor) -> Tensor:
        wanted = 100 * (inputs[:, self.wall] - inputs[:, self.no_wall])
        # Only the last action, so that its margin is what is wanted.
        return torch.stack([torch.zeros_like(wanted)] * 3 + [wanted], dim=1)


def test_one_shift_away_by_trying_everything() -> None:
    cells = crops_and_humans.training_mazes()[100]
    keep = (2, 2)
    expected = set()
    for closed, opened in product(
        np.argwhere(cells == 1).tolist(), np.argwhere(cells == 0).tolist()
    ):
        if abs(closed[0] - opened[0]) + abs(closed[1] - opened[1]) != 1:
            continue
        if tuple(closed) in (crops_and_humans.START, keep):
            continue
        shifted = cells.copy()
        shifted[tuple(closed)], shifted[tuple(opened)] = 0, 1
        if crops_and_humans.reachable(shifted).sum() == 31:
            expected.add(shifted.tobytes())
    found = one_shift_away(cells, keep)
    assert {maze.tobytes() for maze in found} == expected
    assert len(expected) > 2
    solid = crops_and_humans.parse("1000000/1000000/1000000/1000000/1000000/1000000/111111E")
    assert len(one_shift_away(solid, keep)) == 0
    with pytest.raises(ValueError, match="no passage can be shifted in 1000000/"):
        shift_dreams(QNetwork(4), solid[None], all_encounters()[np.array([0])])


def test_something_can_be_shifted_beside_humans() -> None:
    mazes, encounters = beside_items(crops_and_humans.training_mazes()[::15])
    for cells, (row, col) in zip(mazes, encounters.agents.tolist(), strict=True):
        assert len(one_shift_away(cells, (row, col)))


def test_the_best_shift_is_the_one_that_is_waited_for() -> None:
    mazes, encounters = beside_items(crops_and_humans.training_mazes()[:200])
    right = np.flatnonzero(encounters.actions == 3)[:5]
    network = Waits(3 * 7 + 2, 3 * 7 + 3)
    found = shift_dreams(network, mazes[right], encounters[right])
    for index, cells in enumerate(mazes[right]):
        agent = encounters[right].agents[index]
        tried = one_shift_away(cells, (int(agent[0]), int(agent[1])))
        wanted = 100.0 * ((tried[:, 3, 2] == 0).astype(int) - (tried[:, 3, 3] == 0))
        best = found.mazes[index]
        assert 100.0 * (int(best[3, 2] == 0) - int(best[3, 3] == 0)) == wanted.max()
        assert found.blocks[index] == contains_block(best[None])[0]
        assert found.chances[index] == contains_block(tried).mean()


def test_agents_beside_items() -> None:
    mazes, encounters = beside_items(crops_and_humans.production_mazes())
    rows, cols = encounters.items.T
    assert (mazes[np.arange(len(mazes)), rows, cols] == crops_and_humans.HUMAN).all()
    stepped = crops_and_humans.step(
        crops_and_humans.States(mazes, encounters.agents), encounters.actions
    )
    assert (stepped.entered == crops_and_humans.HUMAN).all()
    sides = [
        (
            (mazes_now == crops_and_humans.HUMAN)
            & (np.roll(mazes_now, 1, 1) == crops_and_humans.EMPTY)
        )[:, 1:].sum()
        for mazes_now in (crops_and_humans.production_mazes(),)
    ]
    assert (encounters.actions == 1).sum() == sides[0], "from above: as many as there are"
