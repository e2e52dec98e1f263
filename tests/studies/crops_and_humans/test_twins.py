"""Twins: they differ by walls alone, and patching everything makes one the other."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools import crops_and_humans
from procgen_tools.models import QNetwork
from procgen_tools.studies.crops_and_humans.twins import (
    HIDDEN,
    Twins,
    all_twins,
    find_carriers,
    harvests,
    harvests_when_patched,
)


@pytest.fixture(scope="module")
def twins() -> Twins:
    return all_twins()[np.arange(0, 400, 7)]


@pytest.fixture(scope="module")
def network() -> QNetwork:
    return QNetwork(24, seed=4).eval()


def test_they_differ_by_walls_alone(twins: Twins) -> None:
    before, after = twins.training.mazes, twins.production.mazes
    assert (twins.training.positions == twins.production.positions).all()
    changed = before != after
    assert set(np.unique(changed.sum(axis=(1, 2)))) <= {2, 4, 6}
    assert np.isin(before[changed], [crops_and_humans.WALL, crops_and_humans.EMPTY]).all()
    assert crops_and_humans.sticks_out(after).all()
    for states in (twins.training, twins.production):
        assert (
            crops_and_humans.step(states, twins.actions).entered == crops_and_humans.HUMAN
        ).all()


@pytest.mark.parametrize("layer", HIDDEN)
def test_patching_all_units_makes_one_the_other(
    twins: Twins, network: QNetwork, layer: str
) -> None:
    everything = range(24)
    there = harvests_when_patched(network, twins, layer, everything)
    assert (there == harvests(network, twins.production, twins.actions)).all()
    back = harvests_when_patched(network, twins, layer, everything, back=True)
    assert (back == harvests(network, twins.training, twins.actions)).all()
    nothing = harvests_when_patched(network, twins, layer, [])
    assert (nothing == harvests(network, twins.training, twins.actions)).all()


def test_the_unit_that_carries_it_is_found(twins: Twins, network: QNetwork) -> None:
    """In a copy in which one unit alone reaches the values, no other has an effect."""
    only = QNetwork(24, seed=4).eval()
    weight = only.fc_q.weight.detach()
    weight[:] = 0
    weight[:, 5] = network.fc_q.weight.detach()[:, 5] * 10
    carriers = find_carriers(only, twins, "relu3_out")
    assert np.flatnonzero(carriers.effects).tolist() == [5]
    assert carriers.strongest(1) in ((5,), (int(np.argmax(carriers.effects)),))
