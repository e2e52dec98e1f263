"""Figures of training: onsets are in their order."""

from __future__ import annotations

import matplotlib.pyplot as plt

from procgen_tools.plots.style import set_aside
from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies.training_dynamics.figures import plot_onsets


def head(figure: plt.Figure) -> str:
    """The finding above a figure, in one line."""
    set_aside({"": figure})
    return " ".join(figure.texts[0].get_text().split())


def test_onsets_are_in_their_order() -> None:
    ax = plot_onsets(
        {"b": Estimate(20.0, 10.0, 30.0), "a": Estimate(5.0, 5.0, 5.0)}, note="Four mazes"
    )
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a", "b"]
    assert head(ax.figure) == "Learned in this order: a; b"
