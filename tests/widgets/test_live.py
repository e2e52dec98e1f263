"""The base of live widgets: a level with a history, which only valid edits change."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from procgen_tools import maze
from procgen_tools.web.scenes import WORLDS, scene_of
from procgen_tools.worlds.maze.edit import toggle_square
from tests.web.test_scenes import LEVELS

pytest.importorskip("anywidget")

from procgen_tools.widgets.live import LevelWidget, level_png, sentence
from procgen_tools.widgets.maze_editor import MazeEditor

LEVEL = maze.parse("..C\n.##\nM..")


@pytest.fixture
def widget(tmp_path: Path) -> LevelWidget:
    return LevelWidget(LEVEL, folder=tmp_path)


def tell(widget: LevelWidget, **content: Any) -> list[dict[str, Any]]:
    """What the widget answers to a message of the browser."""
    said: list[dict[str, Any]] = []
    widget.send = lambda content, buffers=None: said.append(content)
    widget._handle_custom_msg(content, [])
    return said


def propose(widget: LevelWidget, level: maze.Maze, stroke: str = "1") -> dict[str, Any]:
    (answer,) = tell(widget, type="propose", by="x-1", scene=scene_of(level), stroke=stroke)
    return answer


def test_a_valid_proposal_becomes_the_level(widget: LevelWidget) -> None:
    seen = []
    widget.observe(lambda change: seen.append(change["new"]), "maze")
    moved = maze.move_cheese(LEVEL, (0, 2))
    assert propose(widget, moved) == {"type": "answer", "by": "x-1", "refused": None}
    assert widget.maze == moved
    assert seen == [moved]
    assert widget._scene == scene_of(moved)


def test_an_invalid_one_changes_nothing(widget: LevelWidget) -> None:
    scene = scene_of(LEVEL)
    scene["things"][0]["at"] = [1, 1]
    (answer,) = tell(widget, type="propose", by="x-1", scene=scene, stroke="1")
    assert answer["refused"].startswith("The mouse cannot stand at (1, 1): that square is a wall")
    assert widget.maze == LEVEL
    assert widget._history == {"undo": False, "redo": False}
    for broken in ({}, {"scene": {}}, {"scene": {"world": "maze"}}):
        (answer,) = tell(widget, type="propose", by="x-1", **broken)
        assert answer["refused"]
    assert tell(widget, type="unknown") == []


def test_a_stroke_is_one_step_of_the_history(widget: LevelWidget) -> None:
    for square in ((0, 1), (0, 2)):
        propose(widget, maze.move_cheese(LEVEL, square), stroke="drag")
    propose(widget, maze.move_mouse(widget.maze, (1, 0)), stroke="next")
    last = widget.maze
    widget.undo()
    assert widget.maze == maze.move_cheese(LEVEL, (0, 2))
    widget.undo()
    assert widget.maze == LEVEL
    assert widget._history == {"undo": False, "redo": True}
    widget.undo()  # nothing is left
    tell(widget, type="redo")
    tell(widget, type="redo")
    assert widget.maze == last
    widget.undo()
    widget.maze = maze.remove_cheese(LEVEL)  # an edit in Python is a step, and ends the future
    assert widget._history == {"undo": True, "redo": False}
    widget.redo()
    assert widget.maze.cheese is None


def test_levels_from_seeds(widget: LevelWidget) -> None:
    assert tell(widget, type="create", seed=3, size=None) == []
    assert widget.maze == maze.make_level(3)
    (answer,) = tell(widget, type="create", seed=3, size=4)
    assert answer["type"] == "refused"
    assert "Size 4 is not one of the controls: choose 3, 5" in answer["text"]
    for wrong in (None, 1.5, -1):
        assert tell(widget, type="create", seed=wrong, size=None)[0]["type"] == "refused"
    assert widget.maze == maze.make_level(3)


def test_levels_in_a_folder(widget: LevelWidget, tmp_path: Path) -> None:
    assert tell(widget, type="save", name="mine") == [{"type": "said", "text": "Saved as 'mine'."}]
    assert widget._names == ["mine"]
    assert maze.load_mazes(tmp_path / "mine.json") == [LEVEL]
    widget.maze = maze.make_level(0)
    tell(widget, type="load", name="mine")
    assert widget.maze == LEVEL
    assert "no level 'yours'" in tell(widget, type="load", name="yours")[0]["text"]
    assert "is no name" in tell(widget, type="save", name="../mine")[0]["text"]
    with pytest.raises(ValueError, match=r"has no folder.*folder="):
        LevelWidget(LEVEL).save("mine")


def test_a_widget_stays_in_its_world(widget: LevelWidget) -> None:
    with pytest.raises(ValueError, match=r"of the world keys_and_chests.* shows maze"):
        widget.maze = LEVELS["keys_and_chests"](0)
    with pytest.raises(TypeError, match="the level is of type int"):
        widget.maze = 3
    assert widget.maze == LEVEL
    with pytest.raises(TypeError, match="the level is of type str"):
        LevelWidget("maze")


@pytest.mark.parametrize("world", WORLDS)
def test_elsewhere_it_is_a_picture(world: str) -> None:
    widget = LevelWidget(LEVELS[world](0))
    assert level_png(widget.maze)[:4] == b"\x89PNG"
    bundle = widget._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert set(data) >= {"image/png", "text/plain", "application/vnd.jupyter.widget-view+json"}
    assert repr(widget).startswith("LevelWidget(")


def test_messages_are_sentences() -> None:
    assert sentence(ValueError("a b; c.")) == "A b; c."
    assert sentence(ValueError("maze_size 4 is odd")) == "maze_size 4 is odd."


def test_without_anywidget_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "procgen_tools.widgets.live")
    with pytest.raises(ImportError, match=r"pip install 'procgen-tools\[lab\]'"):
        importlib.import_module("procgen_tools.widgets.live")


def test_a_drag_there_and_back_is_no_edit() -> None:
    widget = MazeEditor(LEVEL)
    other = toggle_square(LEVEL, (1, 1))
    widget._edit(other, 1)
    assert widget._history == {"undo": True, "redo": False}
    widget._edit(LEVEL, 1)
    assert widget._history == {"undo": False, "redo": False}
    widget._edit(other, 2)
    widget.undo()
    assert widget.maze == LEVEL
    assert widget._history == {"undo": False, "redo": True}
