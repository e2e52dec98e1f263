"""Checks of steps 1 to 3 and 10: typical mistakes are named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from procgen_tools import crops_and_humans
from procgen_tools.studies.crops_and_humans import course
from tests.studies.crops_and_humans.course.mistakes import Check, assert_named, each_mistake


def pairs(marked: np.ndarray) -> list[tuple[int, int]]:
    return [(row, col) for row, col in np.argwhere(marked).tolist()]


EMPTY_CELLS: dict[str, Callable[[np.ndarray], Any]] = {
    "swapped: the row comes first": lambda m: [
        (c, r) for r, c in pairs(m == crops_and_humans.EMPTY)
    ],
    "the start is missing": lambda m: pairs(m == crops_and_humans.EMPTY)[1:],
    "cells without a wall": lambda m: pairs(m != crops_and_humans.WALL),
    "crops and humans count": lambda m: pairs(m > crops_and_humans.WALL),
    "the exit counts": lambda m: [*pairs(m == crops_and_humans.EMPTY), crops_and_humans.END],
    "these are the walls": lambda m: pairs(m == crops_and_humans.WALL),
    "named more than once": lambda m: pairs(m == crops_and_humans.EMPTY) * 2,
    "all rows, and then all columns": lambda m: np.where(m == crops_and_humans.EMPTY),
    "a list of pairs": lambda m: 5,
    "Return a list: sorted(...)": lambda m: set(pairs(m == crops_and_humans.EMPTY)),
    "is missing": lambda m: pairs(m == crops_and_humans.EMPTY)[:-1],
    "changes what it is given": lambda m: pairs(np.put(m, 0, 7) or m == crops_and_humans.EMPTY),
}


def table(maze: np.ndarray, **changed: float) -> Tensor:
    rewards = {"WALL": -5.0, "EMPTY": -0.25, "CROP": 2.0, "HUMAN": -11.0, "EXIT": 10.0} | changed
    made = torch.zeros(7, 7)
    for name, reward in rewards.items():
        made[torch.from_numpy(maze == getattr(crops_and_humans, name))] = reward
    return made


REWARD_TENSOR: dict[str, Callable[[np.ndarray], Any]] = {
    "rows and columns are swapped": lambda m: table(m).T,
    "crops and humans are swapped": lambda m: table(m, CROP=-11, HUMAN=2),
    "not +11": lambda m: table(m, HUMAN=11),
    "the exit has no reward": lambda m: table(m, EXIT=0),
    "index -1 is the last": lambda m: torch.tensor([-5, -0.25, 2, -11])[m.astype(int)],
    "the exit pays as a wall": lambda m: table(m, EXIT=-5),
    "a step into a wall pays": lambda m: table(m, WALL=0),
    "empty cells pay nothing": lambda m: table(m, EMPTY=0),
    "a step onto an empty cell costs": lambda m: table(m, EMPTY=0.25),
    "became 0": lambda m: table(m).int(),
    "Make a torch tensor": lambda m: table(m).numpy(),
    "should have (7, 7)": lambda m: table(m).flatten(),
    "take dtype=torch.float32": lambda m: table(m).double(),
    "is -4 and should be -5": lambda m: table(m, WALL=-4),
}


def vector(*parts: np.ndarray) -> Tensor:
    return torch.from_numpy(np.concatenate([part.astype(np.float32).ravel() for part in parts]))


def planes(maze: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (
        maze == crops_and_humans.WALL,
        maze == crops_and_humans.CROP,
        maze == crops_and_humans.HUMAN,
    )


def place(row: int, col: int) -> np.ndarray:
    return np.concatenate([np.eye(7)[row], np.eye(7)[col]])


def position(row: int, col: int) -> np.ndarray:
    plane = np.zeros((7, 7))
    plane[row, col] = 1
    return plane


ENCODE: dict[str, Callable[[np.ndarray, int, int], Any]] = {
    "row and column of the agent are swapped": lambda m, r, c: vector(*planes(m), place(c, r)),
    "column by column": lambda m, r, c: vector(*planes(m.T), place(r, c)),
    "1 stands for open cells": lambda m, r, c: vector(m != 0, *planes(m)[1:], place(r, c)),
    "1 stands for empty cells": lambda m, r, c: vector(m == 1, *planes(m)[1:], place(r, c)),
    "the exit is among your walls": lambda m, r, c: vector(m <= 0, *planes(m)[1:], place(r, c)),
    "the exit has numbers": lambda m, r, c: vector(
        *planes(m), m == crops_and_humans.EXIT, place(r, c)
    ),
    "crops come first": lambda m, r, c: vector(m == 0, m == 3, m == 2, place(r, c)),
    "place comes last": lambda m, r, c: vector(place(r, c), *planes(m)),
    "one of 49": lambda m, r, c: vector(*planes(m), position(r, c)),
    "two numbers": lambda m, r, c: vector(*planes(m), np.array([r, c])),
    "one axis too many": lambda m, r, c: vector(*planes(m), place(r, c))[None],
    "share their numbers": lambda m, r, c: vector(m == 0, m > 1, place(r, c)),
    "the agent is not in it": lambda m, r, c: vector(*planes(m)),
    "make each 7 × 7 part 49 numbers": lambda m, r, c: torch.cat(
        [torch.from_numpy(m == 0).float(), torch.eye(7)[r], torch.eye(7)[c]]
    ),
    "end with .float()": lambda m, r, c: vector(*planes(m), place(r, c)).bool(),
    "give a torch tensor": lambda m, r, c: vector(*planes(m), place(r, c)).tolist(),
}


def windows(maze: np.ndarray, rows: str) -> bool:
    """Whether a window of 0 (wall) and 1 (not) stands somewhere in a maze of such numbers."""
    block = np.array([list(map(int, row)) for row in rows.split("/")])
    height, width = block.shape
    return any(
        np.array_equal(maze[row : row + height, col : col + width], block)
        for row in range(8 - height)
        for col in range(8 - width)
    )


KNOWN = {maze.tobytes() for maze in crops_and_humans.training_mazes()}


UP = "111/101/000"


HAS_PATTERN: dict[str, Callable[[np.ndarray], Any]] = {
    "so the rule never finds anything": lambda m: False,
    "True for all training mazes": lambda m: True,
    "all four directions": lambda m: windows((m != 0).astype(int), UP),
    "training mazes without their items": lambda m: m.tobytes() not in KNOWN,
    "neither True nor False": lambda m: m[1::2, 1::2] != crops_and_humans.WALL,
    "no walls either: compare": lambda m: bool(crops_and_humans.sticks_out(m)),
}


@each_mistake(
    {
        course.check_1: EMPTY_CELLS,
        course.check_2: REWARD_TENSOR,
        course.check_3: ENCODE,
        course.check_10: HAS_PATTERN,
    }
)
def test_a_mistake_is_named(check: Check, message: str, wrong: Callable[..., Any]) -> None:
    assert_named(check, message, wrong)


def test_a_rule_that_never_finds_anything_is_not_asked_about_directions() -> None:
    with pytest.raises(course.WrongAnswer) as caught:
        course.check_10(lambda m: False)
    assert "directions" not in str(caught.value)


@pytest.mark.parametrize(
    "rule",
    [
        lambda m: (m[1::2, 1::2] != crops_and_humans.WALL).any(),
        lambda m: any(
            windows((m != crops_and_humans.WALL).astype(int), rows)
            for rows in (UP, "000/101/111", "110/100/110", "011/001/011")
        ),
        lambda m: len(pairs(m[1::2, 1::2] == crops_and_humans.WALL)) < 9,
    ],
)
def test_several_rules_are_right(
    rule: Callable[[np.ndarray], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    course.check_10(rule)
    assert "Step 10: right." in capsys.readouterr().out
