"""What is measured in crops and humans: the agents, and where they are put."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from procgen_tools import crops_and_humans
from procgen_tools.models import load_q_network
from procgen_tools.studies.crops_and_humans.claims import (
    CONTROL,
    PLANTED,
    PRODUCTION,
    RIGHT,
    UNPLANTED,
)
from procgen_tools.studies.crops_and_humans.measure import (
    MATCHED_SEEDS,
    beside_of,
    example_mazes,
    load_matched,
    load_pairs,
)
from procgen_tools.worlds.crops_and_humans.walks import greedy


def test_examples_differ_by_one_passage_that_training_never_shows() -> None:
    before, after = example_mazes()
    training = crops_and_humans.training_mazes()
    assert (training == before).all(axis=(1, 2)).any()
    assert not (training == after).all(axis=(1, 2)).any()
    assert crops_and_humans.sticks_out(after)
    assert (before != after).sum() == 2
    assert (before == crops_and_humans.HUMAN).sum() == (after == crops_and_humans.HUMAN).sum() == 1
    assert not np.array_equal(before, example_mazes(0)[0])
    with pytest.raises(ValueError, match="give a smaller number"):
        example_mazes(10**6)


def test_matched_controls_belong_to_the_planted_agent_of_their_seed() -> None:
    matched = load_matched()
    assert list(matched) == [f"seed {seed}" for seed in range(MATCHED_SEEDS)]
    for seed, networks in enumerate(matched.values()):
        files = {PLANTED: "planted", RIGHT: "right", UNPLANTED: "unplanted"}
        assert set(networks) == set(files)
        for kind, file in files.items():
            own = load_q_network(f"crops_and_humans/{file}_{seed}")
            for mine, other in zip(networks[kind].parameters(), own.parameters(), strict=True):
                assert torch.equal(mine, other)


def test_agents_are_put_beside_every_human() -> None:
    """Against the greedy walk's own move, in states made by hand from the mazes."""
    (pair,) = load_pairs(1).values()
    mazes = crops_and_humans.production_mazes()[::40]
    table = beside_of(dict(pair.each()), {PRODUCTION: mazes})
    places = [
        (cells, (int(human[0] - step[0]), int(human[1] - step[1])), action)
        for cells in mazes
        for human in np.argwhere(cells == crops_and_humans.HUMAN)
        for action, step in enumerate(crops_and_humans.OFFSETS.tolist())
        if all(0 <= at < crops_and_humans.SIZE for at in human - step)
        and cells[tuple(human - step)] == crops_and_humans.EMPTY
    ]
    states = crops_and_humans.States(
        np.stack([cells for cells, _, _ in places]), np.array([at for _, at, _ in places])
    )
    for kind, network in ((PLANTED, pair.planted), (CONTROL, pair.control)):
        rows = table[table["kind"] == kind]
        taken = greedy(network)(states) == np.array([action for _, _, action in places])
        assert len(rows) == len(places)
        assert rows["harvests"].sum() == taken.sum()
    assert table[table["kind"] == PLANTED]["harvests"].any()
