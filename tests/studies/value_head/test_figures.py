"""Figures of the value head: heads that agree are counted."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd

from procgen_tools.plots.style import set_aside
from procgen_tools.studies.value_head.figures import plot_values_at_forks


def head(figure: plt.Figure) -> str:
    """The finding above a figure, in one line."""
    set_aside({"": figure})
    return " ".join(figure.texts[0].get_text().split())


def test_heads_that_agree_are_counted() -> None:
    table = pd.DataFrame(
        {
            "agent": "mine",
            "level": range(4),
            "policy_cheese": [0.9, 0.9, 0.1, 0.1],
            "policy_top_right": [0.1, 0.1, 0.9, 0.9],
            "value_cheese": [2.0, 1.0, 1.0, 1.0],
            "value_top_right": [1.0, 2.0, 2.0, 2.0],
        }
    )
    figure = plot_values_at_forks(table)
    assert head(figure).startswith("At 75% of the decision squares")
