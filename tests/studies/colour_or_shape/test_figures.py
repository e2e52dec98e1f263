"""Figures of agents of two objects: what their titles say, and how many dots they draw."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from procgen_tools.studies.colour_or_shape.figures import (
    plot_channels,
    plot_levels,
    plot_prediction,
    plot_preferences,
    plot_regression,
)
from tests.studies.colour_or_shape.test_claims import tables


def words(figure: Figure) -> str:
    texts = [text.get_text() for text in figure.texts]
    return " ".join([figure.get_suptitle(), *texts]).replace("\n", " ")


def test_preferences_have_a_panel_per_pair_and_a_dot_per_agent() -> None:
    figure = plot_preferences(tables(spread=0.4)[1])
    panels = [ax for ax in figure.axes if ax.get_title()]
    assert len(panels) == 15
    assert all(sum(len(dots.get_offsets()) for dots in ax.collections) == 16 for ax in panels)
    assert "30% to 70%" in words(figure)


def test_the_regression_says_how_well_it_fits() -> None:
    assert "R² 1.00" in words(plot_regression(tables()[1]))


def test_channels_are_counted() -> None:
    assert "16 of 16 agents need exactly one" in words(plot_channels(tables()[0]))
    assert "0 of 16" in words(plot_channels(tables(green=9.0)[0]))


def test_errors_are_compared() -> None:
    model: pd.DataFrame = tables()[3]
    assert "error 0.05 instead of 0.20" in words(plot_prediction(model))


def test_levels_are_shown_with_both_backgrounds() -> None:
    assert [ax.get_title() for ax in plot_levels().axes] == [
        "training, black", "test, black", "training, textured", "test, textured",
    ]  # fmt: skip
