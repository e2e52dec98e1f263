"""Figures of minimal pairs say what their numbers show."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd

from procgen_tools.plots.style import set_aside
from procgen_tools.studies.minimal_pairs.figures import plot_effects, plot_predictions
from procgen_tools.studies.minimal_pairs.pairs import CHANGES

CORNER = "distance of the cheese to the corner"


def table(effect: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "agent": agent,
            "change": change,
            "level": level,
            "effect": effect if change == CORNER else 0.1,
        }
        for agent in "ab"
        for change in CHANGES
        for level in range(3)
    )


def head(figure: plt.Figure) -> str:
    """The finding above a figure, in one line."""
    set_aside({"": figure})
    return " ".join(figure.texts[0].get_text().split())


def test_the_largest_effect_is_named() -> None:
    figure = plot_effects(table(-0.4), table(0.0))
    assert head(figure).startswith(f"What matters most of what was changed: {CORNER}, by -0.40")
    assert [ax.get_xlabel() for ax in figure.axes] == ["change of P(turn to the cheese)"] * 2
    assert "2 untrained networks" in {text.get_text() for text in figure.legends[0].texts}


def test_the_worst_prediction_is_named() -> None:
    turns = table(-0.4)
    predicted = turns.assign(
        predicted=turns["effect"] / [2 if c == CORNER else 1 for c in turns["change"]]
    )
    figure = plot_predictions(turns, predicted)
    assert f"off for {CORNER}: it predicts -0.20, and the change does -0.40" in head(figure)
