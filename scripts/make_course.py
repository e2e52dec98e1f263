"""Make the notebooks of the course on crops and humans from their sources.

    python scripts/make_course.py            # writes all three notebooks
    python scripts/make_course.py --run      # also runs those that are saved with outputs

`course.py` gives exercises.ipynb and solutions.ipynb, and `spoilers.py` gives spoilers.ipynb. A
source is in percent format: `# %%` begins a code cell, and `# %% [markdown]` begins a text cell,
whose lines begin with `# `. `tags="a,b"` may follow. Text between these lines appears in the
solutions only:

    # --- your code: a hint ---      in code; the exercises have a blank with the hint instead
    # --- end ---
    # <answer>                       in text; the exercises have a line to write on instead
    # </answer>
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

FOLDER = Path(__file__).parents[1] / "experiments" / "crops_and_humans"

CELL = re.compile(r"^# %%(?P<text> \[markdown\])?(?: tags=\"(?P<tags>[\w,]+)\")?$", re.MULTILINE)
CODE = re.compile(
    r"^(?P<indent> *)# --- your code: (?P<hint>.*) ---\n"
    r"(?P<code>(?:.*\n)*?) *# --- end ---(?:\n|$)",
    re.MULTILINE,
)
ANSWER = re.compile(r"^<answer>\n(?P<answer>(?:.*\n)*?)</answer>(?:\n|$)", re.MULTILINE)


def cells(source: str) -> list[NotebookNode]:
    """The cells of a source, with solutions and marks.

    Raises:
        ValueError: there is text before the first cell.
    """
    marks = list(CELL.finditer(source))
    if not marks or source[: marks[0].start()].strip():
        raise ValueError("a source begins with its first cell: # %%")
    made = []
    for number, (mark, following) in enumerate(zip(marks, [*marks[1:], None], strict=True)):
        body = source[mark.end() : following.start() if following else len(source)].strip("\n")
        if mark["text"]:
            lines = [line.removeprefix("#").removeprefix(" ") for line in body.split("\n")]
            cell = new_markdown_cell("\n".join(lines))
        else:
            cell = new_code_cell(body)
        cell["id"] = f"cell-{number}"
        if mark["tags"]:
            cell.metadata["tags"] = mark["tags"].split(",")
        made.append(cell)
    return made


def solved(text: str) -> str:
    """The text of a cell with solutions, without the marks."""
    text = CODE.sub(lambda blank: blank["code"], text)
    return ANSWER.sub(lambda blank: blank["answer"], text).rstrip("\n")


def blanked(text: str) -> str:
    """The text of a cell with blanks instead of solutions."""

    def blank(found: re.Match[str]) -> str:
        hint = found["hint"]
        indent = found["indent"]
        return f'{indent}# Your code. {hint}\n{indent}raise NotImplementedError("still blank")\n'

    text = CODE.sub(blank, text)
    return ANSWER.sub("*Your answer:*\n", text).rstrip("\n")


def notebooks() -> dict[str, NotebookNode]:
    """Each notebook by its name, without outputs."""
    course = (FOLDER / "course.py").read_text(encoding="utf-8")
    spoilers = (FOLDER / "spoilers.py").read_text(encoding="utf-8")
    made = {}
    for name, source, text_of in (
        ("exercises", course, blanked),
        ("solutions", course, solved),
        ("spoilers", spoilers, solved),
    ):
        parts = cells(source)
        for cell in parts:
            cell.source = text_of(cell.source)
        if name != "solutions":
            parts = [cell for cell in parts if "solutions" not in cell.metadata.get("tags", [])]
        made[name] = new_notebook(
            cells=parts,
            metadata={
                "kernelspec": {
                    "display_name": "Python 3",
                    "language": "python",
                    "name": "python3",
                },
                "language_info": {"name": "python"},
            },
            nbformat_minor=5,
        )
    return made


def write() -> list[Path]:
    """Write all notebooks. A notebook whose cells are unchanged keeps its outputs."""
    paths = []
    for name, notebook in notebooks().items():
        path = FOLDER / f"{name}.ipynb"
        if not (path.exists() and sources(nbformat.read(path, as_version=4)) == sources(notebook)):
            path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
        paths.append(path)
    return paths


def sources(notebook: NotebookNode) -> list[tuple[str, str]]:
    """The kind and the text of each cell."""
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


if __name__ == "__main__":
    written = write()
    if "--run" in sys.argv[1:]:
        from run_notebooks import run

        for path in written:
            if path.stem != "exercises":
                print(path.name, flush=True)
                run(path)
