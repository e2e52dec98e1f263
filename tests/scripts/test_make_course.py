"""Notebooks of the course are made from their sources."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

ROOT = Path(__file__).parents[2]

FOLDER = ROOT / "experiments" / "crops_and_humans"

maker = SimpleNamespace(**runpy.run_path(str(ROOT / "scripts" / "make_course.py")))


@pytest.mark.parametrize("name", ["exercises", "solutions", "spoilers"])
def test_notebooks_are_what_the_sources_give(name: str) -> None:
    saved = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    assert maker.sources(saved) == maker.sources(maker.notebooks()[name]), (
        "run python scripts/make_course.py --run"
    )


def test_exercises_and_solutions_differ_in_blanks_alone() -> None:
    exercises, solutions = (maker.notebooks()[name].cells for name in ("exercises", "solutions"))
    assert len(exercises) == len(solutions)
    differing = [
        (one.source, other.source)
        for one, other in zip(exercises, solutions, strict=True)
        if one.source != other.source
    ]
    for blank, _ in differing:
        assert "NotImplementedError" in blank or "*Your answer:*" in blank


@pytest.mark.parametrize(
    ("source", "message"), [("x = 1\n# %%\n", "begins with its first cell"), ("", "first cell")]
)
def test_a_source_must_begin_with_a_cell(source: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        maker.cells(source)
