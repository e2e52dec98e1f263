"""From the 15 actions of a policy to the five moves that they come to in a maze."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from procgen_tools.worlds.maze.actions import ACTIONS_OF_MOVE, MOVE_OF_ACTION, NUM_ACTIONS
from procgen_tools.worlds.maze.grid import MOVES

_GROUPS = tuple(ACTIONS_OF_MOVE[move] for move in MOVES)


def move_matrix() -> Float[np.ndarray, "action=15 move=5"]:
    """1 where the action makes the move, else 0: action probabilities @ matrix -> moves."""
    return np.eye(len(MOVES), dtype=np.float32)[list(MOVE_OF_ACTION)]


def move_probabilities(logits: Float[Tensor, "*batch action"]) -> Float[Tensor, "*batch move"]:
    """Probabilities of the five moves, from logits (or log-probabilities) of the 15 actions.

    In float32 at least, whatever the logits' type.

    Raises:
        ValueError: the last axis has not 15 actions.
    """
    return sum_over_moves(_precise(logits).softmax(dim=-1))


def move_log_probabilities(logits: Float[Tensor, "*batch action"]) -> Float[Tensor, "*batch move"]:
    """Logarithms of `move_probabilities`, exact where those underflow; for training losses.

    Raises:
        ValueError: the last axis has not 15 actions.
    """
    log_probabilities = _precise(logits).log_softmax(dim=-1).unbind(dim=-1)
    return torch.stack(
        [
            torch.stack([log_probabilities[action] for action in group], dim=-1).logsumexp(dim=-1)
            for group in _GROUPS
        ],
        dim=-1,
    )


def sum_over_moves(
    probabilities: Float[Tensor, "*batch action"],
) -> Float[Tensor, "*batch move"]:
    """Probabilities of the five moves, from probabilities of the 15 actions.

    Raises:
        ValueError: the last axis has not 15 actions.
    """
    _check(probabilities)
    by_action = probabilities.unbind(dim=-1)
    return torch.stack(
        [torch.stack([by_action[action] for action in group]).sum(dim=0) for group in _GROUPS],
        dim=-1,
    )


def _precise(logits: Tensor) -> Tensor:
    _check(logits)
    return logits.to(torch.promote_types(logits.dtype, torch.float32))


def _check(by_action: Tensor) -> None:
    if by_action.ndim < 1 or by_action.shape[-1] != NUM_ACTIONS:
        raise ValueError(
            f"an array of shape {tuple(by_action.shape)} has no axis of {NUM_ACTIONS} actions at "
            "the end: give (..., 15) logits or probabilities of procgen's actions"
        )
