"""procgen-tools' tables of actions; for migration."""

from __future__ import annotations

from typing import Any

import numpy as np

from procgen_tools.worlds.maze.actions import ACTIONS_OF_MOVE, NUM_ACTIONS
from procgen_tools.worlds.maze.coded_grids import MOVE_ORDER
from procgen_tools.worlds.maze.grid import MOVE_STEPS, MOVES


class TwoWays(dict[str, tuple[int, int]]):
    """A dictionary whose values are all different."""

    @property
    def inverse(self) -> dict[tuple[int, int], str]:
        """From the values to the keys."""
        return {value: key for key, value in self.items()}


MAZE_ACTION_INDICES = {
    name: list(ACTIONS_OF_MOVE[MOVES[move]]) for name, move in MOVE_ORDER.items()
}
"""The actions that make each move, in procgen-tools' order of moves."""

MAZE_ACTION_DELTAS = TwoWays(
    {
        name: (MOVE_STEPS[move].row, MOVE_STEPS[move].col)
        for name in ("LEFT", "RIGHT", "UP", "DOWN", "NOOP")
        for move in (MOVE_ORDER[name],)
    }
)
"""The (row, column) step of each move."""


def human_readable_action(act: int) -> str:
    """The name of an action's move.

    Raises:
        ValueError: an action that does not exist.
    """
    for name, actions in MAZE_ACTION_INDICES.items():
        if act in actions:
            return name
    raise ValueError(f"action {act} is not in 0..{NUM_ACTIONS - 1}")


MAZE_ACTIONS_BY_INDEX = np.array([human_readable_action(act) for act in range(NUM_ACTIONS)])
MAZE_ACTION_DELTAS_BY_INDEX = np.array(
    [MAZE_ACTION_DELTAS[name] for name in MAZE_ACTIONS_BY_INDEX.tolist()], dtype=np.float64
)


def human_readable_actions(probs: Any) -> dict[str, Any]:
    """The probability of each move, from an array (..., 15) of actions or a distribution."""
    probs = getattr(probs, "probs", probs)
    return {name: probs[..., actions].sum(-1) for name, actions in MAZE_ACTION_INDICES.items()}
