"""The page of crops and humans in a browser: its numbers are Python's, and it follows edits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from procgen_tools.models.checkpoints import load_q_network
from procgen_tools.page import crops_page
from procgen_tools.page.site import write_page
from procgen_tools.web.scenes import scene_of
from procgen_tools.worlds.crops_and_humans.graph import Level
from procgen_tools.worlds.crops_and_humans.levels import (
    CROP,
    EMPTY,
    EXIT,
    HUMAN,
    SIZE,
    WALL,
    training_mazes,
)
from procgen_tools.worlds.crops_and_humans.production import production_mazes
from procgen_tools.worlds.crops_and_humans.rules import States
from procgen_tools.worlds.crops_and_humans.walks import greedy, play

pytest.importorskip("playwright.sync_api")

TOLERANCE = 1e-4
ANSWERS = """async (scenes) => {
  const networks = await procgenPage.ready;
  return networks.map((network) => scenes.map((scene) => procgenPage.answer(network, scene)));
}"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, chromium: Any) -> Iterator[Any]:
    """The page after its first answer, with the addresses that it asked for and its errors."""
    index = write_page(tmp_path_factory.mktemp("crops") / "page", crops_page.AGENT).index
    page = chromium.new_page(viewport={"width": 1100, "height": 1000})
    page.asked, page.errors = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(index.as_uri())
    page.evaluate("procgenPage.ready.then(() => null)")
    yield page
    assert page.errors == []
    page.close()


def mazes() -> np.ndarray:
    """Mazes of training and others, in which both agents have walks of all kinds."""
    rng = np.random.default_rng(0)
    parts = [every[rng.choice(len(every), 25)] for every in (training_mazes(), production_mazes())]
    return np.concatenate(parts)


def test_the_numbers_are_those_of_python(opened: Any) -> None:
    given = mazes()
    assert len(given) == 50
    answers = opened.evaluate(ANSWERS, [scene_of(Level(cells)) for cells in given])
    kinds = set()
    for name, answered in zip((crops_page.AGENT, crops_page.CONTROL), answers, strict=True):
        network = load_q_network(name)
        walks = play(greedy(network), given, step_limit=100, discount=crops_page.DISCOUNT)
        for number, (cells, answer) in enumerate(zip(given, answered, strict=True)):
            squares = np.array([(SIZE - 1 - row, col) for row, col in answer["squares"]])
            assert set(map(tuple, squares.tolist())) == set(cells_of_the_agent(cells))
            expected = values(network, cells, squares)
            assert np.abs(np.array(answer["values"]) - expected).max() < TOLERANCE
            walk, fates = answer["walk"], walks.fates
            path = [(SIZE - 1 - row, col) for row, col in walk["squares"]]
            positions = list(map(tuple, walks.positions[number].tolist()))
            assert path == positions[: len(path)]
            assert walk["exits"] == fates.exits[number]
            assert len(path) - 1 == (fates.steps[number] if walk["exits"] else 100)
            harvested = [each["kind"] for each in walk["harvests"]]
            assert harvested.count("crop") == fates.crops[number]
            assert harvested.count("human") == fates.humans[number]
            assert walk["discounted"] == pytest.approx(fates.returns[number], abs=1e-5)
            if walk["repeats"]:
                begin, period = walk["repeats"]["from"], walk["repeats"]["period"]
                assert path[begin:-period] == path[begin + period :]
            kinds |= {*harvested, "exits" if walk["exits"] else "repeats"}
            assert walk["exits"] == (walk["repeats"] is None)
    assert kinds == {"crop", "human", "exits", "repeats"}


def cells_of_the_agent(cells: np.ndarray) -> list[tuple[int, ...]]:
    return list(map(tuple, np.argwhere((cells != WALL) & (cells != EXIT)).tolist()))


def values(network: torch.nn.Module, cells: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """The values in each cell, after the harvest of what is there."""
    now = np.repeat(cells[None], len(squares), axis=0)
    here = (np.arange(len(squares)), *squares.T)
    now[here] = np.where(np.isin(now[here], (CROP, HUMAN)), EMPTY, now[here])
    with torch.no_grad():
        found: np.ndarray = network(torch.from_numpy(States(now, squares).inputs())).numpy()
    return found


def test_the_page_follows_edits_from_mouse_and_keyboard(opened: Any) -> None:
    assert all(url.startswith(("file:", "data:")) for url in opened.asked)
    canvas = opened.locator("#editor canvas")
    box = canvas.bounding_box()
    side = (box["width"] - 20) / SIZE

    def point(row: int, col: int) -> tuple[float, float]:
        return box["x"] + 20 + (col + 0.5) * side, box["y"] + (row + 0.5) * side

    def shown(name: str) -> str:
        return str(opened.inner_text(f"#{name}"))

    first = shown("outcome")
    assert first.startswith("It exits after ")
    # The arrow keys choose a cell; enter closes it, and control Z opens it again.
    canvas.focus()
    for _ in range(5):
        opened.keyboard.press("ArrowUp")  # from the bottom left
    opened.keyboard.press("ArrowRight")
    opened.keyboard.press("ArrowUp")
    assert shown("cell").startswith("Row 0, column 1: open. It goes ")
    opened.keyboard.press("Enter")
    assert opened.inner_text(".pt-notes") == "No way leads from the agent to the exit."
    assert shown("outcome").startswith("It never exits: ")
    assert shown("cell").startswith("Row 0, column 0: agent. ")
    opened.keyboard.press("Control+z")
    assert (shown("outcome"), opened.inner_text(".pt-notes")) == (first, "")
    # A dragged exit.
    opened.mouse.move(*point(6, 6))
    opened.mouse.down()
    opened.mouse.move(*point(0, 1), steps=3)
    opened.mouse.up()
    assert "The agent cannot see that the exit has moved" in opened.inner_text(".pt-notes")
    assert shown("outcome") == "It exits after 1 step."
    assert shown("return") == "+10.00"
    # The agent cannot be dragged onto the exit.
    opened.mouse.move(*point(0, 0))
    opened.mouse.down()
    opened.mouse.move(*point(0, 1), steps=3)
    opened.mouse.up()
    assert "One cell cannot hold the agent and the exit: choose an empty cell" in shown("editor")
    assert shown("outcome") == "It exits after 1 step."
    opened.keyboard.press("Control+z")
    assert shown("outcome") == first
    # The tool for touch screens chooses a cell and changes nothing.
    opened.get_by_role("button", name="look").click()
    opened.mouse.click(*point(0, 1))
    assert shown("cell").startswith("Row 0, column 1: open. It goes ")
    assert shown("outcome") == first
    bars = shown("values").split("\n")
    assert [bars[number].removesuffix(" ◂") for number in range(0, 8, 2)] == [
        "up", "down", "left", "right",
    ]  # fmt: skip
    best = max(range(4), key=lambda move: float(bars[2 * move + 1].replace("−", "-")))
    assert bars[2 * best].endswith(" ◂")
    assert shown("cell").endswith(f"It goes {bars[2 * best].removesuffix(' ◂')}.")
    # The control has other values, another maze other walls.
    opened.get_by_label("who walks").select_option(label="the control")
    assert shown("values").split("\n") != bars
    before = canvas.get_attribute("aria-label")
    opened.get_by_text("Another training maze").click()
    assert canvas.get_attribute("aria-label") != before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_page_fits_in_both_themes(opened: Any, chromium: Any, scheme: str) -> None:
    page = chromium.new_page(viewport={"width": 400, "height": 800}, color_scheme=scheme)
    page.goto(opened.url)
    page.evaluate("procgenPage.ready.then(() => null)")
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(20, 24, 29)")
    page.close()
