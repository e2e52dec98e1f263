"""Games in notebooks: every world can be played, and only moves take steps."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from procgen_tools.widgets.games import BUTTONS, GameBrowser

WORLDS = ("maze", "crops-and-humans", "two-objects", "keys-and-chests")
PNG = b"\x89PNG"


@pytest.mark.parametrize("world", WORLDS)
def test_every_world_can_be_played(world: str) -> None:
    game = GameBrowser(world, seed=3)
    before = game.view
    assert game.current().startswith(PNG)
    for key in "x? ":
        game.press(key)
    assert game.view.steps == 0
    for key in ("RIGHT", "a", "UP", "s"):
        game.press(key)
    assert game.view.steps + sum(episode.steps for episode in game.played) == 4
    game.press("n")
    assert game.view.steps == 0
    assert game.view.picture.shape == before.picture.shape
    assert not np.array_equal(game.view.picture, before.picture)


def test_buttons_and_letters_press_keys() -> None:
    pytest.importorskip("ipywidgets")
    game = GameBrowser("keys-and-chests", seed=0, variant="test", max_ticks=6)
    row, image, label = game.widget().children
    *buttons, field = row.children
    assert [button.description for button in buttons] == list(BUTTONS)
    for button in buttons[:4]:
        button.click()
    assert game.view.steps == 4
    assert image.value == game.current()
    field.value = "D"
    assert (field.value, game.view.steps) == ("", 5)
    assert label.value == "keys_and_chests: 5 steps, return 0"
    field.value = "a"
    assert game.played[0].finished
    assert "last episode: 6 steps" in label.value
    buttons[0].click()
    buttons[4].click()
    assert [episode.steps for episode in game.played] == [6, 1]
    assert game.widget() is game.widget()


def test_without_ipywidgets_there_is_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    bundle = GameBrowser("keys-and-chests", seed=0)._repr_mimebundle_()
    assert set(bundle) == {"image/png", "text/plain"}


def test_unknown_worlds_are_named() -> None:
    with pytest.raises(ValueError, match="mase"):
        GameBrowser("mase")
