"""Figures of scrubbed channels: arms are compared within mazes."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from procgen_tools.plots.style import set_aside
from procgen_tools.studies.cheese_scrubbing.figures import plot_arms


def head(figure: plt.Figure) -> str:
    """The finding above a figure, in one line."""
    set_aside({"": figure})
    return " ".join(figure.texts[0].get_text().split())


def test_arms_are_compared_within_mazes() -> None:
    rows = [
        {
            "agent": "mine",
            "level": level,
            "channels": channels,
            "arm": arm,
            "before": 0.5,
            "after": 0.5 - level / 10 - (0.2 if arm == "c" and number == 0 else 0),
        }
        for level in range(4)
        for number, channels in enumerate(("found", "random"))
        for arm in "abc"
    ]
    figure = plot_arms(pd.DataFrame(rows), "after", "abc", "change", before="before")
    assert (
        head(figure) == "'c' minus 'a': found −0.200 [−0.200, −0.200]; random +0.000 "
        "[+0.000, +0.000]"
    )
    mazes = [line for line in figure.axes[0].get_lines() if line.get_markersize() == 3]
    drawn = np.concatenate([line.get_xdata() for line in mazes])
    assert len(drawn) == 2 * 3 * 4
    assert (drawn.min(), drawn.max()) == (pytest.approx(-0.5), 0)
    assert figure.legends
    assert figure.axes[0].get_legend() is None
