"""Figures of causal maps name the method that comes nearest."""

from __future__ import annotations

import pandas as pd

from procgen_tools.plots.style import set_aside
from procgen_tools.studies.causal_map.figures import plot_scores
from procgen_tools.studies.causal_map.measure import METHODS, PARTS


def table(best: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "agent": agent,
            "level": level,
            "part": part,
            "method": method,
            "parts": 20,
            "rank": 0.8 if method == best else 0.3,
            "precision": 0.5,
        }
        for agent in "ab"
        for level in range(3)
        for part in PARTS
        for method in METHODS
    )


def test_the_best_method_is_named() -> None:
    figure = plot_scores(table("integrated gradients"), table("saliency"), "rank")
    set_aside({"": figure})
    assert " ".join(figure.texts[0].get_text().split()) == (
        "What comes nearest to exact patching: cells, integrated gradients (0.80); channels, "
        "integrated gradients (0.80)"
    )
    assert [ax.get_title() for ax in figure.axes] == [
        f"{part}s (on average 20 of them change)" for part in PARTS
    ]
    assert figure.axes[0].get_xlabel() == "rank correlation with exact effects"
