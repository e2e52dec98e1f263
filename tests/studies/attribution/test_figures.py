"""Figures of attributions: one scale, honest intervals, correlations within mazes."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

from procgen_tools.plots.style import agent_look, set_aside
from procgen_tools.statistics.intervals import Share
from procgen_tools.studies.attribution.figures import (
    AGREEMENTS,
    MAPS,
    plot_agreement,
    plot_channel_effects,
    plot_square_maps,
)
from procgen_tools.worlds.maze.edit import move_mouse
from procgen_tools.worlds.maze.levels import make_level
from procgen_tools.worlds.maze.paths import decision_square


def head(figure: plt.Figure) -> str:
    """The finding above a figure, in one line."""
    set_aside({"": figure})
    return " ".join(figure.texts[0].get_text().split())


def note(figure: plt.Figure) -> str:
    """What it is from, in one line."""
    return " ".join(figure.artists[0].get_text().split())


def test_attributions_share_one_scale_and_nothing_covers_them() -> None:
    level = make_level(51)
    square = decision_square(level)
    assert square is not None
    rows, cols = np.indices((level.size, level.size))
    rng = np.random.default_rng(0)
    real = rng.normal(size=rows.size)
    squares = pd.DataFrame(
        {
            "row": rows.ravel(),
            "col": cols.ravel(),
            "real": real,
            "black": real / 2,
            "no_cheese": 0.0,
            "saliency": np.abs(real[::-1]),
        }
    )
    figure = plot_square_maps(squares, move_mouse(level, square), title="one")
    assert head(figure).startswith(
        "Rank correlation with real changes: integrated gradients from black 1.00"
    )
    panels = figure.axes[: len(MAPS)]
    limits = {panel.images[0].get_clim() for panel in panels[:3]}
    assert len(limits) == 1
    assert panels[3].images[0].get_clim() not in limits
    for panel in panels:
        assert not panel.get_lines()
        assert not any(patch.get_fill() for patch in panel.patches)


def test_yes_or_no_has_a_wilson_interval() -> None:
    scores = pd.DataFrame({"agent": "mine", "level": range(8), **dict.fromkeys(AGREEMENTS, 0.0)})
    figure = plot_agreement(scores.assign(channels=np.linspace(0.5, 1, 8)))
    (bars,) = [
        each
        for each in figure.axes[0].collections
        if to_hex(each.get_color()[0]).upper() == agent_look("mine").colour
    ]
    place = list(AGREEMENTS).index("same_top_black")
    (bar,) = [each for each in bars.get_segments() if (each[:, 1] == place).all()]
    assert bar[:, 0].tolist() == list(Share(0, 8).interval)
    assert head(figure).endswith("real changes of channels (0.75) and of squares (0.00)")
    assert note(figure).startswith("n = 8 mazes, agent mine")


def test_channels_correlate_within_mazes() -> None:
    real = np.array([0.0, 1.0, 2.0, 10.0, 11.0, 12.0])
    channels = pd.DataFrame(
        {
            "agent": "mine",
            "level": [0, 0, 0, 1, 1, 1],
            "real": real,
            "attributed": [0.0, 1.0, 2.0, 12.0, 11.0, 10.0],
        }
    )
    figure = plot_channel_effects(channels)
    assert head(figure).endswith("with a correlation of 0.00")
    assert figure.axes[0].get_title() == "mine: r = 0.00"
