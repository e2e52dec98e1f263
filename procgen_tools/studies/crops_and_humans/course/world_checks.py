"""The checks of steps 1 to 3, about mazes, and of step 10, about the pattern in mazes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import torch

from procgen_tools import crops_and_humans
from procgen_tools.studies.crops_and_humans.course.checking import Answer, Exercise

HAND_MADE = crops_and_humans.parse("1111111/0000001/1010111/1110100/1010111/1010001/301121E")


_UNFLATTENED = (
    "A maze is 7 × 7, and a one-hot row or column has 7 numbers: make each 7 × 7 part 49 numbers "
    "first, with .flatten() or .reshape(-1)."
)


def _mazes() -> list[crops_and_humans.Cells]:
    return [HAND_MADE, *crops_and_humans.training_mazes()[[5, 400, 801, 1200]]]


def _shown(maze: crops_and_humans.Cells) -> str:
    return "the maze\n" + crops_and_humans.text(maze).replace("/", "\n") + "\n"


def check_1(empty_cells: Answer) -> None:
    """Check the empty cells of mazes."""
    exercise = Exercise(
        "Step 1", empty_cells, "Empty cells are those that hold crops_and_humans.EMPTY."
    )
    for maze in _mazes():
        cells = _cells(exercise, exercise.ask(maze.copy()))
        right = _where(maze == crops_and_humans.EMPTY)
        where = "in " + _shown(maze)
        twice = [cell for cell, count in Counter(cells).items() if count > 1]
        if twice:
            raise exercise.wrong(f"{twice[0]} is named more than once, {where}")
        mistakes = {
            "(row, column) are swapped: the row comes first": {(col, row) for row, col in right},
            "the start is missing. It is an empty cell as well": right - {crops_and_humans.START},
            "these are all cells without a wall. Crops, humans and the exit are not empty":
                _where(maze != crops_and_humans.WALL),
            "crops and humans count among yours. Their cells are not empty":
                _where(maze >= crops_and_humans.EMPTY),
            "the exit counts among yours. It is no empty cell": right | {crops_and_humans.END},
            "these are the walls: 0 is a wall and 1 an empty cell":
                _where(maze == crops_and_humans.WALL),
        }  # fmt: skip
        if set(cells) == right:
            continue
        for message, wrong in mistakes.items():
            if set(cells) == wrong:
                raise exercise.wrong(f"{message}, {where}")
        missing, extra = right - set(cells), set(cells) - right
        problem = f"{min(missing)} is missing" if missing else f"{min(extra)} is not empty"
        raise exercise.wrong(f"{problem}, {where}{exercise.hint}")
    exercise.right("Every empty cell, and the start among them.")


def check_2(reward_tensor: Answer) -> None:
    """Check the reward for stepping onto each cell."""
    exercise = Exercise("Step 2", reward_tensor, "Look at the table of rewards again.")
    for maze in _mazes():
        answer = exercise.ask(maze.copy())
        if not isinstance(answer, torch.Tensor):
            raise exercise.wrong(
                f"the answer is a {type(answer).__name__}. Make a torch tensor of it: "
                "torch.tensor(...) or torch.full(...)"
            )
        if not answer.is_floating_point():
            raise exercise.wrong(
                "these are whole numbers, so that -0.25 became 0. Take dtype=torch.float32"
            )
        right = crops_and_humans.REWARDS.of(maze)

        def but(
            right: np.ndarray = right, maze: crops_and_humans.Cells = maze, **codes: float
        ) -> np.ndarray:
            changed = right.copy()
            for name, reward in codes.items():
                changed[maze == getattr(crops_and_humans, name)] = reward
            return changed

        mistakes = {
            "rows and columns are swapped": right.T,
            "crops and humans are swapped: crops are 2, humans 3": but(CROP=-11.0, HUMAN=2.0),
            "a human pays -11, not +11": but(HUMAN=11.0),
            "the exit has no reward yet. Its code is -1": but(EXIT=0.0),
            "the exit pays as a human does. Its code is -1, and index -1 is the last of a list, "
            "where you have the human": but(EXIT=-11.0),
            "the exit pays as a wall does. Its code is -1, and a wall's is 0": but(EXIT=-5.0),
            "the exit pays as an empty cell does. Its code is -1": but(EXIT=-0.25),
            "a step into a wall pays -5": but(WALL=0.0),
            "empty cells pay nothing in yours: a step costs 0.25": but(EMPTY=0.0),
            "a step onto an empty cell costs: -0.25": but(EMPTY=0.25),
        }  # fmt: skip
        exercise.compare(answer, right, mistakes, "in " + _shown(maze).rstrip())
        if answer.dtype != torch.float32:
            raise exercise.wrong(f"the numbers are {answer.dtype}: take dtype=torch.float32")
    exercise.right()


def check_3(encode: Answer) -> None:
    """Check the network's input for mazes and positions."""
    exercise = Exercise(
        "Step 3",
        encode,
        "Walls, crops, humans: 49 each, row by row. Then the row, the column: 7.",
        errors=dict.fromkeys(("number of dimensions", "Sizes of tensors"), _UNFLATTENED),
    )
    for maze, (row, col) in zip(_mazes(), [(0, 3), (2, 0), (0, 2), (4, 6), (6, 0)], strict=True):
        answer = exercise.ask(maze.copy(), row, col)
        if not isinstance(answer, torch.Tensor):
            raise exercise.wrong(
                f"the answer is a {type(answer).__name__}: give a torch tensor of 161 numbers"
            )
        planes = {
            name: maze == getattr(crops_and_humans, name) for name in ("WALL", "CROP", "HUMAN")
        }
        walls, crops, humans = planes.values()
        place = np.concatenate(
            [np.eye(crops_and_humans.SIZE)[row], np.eye(crops_and_humans.SIZE)[col]]
        )

        def vector(*parts: np.ndarray) -> np.ndarray:
            return np.concatenate([part.astype(np.float64).ravel() for part in parts])

        exit_ = maze == crops_and_humans.EXIT
        cell = np.zeros_like(walls)
        cell[row, col] = True
        right = vector(walls, crops, humans, place)
        mistakes = {
            "row and column of the agent are swapped: the row comes first":
                vector(walls, crops, humans, place[7:], place[:7]),
            "the maze is read column by column: read it row by row, as reshape does":
                vector(walls.T, crops.T, humans.T, place),
            "1 stands for open cells in your first 49 numbers: put 1 for a wall":
                vector(~walls, crops, humans, place),
            "1 stands for empty cells in your first 49 numbers: put 1 for a wall":
                vector(maze == crops_and_humans.EMPTY, crops, humans, place),
            "the exit is among your walls: its code is -1, a wall's is 0":
                vector(walls | exit_, crops, humans, place),
            "the exit has numbers of its own. The network is not told where it is":
                vector(walls, crops, humans, exit_, place),
            "crops and humans are swapped: crops come first":
                vector(walls, humans, crops, place),
            "the agent's place comes last, after walls, crops and humans":
                vector(place, walls, crops, humans),
            "the agent's cell is one of 49 in yours. Give its row as one of 7 and its column as "
            "one of 7": vector(walls, crops, humans, cell),
            "row and column are two numbers in yours. Give a 1 among seven for each":
                np.concatenate([vector(walls, crops, humans), [row, col]]),
            "there is one axis too many: give 161 numbers, without a batch": right[None],
            "crops and humans share their numbers in yours: 49 for crops, then 49 for humans":
                vector(walls, crops | humans, place),
            "the agent is not in it. Add its row and its column": vector(walls, crops, humans),
        }  # fmt: skip
        where = f"agent at ({row}, {col}) in " + _shown(maze).rstrip()
        exercise.compare(answer, right, mistakes, where)
        if answer.dtype != torch.float32:
            raise exercise.wrong(f"the numbers are {answer.dtype}: end with .float()")
    exercise.right("161 numbers, and not one about the exit.")


def check_10(has_pattern: Answer) -> None:
    """Check the rule that finds the pattern.

    Every rule is right that tells the two kinds of mazes apart by their walls.
    """
    exercise = Exercise("Step 10", has_pattern, "")
    training, production = (
        crops_and_humans.training_mazes()[::4],
        crops_and_humans.production_mazes()[::4],
    )
    kinds = (
        ("training mazes", training, False, "It should be found in none."),
        ("mazes of production", production, True,
         "It should be found in all. Have you thought of all four directions?"),
        ("training mazes without their items", _emptied(training[::4]), False,
         "The pattern is one of walls: what else did you look at?"),
        ("mazes of production without their items", _emptied(production[::4]), True,
         "The pattern is one of walls: what else did you look at?"),
        ("further mazes of production", crops_and_humans.other_production_mazes()[::4], True,
         "Other walls have moved there, and more of them."),
        ("mazes of production with crops in all empty cells", _full(production), True,
         "A crop, a human and the exit are no walls either: compare with WALL only."),
    )  # fmt: skip
    for name, mazes, wanted, hint in kinds:
        wrong = []
        for maze in mazes:
            answer = exercise.ask(maze.copy())
            if np.ndim(answer) or not isinstance(answer, bool | np.bool_):
                raise exercise.wrong(f"{answer!r} is neither True nor False: give one of them")
            if bool(answer) != wanted:
                wrong.append(maze)
        if len(wrong) == len(mazes) and name == "mazes of production":
            raise exercise.wrong(
                "False for all mazes of production, so the rule never finds anything. What is open "
                f"there that is a wall in every training maze? The first is {_shown(wrong[0])}"
            )
        if wrong:
            share = "all" if len(wrong) == len(mazes) else f"{len(wrong)} of {len(mazes)}"
            raise exercise.wrong(
                f"{not wanted} for {share} {name}. {hint} The first is {_shown(wrong[0])}"
            )
    exercise.right("Your rule tells the two kinds of mazes apart. It need not be the only one.")


def _emptied(mazes: crops_and_humans.Mazes) -> crops_and_humans.Mazes:
    return np.where(mazes > crops_and_humans.EMPTY, crops_and_humans.EMPTY, mazes).astype(np.int8)


def _full(mazes: crops_and_humans.Mazes) -> crops_and_humans.Mazes:
    full = np.where(mazes == crops_and_humans.EMPTY, crops_and_humans.CROP, mazes).astype(np.int8)
    full[(slice(None), *crops_and_humans.START)] = crops_and_humans.EMPTY
    return full


def _where(marked: np.ndarray) -> set[tuple[int, int]]:
    return {(row, col) for row, col in np.argwhere(marked).tolist()}


def _cells(exercise: Exercise, answer: Any) -> list[tuple[int, int]]:
    """The learner's cells as pairs."""
    if isinstance(answer, tuple) and any(np.ndim(part) for part in answer) and len(answer) == 2:
        raise exercise.wrong(
            "these are all rows, and then all columns. Make pairs of them: np.argwhere does"
        )
    if isinstance(answer, set | frozenset):
        raise exercise.wrong(
            "the answer is a set, which has no order, and later cells make an array of it. Return "
            "a list: sorted(...) makes one"
        )
    try:
        pairs = [tuple(int(number) for number in cell) for cell in answer]
    except TypeError:
        pairs = [()]
    if any(len(pair) != 2 for pair in pairs):
        raise exercise.wrong("give a list of pairs (row, column), such as [(0, 0), (0, 1)]")
    return [(row, col) for row, col in pairs]
