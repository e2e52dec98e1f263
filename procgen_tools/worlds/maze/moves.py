"""Convert probabilities of procgen's 15 actions to probabilities of the five moves in a maze."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from procgen_tools.worlds.maze.actions import ACTIONS_OF_MOVE, MOVE_OF_ACTION, NUM_ACTIONS
from procgen_tools.worlds.maze.grid import MOVES

_GROUPS = tuple(ACTIONS_OF_MOVE[move] for move in MOVES)


def move_matrix() -> Float[np.ndarray, "action=15 move=5"]:
    """1 if the action makes the move, else 0: action probabilities @ matrix -> move probabilities.

    Example:
        >>> move_matrix().sum(axis=0)  # how many actions make each move
        array([3., 3., 1., 1., 7.], dtype=float32)
    """
    return np.eye(len(MOVES), dtype=np.float32)[list(MOVE_OF_ACTION)]


def move_probabilities(logits: Float[Tensor, "*batch action"]) -> Float[Tensor, "*batch move"]:
    """Probabilities of the five moves from logits (or log-probabilities) of the 15 actions.

    The result is at least in float32, for any dtype of the logits.

    Raises:
        ValueError: the length of the last axis is not 15.

    Example:
        >>> move_probabilities(torch.zeros(15))  # 3, 3, 1, 1 and 7 actions make the moves
        tensor([0.2000, 0.2000, 0.0667, 0.0667, 0.4667])
    """
    return sum_over_moves(_precise(logits).softmax(dim=-1))


def move_log_probabilities(logits: Float[Tensor, "*batch action"]) -> Float[Tensor, "*batch move"]:
    """Logarithms of `move_probabilities` for training losses, exact even if these underflow.

    Raises:
        ValueError: the length of the last axis is not 15.

    Example:
        >>> logits = torch.tensor([200.0, *[0.0] * 14])
        >>> move_log_probabilities(logits)[1:]  # the probabilities themselves would be 0
        tensor([-198.9014, -200.0000, -200.0000, -198.0541])
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
    """Probabilities of the five moves from probabilities of the 15 actions.

    Raises:
        ValueError: the length of the last axis is not 15.

    Example:
        >>> probabilities = torch.zeros(15)
        >>> probabilities[[0, 1, 5]] = torch.tensor([0.25, 0.25, 0.5])
        >>> sum_over_moves(probabilities)  # actions 0 and 1 go left, action 5 goes up
        tensor([0.5000, 0.0000, 0.5000, 0.0000, 0.0000])
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
            f"an array of shape {tuple(by_action.shape)} has no last axis of {NUM_ACTIONS} "
            "actions: give (..., 15) logits or probabilities of procgen's actions"
        )
