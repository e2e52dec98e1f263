"""The field explorer: an edit in the browser is followed by the field and the chances."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from procgen_tools import crops_and_humans, keys_and_chests, maze
from procgen_tools.effects import measure
from procgen_tools.interventions import Scale, Zero
from procgen_tools.models import ImpalaPolicy, QNetwork
from procgen_tools.plots.situations import chances_figure
from procgen_tools.shown import figure_png
from tests.browser import Hosted

pytest.importorskip("anywidget")

from procgen_tools.widgets.field_explorer import FieldExplorer

POLICY = ImpalaPolicy(seed=0)
LEVEL = maze.parse("....C\n.###.\n.#...\n.#.##\nM....")
Host = Callable[..., Hosted]


def test_it_follows_the_level() -> None:
    explorer = FieldExplorer(LEVEL, POLICY)
    assert explorer.wait().level == LEVEL
    moved = maze.move_cheese(LEVEL, (2, 2))
    explorer.maze = moved
    last = explorer.wait()
    assert (last.level, last.complete) == (moved, True)
    expected = measure(POLICY, moved, Zero("embedder.fc")).chances_before
    assert last.chances["before"].visits == pytest.approx(expected.visits)
    assert explorer._answer_of["complete"]
    assert [bar["name"] for bar in explorer._answer_of["bars"]] == ["cheese", "corner", "neither"]
    assert explorer.timing.network > 0
    assert explorer.picture() == figure_png(chances_figure(last.fields["before"]))


def test_the_newest_edit_wins() -> None:
    explorer = FieldExplorer(LEVEL, POLICY)
    complete = []

    def note(change: dict[str, object]) -> None:
        if change["new"].complete:  # type: ignore[attr-defined]
            complete.append(change["new"].level)  # type: ignore[attr-defined]

    explorer.wait()
    explorer.observe(note, "exploration")
    for square in LEVEL.open_squares()[1:]:
        explorer.maze = maze.move_cheese(LEVEL, square)
    assert explorer.wait().level == explorer.maze
    assert complete[-1] == explorer.maze
    assert len(complete) < len(LEVEL.open_squares()) - 1  # older ones were not finished
    assert not [each for each in threading.enumerate() if each.name == "ComputedWidget"]


def test_interventions() -> None:
    edit = Scale("embedder.fc", 0.5, channels=[2])
    explorer = FieldExplorer(LEVEL, POLICY, {"half": edit, "both": edit + edit})
    explorer.choose("half", coefficient=3, channel=7)
    effect = measure(POLICY, LEVEL, Scale("embedder.fc", 3.0, channels=[7]))
    assert explorer.wait().chances["after"].visits == pytest.approx(effect.chances_after.visits)
    assert explorer._answer_of["edit"] == str(effect.intervention)
    explorer.choose("both")
    assert str(explorer.wait().intervention) == str(edit + edit)
    explorer.choose(None)
    assert list(explorer.wait().fields) == ["before"]
    with pytest.raises(ValueError, match="no intervention 'quarter': choose one of 'half', 'both'"):
        explorer.choose("quarter")
    with pytest.raises(ValueError, match="'half' has no 'square': give some of layer, channel"):
        explorer.choose("half", square=(0, 0))
    explorer.choose("half", channel=999)
    with pytest.raises(ValueError, match="has no channel 999"):
        explorer.wait()
    assert "has no channel 999" in explorer._answer_of["error"]
    explorer.choose("half")
    assert explorer.wait().complete


def test_worlds() -> None:
    level = crops_and_humans.Level(crops_and_humans.training_mazes()[0])
    explorer = FieldExplorer(level, QNetwork(), other=QNetwork(seed=1), names=("one", "two"))
    assert list(explorer.wait().fields) == ["before", "other"]
    titles = [panel["title"] for panel in explorer._answer_of["panels"]]
    assert titles == ["one", "two", "difference: two"]
    with pytest.raises(TypeError, match="keys and chests level has too many states"):
        FieldExplorer(keys_and_chests.make_level(0), POLICY)


def test_a_dragged_cheese_is_followed_in_the_browser(hosted: Host) -> None:
    explorer = FieldExplorer(LEVEL, POLICY, other=ImpalaPolicy(seed=1))
    host = hosted(explorer)
    host.until(lambda: explorer.exploration.complete)
    host.until(lambda: host.page.locator(".pt-board").count() == 3)
    host.drag((4, 4), (3, 4), (2, 4))
    host.until(lambda: explorer.exploration.timing.picture is not None)
    assert explorer.exploration.level.cheese == (2, 4)
    timing = explorer.timing
    assert timing.picture is not None
    assert timing.network < timing.total < timing.picture + 0.1
    explorer._handle_custom_msg({"type": "seen", "number": -1, "milliseconds": 1}, [])
    assert explorer.timing == timing  # of an older request
    visits = explorer.exploration.chances["before"].visits
    shown = host.page.locator(".pt-bar-number").first
    host.until(lambda: abs(float(str(shown.text_content())[:-1]) - 100 * visits["cheese"]) < 0.06)


def test_sliders_in_the_browser(hosted: Host) -> None:
    explorer = FieldExplorer(LEVEL, POLICY)
    host = hosted(explorer)
    choose = host.page.get_by_role("combobox", name="intervention")
    choose.select_option("clamp a channel at a square")
    host.until(lambda: "to 5.5 at square (4, 4)" in explorer._answer_of.get("edit", ""))
    host.page.get_by_role("slider", name="channel").fill("12")
    host.until(lambda: "set channel 12" in explorer._answer_of.get("edit", ""))
    host.until(lambda: bool(explorer._answer_of.get("complete")))
    host.until(lambda: host.page.locator(".pt-board").count() == 3)
    host.page.mouse.click(*host.point(2, 2, board=1))  # a square of the second panel
    host.until(lambda: "at square (2, 2)" in explorer._answer_of.get("edit", ""))
    host.page.get_by_role("combobox", name="layer").select_option("fc")
    host.until(lambda: "has no positions to clamp at" in host.text(".pt-state"))
    choose.select_option("none")
    host.until(lambda: len(explorer._answer_of["panels"]) == 1)
    host.until(lambda: host.page.locator(".pt-board").count() == 1)
