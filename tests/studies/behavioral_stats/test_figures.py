"""Figures of statistics: they draw their tables, and their titles say what the tables say."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from procgen_tools.studies.behavioral_stats import figures as behaviour

FEATURES = ["near", "far", "steps"]


def title_of(figure: plt.Figure) -> str:
    assert plt.gcf() is figure
    return figure.get_suptitle().splitlines()[0]


def test_shares_fall_from_the_first_bin_to_the_last() -> None:
    rows = pd.DataFrame({"agent": "a", "level": range(80), "far": range(80), "near": [1, 2] * 40})
    rows["found"] = rows["far"] < 40
    figure = behaviour.plot_shares(rows, ["near", "far"])
    assert title_of(figure) == "From the shortest to the longest far the share goes from 100% to 0%"
    assert figure.artists[0].get_text().startswith("a point is an eighth of n = 80 mazes")
    (line,) = figure.axes[1].get_lines()
    assert line.get_ydata().tolist() == [1, 1, 1, 1, 0, 0, 0, 0]


def test_accuracies_name_the_best_feature() -> None:
    rows = pd.DataFrame(
        {"agent": "a", "feature": FEATURES, "accuracy": [0.8, 0.7, 0.6], "accuracy_low": 0.5,
         "accuracy_high": 0.9, "base_rate": 0.55, "sign": [-1, 1, -1]}
    )  # fmt: skip
    figure = behaviour.plot_accuracies(rows, 300)
    assert title_of(figure) == ("near alone predicts 80%; always the more frequent outcome, 55%")
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == FEATURES[::-1]


def test_coefficients_are_compared_with_the_published_signs() -> None:
    rows = pd.DataFrame(
        {"agent": "a", "feature": FEATURES, "value": [-1.0, 0.5, -0.2], "low": -2.0, "high": 2.0}
    )
    published = dict(zip(FEATURES, (-1.0, -0.6, -0.1), strict=True))
    figure = behaviour.plot_coefficients(rows, published, 300)
    assert title_of(figure) == "2 of 3 coefficients have the published sign"


def test_correlations_count_the_inflated() -> None:
    rows = pd.DataFrame(
        {"first": one, "second": other, "correlation": float(one == other), "inflation": factor}
        for one, factor in zip(FEATURES, (9.0, 1.5, np.nan), strict=True)
        for other in FEATURES
    )
    figure = behaviour.plot_correlations(rows, 300)
    assert title_of(figure) == "1 of 2 features have a variance inflation factor of 4 or more"


def test_sign_flips_are_counted_where_they_are_clear() -> None:
    rows = pd.DataFrame(
        {
            "agent": agent,
            "feature": feature,
            "alone": -1.0,
            "alone_low": -2.0,
            "alone_high": 0.0,
            "joint": 1.0,
            "joint_low": 0.0,
            "joint_high": 2.0,
            "flips": True,
            "clear": feature == "far",
        }
        for agent in "ab"
        for feature in FEATURES
    )
    figure = behaviour.plot_sign_flips(rows, 300)
    assert title_of(figure) == "1 of 3 features clearly change their sign among the others"
    assert [len(ax.patches) for ax in figure.axes] == [1, 1]
