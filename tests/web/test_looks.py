"""Looks: what a page asks for at once is checked as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from procgen_tools import maze
from procgen_tools.interventions import ClampCell
from procgen_tools.models import ImpalaPolicy
from procgen_tools.web.activation_panels import looking_of
from procgen_tools.web.activations import Choice
from procgen_tools.web.looks import MOST_CLAMPS, look_of
from procgen_tools.web.scenes import scene_of

POLICY = ImpalaPolicy(seed=0).eval()
LEVEL = maze.parse("..C\n.##\nM..")
LAYER = "embedder.block2.res1.resadd_out"
CLAMP = ClampCell(LAYER, 5.5, (7, 8), channels=[3])


def content(**changed: Any) -> dict[str, Any]:
    choice = Choice(LEVEL, LAYER, 3, (7, 8), clamps=(CLAMP,))
    return {**looking_of(choice), "other": scene_of(LEVEL)} | changed


def test_it_is_the_inverse_of_what_the_page_hears() -> None:
    look = look_of(content(), POLICY)
    assert (look.layer, look.channel, look.cell, look.other) == (LAYER, 3, (7, 8), LEVEL)
    assert [str(each) for each in look.clamps] == [str(CLAMP)]
    assert look_of(content(cell=None), POLICY).cell is None


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"layer": "embedder.block9"}, "no activation 'embedder.block9'"),
        ({"channel": 32}, r"no channel 32: give 0\.\.31"),
        ({"cell": [0, 16]}, r"no cell \(0, 16\)"),
        ({"clamps": [{}] * (MOST_CLAMPS + 1)}, "would be 101 clamps"),
        ({"other": {"world": "mars"}}, "no world 'mars'"),
    ],
)
def test_what_does_not_exist(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        look_of(content(**changed), POLICY)
