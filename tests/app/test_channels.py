"""Channels: a widget without Jupyter says and hears what it would there."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("anywidget")

from ipywidgets.widgets.widget import _instances

from procgen_tools import maze
from procgen_tools.app.channels import Channel
from procgen_tools.web.scenes import scene_of
from procgen_tools.widgets.maze_editor import MazeEditor

LEVEL = maze.parse("..C\n.##\nM..")


def test_changes_and_messages_go_both_ways() -> None:
    said: list[dict[str, Any]] = []
    channel = Channel(MazeEditor(LEVEL), said.append)
    state = channel.state()
    assert state["_scene"] == scene_of(LEVEL)
    assert not {"_esm", "_css", "layout", "_model_name"} & set(state)
    moved = maze.move_cheese(LEVEL, (0, 2))
    channel.hear({"type": "propose", "by": "one", "scene": scene_of(moved)})
    assert channel.widget.maze == moved
    states = [message["state"] for message in said if message["type"] == "update"]
    assert {"_scene": scene_of(moved)} in states
    answer = {"type": "answer", "by": "one", "refused": None}
    assert said[-1] == {"type": "custom", "content": answer, "buffers": []}


def test_bytes_travel_as_text() -> None:
    said: list[dict[str, Any]] = []
    widget = MazeEditor(LEVEL)
    Channel(widget, said.append)
    widget.send({"type": "said"}, [b"\x00\x01"])
    assert said[-1]["buffers"] == ["AAE="]


def test_a_closed_widget_is_forgotten() -> None:
    before = len(_instances)
    said: list[dict[str, Any]] = []
    channel = Channel(MazeEditor(LEVEL), said.append)
    assert len(_instances) == before + 1
    channel.close()
    assert len(_instances) == before
    channel.widget.maze = maze.move_cheese(LEVEL, (0, 2))
    assert not said
