"""Every notebook runs from top to bottom in its fast mode, and is saved executed and light."""

from __future__ import annotations

from pathlib import Path

import nbformat
import papermill
import pytest

EXPERIMENTS = Path(__file__).parents[1] / "experiments"
NOTEBOOKS = sorted(
    # The exercises of a course stop at their first blank: see test_course.py.
    path
    for path in EXPERIMENTS.rglob("*.ipynb")
    if path.stem != "exercises"
)
LARGEST = 600_000
"""Bytes of a notebook with its outputs."""


def name(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_it_runs(path: Path, tmp_path: Path) -> None:
    papermill.execute_notebook(
        path,
        tmp_path / path.name,
        parameters={"fast": True},
        cwd=path.parent,
        progress_bar=False,
        log_output=False,
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_it_is_saved_executed_and_light(path: Path) -> None:
    assert path.stat().st_size < LARGEST
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [out for cell in code for out in cell.outputs if out.output_type == "error"]
    assert any("parameters" in cell.metadata.get("tags", []) for cell in code)
    pictures = [out for cell in code for out in cell.outputs if "image/png" in out.get("data", {})]
    assert pictures, "a notebook shows something"
