"""Fields for a given memory: what a policy would do at every square, if it remembered this.

    moment = led(policy, [level], actions)           # states, and what it remembers there
    field = memory_field(policy, moment)
    field.arrows                                     # (square, 2): to the right and down

The same frame with another memory gives another field: compare the moments before and after a key.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Int64

from procgen_tools.episodes.keys import observe
from procgen_tools.episodes.memories import Moment
from procgen_tools.models.cnn_lstm import CnnLstmPolicy
from procgen_tools.shown import brief
from procgen_tools.worlds.keys_and_chests.grid import KEY, WALL
from procgen_tools.worlds.keys_and_chests.rules import DOWNS, MOVES, RIGHTS, States

SUM_TOLERANCE = 1e-4
"""Largest deviation of a square's probabilities from sum 1: allows for float32 rounding only."""


@dataclass(frozen=True, eq=False)
class MemoryField:
    """The probabilities of the four moves, and the value, with the player at each square.

    Attributes:
        states: one state. Its own player is where the policy is.
        squares: (square, 2) row and column: all open cells but those with keys, where a player
            never stands (a step onto a key takes it).
        probabilities: (square, move), in the order of `rules.MOVES`.
        values: (square,) the policy's estimates of its return.

    Raises:
        ValueError: several states, or probabilities that do not sum to 1.
    """

    states: States
    squares: Int64[np.ndarray, "square 2"]
    probabilities: Float[np.ndarray, "square move"]
    values: Float[np.ndarray, " square"]

    __repr__ = brief

    def __post_init__(self) -> None:
        if len(self.states) != 1:
            raise ValueError(f"a field is of one state, not {len(self.states)}: choose one")
        wrong = np.abs(self.probabilities.sum(axis=1) - 1) > SUM_TOLERANCE
        if wrong.any():
            raise ValueError(
                f"the probabilities at {tuple(self.squares[wrong][0].tolist())} sum to "
                f"{self.probabilities[wrong][0].sum():.6g}: apply softmax to logits first"
            )

    @property
    def arrows(self) -> Float[np.ndarray, "square 2"]:
        """The mean move at every square, to the right and down."""
        count = len(MOVES)
        return self.probabilities @ np.stack([RIGHTS[:count], DOWNS[:count]], axis=1)

    def total_variation(self, other: MemoryField) -> Float[np.ndarray, " square"]:
        """Half the absolute change of the probabilities at each square, in 0..1.

        Raises:
            ValueError: a field of other squares.
        """
        if not np.array_equal(self.squares, other.squares):
            raise ValueError("the fields have other squares: compare fields of the same cells")
        return np.abs(self.probabilities - other.probabilities).sum(axis=1) / 2


@torch.no_grad()
def memory_field(policy: CnnLstmPolicy, moment: Moment) -> MemoryField:
    """What a policy would do at every square, with what it remembers in a moment.

    Args:
        policy: in eval mode. Active interventions apply.
        moment: one state and the memory before it.

    Raises:
        ValueError: several states, or no memory.

    Example:
        >>> from procgen_tools.episodes.memories import led
        >>> from procgen_tools.worlds.keys_and_chests.levels import make_level
        >>> policy = CnnLstmPolicy("small").eval()
        >>> field = memory_field(policy, led(policy, [make_level(0)], np.array([[2, 2]])))
        >>> field.probabilities.shape[1], field.arrows.shape[1]
        (4, 2)
    """
    if len(moment) != 1 or moment.memory is None:
        raise ValueError(
            f"the moment has {len(moment)} states"
            f"{'' if moment.memory is not None else ' and no memory'}: choose one state, with the "
            "memory of this policy"
        )
    cells = moment.states.cells[0]
    squares = np.argwhere((cells != WALL) & (cells != KEY)).astype(np.int64)
    everywhere = moment.states.chosen(np.zeros(len(squares), np.int64))
    logits, values, _ = policy.step(
        observe(policy, replace(everywhere, players=squares)),
        moment.memory.expand(len(squares), -1),
        torch.from_numpy(everywhere.ticks == 0),
    )
    return MemoryField(
        moment.states,
        squares,
        logits.softmax(-1).double().numpy(),
        values.double().numpy(),
    )
