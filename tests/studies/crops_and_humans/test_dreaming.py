"""Dreams: they climb, they find what is planted, and what is decoded can be played."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from procgen_tools import crops_and_humans
from procgen_tools.models import QNetwork
from procgen_tools.studies.crops_and_humans.dreaming import (
    STARTS,
    DreamSettings,
    all_encounters,
    decode,
    dream,
    margin,
)
from procgen_tools.studies.crops_and_humans.shift_dreams import (
    beside_items,
    gap,
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


@pytest.mark.parametrize("start", STARTS)
def test_dreams_climb_and_keep_what_is_held(start: str) -> None:
    encounters = all_encounters()
    found = dream(QNetwork(16, seed=1), encounters, DreamSettings(start=start, step_size=0.01))
    assert (found.margins[:, -1] >= found.margins[:, 0]).all()
    assert (found.margins[:, -1] > found.margins[:, 0]).any()
    assert ((found.walls >= 0) & (found.walls <= 1)).all()
    for index, (agent, item) in enumerate(zip(encounters.agents, encounters.items, strict=True)):
        for cell in (tuple(agent), tuple(item), crops_and_humans.START, crops_and_humans.END):
            assert (found.walls[index, :, cell[0], cell[1]] == 0).all()
    again = dream(QNetwork(16, seed=1), encounters, DreamSettings(start=start, step_size=0.01))
    assert (again.walls == found.walls).all()


def test_dreams_find_what_the_network_waits_for() -> None:
    encounters = all_encounters()
    right = encounters[np.flatnonzero(encounters.actions == 3)[:6]]
    found = dream(Waits(3 * 7 + 1, 5 * 7 + 5), right, DreamSettings(start="grey", step_size=0.1))
    assert (found.walls[:, -1, 3, 1] == 1).all()
    assert (found.walls[:, -1, 5, 5] == 0).all()
    untouched = found.walls[:, -1, 1, 3]
    assert (untouched == 0.5).all()


def test_dreams_begin_with_the_walls_they_are_given() -> None:
    mazes, encounters = beside_items(crops_and_humans.training_mazes()[:40])
    found = dream(QNetwork(8, seed=1), encounters, DreamSettings(steps=1), mazes=mazes)
    assert ((found.walls[:, 0] == 1) == (mazes == crops_and_humans.WALL)).all()
    plain, mean = (
        dream(QNetwork(8, seed=1), encounters, DreamSettings(against=against), mazes=mazes)
        for against in ("sum", "mean")
    )
    assert (plain.walls[:, -1] != mean.walls[:, -1]).any()
    assert (mean.margins[:, -1] > mean.margins[:, 0]).all()


def test_a_dream_leaves_the_network_alone() -> None:
    network = QNetwork(8, seed=2)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    dream(network, all_encounters(), DreamSettings(steps=3))
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_regularised_dreams_have_fewer_walls() -> None:
    network, encounters = QNetwork(16, seed=3), all_encounters()
    plain, sparse = (
        dream(network, encounters, DreamSettings(start="noise", step_size=0.01, sparsity=sparsity))
        for sparsity in (0.0, 5.0)
    )
    assert sparse.walls[:, -1].sum() < plain.walls[:, -1].sum()
    binary = dream(
        network, encounters, DreamSettings(start="noise", step_size=0.01, binarity=20.0)
    ).walls[:, -1]
    assert (np.minimum(binary, 1 - binary) < 0.05).mean() > 0.95


def test_decoded_dreams_can_be_played() -> None:
    rng = np.random.default_rng(0)
    encounters = all_encounters()
    for agent, item in zip(encounters.agents, encounters.items, strict=True):
        walls = rng.random((7, 7)).astype(np.float32)
        cells = decode(walls, agent, item)
        crops_and_humans.check(cells)
        assert crops_and_humans.reachable(cells)[tuple(agent)]
        assert cells[tuple(item)] == crops_and_humans.HUMAN
        assert (walls[cells == crops_and_humans.WALL] >= 0.5).all(), "decoding only opens walls"


def test_decoding_opens_the_cheapest_way() -> None:
    """A wall from edge to edge with one weak cell: that one is opened, and no other."""
    walls = np.zeros((7, 7), np.float32)
    walls[3] = 0.9
    walls[3, 4] = 0.6
    cells = decode(walls, np.array([0, 1]), np.array([0, 2]))
    assert np.argwhere(cells[3] != crops_and_humans.WALL).ravel().tolist() == [4]


def test_the_margin_and_the_gap() -> None:
    values = torch.tensor([[1.0, 2.0, 3.0, 5.0], [4.0, 0.0, -1.0, 0.5]])
    actions = torch.tensor([3, 3])
    assert margin(values, actions).tolist() == [5 - 6, 0.5 - 3]
    assert margin(values, actions, "mean").tolist() == [5 - 2, 0.5 - 1]
    assert gap(values, actions).tolist() == [2.0, -3.5]


def test_bad_dreams_say_why() -> None:
    with pytest.raises(ValueError, match="no start 'closed': choose open, grey"):
        DreamSettings(start="closed")
    with pytest.raises(ValueError, match="against is 'max': choose sum or mean"):
        DreamSettings(against="max")
    with pytest.raises(ValueError, match="change nothing: give at least one"):
        DreamSettings(steps=0)
