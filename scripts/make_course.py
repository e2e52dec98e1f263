"""Make the notebooks of the course on crops and humans from their sources.

    python scripts/make_course.py              # writes all three notebooks and exercises.py
    python scripts/make_course.py --run        # also runs those that are saved with outputs
    python scripts/make_course.py --measure    # first measures the agents again: numbers.json

The numbered files of `experiments/crops_and_humans/source`, one after the other, give
exercises.ipynb, exercises.py and solutions.ipynb; `spoilers.py` there gives spoilers.ipynb. A
source is in percent format: `# %%` begins a code cell, and `# %% [markdown]`
begins a text cell, whose lines begin with `# `. `tags="a,b"` may follow; a cell with the tag
`exercises` or `solutions` is in these alone. Text between these lines is in the solutions only:

    # --- your code: step 3 ---      in code; the exercises have a blank instead
    # --- end ---
    # <answer>                       in text; the exercises have a line to write on instead
    # </answer>

In text, {{rates.agent.production.humans:.0%}} is replaced by this entry of numbers.json.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from procgen_tools.files import unfinished

FOLDER = Path(__file__).parents[1] / "experiments" / "crops_and_humans"

CELL = re.compile(r"^# %%(?P<text> \[markdown\])?(?: tags=\"(?P<tags>[\w,]+)\")?$", re.MULTILINE)
CODE = re.compile(
    r"^(?P<indent> *)# --- your code: step (?P<step>\w+) ---\n"
    r"(?P<code>(?:.*\n)*?) *# --- end ---(?:\n|$)",
    re.MULTILINE,
)
NUMBER = re.compile(r"\{\{(?P<name>[\w.]+)(?::(?P<form>[^}]+))?\}\}")
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
            cell = new_markdown_cell(with_numbers("\n".join(lines)))
        else:
            cell = new_code_cell(body)
        cell["id"] = f"cell-{number}"
        if mark["tags"]:
            cell.metadata["tags"] = mark["tags"].split(",")
        made.append(cell)
    return made


@cache
def numbers() -> dict[str, Any]:
    """The numbers that were measured of the shipped agents."""
    found: dict[str, Any] = json.loads((FOLDER / "numbers.json").read_text(encoding="utf-8"))
    return found


def with_numbers(text: str) -> str:
    """The text with every {{name:form}} replaced by a measured number.

    Raises:
        ValueError: numbers.json has no such number.
    """

    def number(found: re.Match[str]) -> str:
        value: Any = numbers()
        for part in found["name"].split("."):
            if not isinstance(value, dict) or part not in value:
                raise ValueError(
                    f"numbers.json has no {found['name']!r}: measure it in course/evidence.py, "
                    "then run python scripts/make_course.py --measure"
                )
            value = value[part]
        return format(value, found["form"] or "")

    return NUMBER.sub(number, text)


def solved(text: str) -> str:
    """The text of a cell with solutions, without the marks."""
    text = CODE.sub(lambda blank: blank["code"], text)
    return ANSWER.sub(lambda blank: blank["answer"], text).rstrip("\n")


def blanked(text: str) -> str:
    """The text of a cell with blanks instead of solutions."""

    def blank(found: re.Match[str]) -> str:
        indent, step = found["indent"], found["step"]
        asked = step if step.isdigit() else f'"{step}"'
        return (
            f"{indent}# Your code. steps.hint({asked}) prints a hint.\n"
            f'{indent}raise NotImplementedError("still blank")\n'
        )

    text = CODE.sub(blank, text)
    return ANSWER.sub("*Your answer:*\n", text).rstrip("\n")


def source(pattern: str) -> str:
    """The text of the sources whose names match, in the order of their names."""
    paths = sorted((FOLDER / "source").glob(pattern))
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def notebooks() -> dict[str, NotebookNode]:
    """Each notebook by its name, without outputs."""
    course = source("[0-9]_*.py")
    spoilers = source("spoilers.py")
    made = {}
    for name, written, text_of in (
        ("exercises", course, blanked),
        ("solutions", course, solved),
        ("spoilers", spoilers, solved),
    ):
        parts = cells(written)
        for cell in parts:
            cell.source = text_of(cell.source)
        other = "exercises" if name == "solutions" else "solutions"
        parts = [cell for cell in parts if other not in cell.metadata.get("tags", [])]
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


def plain(notebook: NotebookNode) -> str:
    """The exercises as a Python file, for people without Jupyter.

    What a notebook would show at the end of a cell is printed, or saved as a picture.
    """
    parts = [
        "# Made from exercises.ipynb by scripts/make_course.py. Fill in a blank, run this file\n"
        "# with Python, and read what the checks print. Pictures are saved in `pictures`.\n"
    ]
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            lines = [f"# {line}".rstrip() for line in cell.source.split("\n")]
            parts.append("# %% [markdown]\n" + "\n".join(lines) + "\n")
        else:
            parts.append(f"# %%\n{shown(cell.source, f'cell_{number}')}\n")
    return "\n".join(parts)


def shown(code: str, name: str) -> str:
    """The code of a cell, which passes its last value to `course.show`."""
    last = ast.parse(code).body[-1]
    called = ast.unparse(last.value.func) if _is_call(last) else ""
    if not isinstance(last, ast.Expr) or called == "print" or called.startswith("steps."):
        return code
    lines = code.split("\n")
    end = last.end_lineno or len(lines)
    value = "\n".join(lines[last.lineno - 1 : end])
    return "\n".join([*lines[: last.lineno - 1], f'course.show("{name}", {value})', *lines[end:]])


def _is_call(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)


def write() -> list[Path]:
    """Write all notebooks, and the exercises as a Python file.

    A notebook whose code is unchanged keeps its outputs. Returns the paths of the notebooks.
    """
    paths = []
    for name, notebook in notebooks().items():
        path = FOLDER / f"{name}.ipynb"
        if path.exists():
            keep_outputs(notebook, nbformat.read(path, as_version=4))
        with unfinished(path) as temporary:
            temporary.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
        paths.append(path)
    with unfinished(FOLDER / "exercises.py") as temporary:
        temporary.write_text(plain(notebooks()["exercises"]), encoding="utf-8")
    return paths


def keep_outputs(notebook: NotebookNode, saved: NotebookNode) -> None:
    """Give a notebook the outputs of a saved one, if their code is the same."""
    new, old = (
        [cell for cell in each.cells if cell.cell_type == "code"] for each in (notebook, saved)
    )
    if [cell.source for cell in new] == [cell.source for cell in old]:
        for cell, before in zip(new, old, strict=True):
            cell.outputs, cell.execution_count = before.outputs, before.execution_count


def measure() -> None:
    """Measure the shipped agents, and write numbers.json."""
    from procgen_tools.studies.crops_and_humans.course.evidence import measured

    with unfinished(FOLDER / "numbers.json") as temporary:
        temporary.write_text(json.dumps(measured(), indent=1) + "\n", encoding="utf-8")
    numbers.cache_clear()


def sources(notebook: NotebookNode) -> list[tuple[str, str]]:
    """The kind and the text of each cell."""
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


if __name__ == "__main__":
    if "--measure" in sys.argv[1:]:
        measure()
    written = write()
    if "--run" in sys.argv[1:]:
        from run_notebooks import run

        for path in written:
            if path.stem != "exercises":
                print(path.name, flush=True)
                run(path)
