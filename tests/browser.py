"""Widgets in a real browser, without Jupyter: their ES module with a model that talks to Python.

The page hosts the module of a widget as anywidget does. Its messages reach the widget in this
process, and changes of the widget's traits reach the page. Tests are skipped where there is no
Chromium.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SHOTS = Path(os.environ.get("BROWSER_SHOTS", "test-screenshots"))
"""Where screenshots of failed tests are kept."""

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><style>
body { margin: 12px; } @media (prefers-color-scheme: dark) { body { background: #14181d; } }
</style></head><body><div id="widget"></div></body></html>"""

HOST = """async ([module, css, state]) => {
  document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  const url = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
  const { default: widget } = await import(url);
  const heard = {};
  const tell = (name, ...what) => (heard[name] || []).forEach((each) => each(...what));
  window.fromPython = (messages) => messages.forEach(([kind, name, value]) => {
    if (kind === "message") tell("msg:custom", value);
    else { state[name] = value; tell(`change:${name}`); }
  });
  const model = {
    get: (name) => state[name],
    set: (name, value) => { state[name] = value; tell(`change:${name}`); },
    save_changes: () => {},
    on: (name, does) => { (heard[name] ||= []).push(does); },
    off: (name, does) => { heard[name] = (heard[name] || []).filter((each) => each !== does); },
    send: (content) => window.toPython(JSON.stringify(content)),
  };
  await widget.render({ model, el: document.getElementById("widget") });
}"""

UNSYNCED = ("_esm", "_css", "layout", "tooltip", "tabbable")


class Hosted:
    """A widget on a page.

    Attributes:
        page: Playwright's page.
        widget: the widget in this process.
    """

    def __init__(self, page: Any, widget: Any) -> None:
        self.page, self.widget = page, widget
        self.errors: list[str] = []
        self._queue: queue.Queue[tuple[str, str, Any]] = queue.Queue()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.set_content(PAGE)
        page.expose_function("toPython", self._heard)
        names = [name for name in widget.keys if name not in UNSYNCED]
        # Before the page has the state: threads may change it at any time.
        widget.observe(self._changed, names)
        widget.send = lambda content, buffers=None: self._queue.put(("message", "", content))
        state = {name: widget.get_state(name)[name] for name in names}
        page.evaluate(HOST, [widget._esm, widget._css, state])

    def _heard(self, text: str) -> None:
        self.widget._handle_custom_msg(json.loads(text), [])

    def _changed(self, change: Any) -> None:
        self._queue.put(
            ("trait", change["name"], self.widget.get_state(change["name"])[change["name"]])
        )

    def until(self, holds: Callable[[], bool], seconds: float = 10.0) -> None:
        """Let the page and the widget talk until a condition holds; fail if it never does."""
        end = time.monotonic() + seconds
        while True:
            messages = []
            while not self._queue.empty():
                messages.append(list(self._queue.get()))
            if messages:
                self.page.evaluate("messages => window.fromPython(messages)", messages)
            assert not self.errors, self.errors
            if holds():
                return
            assert time.monotonic() < end, "it never happened"
            self.page.wait_for_timeout(5)

    def talk(self, seconds: float = 0.1) -> None:
        """Let the page and the widget talk for a while, for what must not happen."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end)

    def point(self, row: int, col: int, board: int = 0) -> tuple[float, float]:
        """The middle of a square, in pixels of the page."""
        shown = self.page.locator(".pt-board").nth(board)
        shown.scroll_into_view_if_needed()
        box = shown.bounding_box()
        scene = self.widget._scene
        side = (box["width"] - 20) / scene["cols"]
        return (
            box["x"] + 20 + (col + 0.5) * side,
            box["y"] + (scene["rows"] - 1 - row + 0.5) * side,
        )

    def click(self, row: int, col: int) -> None:
        self.page.mouse.click(*self.point(row, col))

    def drag(self, *squares: tuple[int, int]) -> None:
        """Press on the first square, move over the others, and let go on the last."""
        self.page.mouse.move(*self.point(*squares[0]))
        self.page.mouse.down()
        for square in squares[1:]:
            self.page.mouse.move(*self.point(*square), steps=3)
        self.page.mouse.up()

    def text(self, selector: str) -> str:
        return str(self.page.locator(selector).first.text_content())


def chromium_path() -> str | None:
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless Chromium, one per session."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    pytest.importorskip("anywidget", reason="anywidget is not installed")
    path = chromium_path()
    if path is None:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def hosted(chromium: Any, request: pytest.FixtureRequest) -> Iterator[Callable[..., Hosted]]:
    """Puts a widget on a page of its own; options are those of Playwright's `new_page`."""
    pages = []

    def host(widget: Any, **options: Any) -> Hosted:
        page = chromium.new_page(**{"viewport": {"width": 900, "height": 1000}, **options})
        pages.append(page)
        return Hosted(page, widget)

    yield host
    failed = getattr(request.node, "failed", False)
    for number, page in enumerate(pages):
        if failed:
            SHOTS.mkdir(exist_ok=True)
            page.screenshot(path=SHOTS / f"{request.node.name}-{number}.png", full_page=True)
        page.close()
