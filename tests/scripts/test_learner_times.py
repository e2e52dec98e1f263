"""What a learner reads and does, and the minutes that the course states."""

from __future__ import annotations

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

pytest.importorskip("playwright.sync_api")

from scripts.learner_times import (
    FOLDER,
    MINUTES_A_SLIDE,
    Part,
    in_fives,
    minutes_of,
    parts_of,
    table,
    typed,
)

BLANK = (
    '    # Your code. steps.hint(1) prints a hint.\n    raise NotImplementedError("still blank")\n'
)


def parts() -> list[Part]:
    """Those of the course."""
    exercises, solutions = (
        nbformat.read(FOLDER / f"{name}.ipynb", as_version=4) for name in ("exercises", "solutions")
    )
    return parts_of(exercises, solutions)


def test_a_part_counts_what_there_is_to_do() -> None:
    texts = [
        "# Title\n\nThree more words",
        "## Step 1: a sum (5 minutes)\n\n- *Try* it",
        "### Below\n\n*Your answer:*",
    ]
    blank = f"def total(numbers):\n\n{BLANK}\nprint(1)"
    solved = "def total(numbers):\n\n    found = 0\n    return found\n\nprint(1)"
    notebooks = [
        new_notebook(cells=[*map(new_markdown_cell, texts), new_code_cell(code)])
        for code in (blank, solved)
    ]
    assert parts_of(*notebooks) == [
        Part("Title", words=4, cells=(0,)),
        Part("Step 1: a sum", 5, 11, given=2, written=2, questions=1, trials=1, cells=(1, 2, 3)),
    ]
    assert typed(blank, solved) == "    found = 0\n    return found\n"
    with pytest.raises(ValueError, match="more than the blank"):
        typed(blank, solved.replace("print(1)", "print(2)"))


def test_minutes_add_up() -> None:
    assert minutes_of(Part("nothing")) == 0
    assert minutes_of(Part("exactly", words=400, given=10, written=1)) == 5
    assert minutes_of(Part("a word more", words=401, given=10, written=1)) == 10
    assert minutes_of(Part("a day", questions=2, trials=5)) == 25
    rows = table([Part("one", words=400, seconds=1.2), Part("two", given=60, seconds=3)])
    assert rows.split("\n")[-3:] == [
        "| one | 400 | 0 | 0 | 0 | 0 | 1 | 5 |",
        "| two | 0 | 60 | 0 | 0 | 0 | 3 | 10 |",
        "| all | | | | | | 4 | 15 |",
    ]


def test_every_heading_states_these_minutes() -> None:
    first, *steps = parts()
    assert first.stated == 0
    assert {part.title: part.stated for part in steps} == {
        part.title: minutes_of(part) for part in steps
    }


def test_the_readme_states_these_minutes() -> None:
    """Of slides, two minutes each; of questions, six."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    stated = re.findall(r"^\| \d \| .* \| (\d+) \| \d* ?\|$", text, re.MULTILINE)
    before, after = [], []
    for part in parts():
        number = re.match(r"Step (\d+)", part.title)
        (after if number and int(number[1]) > 7 else before).append(minutes_of(part))
    assert list(map(int, stated)) == [
        _of_deck("1_reinforcement_learning"),
        sum(before),
        _of_deck("2_dreaming"),
        sum(after),
        _of_deck("3_alignment"),
        60,
        sum(map(minutes_of, _spoilers())),
    ]


def _of_deck(name: str) -> int:
    content = (FOLDER / "slides" / f"{name}.pdf").read_bytes()
    return in_fives(MINUTES_A_SLIDE * max(map(int, re.findall(rb"/Count (\d+)", content))))


def _spoilers() -> list[Part]:
    read = nbformat.read(FOLDER / "spoilers.ipynb", as_version=4)
    return parts_of(read, read)
