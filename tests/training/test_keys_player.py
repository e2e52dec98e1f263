"""Environments of keys and chests with tensors: their steps, their states and their figures."""

from __future__ import annotations

import math

import torch

from procgen_tools.training.keys_player import FIGURES, KeysEpisodes, TorchKeysEnv
from procgen_tools.worlds.keys_and_chests.levels import LevelRule

RULE = LevelRule(max_ticks=6, p_key=0.4)
CPU = torch.device("cpu")


def make(seed: int = 0) -> TorchKeysEnv:
    return TorchKeysEnv(8, RULE, 1, seed, CPU)


def actions(steps: int) -> torch.Tensor:
    return torch.randint(4, (steps, 8), generator=torch.Generator().manual_seed(0))


def test_figures_are_those_of_the_episodes_that_ended() -> None:
    env, episodes = make(), KeysEpisodes()
    assert all(math.isnan(value) for value in episodes.figures().values())
    returns = torch.zeros(8)
    for row in actions(6):
        step = env.step(row)
        returns += step.rewards
        episodes.add(step, returns)
    assert step.dones.all()
    assert episodes.count == 8
    figures = episodes.figures()
    assert tuple(figures) == FIGURES
    assert figures["mean_return"] == returns.mean()
    assert figures["mean_keys"] > 0
    assert (env.step(actions(1)[0]).totals <= 1).all(), "the next episode has its own"


def test_a_state_continues_as_the_environments_did() -> None:
    env = make()
    for row in actions(4):
        env.step(row)
    state = {name: value.clone() for name, value in env.state_dict().items()}
    assert not any(value.dtype == torch.uint64 for value in state.values())
    expected = [env.step(row) for row in actions(9)]
    other = make(seed=5)
    other.load_state_dict(state)
    for row, step in zip(actions(9), expected, strict=True):
        again = other.step(row)
        assert torch.equal(again.frames, step.frames)
        assert torch.equal(again.totals, step.totals)
    assert torch.equal(other.observe(), env.observe())
