"""procgen's 15 actions and the five moves that they make in a maze.

Actions are combinations of keys. In a maze the horizontal key takes precedence over the vertical
one, and letter keys do nothing: actions 0, 1 and 2 go left, and 4 and 9 to 14 stay.
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
"""For each move, in the order of MOVES, the action that presses only the key of the move."""

STAY_ACTION: Final = CANONICAL_ACTIONS[STAY]

MOVE_OF_ACTION: Final = tuple(
    next(move for move, name in enumerate(MOVES) if action in ACTIONS_OF_MOVE[name])
    for action in range(NUM_ACTIONS)
)
"""For each action, the index into MOVES of its move."""

STEP_OF_ACTION: Final[tuple[Square, ...]] = tuple(MOVE_STEPS[move] for move in MOVE_OF_ACTION)
"""For each action, the (row, column) that it adds to the mouse's square."""
