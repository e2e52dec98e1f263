#!/usr/bin/env python3
"""Do the exercises of the course in one browser window, and say how long each part takes.

python -m scripts.learner_times           # a table in Markdown, after some minutes
python -m scripts.learner_times --fast    # with `fast = True`

A headless Chromium opens a copy of exercises.ipynb in JupyterLab. It fills in each blank with the
code of the solutions, runs cell after cell, and opens every link of the notebook in a tab of the
same window. Seconds are measured: they are those of the machine, for cells and tabs. Minutes are an
estimate of a person's time, from what there is to read and to do (`minutes_of`).
"""

from __future__ import annotations

import math
import re
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from playwright.sync_api import sync_playwright

from tests.browser import chromium_path
from tests.jupyterlab import CELL, Notebook, running_lab

FOLDER = Path(__file__).parents[1] / "experiments" / "crops_and_humans"

WORDS_A_MINUTE = 200
GIVEN_LINES_A_MINUTE = 10
MINUTES_A_LINE = 2
MINUTES_A_QUESTION = 5
MINUTES_A_TRIAL = 3
MINUTES_A_SLIDE = 2
"""What the estimate assumes of a learner: reading texts and code that is given; writing a line of
code; looking at results and writing an answer; following one suggestion of a live page; reading a
slide."""

LONGEST = 900
"""Seconds after which a cell is given up."""
BLANK = re.compile(r"^ *# Your code\..*\n *raise NotImplementedError\(.*\)\n?", re.MULTILINE)
LINK = re.compile(r"\]\(([^):]+)\)")
QUIET = {"apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False}}


@dataclass(frozen=True)
class Part:
    """A part of the exercises: all cells from one heading to the next.

    Attributes:
        title: the heading, without its minutes.
        stated: the minutes that its heading states; 0 if it states none.
        words: of its texts.
        given: lines of code to read.
        written: lines of code to write, in the solutions.
        questions: how many answers to write.
        trials: suggestions to follow on a live page.
        cells: the numbers of its cells.
        seconds: of the machine.
    """

    title: str
    stated: int = 0
    words: int = 0
    given: int = 0
    written: int = 0
    questions: int = 0
    trials: int = 0
    cells: tuple[int, ...] = ()
    seconds: float = field(default=0.0, compare=False)


def parts_of(exercises: NotebookNode, solutions: NotebookNode) -> list[Part]:
    """The parts of the exercises, in their order."""
    parts: list[Part] = []
    for number, (cell, solved) in enumerate(zip(exercises.cells, solutions.cells, strict=True)):
        text = cell.source
        heading = re.match(r"##? (.+)", text) if cell.cell_type == "markdown" else None
        if heading:
            title, stated = re.fullmatch(r"(.+?)(?: \((\d+) minutes\))?", heading[1]).groups()
            parts.append(Part(title, int(stated or 0)))
        part = replace(parts[-1], cells=(*parts[-1].cells, number))
        if cell.cell_type == "markdown":
            part = replace(
                part,
                words=part.words + len(re.findall(r"\w[\w'’-]*", text)),
                questions=part.questions + text.count("*Your answer:*"),
                trials=part.trials + len(re.findall(r"^- \*\w", text, re.MULTILINE)),
            )
        else:
            given = lines(BLANK.sub("", text))
            part = replace(part, given=part.given + given)
            if BLANK.search(text):
                part = replace(part, written=part.written + lines(solved.source) - given)
        parts[-1] = part
    return parts


def lines(code: str) -> int:
    """The number of lines that are not empty."""
    return sum(bool(line.strip()) for line in code.split("\n"))


def minutes_of(part: Part) -> int:
    """An estimate of a person's minutes for a part, rounded up to five."""
    minutes = (
        part.words / WORDS_A_MINUTE
        + part.given / GIVEN_LINES_A_MINUTE
        + part.written * MINUTES_A_LINE
        + part.questions * MINUTES_A_QUESTION
        + part.trials * MINUTES_A_TRIAL
    )
    return in_fives(minutes)


def in_fives(minutes: float) -> int:
    """Minutes rounded up to five."""
    return 5 * math.ceil(minutes / 5)


def typed(blank: str, solved: str) -> str:
    """What a learner types instead of the blank of a cell.

    Raises:
        ValueError: the two cells differ in more than the blank.
    """
    before, after = BLANK.split(blank)
    if not (solved.startswith(before) and solved.endswith(after)):
        raise ValueError(f"the solution differs in more than the blank:\n{solved}")
    return solved[len(before) : len(solved) - len(after)]


def fill(notebook: Notebook, cell: int, blank: str, solved: str) -> None:
    """Select the blank of a cell, and type the solution over it."""
    found = BLANK.search(blank)
    assert found
    notebook.page.evaluate(
        f"""async ([cell, from, to]) => {{
          const {{ content }} = window.jupyterapp.shell.currentWidget;
          content.activeCellIndex = cell;
          await content.scrollToItem(cell);
          await {CELL}.ready;
          content.mode = "edit";
          const {{ editor }} = {CELL};
          editor.focus();
          const [start, end] = [from, to].map((offset) => editor.getPositionAt(offset));
          editor.setSelection({{ start, end }});
        }}""",
        [cell, found.start(), found.end()],
    )
    notebook.page.keyboard.insert_text(typed(blank, solved))
    now = notebook.page.evaluate(f"cell => {CELL}.model.sharedModel.source", cell)
    if now != solved:
        raise RuntimeError(f"cell {cell} is not the solution after typing:\n{now}")


def errors_of(notebook: Notebook, cell: int) -> list[str]:
    """What a cell says of its failure."""
    outputs = notebook.page.evaluate(f"cell => {CELL}.model.outputs.toJSON()", cell)
    return ["\n".join(each["traceback"]) for each in outputs if each["output_type"] == "error"]


def open_link(page: Any, link: str) -> None:
    """Click on a link of the notebook, wait until its tab shows the file, and close the tab."""
    notebook = page.evaluate("window.jupyterapp.shell.currentWidget.id")
    page.evaluate(
        """link => {
          const found = [...document.querySelectorAll(".jp-MarkdownCell a")];
          found.find((each) => each.textContent && each.href.includes(link)).click();
        }""",
        link,
    )
    page.wait_for_function(
        """link => {
          const { currentWidget: widget } = window.jupyterapp.shell;
          return widget?.context?.path === link && widget.context.isReady && widget.isRevealed;
        }""",
        arg=link,
    )
    page.evaluate(
        """async (notebook) => {
          const { shell } = window.jupyterapp;
          shell.currentWidget.close();
          shell.activateById(notebook);
        }""",
        notebook,
    )
    page.wait_for_function(
        "notebook => window.jupyterapp.shell.currentWidget?.id === notebook", arg=notebook
    )


def take(page: Any, url: str, fast: bool) -> list[Part]:
    """Do all exercises in a window, and return the parts with the machine's seconds."""
    blanks, solved = (
        nbformat.read(FOLDER / f"{name}.ipynb", as_version=4) for name in ("exercises", "solutions")
    )
    notebook = Notebook(page)
    notebook.open(url)
    done = []
    for part in parts_of(blanks, solved):
        seconds = 0.0
        for number in part.cells:
            cell = blanks.cells[number]
            if cell.cell_type == "code" and BLANK.search(cell.source):
                fill(notebook, number, cell.source, solved.cells[number].source)
            if cell.cell_type == "code" and fast and cell.source.startswith("fast = False"):
                page.evaluate(
                    f"cell => {{ {CELL}.model.sharedModel.setSource('fast = True'); }}", number
                )
            began = time.perf_counter()
            if cell.cell_type == "code":
                notebook.run(number, LONGEST)
                if problems := errors_of(notebook, number):
                    raise RuntimeError(f"cell {number} fails:\n{problems[0]}")
            else:
                for link in LINK.findall(cell.source):
                    open_link(page, link)
            seconds += time.perf_counter() - began
        done.append(replace(part, seconds=seconds))
        print(f"{part.title}: {seconds:.0f} s", file=sys.stderr, flush=True)
    if len(page.context.pages) != 1:
        raise RuntimeError(f"the exercises opened {len(page.context.pages) - 1} more windows")
    return done


def table(parts: list[Part]) -> str:
    """The parts as a table in Markdown."""
    rows = [
        "| part | words | lines given | lines to write | answers | trials | seconds | minutes |",
        "|---|---|---|---|---|---|---|---|",
    ]
    rows += [
        f"| {part.title} | {part.words} | {part.given} | {part.written} | {part.questions} "
        f"| {part.trials} | {part.seconds:.0f} | {minutes_of(part)} |"
        for part in parts
    ]
    total = sum(part.seconds for part in parts), sum(map(minutes_of, parts))
    return "\n".join([*rows, f"| all | | | | | | {total[0]:.0f} | {total[1]} |"])


def main(fast: bool) -> None:
    with tempfile.TemporaryDirectory() as name, sync_playwright() as started:
        work, own = Path(name) / "work", Path(name) / "own"
        shutil.copytree(FOLDER, work, ignore=shutil.ignore_patterns("progress.json", "pictures"))
        own.mkdir()
        browser = started.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1300, "height": 900})
        with running_lab(work, own, QUIET) as lab:
            print(table(take(page, lab.url_of_window("exercises.ipynb"), fast)))
        browser.close()


if __name__ == "__main__":
    main("--fast" in sys.argv[1:])
