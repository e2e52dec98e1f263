"""The page in a real browser, opened from disk: its numbers are those of Python."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from procgen_tools import chains, maze, models
from procgen_tools.effects import Effect, measure
from procgen_tools.interventions import Add, cheese_vector
from procgen_tools.maze import LevelRule, Maze
from procgen_tools.page.runtime import load_runtime
from procgen_tools.page.site import AGENT, LAYER, write_page
from procgen_tools.web.scenes import scene_of
from procgen_tools.worlds.maze.agent_view import agent_frames

pytest.importorskip("onnx")
pytest.importorskip("playwright.sync_api")

TOLERANCE = 1e-4
SIZES = {3: 40, 5: 7, 7: 1, 9: 1, 13: 1}
"""How many mazes of each size; 50 in all."""

ANSWERS = """async (scenes) => {
  const mind = await procgenPage.ready;
  const answers = [];
  for (const scene of scenes) {
    const maze = procgenPage.mazeOf(scene);
    const { views } = await mind.think(maze, { coefficient: -1 });
    const plain = (view) => Object.fromEntries(
      Object.entries(view).map(([name, numbers]) =>
        [name, ArrayBuffer.isView(numbers) ? [...numbers] : numbers]));
    let frames = "";
    for (const byte of procgenPage.frames(scene)) frames += String.fromCharCode(byte);
    answers.push({
      frames: btoa(frames),
      views: views.map((view) => ({ ...plain(view), chances: plain(view.chances) })),
    });
  }
  return answers;
}"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        load_runtime()
    except OSError as error:
        pytest.skip(f"onnxruntime-web is missing: {error}")
    return write_page(tmp_path_factory.mktemp("page") / "site").index


@pytest.fixture(scope="module")
def opened(index: Path, chromium: Any) -> Iterator[Any]:
    """The page after its first answer, with the addresses that it asked for and its errors."""
    page = chromium.new_page()
    page.asked, page.errors = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(index.as_uri())
    page.wait_for_function(ANSWERED, timeout=120_000)
    yield page
    assert page.errors == []
    page.close()


ANSWERED = "document.querySelector('#status').textContent.includes('both facings')"


def mazes() -> list[Maze]:
    """Mazes of both worlds: all backgrounds, both facings, mice anywhere."""
    random = np.random.default_rng(0)
    made = []
    for size, count in SIZES.items():
        for number in range(count):
            rule = LevelRule(world_size=(25, 15)[number % 2], maze_size=size)
            level = maze.make_level(1000 * size + number, rule)
            if number % 3 == 1:
                level = level.flipped()
            if number % 4 == 3:
                squares = [each for each in level.open_squares() if each != level.cheese]
                level = maze.move_mouse(level, squares[random.integers(len(squares))])
            made.append(level)
    return made


def test_the_numbers_are_those_of_python(opened: Any) -> None:
    policy, given = models.load_policy(AGENT), mazes()
    assert len(given) == 50
    answers = opened.evaluate(ANSWERS, [scene_of(level) for level in given])
    worst: dict[str, float] = {}
    for level, answer in zip(given, answers, strict=True):
        frames = agent_frames(level, level.open_squares())
        assert base64.b64decode(answer["frames"]) == frames.tobytes()
        effect = measure(policy, level, Add(cheese_vector(policy, level, LAYER), -1.0))
        for name, difference in differences(effect, answer["views"]):
            worst[name] = max(worst.get(name, 0), difference)
    assert all(difference < TOLERANCE for difference in worst.values()), worst
    # The vector does something, so the two views are not compared with the wrong one.
    assert max(abs(a - b) for each in answers for a, b in moves(each["views"])) > 0.5


def moves(views: list[dict[str, Any]]) -> Iterator[tuple[float, float]]:
    return zip(*(view["probabilities"] for view in views), strict=True)


def differences(effect: Effect, views: list[dict[str, Any]]) -> Iterator[tuple[str, float]]:
    """The names of numbers, and how far those of the page are from Python's."""
    names = {"cheese": "cheese", "corner": "corner", "cheeseFirst": "cheese_first",
             "cornerFirst": "corner_first", "neither": "neither"}  # fmt: skip
    for field, odds, view in zip(
        (effect.before, effect.after),
        (effect.decision_before, effect.decision_after),
        views,
        strict=True,
    ):

        def far(found: Any, expected: Any) -> float:
            return float(np.abs(np.array(found) - np.array(expected)).max())

        yield "probabilities", far(view["probabilities"], field.probabilities.ravel())
        yield "flipped", far(view["flipped"], field.flipped_probabilities.ravel())
        yield "values", far(view["values"], field.values)
        by_start = chains.chances_by_start(field, field.level.step_limit, corner_region=5)
        for theirs, ours in names.items():
            yield theirs, far(view["chances"][theirs], getattr(by_start, ours))
        assert (view["decision"] is None) == (odds is None)
        if odds is not None:
            found = [view["decision"][name] for name in ("cheese", "topRight", "other")]
            yield "decision", far(found, [odds.cheese, odds.top_right, odds.other])


def test_the_page_shows_its_answer_and_asks_nobody(opened: Any) -> None:
    assert all(url.startswith(("file:", "blob:", "data:")) for url in opened.asked)
    shown = opened.inner_text("#bars")
    # Level 51: to the cheese as trained, to the corner without the vector.
    assert "reaches the cheese\nas trained\n> 99.9%\nedited\n< 0.1%" in shown
    assert "visits the top-right 5 × 5\nas trained\n< 0.1%\nedited\n> 99.9%" in shown


def test_mazes_are_chosen_edited_and_undone(opened: Any) -> None:
    canvas = opened.locator("#editor canvas")
    chooser = opened.locator("#top select")
    first, first_name = canvas.get_attribute("aria-label"), chooser.input_value()
    opened.get_by_text("Next maze").click()
    second, second_name = canvas.get_attribute("aria-label"), chooser.input_value()
    assert first != second
    assert (first_name, second_name) == ("0", "1")
    canvas.focus()
    opened.keyboard.press("ArrowRight")
    opened.keyboard.press("Enter")  # from open to wall, or from wall to open
    third = canvas.get_attribute("aria-label")
    assert third not in (first, second)
    assert chooser.input_value() == "null"
    assert chooser.locator("option:checked").text_content() == "a maze of your own"
    for expected, name in ((second, second_name), (first, first_name)):
        opened.keyboard.press("Control+z")
        assert canvas.get_attribute("aria-label") == expected
        assert chooser.input_value() == name
    opened.wait_for_function(ANSWERED, timeout=60_000)
    assert "> 99.9%" in opened.inner_text("#bars")


def test_a_kept_vector_is_that_of_the_maze_where_it_was_kept(opened: Any) -> None:
    edited = "document.querySelector('#bars').innerText.split('edited')[1].trim().split('\\n')[0]"
    assert opened.evaluate(edited) == "< 0.1%"
    opened.get_by_label("keep this vector").check()
    opened.wait_for_function(ANSWERED, timeout=60_000)
    assert opened.evaluate(edited) == "< 0.1%"
    opened.locator("#top select").select_option("2")
    opened.wait_for_function(ANSWERED, timeout=60_000)
    kept = opened.evaluate(edited)
    opened.get_by_label("keep this vector").uncheck()
    opened.wait_for_function(ANSWERED, timeout=60_000)
    assert opened.evaluate(edited) != kept
    opened.locator("#editor canvas").press("Control+z")
    opened.wait_for_function(ANSWERED, timeout=60_000)
    assert opened.evaluate(edited) == "< 0.1%"


def test_impossible_mazes_are_refused_and_unusual_ones_noted(opened: Any) -> None:
    canvas = opened.locator("#editor canvas")
    before = canvas.get_attribute("aria-label")
    canvas.focus()
    for _ in range(13):
        opened.keyboard.press("ArrowDown")
        opened.keyboard.press("ArrowLeft")
    opened.keyboard.press("Enter")  # the mouse is lifted here,
    opened.keyboard.press("ArrowUp")
    opened.keyboard.press("ArrowUp")
    opened.keyboard.press("ArrowRight")
    opened.keyboard.press("Enter")  # and put down in a wall
    assert "the mouse is in a wall: choose an open square" in opened.inner_text("#editor")
    assert canvas.get_attribute("aria-label") == before
    box = canvas.bounding_box()
    assert box
    opened.get_by_role("button", name="erase").click()
    # The cheese of level 51 is at row 4, column 12 of 13.
    side = (box["width"] - 20) / 13
    canvas.click(position={"x": 20 + 12.5 * side, "y": 8.5 * side})
    assert "Without a cheese there is no cheese vector" in opened.inner_text("#editor")
    assert "cheese" not in str(canvas.get_attribute("aria-label"))
    opened.wait_for_function(ANSWERED, timeout=60_000)
    assert "edited" not in opened.inner_text("#bars")
