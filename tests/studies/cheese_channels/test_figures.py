"""Figures of cheese channels: what was found is counted, and compared with random channels."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from procgen_tools.plots.style import set_aside
from procgen_tools.studies.cheese_channels.figures import (
    plot_by_number,
    plot_channel_pictures,
    plot_channel_ranks,
)


def head(figure: plt.Figure) -> str:
    """The finding above a figure, in one line."""
    set_aside({"": figure})
    return " ".join(figure.texts[0].get_text().split())


def note(figure: plt.Figure) -> str:
    """What it is from, in one line."""
    return " ".join(figure.artists[0].get_text().split())


def channel_table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "agent": "mine",
            "channel": range(10),
            "follows": np.linspace(0, 1, 10),
            "mazes": 12,
            "evidence": np.arange(10),
            "share": np.arange(10) / 45,
            "found": np.arange(10) > 7,
        }
    )


def test_channels_that_were_found_are_counted() -> None:
    figure = plot_channel_ranks(channel_table())
    assert (
        head(figure) == "2 of 10 channels follow the cheese and matter: together 38% of the "
        "evidence"
    )
    assert note(figure) == "n = 12 mazes, agent mine"
    channel, row, col = (
        each.ravel() - [[0], [1], [1]][axis][0] for axis, each in enumerate(np.indices((10, 3, 3)))
    )
    pictures = pd.DataFrame(
        {
            "agent": "mine",
            "channel": channel,
            "row": row,
            "col": col,
            "change": np.where((row == 0) & (col == 0), channel - 8.5, 0),
        }
    )
    figure = plot_channel_pictures(pictures, channel_table())
    assert head(figure) == "Of 2 cheese channels 1 rise most at the cheese and 1 fall most"
    assert not any(patch.get_fill() for patch in figure.axes[0].patches)


def test_best_and_random_channels_are_compared() -> None:
    falls = {"whole": 0.4, "best 1": 0.1, "best 2": 0.3, "random 1": 0.0, "random 2": 0.05}
    effects = pd.DataFrame(
        [
            {
                "agent": "mine",
                "level": level,
                "edit": edit,
                "decision_cheese_before": 0.9,
                "decision_cheese_after": 0.9 - fall,
            }
            for edit, fall in falls.items()
            for level in range(3)
        ]
    )
    figure = plot_by_number(effects, "whole")
    assert head(figure).endswith("by 0.30, as many random ones by 0.05, all by 0.40")
