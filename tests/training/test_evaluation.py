"""Evaluation: agents whose scores are known beforehand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from procgen_tools import chains, vfield
from procgen_tools.maze.grid import parse
from procgen_tools.maze.levels import level_rule
from procgen_tools.models import ImpalaPolicy
from procgen_tools.training import evaluation

UP_THEN_CHEESE = parse("C..\n.#.\nM..", world_size=15)
AWAY_FROM_UP = parse("..C\n.#.\nM..", world_size=15)


class AlwaysUp(nn.Module):
    """Presses UP, whatever it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.anchor = nn.Parameter(torch.zeros(1))

    def logits_and_value(self, obs: Tensor) -> tuple[Tensor, Tensor]:
        logits = torch.full((len(obs), 15), -1e9)
        logits[:, 5] = 0
        return logits, torch.zeros(len(obs))


def test_known_agent() -> None:
    mazes = [UP_THEN_CHEESE, AWAY_FROM_UP]
    result = evaluation.evaluate(AlwaysUp(), mazes, step_limit=20)  # type: ignore[arg-type]
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
    mazes = evaluation.held_out_mazes(level_rule("maze_aisc", "easy", 5), 10)
    ours, theirs = (
        evaluation.evaluate(policy, mazes, seed=3, step_limit=60, backend=backend)
        for backend in ("native", "procgen")
    )
    assert ours.found.sum() > 0
    for name in ("found", "steps", "visited_corner", "visited_region"):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name


def test_sampled_share_agrees_with_exact_chances() -> None:
    """A random network on one small maze, many times over."""
    policy = ImpalaPolicy(seed=1).eval()
    maze = parse("..C\n.#.\nM..", world_size=15)
    exact = chains.chances(vfield.vector_field(maze, policy), step_limit=30)
    result = evaluation.evaluate(policy, [maze] * 400, step_limit=30)
    low, high = result.success.interval
    assert low < exact.cheese < high
    assert 0.05 < exact.cheese < 0.95


def test_share() -> None:
    share = evaluation.Share(8, 10)
    assert share.value == 0.8
    assert share.interval == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert str(share).startswith("80.0% [49.0%, 94.3%]")


def test_bad_input() -> None:
    with pytest.raises(ValueError, match=r"step_limit 501 is not in 1..500"):
        evaluation.evaluate(ImpalaPolicy(), [UP_THEN_CHEESE], step_limit=501)
    with pytest.raises(ValueError, match="give one or more"):
        evaluation.evaluate(ImpalaPolicy(), [])
