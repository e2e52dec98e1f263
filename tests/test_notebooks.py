"""Every notebook runs from top to bottom in its fast mode, and is saved executed and light."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

ROOT = Path(__file__).parents[1]
EXPERIMENTS = ROOT / "experiments"
NOTEBOOKS = sorted(
    # The exercises of a course stop at their first blank: see test_course.py.
    path
    for folder in (EXPERIMENTS, ROOT / "playground")
    for path in folder.rglob("*.ipynb")
    if path.stem != "exercises"
)
LARGEST = 600_000
"""Bytes of a notebook with its outputs."""


def name(path: Path) -> str:
    return path.stem


@pytest.fixture(scope="module")
def client() -> Iterator[NotebookClient]:
    """One kernel for all notebooks, since loading torch takes longer than most of them."""
    client = NotebookClient(new_notebook())
    yield client
    client.nb = new_notebook()
    client.execute()  # unlike `run`, this ends the kernel


QUICK_FIGURES = "%config InlineBackend.print_figure_kwargs = {'bbox_inches': None, 'dpi': 40}"
"""Draws each figure once and small, where a notebook draws it twice to find its edges."""

FREEZE = "import gc; gc.freeze(); del gc"
"""`%reset` collects garbage twice. What remains afterwards are modules, which need no new look."""


def run(client: NotebookClient, notebook: NotebookNode, folder: Path) -> None:
    """Execute a notebook in its folder, without the names that the one before has left."""
    begin = new_code_cell(f"%reset -f\n{FREEZE}\n%cd -q {folder}\n{QUICK_FIGURES}")
    client.nb = new_notebook(cells=[begin, *notebook.cells], metadata=notebook.metadata)
    client.execute(cleanup_kc=False)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_it_runs(path: Path, client: NotebookClient) -> None:
    notebook = load_notebook_node(str(path))
    run(client, parameterize_notebook(notebook, {"fast": True}), path.parent)


def test_notebooks_leave_no_names_behind(client: NotebookClient, tmp_path: Path) -> None:
    run(client, new_notebook(cells=[new_code_cell("left = 1")]), EXPERIMENTS)
    run(client, new_notebook(cells=[new_code_cell("assert 'left' not in globals()")]), tmp_path)
    here = new_code_cell(f"import os; assert os.getcwd() == {os.fspath(tmp_path)!r}")
    run(client, new_notebook(cells=[here]), tmp_path)
    with pytest.raises(CellExecutionError, match="NameError"):
        run(client, new_notebook(cells=[new_code_cell("left")]), tmp_path)


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
