"""Agents of an audit: found with their world, refused before anything is measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from procgen_tools import crops_and_humans, maze
from procgen_tools.audit.agents import RANDOM, UNTRAINED, digest_of, field_of, read_agent, untrained
from procgen_tools.models import ImpalaPolicy, RecurrentPolicy, save_policy


def test_agents_know_their_world() -> None:
    assert read_agent("rand_region_5").world == "maze"
    assert read_agent("black_same_data_seed_0").world == "two_objects"
    planted = read_agent("crops_and_humans/planted_0")
    assert (planted.name, planted.world) == ("planted_0", "crops_and_humans")
    assert read_agent("anywhere").settings["rand_region"] is None
    assert read_agent("keys_and_chests/seed_0").world == "keys_and_chests"


def test_settings_can_be_given(tmp_path: Path) -> None:
    save_policy(ImpalaPolicy(), tmp_path / "mine.pth")
    mine = read_agent(tmp_path / "mine.pth", settings={"world_size": 15})
    assert (mine.name, mine.world, dict(mine.settings)) == ("mine", "maze", {"world_size": 15})
    assert {level.world_size for level in mine.asked(levels=2, census=2).apart} == {15}


def test_a_network_is_an_agent() -> None:
    audited = read_agent(ImpalaPolicy(seed=2), "two_objects", name="mine")
    assert (audited.name, audited.world) == ("mine", "two_objects")
    assert set(audited.players()) == {"agent", UNTRAINED, RANDOM}


def test_untrained_weights_are_new_and_have_a_seed() -> None:
    policy = ImpalaPolicy(seed=5)
    one, same, other = (untrained(policy, seed=seed) for seed in (0, 0, 1))
    assert digest_of(one) == digest_of(same)
    assert len({digest_of(each) for each in (policy, one, other)}) == 3
    before = torch.random.get_rng_state()
    untrained(policy, seed=3)
    assert torch.equal(before, torch.random.get_rng_state())


def test_random_actions() -> None:
    field = field_of(None, maze.make_level(3))
    assert np.allclose(field.by_state[0] * 15, [3, 3, 1, 1, 7])
    crops = crops_and_humans.Level(crops_and_humans.training_mazes()[0])
    assert np.allclose(field_of(None, crops).by_state[:-1], 0.25)


def test_mistakes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"world is 'mazes'.*choose one of maze, two_objects"):
        read_agent("rand_region_5", "mazes")
    with pytest.raises(ValueError, match="is an agent of maze, not of two_objects"):
        read_agent("rand_region_5", "two_objects")
    with pytest.raises(ValueError, match=r"has a memory \(RecurrentPolicy\)"):
        read_agent(RecurrentPolicy())
    with pytest.raises(TypeError, match="logits_and_value"):
        read_agent(nn.Linear(2, 2))
    with pytest.raises(FileNotFoundError, match="there is no agent 'nobody'"):
        read_agent("nobody")


def test_sizes_of_levels_belong_to_the_maze() -> None:
    with pytest.raises(ValueError, match="sizes of their own: leave max_maze_size out"):
        read_agent("black_same_data_seed_0", settings={"max_maze_size": 7})
