from __future__ import annotations

import numpy as np
import pytest
import torch

from procgen_tools.models import (
    MOVE_OF_ACTION,
    move_log_probabilities,
    move_matrix,
    move_probabilities,
    sum_over_moves,
)
from procgen_tools.worlds.maze.grid import MOVES


def some_logits(*shape: int) -> torch.Tensor:
    return 3 * torch.randn(*shape, 15, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("shape", [(), (7,), (4, 0), (2, 3, 4)])
def test_three_ways_to_the_same_moves(shape: tuple[int, ...]) -> None:
    logits = some_logits(*shape)
    moves = move_probabilities(logits)
    assert moves.shape == (*shape, 5)
    torch.testing.assert_close(moves.sum(dim=-1), torch.ones(shape))
    torch.testing.assert_close(move_log_probabilities(logits).exp(), moves)
    probabilities = logits.softmax(dim=-1)
    assert torch.equal(sum_over_moves(probabilities), moves)
    np.testing.assert_allclose(probabilities.numpy() @ move_matrix(), moves, rtol=1e-5)


def test_a_sure_action_is_its_move() -> None:
    torch.testing.assert_close(sum_over_moves(torch.eye(15)), torch.from_numpy(move_matrix()))
    for action, move in enumerate(MOVE_OF_ACTION):
        assert move_matrix()[action].argmax() == move


def test_half_precision_is_widened() -> None:
    logits = some_logits(100).bfloat16()
    moves = move_probabilities(logits)
    assert moves.dtype == torch.float32
    torch.testing.assert_close(moves.sum(dim=-1), torch.ones(100))
    assert move_probabilities(logits.double()).dtype == torch.float64


def test_extreme_logits_stay_finite() -> None:
    logits = torch.zeros(15)
    logits[5] = 1000.0
    log_moves = move_log_probabilities(logits.requires_grad_())
    expected = torch.tensor([3.0, 3.0, 1.0, 1.0, 7.0]).log() - 1000
    expected[MOVES.index("UP")] = 0
    torch.testing.assert_close(log_moves, expected)
    log_moves[0].backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


def test_another_number_of_actions_is_explained() -> None:
    for function in (move_probabilities, move_log_probabilities, sum_over_moves):
        with pytest.raises(ValueError, match=r"shape \(2, 9\) has no last axis of 15 actions"):
            function(torch.zeros(2, 9))
