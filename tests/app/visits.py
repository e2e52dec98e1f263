"""Visits of the app in a browser, for its tests."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from procgen_tools.app.views import VIEWS
from procgen_tools.web.scenes import level_of, scene_of
from tests.app.serving import Served, until


class Visit:
    """A page of the app in a tab of its own.

    Attributes:
        page: Playwright's page.
        errors: what went wrong on the page. Tests end with a look at it.
    """

    def __init__(self, page: Any, served: Served) -> None:
        self.page, self.served = page, served
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self.errors.append(message.text))

    def go(self, fragment: str = "") -> None:
        self.page.goto(f"{self.served.url}/{fragment}")

    def widget(self) -> Any:
        """The widget of the only session, in this process; None before there is one."""
        self.page.wait_for_timeout(5)
        sessions = list(self.served.sessions.values())
        assert len(sessions) < 2
        opened = sessions[0].opened if sessions else None
        return opened.channel.widget if opened is not None and opened.channel is not None else None

    def level(self) -> Any:
        widget = self.widget()
        return None if widget is None else widget.maze

    def until(self, holds: Callable[[], object]) -> None:
        until(lambda: (self.page.wait_for_timeout(5), holds())[1])

    def upload(self, kind: str, path: Path) -> None:
        self.page.locator(f"#{kind}-file").set_input_files(path)

    def use(self, view: str) -> None:
        self.page.get_by_role("button", name=view).click()
        self.page.locator("nav button[aria-pressed=true]", has_text=view).wait_for()

    def click(self, row: int, col: int) -> None:
        """Click a square of the first board, once the page shows what the server has."""
        self.until(self.settled)
        scene = scene_of(self.level())
        board = self.page.locator(".pt-board").first
        side = (board.bounding_box()["width"] - 20) / scene["cols"]
        x, y = 20 + (col + 0.5) * side, (scene["rows"] - row - 0.5) * side
        board.click(position={"x": x, "y": y})

    def addressed(self) -> tuple[str, Any, Any]:
        """The view, the level and the edit in the address, which follows the page; "", None and {}
        if it has none.
        """
        parts = dict(parse_qsl(urlsplit(self.page.url).fragment))
        packed, edit = parts.get("level"), json.loads(parts.get("edit", "{}"))
        if packed is None:
            return parts.get("view", ""), None, edit
        level = level_of(json.loads(urlsafe_b64decode(packed + "=" * (-len(packed) % 4))))
        return parts["view"], level, edit

    def settled(self) -> bool:
        """Whether the page shows the widget and the level that the server has."""
        widget = self.widget()
        view, level, _ = self.addressed()
        return view != "" and isinstance(widget, VIEWS[view].widget) and widget.maze == level

    def edit(self) -> Any:
        """The edit in the address."""
        return self.addressed()[2]
