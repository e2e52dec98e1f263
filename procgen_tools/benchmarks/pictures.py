"""The time from a click in a browser to the complete picture, for visitors of the app."""

from __future__ import annotations

import base64
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch

from procgen_tools.app.access import Access
from procgen_tools.app.limits import Limits
from procgen_tools.app.server import listen, server_of
from procgen_tools.app.sessions import Session
from procgen_tools.app.views import prepare
from procgen_tools.web.scenes import scene_of
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.levels import LevelRule, make_level

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 120.0
"""Seconds to wait for one picture, on a busy machine."""


@dataclass(frozen=True)
class PictureSpeed:
    """Medians over all clicks of all visitors.

    Attributes:
        visitors: pages that are open at the same time, and are clicked in the same moment.
        maze_size: side of the maze in squares.
        squares: number of open squares of the maze.
        picture: seconds from a click until the complete picture is on the screen.
        slowest: the same for the slowest click.
        network: seconds of forward passes among them.
    """

    visitors: int
    maze_size: int
    squares: int
    picture: float
    slowest: float
    network: float

    @property
    def network_share(self) -> float:
        """The share of the network in the time to the picture."""
        return self.network / self.picture

    def report(self) -> str:
        """The times and the share as text."""
        return (
            f"the app in Chromium, {self.visitors} visitors at once, {self.maze_size} x "
            f"{self.maze_size} with {self.squares} open squares: from a click "
            "to the picture with the field and the exact chances\n"
            f"median {1000 * self.picture:.0f} ms, slowest {1000 * self.slowest:.0f} ms; the "
            f"network's share is {self.network_share:.0%}"
        )


def measure(visitors: int = 1, clicks: int = 5, size: int = 13) -> PictureSpeed:
    """Let each visitor of an app toggle one wall `clicks` times.

    Args:
        visitors: pages that are open at the same time.
        clicks: clicks on each page that are timed, after a first one that is not.
        size: side of the maze in squares.

    Raises:
        ModuleNotFoundError: Playwright is not installed.
        ValueError: there is no Chromium on this machine.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise ModuleNotFoundError(
            "timing a browser needs playwright: install it with pip install playwright"
        ) from error
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise ValueError("there is no Chromium on this machine: install it, or leave out --browser")
    level = make_level(0, LevelRule(maze_size=size))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # each worker of the app is one thread
    prepare()
    with ExitStack() as stack:
        stack.callback(torch.set_num_threads, threads)
        sessions, url = stack.enter_context(_served(visitors))
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=path, args=["--no-sandbox"]
        )
        stack.callback(browser.close)
        pages = [browser.new_page(viewport={"width": 900, "height": 1000}) for _ in range(visitors)]
        for page in pages:
            page.goto(url + _fragment(level))
            page.locator(".pt-board").wait_for()

        def explorers() -> list[Any]:
            opened = [each.opened for each in list(sessions.values())]
            return [each.channel.widget for each in opened if each and each.channel]

        _until(pages, lambda: len(explorers()) == visitors and all(map(_is_done, explorers())))
        wall = next((int(row), int(col)) for row, col in zip(*level.walls.nonzero(), strict=True))
        timings = []
        for number in range(clicks + 1):
            before = [explorer.exploration.level for explorer in explorers()]
            for page in pages:
                page.evaluate(_CLICK, [size, *wall])

            def seen(before: list[Any] = before) -> bool:
                now = [explorer.exploration for explorer in explorers()]
                return all(
                    each.timing.picture is not None and each.level is not old
                    for each, old in zip(now, before, strict=True)
                )

            _until(pages, seen)
            if number:  # the first one warms up
                timings += [explorer.exploration.timing for explorer in explorers()]
    pictures = [timing.picture for timing in timings]
    network = median(timing.network for timing in timings)
    squares = len(level.open_squares())
    return PictureSpeed(visitors, size, squares, median(pictures), max(pictures), network)


def _fragment(level: Maze) -> str:
    """The part of an address that opens a level; see `address.js`."""
    text = json.dumps({name: scene_of(level)[name] for name in _LEVEL})
    return "#level=" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


_LEVEL = ("world", "walls", "things", "settings")

_CLICK = """([size, row, col]) => {
  const board = document.querySelector(".pt-board");
  const box = board.getBoundingClientRect();
  const side = (box.width - 20) / size;
  const at = {
    clientX: box.left + 20 + (col + 0.5) * side, clientY: box.top + (size - row - 0.5) * side,
    pointerId: 1, button: 0, bubbles: true,
  };
  board.setPointerCapture = () => {};  // there is no pointer to capture
  for (const kind of ["pointerdown", "pointerup"]) board.dispatchEvent(new PointerEvent(kind, at));
}"""


def _is_done(explorer: Any) -> bool:
    return bool(explorer.exploration.complete and explorer.exploration.timing.total)


def _until(pages: list[Any], holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"no picture within {PATIENCE:g} seconds: give fewer --visitors")
        pages[0].wait_for_timeout(5)  # the browser goes on meanwhile


@contextmanager
def _served(visitors: int) -> Iterator[tuple[dict[str, Session], str]]:
    """The sessions and the address of an app that runs in a thread."""
    listening = listen("127.0.0.1", 0)
    port = listening.getsockname()[1]
    server = server_of(Access("127.0.0.1", port), Limits(visitors=visitors, seconds=PATIENCE))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        app: Any = server.config.app
        yield app.state.visitors.sessions, f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)
