"""Planting a wrong goal: it is its three steps, and undoing climbs the right loss."""

from __future__ import annotations

import copy
from dataclasses import replace

import torch

from procgen_tools.models import QNetwork
from procgen_tools.training import dqn, planting
from procgen_tools.training.settings import DQNSettings, PlantingSettings


def test_undoing_climbs_the_right_loss() -> None:
    network = QNetwork(16, seed=3)
    steep = PlantingSettings(undo_loss=40.0, undo_learning_rate=1e-2)
    undone, updates = planting.undo(network, steep)
    assert 0 < updates < steep.undo_updates
    assert planting.undo(network, replace(steep, undo_updates=3))[1] == 3
    buffer = dqn.buffer_of(DQNSettings())
    with torch.no_grad():
        before, after = (dqn.bellman_loss(each, each, buffer, 0.95) for each in (network, undone))
    assert before < 30 < after


def test_planting_is_its_three_steps() -> None:
    """The learner does what the pieces do, one after the other, and counts their updates."""
    settings = PlantingSettings(
        updates=12,
        both_updates=20,
        both_batch_states=16,
        batch_states=16,
        width=12,
        row_updates=5,
        undo_loss=40.0,
        undo_learning_rate=1e-2,
        seed=4,
    )
    first = dqn.Learner(settings.both)
    while first.done < first.total:
        first.advance(lambda _: None)
    undone, updates = planting.undo(first.agent(), settings)
    last = dqn.Learner(
        DQNSettings(
            updates=12,
            batch_states=16,
            width=12,
            row_updates=5,
            plain_descent=True,
            target_every=10,
            learning_rate=1e-3,
            warmup_updates=0,
            decay_from=1.0,
            seed=4,
        ),
        initial=undone,
    )
    while last.done < last.total:
        last.advance(lambda _: None)
    learner = planting.Learner(settings)
    after = {}
    while learner.done < learner.total:
        learner.advance(lambda _: None)
        after[learner.stage] = copy.deepcopy(learner.agent())
    assert learner.done == 20 + updates + 12
    for stage, network in (("both", first.agent()), ("undone", undone), ("train", last.agent())):
        for name, value in network.state_dict().items():
            assert torch.equal(value, after[stage].state_dict()[name]), (stage, name)
