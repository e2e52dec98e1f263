"""Exact scores, compared with known scores of simple policies and with sampled episodes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical

from procgen_tools import vfield
from procgen_tools.evaluation.conditions import held_out_mazes
from procgen_tools.evaluation.exact_scores import exact_scores, move_agreement
from procgen_tools.evaluation.rollouts import evaluate
from procgen_tools.models import ImpalaPolicy, RecurrentPolicy
from procgen_tools.statistics.intervals import Share, mean_over_levels
from procgen_tools.worlds.maze.edit import remove_cheese
from procgen_tools.worlds.maze.grid import Maze, parse
from procgen_tools.worlds.maze.levels import LevelRule

CORNER = parse("..C\n.#.\nM..", world_size=15)


def always_up(observations: Tensor) -> tuple[Categorical, Tensor]:
    logits = torch.full((len(observations), 15), -1e9)
    logits[:, 5] = 0
    return Categorical(logits=logits), torch.zeros(len(observations))


def test_known_agent() -> None:
    far = parse("..........C\n" + ".#########.\n" * 9 + "M..........", world_size=15)
    above = parse("C..\n.#.\nM..", world_size=15)
    scores = exact_scores(always_up, [above, CORNER, far, remove_cheese(CORNER)], step_limit=20)
    assert scores.cheese.tolist() == [1, 0, 0, 0]
    assert scores.returns.tolist() == [10, 0, 0, 0]
    assert scores.steps.tolist() == [2, 20, 20, 20]
    assert scores.region.tolist() == [1, 1, 0, 1]  # a 3 x 3 maze lies inside the region
    # Up is right on the left side and on the right side, whichever corner has the cheese.
    assert scores.move_agreement[:3].tolist() == pytest.approx([4 / 7, 4 / 7, 20 / 39])
    assert np.isnan(scores.move_agreement[3])


def test_agreement_counts_every_position_but_the_cheeses() -> None:
    """Compared with a walk over the squares: a move agrees if it reduces the remaining steps."""
    policy = ImpalaPolicy(seed=1).eval()
    with torch.no_grad():
        policy.fc_policy.weight.mul_(1000)  # unlike moves from square to square
    (maze,) = held_out_mazes(LevelRule(15, 3, maze_size=5), 1)
    field = vfield.vector_field(maze, policy)
    right = []
    for square, row in zip(field.squares, field.probabilities, strict=True):
        if square != maze.cheese:
            ahead = maze.neighbour(square, int(row.argmax()))
            right.append(_steps(maze, ahead) < _steps(maze, square))
    assert 0 < sum(right) < len(right)
    assert move_agreement(field) == pytest.approx(np.mean(right))


def _steps(maze: Maze, start: tuple[int, int]) -> int:
    reached, steps = {start}, 0
    while maze.cheese not in reached:
        reached |= {maze.neighbour(square, move) for square in reached for move in range(4)}
        steps += 1
    return steps


def test_sampled_episodes_agree() -> None:
    """A random network plays one small maze many times."""
    policy = ImpalaPolicy(seed=1).eval()
    maze = parse(".......\n" * 5 + "..C....\n" + "M......", world_size=15)
    exact = exact_scores(policy, [maze], step_limit=60)
    sampled = evaluate(policy, [maze] * 300, step_limit=60)
    for chance, events in ((exact.cheese, sampled.found), (exact.region, sampled.visited_region)):
        low, high = Share.of(events).interval
        assert low < chance[0] < high
        assert 0.2 < chance[0] < 0.8
    steps = mean_over_levels(sampled.steps)
    assert steps.low < exact.steps[0] < steps.high


def test_a_memory_is_refused() -> None:
    with pytest.raises(ValueError, match=r"RecurrentPolicy\) has no exact chances"):
        exact_scores(RecurrentPolicy(), [CORNER])  # type: ignore[arg-type]
