"""The level browser has controls in a live notebook, and is a picture elsewhere."""

from __future__ import annotations

import base64
import sys

import pytest

from procgen_tools import maze
from procgen_tools.models import ImpalaPolicy
from procgen_tools.widgets.levels import AS_DRAWN, LevelBrowser, level
from procgen_tools.worlds.maze.situations import IN_CORNER, SITUATIONS

PNG = b"\x89PNG"


@pytest.fixture
def browser() -> LevelBrowser:
    return LevelBrowser(ImpalaPolicy(seed=1).eval(), seed=2, size=9)


def test_a_level() -> None:
    assert level(7) == maze.make_level(7)
    assert level(7, 11).size == 11
    cornered = level(7, None, IN_CORNER)
    assert cornered.cheese == cornered.corner
    assert cornered.size == maze.make_level(7).size


def test_choosing(browser: LevelBrowser) -> None:
    assert repr(browser) == "level 2, 9 x 9"
    before = browser.picture()
    browser.choose(cheese=IN_CORNER)
    assert browser.maze == level(2, 9, IN_CORNER)
    after = browser.picture()
    assert before[:4] == after[:4] == PNG
    assert before != after


def test_what_cannot_be_chosen_changes_nothing(browser: LevelBrowser) -> None:
    for wrong, message in (
        ({"cheese": "in the corners"}, "no situation.*did you mean 'in the corner'"),
        ({"size": 3, "cheese": "far from the way"}, "has no room for cheese 'far from the way'"),
        ({"size": 8}, "maze_size 8 is not odd"),
        ({"seed": -1}, "level seed -1"),
    ):
        with pytest.raises(ValueError, match=message):
            browser.choose(**wrong)
    assert browser.chosen == {"seed": 2, "size": 9, "cheese": AS_DRAWN}


def test_controls(browser: LevelBrowser) -> None:
    pytest.importorskip("ipywidgets")
    box = browser.widget()
    assert browser.widget() is box
    controls = {control.description: control for control in box.children[:3]}
    words, image = box.children[3:]
    assert set(SITUATIONS) < set(controls["cheese"].options)
    first = image.value
    controls["seed"].value = 0
    assert browser.maze == level(0, 9)
    assert image.value[:4] == PNG
    assert image.value != first
    shown = image.value
    controls["size"].value = 3
    controls["cheese"].value = "far from the way"
    assert "has no room" in words.value
    assert browser.chosen["cheese"] == AS_DRAWN
    controls["size"].value = None
    assert words.value == ""
    assert browser.maze == level(0, None, "far from the way")
    assert image.value != shown


def test_elsewhere_it_is_a_picture(browser: LevelBrowser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    bundle = browser._repr_mimebundle_()
    assert set(bundle) == {"image/png", "text/plain"}
    assert base64.b64decode(bundle["image/png"])[:4] == PNG
