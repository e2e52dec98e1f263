"""Figures of onsets: the finding is computed from the numbers."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.collections import PathCollection

from procgen_tools.studies.goal_splits.figures import plot_curves, plot_onsets
from procgen_tools.studies.goal_splits.onsets import onset_table
from tests.studies.goal_splits.test_claims import UNTRAINED, curves_with


def head(figure: plt.Figure) -> str:
    """The finding above a figure, in one line."""
    figure.canvas.draw()
    return " ".join(figure.texts[0].get_text().split())


WALKS = pd.DataFrame({"level": [3], "random": [0.3], "forward": [0.5]})


def test_curves_say_what_is_wanted_at_the_end() -> None:
    curves = curves_with({}, {}, {"anywhere on": 0.4, "anywhere off": 0.6})
    figure = plot_curves(curves, UNTRAINED, WALKS)
    assert "with probability 0.80, agents trained with it anywhere with 0.50" in head(figure)
    assert len(figure.axes) == 4
    # Two walks; five agents, their mean and the threshold, for two wants.
    assert [len(ax.lines) for ax in figure.axes] == [16] * 4


def test_onsets_say_the_order() -> None:
    curves = curves_with({}, {"region on": 40}, {"anywhere off": 0.4, "anywhere on": 0.4})
    figure = plot_onsets(onset_table(curves, UNTRAINED))
    assert "its pull begins 251 [242, 260] thousand examples after the effect" in head(figure)
    (ax,) = figure.axes
    names = [text.get_text().split(",")[0] for text in ax.get_yticklabels()]
    assert names == 2 * ["Cheese in the top-right 5 x 5"] + 2 * ["Cheese anywhere"]
    dots = [each for each in ax.collections if isinstance(each, PathCollection)]
    hollow = [each for each in dots if len(each.get_facecolor()) == 0]
    assert sum(len(each.get_offsets()) for each in hollow) == 2
