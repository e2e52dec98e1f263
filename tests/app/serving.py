"""An app that runs in the process of a test."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
from websockets.sync import client as websockets

from procgen_tools import maze
from procgen_tools.app.access import Access
from procgen_tools.app.limits import Limits
from procgen_tools.app.server import listen, server_of
from procgen_tools.app.sessions import Session

LEVEL = maze.parse("....C\n.###.\n.#...\n.#.##\nM....")


class Served:
    """An app that runs in this process."""

    def __init__(self, limits: Limits, token: str | None = None) -> None:
        listening = listen("127.0.0.1", 0)
        self.port = listening.getsockname()[1]
        self.name = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.name}"
        access = Access("127.0.0.1", self.port, token)
        self.server = server_of(access, limits)
        self.thread = threading.Thread(target=self.server.run, args=([listening],), daemon=True)
        self.thread.start()
        end = time.monotonic() + 20
        while not self.server.started:
            assert time.monotonic() < end, "the server does not start"
            time.sleep(0.01)

    def connect(self, url: str | None = None, **options: Any) -> Any:
        options = {"origin": self.url, "max_size": None, "open_timeout": 20} | options
        return websockets.connect(url or f"ws://{self.name}/socket", **options).__enter__()

    def post(self, path: str, content: Any, **headers: str) -> Any:
        known = {"origin": self.url} | headers
        return httpx.post(f"{self.url}{path}", content=content, headers=known, timeout=20)

    @property
    def sessions(self) -> dict[str, Session]:
        app: Any = self.server.config.app
        sessions: dict[str, Session] = app.state.visitors.sessions
        return sessions

    def abort(self) -> None:
        """End all connections without a word, as a crash does."""
        for each in list(self.server.server_state.connections):
            each.loop.call_soon_threadsafe(each.transport.abort)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)
        assert not self.thread.is_alive()


def until(holds: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until a condition holds; fail if it never does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)
