"""Figures of comparisons."""

from __future__ import annotations

from typing import Any

import numpy as np

from procgen_tools.audit.compared_figures import plot_compared


def answer(value: float, low: float, high: float, form: str = ".1%") -> dict[str, Any]:
    """An answer with one finding that all agents have, and one of its own."""
    numbers = {"value": value, "low": low, "high": high}
    nulls = {"random actions": {"value": 0.1, "low": 0.0, "high": 0.2}}
    shared = {"name": "the cheese first", "agent": numbers, "nulls": nulls, "form": form}
    own = {"name": f"of {value}", "agent": numbers, "nulls": {}, "form": form}
    return {"findings": [shared, own]}


def test_the_figure_shows_what_all_agents_share_and_says_the_range() -> None:
    figure = plot_compared(["a", "b"], [answer(0.25, 0.2, 0.3), answer(0.5, 0.4, 0.6)])
    assert figure is not None
    (ax,) = figure.axes
    assert ax.get_xlabel() == "the cheese first"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    drawn = {line.get_label(): list(line.get_xdata()) for line in ax.get_lines()}
    assert drawn == {"random actions": [0.1, 0.1], "the agent": [0.25, 0.5]}
    assert figure.get_suptitle().startswith("the cheese first: from 25.0% (a) to 50.0% (b)")
    same = plot_compared(["a", "b"], [answer(0.5, 0.4, 0.6)] * 2)
    assert same is not None
    assert same.get_suptitle().startswith("the cheese first: 50.0% for every agent")
    assert plot_compared(["a", "b"], [answer(0.5, 0.4, 0.6), {"findings": []}]) is None


def test_bars_without_an_end_reach_beyond_all_others() -> None:
    infinite = answer(-30.0, -np.inf, -10.0, ".1f")
    figure = plot_compared(["a", "b"], [infinite, answer(0.0, -50.0, 5.0, ".1f")])
    assert figure is not None
    (bars,) = figure.axes[0].collections
    lows = [path.vertices[0, 0] for path in bars.get_paths()]
    assert np.isfinite(lows).all()
    assert lows[0] < lows[1] == -50
