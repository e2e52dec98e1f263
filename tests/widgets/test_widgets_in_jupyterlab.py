"""The widgets in a real JupyterLab: a click and a drag in Chromium reach Python in the kernel.

One JupyterLab, one notebook and one kernel serve the light and the dark theme.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jupyterlab", reason="jupyterlab is not installed: pip install '.[lab]'")
pytest.importorskip("anywidget", reason="anywidget is not installed: pip install '.[lab]'")

import nbformat

from procgen_tools import maze
from procgen_tools.interventions import square_cells
from tests.browser import SHOTS
from tests.jupyterlab import THEMES, Lab, Notebook, running_lab

SIDE = 5
LEVEL = "....C\\n.###.\\n.#...\\n.#.##\\nM...."
CELLS = (
    f"""from procgen_tools import maze, models
from procgen_tools.episodes.rollouts import play
from procgen_tools.widgets.activation_browser import ActivationBrowser
from procgen_tools.widgets.field_explorer import FieldExplorer
from procgen_tools.widgets.maze_editor import MazeEditor
from procgen_tools.widgets.rollout_player import RolloutPlayer
level = maze.parse("{LEVEL}")
editor = MazeEditor(level)
editor""",
    "policy = models.ImpalaPolicy().eval()\nexplorer = FieldExplorer(level, policy)\nexplorer",
    "browser = ActivationBrowser(level, policy, channel=3)\nbrowser",
    "player = RolloutPlayer({'one': play(policy, level, seed=0)[0]}, policy)\nplayer",
    "print('walls', editor.maze.walls.sum(), 'at (2, 3)', editor.maze.walls[2, 3])",
    "print('mouse', tuple(explorer.maze.mouse), 'neither', explorer.wait().chances['before'])",
    "print('clamps', *browser.clamps, 'of', browser.channel, 'time', player.time, player.playing)",
)
EDITOR, EXPLORER, BROWSER, PLAYER, ASK_EDITOR, ASK_EXPLORER, ASK_OTHERS = range(7)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A JupyterLab with a notebook of all widgets."""
    work, own = tmp_path / "work", tmp_path / "own"
    work.mkdir()
    own.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, work / "widgets.ipynb")
    with running_lab(work, own) as started:
        yield started


class Widgets(Notebook):
    """The notebook in a browser, with the boards of its widgets."""

    def board(self, cell: int) -> Any:
        return self.page.locator(".jp-CodeCell").nth(cell).locator("canvas.pt-board").first

    def point(self, cell: int, row: int, col: int) -> tuple[float, float]:
        board = self.board(cell)
        board.scroll_into_view_if_needed()
        box, before = board.bounding_box(), None
        while box != before:  # the notebook may still move
            self.page.wait_for_timeout(100)
            box, before = board.bounding_box(), box
        side = (box["width"] - 20) / SIDE
        return box["x"] + 20 + (col + 0.5) * side, box["y"] + (SIDE - row - 0.5) * side


LIGHTNESS = """
(element) => {
  const lightness = ([red, green, blue]) => (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
  const shown = (colour) => {
    const pen = new OffscreenCanvas(1, 1).getContext("2d");
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return lightness(pen.getImageData(0, 0, 1, 1).data);
  };
  const board = element.querySelector("canvas.pt-board");
  const below = board.height - 12; // where the numbers of the columns are
  const { data } = board.getContext("2d").getImageData(0, below, board.width, 1);
  const drawn = [...data.keys()].filter((n) => n % 4 === 3 && data[n] > 200);
  return {
    text: shown(getComputedStyle(element).color),
    button: shown(getComputedStyle(element.querySelector(".pt-button")).backgroundColor),
    numbers: lightness(data.slice(drawn[0] - 3, drawn[0])),
  };
}
"""
"""The lightness of parts of a widget, from 0 to 1."""


def test_clicks_and_drags_in_jupyterlab_reach_python(
    lab: Lab, chromium: Any, request: pytest.FixtureRequest
) -> None:
    page = chromium.new_page(viewport={"width": 1000, "height": 1000})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        _use(Widgets(page), lab)
        assert not errors
    except BaseException:
        SHOTS.mkdir(exist_ok=True)
        shot = SHOTS / f"{request.node.name}.png"
        page.screenshot(path=shot)
        print(f"{shot} shows the notebook; the server said:\n{lab.log.read_text()[-3000:]}")
        raise
    finally:
        page.close()


def _use(notebook: Widgets, lab: Lab) -> None:
    page = notebook.page
    notebook.open(lab.url("widgets.ipynb"))
    notebook.run(EDITOR)
    notebook.run(EXPLORER)
    notebook.board(EXPLORER).wait_for()
    _use_others(notebook)
    walls, mouse = 7, (0, 0)
    for number, (theme, scheme) in enumerate(THEMES.items(), 1):
        notebook.choose_theme(theme)
        # A click makes a wall, and the second one takes it away.
        page.mouse.click(*notebook.point(EDITOR, 2, 3))
        is_wall = number % 2 == 1
        _until(notebook, ASK_EDITOR, f"walls {walls + is_wall} at (2, 3) {is_wall}")
        # A drag moves the mouse, and Python computes its field there.
        page.mouse.move(*notebook.point(EXPLORER, *mouse))
        page.mouse.down()
        mouse = (mouse[0] + 1, mouse[1])
        page.mouse.move(*notebook.point(EXPLORER, *mouse), steps=4)
        page.mouse.up()
        _until(notebook, ASK_EXPLORER, f"mouse {mouse} neither Chances(")
        shown = page.locator(".pt").first.evaluate(LIGHTNESS)
        assert {name: each > 0.5 for name, each in shown.items()} == {
            "text": scheme == "dark",
            "button": scheme == "light",
            "numbers": scheme == "dark",
        }, (theme, shown)


def _use_others(notebook: Widgets) -> None:
    """A click on a cell clamps it, and a click on a button takes a step."""
    for cell in (BROWSER, PLAYER):
        notebook.run(cell)
        notebook.board(cell).wait_for()
    cells = notebook.page.locator(".jp-CodeCell")
    cells.nth(BROWSER).get_by_role("heading", name="Channel 3 of 32").wait_for()
    notebook.page.mouse.click(*notebook.point(BROWSER, 2, 3))
    cells.nth(PLAYER).get_by_role("button", name="One step on").click()
    ((row, col),) = square_cells(maze.parse(LEVEL.replace("\\n", "\n")), [(2, 3)], 16)
    clamp = f"channel 3 of embedder.block2.res1.resadd_out to 5.5 at cell ({row}, {col})"
    _until(notebook, ASK_OTHERS, f"clamps set {clamp} of 3 time 1 False")


def _until(notebook: Widgets, cell: int, text: str) -> None:
    """Run a cell until it prints a text: the kernel hears of the mouse after the browser."""
    end = time.monotonic() + 20
    while True:
        notebook.run(cell)
        if text in notebook.output(cell):
            return
        assert time.monotonic() < end, (text, notebook.output(cell))
