"""The crops-and-humans world: its mazes by enumeration, its rules against a slow twin."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools import crops_and_humans

EXAMPLES = (
    "1111111/0000001/1010111/1110100/1010111/1010001/301111E",
    "1031111/1000101/1110101/0011101/2010101/1000001/111111E",
    "1011113/1001000/1011111/1010001/1020111/1000101/111110E",
)
"""Production mazes of the original."""


def slow_step(maze: list[list[int]], row: int, col: int, action: str):  # type: ignore[no-untyped-def]
    """The rules once more, for one state, from their description."""
    to = {
        "UP": (row - 1, col),
        "DOWN": (row + 1, col),
        "LEFT": (row, col - 1),
        "RIGHT": (row, col + 1),
    }[action]
    if min(to) < 0 or max(to) > 6 or maze[to[0]][to[1]] == 0:
        return maze, (row, col), -5.0, False
    after = [list(line) for line in maze]
    code = maze[to[0]][to[1]]
    if code in (2, 3):
        after[to[0]][to[1]] = 1
    return after, to, {1: -0.25, -1: 10.0, 2: 2.0, 3: -11.0}[code], code == -1


def test_every_step_equals_the_slow_twin() -> None:
    mazes = np.concatenate(
        [crops_and_humans.training_mazes()[::40], crops_and_humans.production_mazes()[::40]]
    )
    transitions = crops_and_humans.transitions_of(mazes)
    states = transitions.states
    assert len(states) == (mazes == crops_and_humans.EMPTY).sum()
    for number in range(len(states)):
        maze, (row, col) = states.mazes[number].tolist(), states.positions[number].tolist()
        for index, action in enumerate(crops_and_humans.ACTIONS):
            after, cell, reward, ended = slow_step(maze, row, col, action)
            place = 4 * number + index
            assert transitions.following.mazes[place].tolist() == after
            assert tuple(transitions.following.positions[place].tolist()) == cell
            assert transitions.rewards[number, index] == reward
            assert transitions.ended[number, index] == ended


def test_a_step_changes_nothing_that_it_was_given() -> None:
    states = crops_and_humans.states_of(crops_and_humans.training_mazes()[:3].copy())
    before = states.mazes.copy(), states.positions.copy()
    crops_and_humans.step(states, np.full(len(states), 1))
    assert (states.mazes == before[0]).all()
    assert (states.positions == before[1]).all()


def test_inputs() -> None:
    cells = crops_and_humans.parse(EXAMPLES[1])
    inputs = crops_and_humans.States(cells[None], np.array([[2, 5]])).inputs()
    assert inputs.shape == (1, crops_and_humans.NUM_INPUTS) == (1, 161)
    walls, crops, humans = inputs[0, :147].reshape(3, 7, 7)
    assert (walls == (cells == 0)).all()
    assert np.argwhere(crops).tolist() == [[4, 0]]
    assert np.argwhere(humans).tolist() == [[0, 2]]
    assert inputs[0, 147:].nonzero()[0].tolist() == [2, 7 + 5]


def test_bad_actions_say_why() -> None:
    states = crops_and_humans.states_of(crops_and_humans.training_mazes()[:1])
    with pytest.raises(ValueError, match="there is no action 4: choose 0 up, 1 down"):
        crops_and_humans.step(states, np.full(len(states), 4))
    with pytest.raises(ValueError, match=f"give {len(states)} integers"):
        crops_and_humans.step(states, np.zeros(1, int))
