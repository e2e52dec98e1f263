"""Notebooks of the course are made from their sources."""

from __future__ import annotations

import contextlib
import runpy
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from procgen_tools.studies.crops_and_humans import course

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
    exercises, solutions = (
        [
            cell.source
            for cell in maker.notebooks()[name].cells
            if not {"exercises", "solutions"} & set(cell.metadata.get("tags", []))
        ]
        for name in ("exercises", "solutions")
    )
    for blank, answer in zip(exercises, solutions, strict=True):
        if blank != answer:
            assert "NotImplementedError" in blank or "*Your answer:*" in blank


def test_cells_of_one_notebook_are_in_no_other() -> None:
    texts = {
        name: "\n".join(cell.source for cell in notebook.cells)
        for name, notebook in maker.notebooks().items()
    }
    assert 'course.Steps("progress.json")' in texts["exercises"]
    assert 'course.Steps("progress.json")' not in texts["solutions"]
    assert "steps = course.Steps()" in texts["solutions"]
    assert "steps = course.Steps()" not in texts["exercises"]


def test_the_plain_exercises_are_those_of_the_notebook() -> None:
    saved = (FOLDER / "exercises.py").read_text(encoding="utf-8")
    assert saved == maker.plain(maker.notebooks()["exercises"]), "run python scripts/make_course.py"
    for cell in maker.notebooks()["exercises"].cells:
        if cell.cell_type == "markdown":
            assert all(line in saved for line in cell.source.split("\n"))
        else:
            assert cell.source.rsplit("\n", 1)[0] in saved or "course.show(" in saved


def test_the_plain_exercises_stop_at_the_first_blank(tmp_path: Path) -> None:
    """As a learner without Jupyter meets them, in a folder of their own."""
    text = (FOLDER / "exercises.py").read_text(encoding="utf-8")
    path = tmp_path / "exercises.py"
    path.write_text(text, encoding="utf-8")
    with contextlib.chdir(tmp_path), pytest.raises(course.WrongAnswer, match="Step 1 is still bl"):
        runpy.run_path(str(path))
    assert [each.name for each in (tmp_path / "pictures").iterdir()] == ["cell_5.png"]


def test_last_values_are_shown_and_calls_stay() -> None:
    assert maker.shown("x = 1\nx + 1", "cell_3") == 'x = 1\ncourse.show("cell_3", x + 1)'
    assert maker.shown("draw(\n    1,\n)", "c") == 'course.show("c", draw(\n    1,\n))'
    for source in ("print(1)", "steps.check(1, f)", "x = 1", "def f():\n    return 1"):
        assert maker.shown(source, "c") == source


def test_a_notebook_whose_code_is_the_same_keeps_its_outputs() -> None:
    new, old = maker.notebooks()["solutions"], maker.notebooks()["solutions"]
    for number, cell in enumerate(old.cells):
        if cell.cell_type == "code":
            cell.execution_count = number
    old.cells[0].source = "another text"
    maker.keep_outputs(new, old)
    assert any(cell.get("execution_count") for cell in new.cells)
    changed = maker.notebooks()["solutions"]
    next(cell for cell in old.cells if cell.cell_type == "code").source = "another = code"
    maker.keep_outputs(changed, old)
    assert not any(cell.get("execution_count") for cell in changed.cells)


@pytest.mark.parametrize(
    ("source", "message"), [("x = 1\n# %%\n", "begins with its first cell"), ("", "first cell")]
)
def test_a_source_must_begin_with_a_cell(source: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        maker.cells(source)
