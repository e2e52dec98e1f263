"""The slider shows the selected channel, and there is always a picture."""

from __future__ import annotations

import base64
import sys

import pytest
import torch

from procgen_tools import maze
from procgen_tools.interventions import activations_of
from procgen_tools.models import ImpalaPolicy
from procgen_tools.widgets.channels import ChannelBrowser

LAYER = "embedder.block2.res1.resadd"
PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    return ImpalaPolicy(seed=0).eval()


def test_it_shows_both_mazes_and_their_difference(policy: ImpalaPolicy) -> None:
    level = maze.make_level(51)
    other = maze.remove_cheese(level)
    browser = ChannelBrowser(policy, level, LAYER, other=other)
    seen = activations_of(policy, [level, other], LAYER)
    torch.testing.assert_close(browser.panels["difference"], seen[0] - seen[1])
    strongest = (seen[0] - seen[1]).abs().flatten(1).max(dim=1).values.argmax()
    assert browser.channel == strongest
    assert repr(browser) == f"channel {browser.channel} of 32 of {LAYER}_out"


def test_the_slider_changes_the_picture(policy: ImpalaPolicy) -> None:
    pytest.importorskip("ipywidgets")
    browser = ChannelBrowser(policy, maze.make_level(0), LAYER, channel=3)
    slider, image = browser.widget().children
    assert (slider.value, slider.max) == (3, 31)
    assert image.value == browser.picture(3)
    slider.value = 5
    assert image.value == browser.picture(5) != browser.picture(3)
    assert "application/vnd.jupyter.widget-view+json" in browser._repr_mimebundle_()


def test_without_ipywidgets_there_is_a_picture(
    policy: ImpalaPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    bundle = ChannelBrowser(policy, maze.make_level(0), LAYER)._repr_mimebundle_()
    assert set(bundle) == {"image/png", "text/plain"}
    assert base64.b64decode(bundle["image/png"]).startswith(PNG)


def test_what_cannot_be_drawn(policy: ImpalaPolicy) -> None:
    with pytest.raises(ValueError, match="no positions to draw"):
        ChannelBrowser(policy, maze.make_level(0), "embedder.fc")
    with pytest.raises(ValueError, match="no channel 32"):
        ChannelBrowser(policy, maze.make_level(0), LAYER, channel=32)
