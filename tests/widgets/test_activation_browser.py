"""The activation browser: choices in Python and in a browser, clamps, comparison, pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from procgen_tools import keys_and_chests, maze
from procgen_tools.effects import measure
from procgen_tools.interventions import ClampCell, activations_of, square_cells
from procgen_tools.models import ImpalaPolicy
from tests.browser import Hosted

pytest.importorskip("anywidget")

from procgen_tools.widgets.activation_browser import ActivationBrowser

POLICY = ImpalaPolicy(seed=0).eval()
LEVEL = maze.parse("....C\n.###.\n.#...\n.#.##\nM....")
LAYER = "embedder.block2.res1.resadd_out"
FC = "embedder.fc_out"
Host = Callable[..., Hosted]


@pytest.fixture
def browser() -> ActivationBrowser:
    return ActivationBrowser(LEVEL, POLICY, channel=3)


def test_it_begins_where_most_happens() -> None:
    other = maze.remove_cheese(LEVEL)
    seen = activations_of(POLICY, [LEVEL, other], LAYER)
    browser = ActivationBrowser(LEVEL, POLICY, other=other)
    assert browser.channel == int((seen[0] - seen[1]).abs().amax(dim=(1, 2)).argmax())
    assert repr(browser) == f"channel {browser.channel} of 32 of {LAYER}"
    browser = ActivationBrowser(LEVEL, POLICY)
    assert browser.channel == int(seen[0].abs().amax(dim=(1, 2)).argmax())


def test_the_square_is_that_of_the_mouse(browser: ActivationBrowser) -> None:
    browser.square = (2, 2)
    assert browser.maze == replace(LEVEL, mouse=maze.Square(2, 2))
    browser.undo()
    assert browser.square == LEVEL.mouse
    browser.maze = maze.make_level(0)
    assert browser.square == maze.make_level(0).mouse


def test_mice_on_one_square_move_together(browser: ActivationBrowser) -> None:
    browser.other = maze.remove_cheese(LEVEL)
    browser.square = (2, 2)
    assert browser.other.mouse == (2, 2)
    browser.other = replace(LEVEL, mouse=maze.Square(0, 2))
    browser.square = (4, 0)
    assert browser.other.mouse == (0, 2)


def test_layers_keep_the_place_and_the_channel(browser: ActivationBrowser) -> None:
    browser.channel, browser.cell = 20, (7, 8)
    browser.layer = "embedder.block1.res1.resadd"  # 16 channels of 32 x 32
    assert (browser.layer, browser.channel) == ("embedder.block1.res1.resadd_out", 15)
    assert browser.cell == (14, 16)
    browser.layer = FC
    assert browser.cell is None
    assert browser.wait().maps["this maze"].shape == (len(LEVEL.open_squares()),)


def test_a_clamp_is_followed_by_the_field(browser: ActivationBrowser) -> None:
    browser.clamp(40.0, square=(2, 2))
    (cell,) = square_cells(LEVEL, [(2, 2)], 16)
    assert browser.cell == tuple(cell)
    edit = ClampCell(LAYER, 40.0, browser.cell, channels=[3])
    assert [str(each) for each in browser.clamps] == [str(edit)]
    assert browser.wait().value == 40.0
    effect = measure(POLICY, LEVEL, edit)
    after = browser.exploration.chances["after"]
    assert after.visits == pytest.approx(effect.chances_after.visits)
    browser.clamp(-1.0)  # the chosen cell again
    assert [each.value for each in browser.clamps] == [-1.0]
    browser.layer = FC
    browser.clamp(2.0)
    assert [each.target for each in browser.clamps] == [LAYER, FC]
    browser.clamps = ()
    browser.wait()
    assert list(browser.exploration.fields) == ["before"]


@pytest.mark.parametrize(
    ("name", "value", "error", "message"),
    [
        ("layer", "embedder.block9", ValueError, "embedder.block9"),
        ("channel", 32, ValueError, r"no channel 32: give 0\.\.31"),
        ("cell", (16, 0), ValueError, r"no cell \(16, 0\)"),
        ("square", (1, 1), ValueError, "that square is a wall"),
        ("other", keys_and_chests.make_level(0), ValueError, "compare levels of one world"),
        ("clamps", [ClampCell(LAYER, 1.0, (0, 99))], ValueError, "no cell"),
        ("clamps", ["all"], TypeError, "no clamp of a cell"),
    ],
)
def test_what_does_not_exist_changes_nothing(
    browser: ActivationBrowser, name: str, value: Any, error: type[Exception], message: str
) -> None:
    before = getattr(browser, name)
    with pytest.raises(error, match=message):
        setattr(browser, name, value)
    assert getattr(browser, name) == before


def test_what_cannot_be_clamped(browser: ActivationBrowser) -> None:
    with pytest.raises(ValueError, match="no cell None: give"):
        browser.clamp(1.0)
    with pytest.raises(ValueError, match="are both given"):
        browser.clamp(1.0, cell=(0, 0), square=(0, 0))
    with pytest.raises(ValueError, match="the clamp cannot stand at"):
        browser.clamp(1.0, square=(1, 1))
    assert browser.clamps == ()
    with pytest.raises(TypeError, match="give a level of the maze or of two objects"):
        ActivationBrowser(keys_and_chests.make_level(0), POLICY)


def test_pictures(browser: ActivationBrowser, tmp_path: Path) -> None:
    browser.save_picture(tmp_path / "activation.svg")
    assert "<svg" in (tmp_path / "activation.svg").read_text()
    with pytest.raises(ValueError, match=r"'activation.tmp' is no picture: end it in \.png"):
        browser.save_picture("activation.tmp")
    data, *_ = browser._repr_mimebundle_()
    assert data["image/png"].startswith("iVBOR")


# --- in a browser


def test_clicks_clamp_and_free_cells(hosted: Host, browser: ActivationBrowser) -> None:
    host = hosted(browser)
    host.until(lambda: "Channel 3 of 32" in host.text(".pt-panel .pt-title"))
    host.page.get_by_role("spinbutton", name="value, as a number").fill("8")
    host.page.keyboard.press("Tab")
    host.click(2, 2)
    host.until(lambda: len(browser.clamps) == 1)
    (cell,) = square_cells(LEVEL, [(2, 2)], 16)
    assert browser.clamps[0].cell == tuple(cell)
    assert browser.clamps[0].value == 8.0
    host.until(lambda: "after" in browser.exploration.chances)
    host.until(lambda: "+8, clamped" in host.text(".pt-state"))
    host.page.get_by_role("slider", name="value").fill("2")  # the clamp follows
    host.until(lambda: browser.clamps[0].value == pytest.approx(2.0, abs=0.1))
    titles = host.page.locator(".pt-title")
    host.until(lambda: "difference: with the clamps" in titles.all_text_contents())
    host.click(2, 2)
    host.until(lambda: browser.clamps == ())
    host.page.get_by_role("button", name="only looks").click()
    host.click(0, 0)
    host.until(lambda: browser.cell != tuple(cell))
    host.until(lambda: "what the kernels allow" in str(host.page.text_content("body")))
    assert browser.clamps == ()


def test_a_clamp_follows_the_slider_whatever_is_answered_meanwhile(
    hosted: Host, browser: ActivationBrowser
) -> None:
    host = hosted(browser)
    host.until(lambda: "Channel 3 of 32" in host.text(".pt-panel .pt-title"))
    host.click(2, 2)
    host.until(lambda: len(browser.clamps) == 1)
    titles = host.page.locator(".pt-title")
    host.until(lambda: "difference: with the clamps" in titles.all_text_contents())
    slider = host.page.get_by_role("slider", name="value")
    box = slider.bounding_box()
    assert box is not None
    free = host.page.get_by_role("button", name="Free channel 3").element_handle()
    values = [browser.clamps[0].value]
    host.page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2)
    host.page.mouse.down()
    for share in (0.4, 0.6, 0.8):  # a drag that pauses goes on
        host.page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        host.until(lambda: browser.clamps[0].value != values[-1])
        host.talk()
        values.append(browser.clamps[0].value)
    host.page.mouse.up()
    assert values[1:] == sorted(values[1:])
    # Answers to older values do not pull the slider back.
    before, step = float(slider.input_value()), float(slider.get_attribute("step") or 0)
    slider.focus()
    for _ in range(5):
        host.page.keyboard.press("ArrowLeft")
        host.page.wait_for_timeout(100)  # until Python has answered
        host.page.keyboard.press("ArrowLeft")
        host.talk(0.0)  # the answer to the press before arrives
    host.until(lambda: browser.clamps[0].value == pytest.approx(before - 10 * step))
    assert float(slider.input_value()) == pytest.approx(before - 10 * step)
    # The button that frees the cell is still the same one, with the new value in its name.
    assert "5.5" not in str(free.get_attribute("aria-label"))
    free.click()
    host.until(lambda: browser.clamps == ())


def test_the_keyboard_reaches_every_cell(hosted: Host, browser: ActivationBrowser) -> None:
    host = hosted(browser)
    host.until(lambda: bool(browser._map.get("complete")))
    host.until(lambda: "Channel 3 of 32" in host.text(".pt-panel .pt-title"))
    host.page.get_by_role("application").first.focus()
    host.page.keyboard.press("ArrowDown")  # the middle
    host.page.keyboard.press("ArrowRight")
    host.until(lambda: browser.cell == (8, 9))
    assert "cell (8, 9) at row" in host.text(".pt-spoken")
    host.page.keyboard.press("ArrowRight")  # the next cell is outside of the maze
    assert host.text(".pt-spoken") == "edge"
    host.page.keyboard.press("ArrowUp")
    host.until(lambda: browser.cell == (7, 9))
    host.page.keyboard.press("Enter")
    host.until(lambda: len(browser.clamps) == 1)
    assert browser.clamps[0].cell == browser.cell
    host.page.keyboard.press("Delete")
    host.until(lambda: browser.clamps == ())


def test_choices_in_the_browser(hosted: Host, browser: ActivationBrowser) -> None:
    host = hosted(browser)
    host.page.get_by_role("slider", name="channel").fill("12")
    host.until(lambda: browser.channel == 12)
    host.page.get_by_role("button", name="This maze without cheese").click()
    host.until(lambda: browser.other == maze.remove_cheese(LEVEL))
    titles = host.page.locator(".pt-title")
    host.until(lambda: "Difference: this maze − other maze" in titles.all_text_contents())
    host.page.get_by_role("button", name="Nothing").click()
    host.until(lambda: browser.other is None)
    host.page.get_by_role("combobox", name="layer").select_option("fc_out")
    host.until(lambda: browser.layer == FC)
    host.until(lambda: "this unit with the mouse there" in host.text(".pt-state"))
    host.page.get_by_role("button", name="Clamp this unit").click()
    host.until(lambda: [each.target for each in browser.clamps] == [FC])
    host.page.get_by_role("button", name="Free unit 12 of fc_out").click()
    host.until(lambda: browser.clamps == ())


def test_a_click_moves_the_mouse(hosted: Host, browser: ActivationBrowser) -> None:
    host = hosted(browser)
    host.until(lambda: bool(browser._map.get("complete")))
    host.until(lambda: "Channel 3 of 32" in host.text(".pt-panel .pt-title"))
    host.page.get_by_role("button", name="moves the mouse").click()
    host.click(2, 4)
    host.until(lambda: browser.square == (2, 4))
    host.click(2, 1)  # a wall
    host.until(lambda: "that square is a wall" in host.text(".pt-side .pt-message"))
    assert browser.maze.mouse == (2, 4)
    assert browser.clamps == ()
    host.page.get_by_role("button", name="Undo").click()
    host.until(lambda: browser.square == LEVEL.mouse)
    browser.layer = FC  # its squares are those of the mouse
    host.until(lambda: browser._map["edges"] is None and bool(browser._map["complete"]))
    host.talk(0.2)
    host.click(4, 0)
    host.until(lambda: browser.square == (4, 0))


def test_a_picture_is_downloaded(hosted: Host, browser: ActivationBrowser) -> None:
    host = hosted(browser)
    browser.wait()
    saved: list[Any] = []
    host.page.on("download", lambda download: saved.append(download))
    host.page.get_by_role("button", name="Save picture").click()
    host.until(lambda: bool(saved))
    assert saved[0].suggested_filename == "channel_3_of_32_of_block2.res1.resadd_out.png"
    assert Path(saved[0].path()).read_bytes() == browser.picture()


def test_what_is_declined_is_said_beside_the_map(hosted: Host, browser: ActivationBrowser) -> None:
    host = hosted(browser)
    browser._handle_custom_msg({"type": "channel", "channel": 99}, [])
    host.until(lambda: "has no channel 99" in host.text(".pt-message"))
    assert browser.channel == 3
