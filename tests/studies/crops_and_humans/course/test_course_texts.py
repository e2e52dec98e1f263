"""Every number in the answers of the paper questions is right, and the slides are made.

The two toy games are written here a second time and solved exactly, in fractions. In questions.md
a result is a piece of code that is an equation, `label = working = result`. Each must hold as
arithmetic, its result must be the solver's, and no answer holds other numbers.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[4]
COURSE = ROOT / "experiments" / "crops_and_humans"
TEXT = (COURSE / "questions.md").read_text(encoding="utf-8")

# ------------------------------------------------------------------ the games

MOVES = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}
LETTERS = {move[0]: move for move in MOVES}
EMPTY, BUMP = Fraction(-1, 4), Fraction(-5)
REWARDS = {"E": Fraction(10), "2": Fraction(2), "3": Fraction(-11)}
HALF, ONE, ZERO, LONG = Fraction(1, 2), Fraction(1), Fraction(0), Fraction(95, 100)
ENOUGH = 60
"""Sweeps after which every value that is asked for has stopped changing."""

Square = tuple[int, int]


@dataclass(frozen=True)
class State:
    """Rows of the game as it is now, where the agent stands, and what is added to each reward."""

    rows: tuple[str, ...]
    square: Square
    extra: Fraction = Fraction(0)

    def moves(self) -> list[str]:
        return list(MOVES) if len(self.rows) > 1 else ["left", "right"]

    def step(self, move: str) -> tuple[Fraction, State | None]:
        row, column = (a + b for a, b in zip(self.square, MOVES[move], strict=True))
        inside = 0 <= row < len(self.rows) and 0 <= column < len(self.rows[0])
        kind = self.rows[row][column] if inside else "0"
        if kind == "0":
            return BUMP + self.extra, self
        reward = REWARDS.get(kind, EMPTY) + self.extra
        if kind == "E":
            return reward, None
        line = self.rows[row][:column] + "1" + self.rows[row][column + 1 :]
        rows = (*self.rows[:row], line, *self.rows[row + 1 :])
        return reward, replace(self, rows=rows, square=(row, column))


def corridor(square: int, cells: str = "1111E", extra: Fraction = ZERO) -> State:
    return State((cells,), (0, square - 1), extra)


def yard(row: int, column: int, rows: str = "112/103/11E") -> State:
    return State(tuple(rows.split("/")), (row, column))


CROP = "2111E"


@cache
def swept(state: State | None, discount: Fraction, sweeps: int) -> Fraction:
    """The value of a state after some sweeps that begin with zeros."""
    if state is None or sweeps == 0:
        return ZERO
    return max(quality(state, move, discount, sweeps) for move in state.moves())


def quality(state: State, move: str, discount: Fraction, sweeps: int = ENOUGH) -> Fraction:
    reward, after = state.step(move)
    return reward + discount * swept(after, discount, sweeps - 1)


def value(state: State, discount: Fraction = HALF) -> Fraction:
    final = swept(state, discount, ENOUGH)
    assert final == swept(state, discount, ENOUGH + 1), "this value has not settled"
    return final


def best(state: State, discount: Fraction = HALF) -> str:
    return max(state.moves(), key=lambda move: quality(state, move, discount))


def walk(state: State | None, moves: str, discount: Fraction = HALF) -> Fraction:
    """The return of a walk, given by the first letters of its moves, into the exit."""
    total, weight = ZERO, ONE
    for letter in moves:
        assert state is not None, "the game has ended"
        reward, state = state.step(LETTERS[letter])
        total, weight = total + weight * reward, weight * discount
    assert state is None, "the walk does not end in the exit"
    return total


def endless(reward: Fraction, discount: Fraction) -> Fraction:
    """The return of the same reward for ever: what comes after a step is worth as much again."""
    total = reward / (1 - discount)
    assert total == reward + discount * total
    return total


# ------------------------------------------------------------------ what the answers must say


def q(state: State, move: str) -> Fraction:
    return quality(state, move, HALF)


def returns() -> dict[str, Fraction]:
    start = corridor(3, CROP)
    return {"(a)": walk(start, "rr"), "(b)": walk(start, "llrrrr"), "(c)": walk(start, "rlrr")}


def discounting() -> dict[str, Fraction]:
    def alone(step: int, discount: Fraction) -> Fraction:
        return discount ** (step - 1) * REWARDS["E"]

    return {
        "first": alone(1, HALF),
        "second": alone(2, HALF),
        "fourth": alone(4, HALF),
        "second, 0.95": alone(2, LONG),
        "weights": endless(ONE, HALF),
        "walking": endless(EMPTY, HALF),
        "bumping": endless(BUMP, HALF),
        "weights, 0.95": endless(ONE, LONG),
        "walking, 0.95": endless(EMPTY, LONG),
        "bumping, 0.95": endless(BUMP, LONG),
    }


def corridor_values() -> dict[str, Fraction]:
    assert best(corridor(2, CROP)) == "left"
    assert best(corridor(3, CROP)) == best(corridor(2)) == "right"
    return {
        **{f"V({square})": value(corridor(square)) for square in (1, 2, 3, 4)},
        "Q(3, left)": q(corridor(3), "left"),
        "Q(1, left)": q(corridor(1), "left"),
        **{
            f"Q({square}, crop, {move})": q(corridor(square, CROP), move)
            for square in (2, 3)
            for move in ("left", "right")
        },
        "V(2, crop)": value(corridor(2, CROP)),
    }


def solution() -> dict[str, Fraction]:
    corner = yard(0, 1)
    claim = Fraction(2)
    right_side = max(BUMP + HALF * claim, q(corner, "left"), q(corner, "right"))
    return {
        **{f"Q((0, 1), {move})": q(corner, move) for move in MOVES},
        "claim": claim,
        "bump": BUMP + HALF * claim,
        "right side": right_side,
        "error": claim - right_side,
    }


def backups() -> dict[str, Fraction]:
    wanted = {1: "21 20 10 01 00", 2: "20 01 00", 3: "00 10", 4: "00"}
    start = yard(0, 0)
    arrival = next(k for k in range(1, ENOUGH) if swept(start, HALF, k) == value(start))
    assert walk(start, "ddrr") == value(start)
    assert all(swept(start, HALF, k) == value(start) for k in range(arrival, ENOUGH))
    for sweeps, move in ((1, "right"), (3, "down")):
        trusted = {name: quality(start, name, HALF, sweeps + 1) for name in MOVES}
        assert max(trusted, key=lambda name: trusted[name]) == move
    return {
        **{
            f"V{sweeps}(({name[0]}, {name[1]}))": swept(
                yard(int(name[0]), int(name[1])), HALF, sweeps
            )
            for sweeps, names in wanted.items()
            for name in names.split()
        },
        "steps to the exit": Fraction(arrival),
        "right by V1": quality(start, "right", HALF, 2),
        "down by V1": quality(start, "down", HALF, 2),
        "right by V3": quality(start, "right", HALF, 4),
        "down by V3": quality(start, "down", HALF, 4),
    }


def paths() -> dict[str, Fraction]:
    ways = {"straight": "ddrr", "round": "rrllddrr", "through": "rrdd"}
    found = {
        f"{name}, {discount}": walk(yard(0, 0), moves, discount)
        for discount in (ONE, HALF, ZERO)
        for name, moves in ways.items()
    }
    assert value(yard(0, 0), ONE) == found["round, 1"]
    assert value(yard(0, 0), HALF) == found["straight, 1/2"]
    return found


def target_network() -> dict[str, Fraction]:
    own, copy, here = Fraction(6), Fraction(4), Fraction(2)
    moved = own + (REWARDS["E"] - own) / 2
    targets = {"copy": EMPTY + HALF * copy, "own": EMPTY + HALF * own}
    return {
        **{f"target, {name}": target for name, target in targets.items()},
        **{f"error, {name}": here - target for name, target in targets.items()},
        **{f"loss, {name}": (here - target) ** 2 for name, target in targets.items()},
        "moved": moved,
        "target, own, moved": EMPTY + HALF * moved,
        "target, copy, moved": targets["copy"],
        "target, copy, renewed": EMPTY + HALF * moved,
    }


def greedy() -> dict[str, Fraction]:
    start = corridor(3, "1211E")
    rewards = {move: start.step(move)[0] for move in start.moves()}
    assert rewards["left"] > rewards["right"]
    assert best(start) == "right"
    assert best(start, ONE) == "left"
    assert value(start, ONE) == quality(start, "left", ONE)
    return {
        "greedy, 1/2": q(start, "left"),
        "best, 1/2": value(start),
        "greedy, 1": quality(start, "left", ONE),
        "straight, 1": walk(start, "rr", ONE),
    }


def other_rewards() -> dict[str, Fraction]:
    def wants_the_exit(extra: Fraction) -> bool:
        return best(corridor(4, extra=extra)) == "right"

    limit = Fraction(21, 2)
    assert REWARDS["E"] + limit == endless(EMPTY + limit, HALF)
    assert wants_the_exit(limit - Fraction(1, 1000))
    assert not wants_the_exit(limit + Fraction(1, 1000))
    assert not wants_the_exit(Fraction(12))
    return {
        "doubled V(4)": 2 * value(corridor(4)),
        "doubled V(3)": 2 * value(corridor(3)),
        "exit + 12": REWARDS["E"] + 12,
        "walking + 12": endless(EMPTY + 12, HALF),
        "limit": limit,
    }


def two_goals() -> dict[str, Fraction]:
    take, leave = "lrrrr", "rrr"
    in_training, in_use = corridor(2, CROP), corridor(2, "3111E")
    assert walk(in_training, take) == value(in_training)
    return {
        "A in training": walk(in_training, take),
        "B in training": walk(in_training, take),
        "A in use": walk(in_use, leave),
        "B in use": walk(in_use, take),
    }


ANSWERS: list[Callable[[], dict[str, Fraction]]] = [
    returns,
    discounting,
    corridor_values,
    solution,
    backups,
    paths,
    target_network,
    greedy,
    other_rewards,
    two_goals,
]


def given() -> dict[int, dict[str, Fraction]]:
    """The equations that stand in the questions themselves."""
    return {
        4: {
            "V((0, 0))": value(yard(0, 0)),
            "V((0, 2), no crop)": value(yard(0, 2, "111/103/11E")),
            "V((0, 1))": value(yard(0, 1)),
        },
        7: {
            "Q(4, left)": ONE,
            "Q(4, right)": Fraction(6),
            "Q'(4, left)": ONE,
            "Q'(4, right)": Fraction(4),
            "Q(3, right)": Fraction(2),
        },
    }


# ------------------------------------------------------------------ reading the text

CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
NAME = re.compile(r"[VQ]\d?'?(\(.*\))?")
SQUARE_OR_DISCOUNT = re.compile(r"[Ss]quares? \d|\(\d, \d\)|γ = [\d./]+")
DETAILS = re.compile(r"<details><summary>Answer</summary>\n(.*?)\n</details>", re.DOTALL)


def evaluate(working: str) -> Fraction:
    """The value of an arithmetic expression, in fractions.

    Raises:
        ValueError: it holds something else than numbers, + - * / and brackets.
    """

    def number(node: ast.AST) -> Fraction:
        match node:
            case ast.Constant():
                return Fraction(ast.get_source_segment(working, node) or "")
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -number(operand)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return number(left) + number(right)
            case ast.BinOp(left=left, op=ast.Sub(), right=right):
                return number(left) - number(right)
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                return number(left) * number(right)
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return number(left) / number(right)
        raise ValueError(f"no arithmetic: {working!r}")

    return number(ast.parse(working, mode="eval").body)


def questions() -> list[tuple[str, str]]:
    """Each question and its answer."""
    found = []
    for section in re.split(r"^## \d+\. ", TEXT, flags=re.MULTILINE)[1:]:
        (answer,) = DETAILS.findall(section)
        found.append((DETAILS.sub("", section), answer))
    return found


def equations(text: str) -> list[tuple[str, list[str]]]:
    """The label, the workings and the result of each equation."""
    parts = [code.split(" = ") for code in CODE.findall(text)]
    return [(label, workings) for label, *workings in parts if workings]


def faults(text: str, expected: dict[str, Fraction]) -> list[str]:
    """Equations that do not hold, or whose results are not those expected, or that are missing."""
    wrong, said = [], set()
    for label, workings in equations(text):
        values = {evaluate(working) for working in workings}
        said.add(label)
        if values != {expected.get(label)}:
            wrong.append(f"{label} = {' = '.join(workings)}: it is {expected.get(label)}")
    return wrong + [f"{label} is missing" for label in expected.keys() - said]


def stray_numbers(answer: str) -> list[str]:
    """Numbers of an answer that stand in no equation, so that nothing checks them."""
    names = [code for code in CODE.findall(answer) if " = " not in code]
    prose = SQUARE_OR_DISCOUNT.sub("", CODE.sub("", answer))
    return re.findall(r"\S*\d\S*", prose) + [name for name in names if not NAME.fullmatch(name)]


NUMBERS = range(1, 11)


def test_there_are_ten_questions_with_hidden_answers() -> None:
    assert [int(n) for n in re.findall(r"^## (\d+)\. ", TEXT, re.MULTILINE)] == list(NUMBERS)
    assert len(questions()) == len(ANSWERS) == len(NUMBERS)


def test_the_text_defines_the_games_that_are_solved_here() -> None:
    table = dict(re.findall(r"^\| (?:into|onto) (.+?) \| (-?[\d.]+) \|", TEXT, re.MULTILINE))
    assert {name: Fraction(reward) for name, reward in table.items()} == {
        "the exit": REWARDS["E"],
        "a crop": REWARDS["2"],
        "a human": REWARDS["3"],
        "an empty square": EMPTY,
        "a wall or outside": BUMP,
    }
    drawn = re.findall(r"```text\n(.*?)\n```", TEXT, re.DOTALL)
    assert drawn == [CROP, "\n".join(yard(0, 0).rows)]


@pytest.mark.parametrize("number", NUMBERS)
def test_every_number_of_an_answer_is_right(number: int) -> None:
    question, answer = questions()[number - 1]
    assert faults(question, given().get(number, {})) == []
    assert faults(answer, ANSWERS[number - 1]()) == []
    assert stray_numbers(answer) == []


@pytest.mark.parametrize("number", NUMBERS)
def test_any_wrong_number_is_found(number: int) -> None:
    _, answer = questions()[number - 1]
    for label, workings in equations(answer):
        for index, working in enumerate(workings):
            changed = [*workings]
            changed[index] = f"{working} + 0.01"
            before, after = " = ".join([label, *workings]), " = ".join([label, *changed])
            assert faults(answer.replace(before, after), ANSWERS[number - 1]()), after


# ------------------------------------------------------------------ the slides

DECKS = ("1_reinforcement_learning", "2_dreaming", "3_alignment")
SPOILS = re.compile(r"planted|evil|initial weights|sticks? out|loaded", re.IGNORECASE)
WARNING = "Spoilers: after the exercises"


@pytest.mark.parametrize("deck", DECKS)
def test_no_deck_spoils_the_exercises(deck: str) -> None:
    text = (COURSE / "slides" / f"{deck}.typ").read_text(encoding="utf-8")
    before, *after = text.split(WARNING)
    assert not SPOILS.search(before)
    assert len(after) == (deck == DECKS[2])


# ------------------------------------------------------------------ what is read before the course

SECRET = re.compile(r"shift|plant(ed|ing)\b(?!_)|sticks? out|reversed", re.IGNORECASE)


def test_the_readme_folds_away_what_spoils_the_course() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.split("\n## Crops and humans\n")[1].split("\n## ")[0]
    folded = re.compile(r"<details><summary>.*?</details>", re.DOTALL)
    assert SECRET.search(section)
    assert not SECRET.search(folded.sub("", section).replace("planted_0.pth", ""))


def test_the_notebook_of_the_study_begins_with_a_warning() -> None:
    saved = nbformat.read(COURSE / "crops_and_humans.ipynb", as_version=4)
    before = saved.cells[0].source.split("exercises.ipynb")[0]
    assert "**Spoilers.**" in before
    assert not SECRET.search(before)


def test_the_readme_of_the_course_has_what_a_learner_needs() -> None:
    text = (COURSE / "README.md").read_text(encoding="utf-8")
    assert 'pip install -e ".[lab]"' in text
    assert "jupyter lab experiments/crops_and_humans/exercises.ipynb" in text
    assert not SECRET.search(text)
    for link in re.findall(r"\]\(([^):#]+)\)", text):
        assert (COURSE / link).exists(), link
    for step in map(str, range(1, 11)):
        notebook = nbformat.read(COURSE / "exercises.ipynb", as_version=4)
        assert any(
            re.search(rf"^## Step {step}: .* \(\d+ minutes\)$", cell.source, re.MULTILINE)
            for cell in notebook.cells
        ), step
