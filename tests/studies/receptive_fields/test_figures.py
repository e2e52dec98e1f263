"""Figures of receptive fields: what a pixel does not reach stays white."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from procgen_tools.plots.style import set_aside
from procgen_tools.studies.receptive_fields.figures import plot_pixel_changes


def head(figure: plt.Figure) -> str:
    """The finding above a figure, in one line."""
    set_aside({"": figure})
    return " ".join(figure.texts[0].get_text().split())


def test_what_a_pixel_does_not_reach_stays_white() -> None:
    field = np.zeros((8, 8))
    field[2, 3] = 4.0
    figure = plot_pixel_changes({"x": field, "y": np.ones((4, 4))}, {"x": 9, "y": 99}, (16, 24))
    assert head(figure) == "One pixel changes 2% and 100% of the cells"
    shown = figure.axes[0].images[0].get_array()
    assert (~np.ma.getmaskarray(np.ma.masked_invalid(shown))).sum() == 1
