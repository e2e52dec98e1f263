"""Evaluation of simple agents with known scores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from procgen_tools import chains, vfield
from procgen_tools.evaluation import rollouts
from procgen_tools.evaluation.conditions import held_out_mazes
from procgen_tools.models import ImpalaPolicy, RecurrentPolicy
from procgen_tools.worlds.maze.actions import MOVE_OF_ACTION
from procgen_tools.worlds.maze.agent_view import agent_frames
from procgen_tools.worlds.maze.edit import remove_cheese
from procgen_tools.worlds.maze.grid import LEFT, RIGHT, parse
from procgen_tools.worlds.maze.levels import LevelRule
from procgen_tools.worlds.maze.observations import to_observations

UP_THEN_CHEESE = parse("C..\n.#.\nM..", world_size=15)
AWAY_FROM_UP = parse("..C\n.#.\nM..", world_size=15)


class AlwaysUp(nn.Module):
    """A policy that always chooses UP."""

    def __init__(self) -> None:
        super().__init__()
        self.anchor = nn.Parameter(torch.zeros(1))

    def logits_and_value(self, obs: Tensor) -> tuple[Tensor, Tensor]:
        logits = torch.full((len(obs), 15), -1e9)
        logits[:, 5] = 0
        return logits, torch.zeros(len(obs))


def test_known_agent() -> None:
    mazes = [UP_THEN_CHEESE, AWAY_FROM_UP]
    result = rollouts.evaluate(AlwaysUp(), mazes, step_limit=20)
    assert result.found.tolist() == [True, False]
    assert result.steps.tolist() == [2, 20]
    assert result.visited_corner.tolist() == [False, False]
    assert result.visited_region.tolist() == [True, True]  # a 3 x 3 maze lies inside the region
    assert result.success.count == 1
    assert result.by_size()[3].total == 2


def test_backends_agree() -> None:
    """The same sampled actions, the same frames, the same episodes."""
    pytest.importorskip("procgen")
    policy = ImpalaPolicy(seed=1).eval()
    mazes = held_out_mazes(LevelRule(15, 5, maze_size=5), 10)
    mazes += [remove_cheese(maze) for maze in mazes]
    ours, theirs = (
        rollouts.evaluate(policy, mazes, seed=3, step_limit=60, backend=backend)
        for backend in ("native", "procgen")
    )
    assert ours.found[:10].sum() > 0
    assert not ours.found[10:].any()
    for name in ("found", "steps", "visited_corner", "visited_region"):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name


def test_sampled_share_agrees_with_exact_chances() -> None:
    """A random network plays one small maze many times."""
    policy = ImpalaPolicy(seed=1).eval()
    maze = parse("..C\n.#.\nM..", world_size=15)
    exact = chains.chances(vfield.vector_field(maze, policy), step_limit=30)
    result = rollouts.evaluate(policy, [maze] * 400, step_limit=30)
    low, high = result.success.interval
    assert low < exact.cheese < high
    assert 0.05 < exact.cheese < 0.95


class CountsThenUp(nn.Module):
    """A policy that stays for three steps of its episode and then goes UP, so it must remember
    the steps."""

    memory_size = 1

    def initial_memory(self, batch: int) -> Tensor:
        return torch.full((batch, 1), 100.0)  # whoever does not begin anew presses UP at once

    def step(self, obs: Tensor, memory: Tensor, firsts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        memory = torch.where(firsts[:, None], 0.0, memory) + 1
        logits = torch.full((len(obs), 15), -1e9)
        logits[:, 4] = 0
        logits[memory[:, 0] > 3, 5] = 1e9
        return logits, torch.zeros(len(obs)), memory


def test_each_episode_has_its_own_memory() -> None:
    near = parse("...\nC#.\nM..", world_size=15)
    result = rollouts.evaluate(
        CountsThenUp(), [near, UP_THEN_CHEESE, near, AWAY_FROM_UP], step_limit=10
    )
    assert result.steps.tolist() == [4, 5, 4, 10]
    assert result.found.tolist() == [True, True, True, False]
    assert result.returns.tolist() == [10, 10, 10, 0]


def test_a_recurrent_policy_plays_as_step_by_step() -> None:
    """Compared with one episode played step by step. A very large scale of the logits makes the
    policy greedy."""
    policy = RecurrentPolicy(seed=3).eval()
    with torch.no_grad():
        policy.fc_policy.weight.mul_(1e6)
    maze = parse("..C\n.#.\nM..", world_size=15)
    memory, square, steps = policy.initial_memory(1), maze.mouse, 0
    mirrored = False
    while square != maze.cheese and steps < 12:
        frames = agent_frames(replace(maze, mouse_mirrored=mirrored), [square])
        with torch.no_grad():
            logits, _, memory = policy.step(
                torch.from_numpy(to_observations(frames)), memory, torch.tensor([steps == 0])
            )
        move = MOVE_OF_ACTION[int(logits.argmax())]
        mirrored = {LEFT: False, RIGHT: True}.get(move, mirrored)
        square, steps = maze.neighbour(square, move), steps + 1
    result = rollouts.evaluate(policy, [maze, maze], step_limit=12)
    assert result.steps.tolist() == [steps, steps]
    assert result.found.tolist() == [square == maze.cheese] * 2


def test_bad_input() -> None:
    with pytest.raises(ValueError, match=r"step_limit 501 is not in 1..500"):
        rollouts.evaluate(ImpalaPolicy(), [UP_THEN_CHEESE], step_limit=501)
    with pytest.raises(ValueError, match="give one or more"):
        rollouts.evaluate(ImpalaPolicy(), [])
