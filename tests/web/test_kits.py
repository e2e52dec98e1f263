"""Kits: a picture of every thing, and the colours of our figures."""

from __future__ import annotations

import base64
import io
import json

import pytest
from PIL import Image

from procgen_tools.plots import style
from procgen_tools.web.kits import figure_style, kit_of
from procgen_tools.web.scenes import WORLDS, scene_of
from tests.web.test_scenes import LEVELS


@pytest.mark.parametrize("world", WORLDS)
def test_everything_in_a_scene_has_a_picture(world: str) -> None:
    level = LEVELS[world](2)
    kit = json.loads(json.dumps(kit_of(level)))
    scene = scene_of(level)
    for thing in scene["things"]:
        head, _, encoded = kit["kinds"][thing["kind"]]["picture"].partition(",")
        assert head == "data:image/png;base64"
        picture = Image.open(io.BytesIO(base64.b64decode(encoded)))
        assert picture.mode == "RGBA"
        assert picture.width == picture.height
        low, high = picture.getchannel("A").getextrema()
        assert (low, high) == (0, 255)  # something is there, and what is around it shows the floor
    assert len(json.dumps(kit)) < 120_000


@pytest.mark.parametrize("world", ["maze", "two_objects"])
def test_every_background_that_can_be_chosen_has_a_floor(world: str) -> None:
    kit = kit_of(LEVELS[world](0))
    (choice,) = (each for each in kit["choices"] if each.get("setting") == "background")
    floors = kit["floor"]["backgrounds"]
    assert [json.dumps(value).strip('"') for value, _ in choice["options"]] == [
        *map(str, range(9)),
        "null",
        *(["grey"] if world == "two_objects" else []),
    ]
    assert {json.dumps(value).strip('"') for value, _ in choice["options"]} <= set(floors)


def test_counts_are_those_that_the_worlds_allow() -> None:
    kinds = kit_of(LEVELS["maze"](0))["kinds"]
    assert {kind: (each["least"], each["most"]) for kind, each in kinds.items()} == {
        "mouse": (1, 1),
        "cheese": (0, 1),
    }
    kinds = kit_of(LEVELS["crops_and_humans"](0))["kinds"]
    assert [kind for kind, each in kinds.items() if each["fixed"]] == ["agent", "exit"]


def test_the_style_is_that_of_figures() -> None:
    found = figure_style()
    assert found["ink"] == style.INK
    assert found["marks"]["cheese"] == {"colour": style.CHEESE.colour, "marker": "^"}
    assert found["goals"]["corner"]["colour"] == style.CORNER.colour
    assert found["maps"]["sequential"][0] == "#440154"  # viridis
    assert json.loads(json.dumps(found)) == found
