"""Mazes to try in a real JupyterLab: a click on a wall changes Qs and walk, as in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("jupyterlab", reason="jupyterlab is not installed: pip install '.[lab]'")

import nbformat

from procgen_tools.models import load_q_network
from procgen_tools.page.crops_page import AGENT, DISCOUNT
from procgen_tools.web.scenes import level_of
from procgen_tools.worlds.crops_and_humans.levels import EMPTY, SIZE, START, WALL
from procgen_tools.worlds.crops_and_humans.rules import States
from procgen_tools.worlds.crops_and_humans.walks import greedy, play
from tests.browser import SHOTS
from tests.jupyterlab import THEMES, Notebook, running_lab
from tests.studies.crops_and_humans.course.test_live import config_of

CELL = "from procgen_tools.studies.crops_and_humans import course\ncourse.try_mazes()"
CLICKED = (0, 1)


def said_by_python(cells: np.ndarray) -> tuple[list[str], str]:
    """The values of the four moves at the start, and the return of the walk, as the page says."""
    network = load_q_network(AGENT)
    with torch.no_grad():
        (values,) = network(torch.from_numpy(States(cells[None], np.array([START])).inputs()))
    returns = play(greedy(network), cells[None], step_limit=100, discount=DISCOUNT).fates.returns
    return [signed(value) for value in values.tolist()], signed(returns[0])


def signed(number: float) -> str:
    return f"{number:+.2f}".replace("-", "−")


def test_a_click_changes_the_values_and_the_walk(
    tmp_path: Path, chromium: Any, request: pytest.FixtureRequest
) -> None:
    work, own = tmp_path / "work", tmp_path / "own"
    work.mkdir()
    own.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, work / "mazes.ipynb")
    page = chromium.new_page(viewport={"width": 1000, "height": 1000})
    page.errors, page.asked = [], []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("request", lambda asked: page.asked.append(asked.url))
    try:
        with running_lab(work, own) as lab:
            opened = Notebook(page)
            opened.open(lab.url("mazes.ipynb"))
            opened.run(0)
            _use(opened)
            here = (f"http://127.0.0.1:{lab.port}/", "data:", "blob:", "about:")
            assert [url for url in page.asked if not url.startswith(here)] == []
            assert page.errors == []
    except BaseException:
        SHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SHOTS / f"{request.node.name}.png")
        raise
    finally:
        page.close()


def _use(notebook: Notebook) -> None:
    frame = notebook.page.frame_locator("iframe[srcdoc]")

    def shown() -> tuple[list[str], str]:
        return frame.locator("#values .pt-bar-number").all_inner_texts(), frame.locator(
            "#return"
        ).inner_text()

    frame.locator("#values .pt-bar").first.wait_for()
    document = notebook.page.locator("iframe[srcdoc]").get_attribute("srcdoc")
    cells = level_of(config_of(document)["mazes"][0]["scenes"][0]).cells.copy()
    assert cells[CLICKED] == WALL
    before = shown()
    assert before == said_by_python(cells)
    canvas = frame.locator("canvas.pt-board")
    side = (canvas.bounding_box()["width"] - 20) / SIZE
    canvas.click(position={"x": 20 + (CLICKED[1] + 0.5) * side, "y": (CLICKED[0] + 0.5) * side})
    frame.locator("canvas.pt-board").hover(position={"x": 20 + side / 2, "y": side / 2})
    cells[CLICKED] = EMPTY
    after = shown()
    assert after == said_by_python(cells)
    assert before[0] != after[0]
    assert before[1] != after[1]
    for theme, scheme in THEMES.items():
        notebook.choose_theme(theme)
        ground = frame.locator("body").evaluate("each => getComputedStyle(each).backgroundColor")
        assert ground == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(20, 24, 29)")
    hidden = """frame => {
      const { scrollHeight, scrollWidth } = frame.contentDocument.documentElement;
      return [scrollWidth - frame.clientWidth, scrollHeight - frame.clientHeight];
    }"""
    assert notebook.page.locator("iframe[srcdoc]").evaluate(hidden) == [0, 0]
