"""The former browsers: their arguments lead to the widgets that replaced them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from procgen_tools import maze
from procgen_tools.models import ImpalaPolicy
from procgen_tools.worlds.maze.situations import IN_CORNER

pytest.importorskip("anywidget")

from procgen_tools.compat.browsers import AS_DRAWN, ChannelBrowser, LevelBrowser, level

POLICY = ImpalaPolicy(seed=0).eval()
LAYER = "embedder.block2.res1.resadd"


def test_old_names_work_with_a_warning() -> None:
    code = (
        "import warnings; warnings.simplefilter('error', UserWarning)\n"
        "warnings.simplefilter('ignore', FutureWarning)\n"
        "from procgen_tools.widgets.channels import ActivationBrowser, ChannelBrowser\n"
        "from procgen_tools.widgets.levels import FieldExplorer, LevelBrowser\n"
        "print(issubclass(ChannelBrowser, ActivationBrowser))\n"
        "print(issubclass(LevelBrowser, FieldExplorer))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["True", "True"], done.stderr


def test_channels() -> None:
    here, there = maze.make_level(0), maze.remove_cheese(maze.make_level(0))
    browser = ChannelBrowser(POLICY, here, LAYER, other=there, channel=3)
    assert (browser.maze, browser.other, browser.channel) == (here, there, 3)
    assert browser.layer == f"{LAYER}_out"
    with pytest.raises(ValueError, match="no channel 32"):
        ChannelBrowser(POLICY, here, LAYER, channel=32)


def test_levels() -> None:
    browser = LevelBrowser(POLICY, 2, 9)
    browser.choose(cheese=IN_CORNER)
    assert browser.maze == level(2, 9, IN_CORNER)
    assert browser.maze.cheese == browser.maze.corner
    for wrong, message in (
        ({"cheese": "in the corners"}, "no situation.*did you mean 'in the corner'"),
        ({"size": 3, "cheese": "far from the way"}, "has no room for cheese 'far from the way'"),
        ({"size": 8}, "maze_size 8 is not odd"),
        ({"seed": -1}, "level seed -1"),
    ):
        with pytest.raises(ValueError, match=message):
            browser.choose(**wrong)
    assert browser.chosen == {"seed": 2, "size": 9, "cheese": IN_CORNER}
    browser.choose("zero a channel", channel=3)
    assert str(browser.wait().intervention).startswith("zero channel 3")
    assert level(7, cheese=AS_DRAWN) == maze.make_level(7)
