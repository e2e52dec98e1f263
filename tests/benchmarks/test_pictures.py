"""Timing of pictures in a browser, with several visitors at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

pytest.importorskip("anywidget")
pytest.importorskip("starlette")

from procgen_tools.benchmarks import pictures


def test_clicks_of_two_visitors_are_timed_to_their_pictures(
    chromium: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a thread, because Playwright already has the event loop of this one."""
    monkeypatch.setattr(pictures, "prepare", lambda: None)  # it takes long, and is tested elsewhere
    with ThreadPoolExecutor(1) as pool:
        speed = pool.submit(pictures.measure, 2, 1, 5).result()
    assert (speed.visitors, speed.maze_size, speed.squares) == (2, 5, 17)
    assert speed.network > 0
    assert 0 < speed.picture <= speed.slowest
    assert speed.network_share == speed.network / speed.picture
    assert f"share is {speed.network_share:.0%}" in speed.report()


def test_without_a_browser_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("playwright")
    monkeypatch.setattr(pictures, "BROWSERS", ())
    with pytest.raises(ValueError, match="no Chromium on this machine"):
        pictures.measure()
