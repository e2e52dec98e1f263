"""The course on crops and humans: solutions pass, blanks and typical mistakes are told so.

The answers are taken from the source of the notebooks, so that nothing is trained here.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import runpy
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from procgen_tools.studies.crops_and_humans import course

ROOT = Path(__file__).parents[4]
FOLDER = ROOT / "experiments" / "crops_and_humans"
maker = SimpleNamespace(**runpy.run_path(str(ROOT / "scripts" / "make_course.py")))

BLANKS = {
    "empty_cells": (course.check_1, "Step 1"),
    "reward_tensor": (course.check_2, "Step 2"),
    "encode": (course.check_3, "Step 3"),
    "right_side": (course.check_4, "Step 4"),
    "left_side": (course.check_5, "Step 5"),
    "bellman_loss": (course.check_6, "Step 6"),
    "update": (course.check_7, "Step 7"),
    "only_free_walls": (course.check_8, "Step 8"),
    "dreaming_loss": (course.check_9a, "Step 9a"),
    "dream_step": (course.check_9b, "Step 9b"),
    "has_pattern": (course.check_10, "Step 10"),
}


@cache
def functions(notebook: str) -> dict[str, Any]:
    """What the first code cell and those with blanks define, in a notebook."""
    names: dict[str, Any] = {}
    code = [cell.source for cell in maker.notebooks()[notebook].cells if cell.cell_type == "code"]
    exec(code[0], names)
    for source in code:
        if any(source.startswith(f"def {name}(") for name in BLANKS):
            exec(source, names)
    return names


@pytest.mark.parametrize("name", BLANKS)
def test_the_solution_passes(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    check, step = BLANKS[name]
    check(functions("solutions")[name])
    assert capsys.readouterr().out.startswith(f"{step}: right.")


@pytest.mark.parametrize("name", BLANKS)
def test_a_blank_is_said_to_be_blank(name: str) -> None:
    check, step = BLANKS[name]
    with pytest.raises(course.WrongAnswer, match=f"^{step} is still blank: fill in {name}"):
        check(functions("exercises")[name])


# ------------------------------------------------------------------ source and notebooks


def test_exercises_have_blanks_and_no_outputs() -> None:
    saved = nbformat.read(FOLDER / "exercises.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in saved.cells)
    assert text.count("raise NotImplementedError(") == len(BLANKS)
    assert "*Your answer:*" in text
    assert "An answer." not in text
    for marker in ("# ---", "<answer>"):
        assert not any(marker in source for source in sources_of_all())
    assert not any(cell.get("outputs") for cell in saved.cells)


def test_all_that_a_learner_needs_opens_beside_the_notebook() -> None:
    """JupyterLab opens relative links in tabs of the same window, but not addresses of the web."""
    cells = [
        cell.source for cell in maker.notebooks()["exercises"].cells if cell.cell_type == "markdown"
    ]
    links = [re.findall(r"\]\(([^)]+)\)", text) for text in cells]
    for link in itertools.chain(*links):
        assert (FOLDER / link).is_file(), link
    decks = [f"slides/{path.name}" for path in sorted((FOLDER / "slides").glob("*.pdf"))]
    assert links[0] == [*decks, "questions.md", "spoilers.ipynb", "solutions.ipynb"]
    step_8 = next(text for text in cells if text.startswith("## Step 8"))
    assert decks[1] in step_8
    assert links[-1] == [decks[2], "questions.md", "spoilers.ipynb"]


def test_exercises_do_not_give_the_trick_away() -> None:
    text = "\n".join(cell.source for cell in maker.notebooks()["exercises"].cells).lower()
    for word in ("planted", "planting", "reversed", "sticks out", "sticks_out", "shift_walls"):
        assert word not in text, word


def sources_of_all() -> Iterator[str]:
    for notebook in maker.notebooks().values():
        yield from (cell.source for cell in notebook.cells)


def test_the_first_blank_of_the_exercises_stops_there(tmp_path: Path) -> None:
    """As a learner meets it: the cells in order, down to the first check."""
    names: dict[str, Any] = {}
    code = [
        cell.source for cell in maker.notebooks()["exercises"].cells if cell.cell_type == "code"
    ]
    first = next(number for number, source in enumerate(code) if "steps.check(" in source)
    with contextlib.chdir(tmp_path):
        exec("\n".join(code[:first]), names)
    with pytest.raises(course.WrongAnswer, match="Step 1 is still blank"):
        exec(code[first], names)


# ------------------------------------------------------------------ what notebooks work with
