"""Procgen's 15 actions, and the five moves that they come to in a maze.

Actions are pairs of keys. In a maze the horizontal key wins over the vertical one, and the
letter keys do nothing: actions 0, 1 and 2 all go left, 4 and 9 to 14 all stay.
"""

from __future__ import annotations

from typing import Final

from procgen_tools.worlds.maze.grid import MOVE_STEPS, MOVES, STAY, Square

ACTIONS_OF_MOVE: Final = {
    "LEFT": (0, 1, 2),
    "RIGHT": (6, 7, 8),
    "UP": (5,),
    "DOWN": (3,),
    "STAY": (4, 9, 10, 11, 12, 13, 14),
}
"""The actions that make each move."""

NUM_ACTIONS: Final = sum(len(actions) for actions in ACTIONS_OF_MOVE.values())

CANONICAL_ACTIONS: Final = (1, 7, 5, 3, 4)
"""The action that presses nothing but the key of a move, by move in the order of MOVES."""

STAY_ACTION: Final = CANONICAL_ACTIONS[STAY]

MOVE_OF_ACTION: Final = tuple(
    next(move for move, name in enumerate(MOVES) if action in ACTIONS_OF_MOVE[name])
    for action in range(NUM_ACTIONS)
)
"""Index into MOVES of the move that each action makes."""

STEP_OF_ACTION: Final[tuple[Square, ...]] = tuple(MOVE_STEPS[move] for move in MOVE_OF_ACTION)
"""What each action adds to the mouse's (row, column)."""
