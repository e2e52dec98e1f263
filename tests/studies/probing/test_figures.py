"""Figures of probes: a probe looks the same in every panel."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd

from procgen_tools.plots.style import set_aside
from procgen_tools.studies.probing.figures import plot_by_layer
from procgen_tools.studies.probing.figures import plot_by_number as plot_probes_by_number


def head(figure: plt.Figure) -> str:
    """The finding above a figure, in one line."""
    set_aside({"": figure})
    return " ".join(figure.texts[0].get_text().split())


def test_what_probes_read_looks_the_same_in_every_panel() -> None:
    rows = [
        {
            "agent": agent,
            "target": target,
            "layer": layer,
            "probe": probe,
            "value": value,
            "low": value - 0.1,
            "high": value + 0.1,
        }
        for agent in ("mine", "all agents")
        for target, probes in (("cheese", ("1", "2", "all")), ("move", ("10", "all")))
        for layer, base in (("early", 0.5), ("late", 0.7))
        for probe, value in zip(probes, (base - 0.2, base - 0.1, base), strict=False)
    ]
    usual = {"target": "move", "layer": "nothing", "probe": "most frequent", "value": 0.3}
    rows += [{"agent": agent, **usual, "low": 0.3, "high": 0.3} for agent in ("mine", "all agents")]
    table, layers = pd.DataFrame(rows), ("early", "late")
    figure = plot_by_layer(table, ("cheese", "move"), layers, "all", "Ten mazes")
    assert head(figure) == "Read best at: cheese, late (70%); move, late (60%)"
    figure = plot_probes_by_number(table, ("cheese", "move"), layers, "Ten mazes")
    assert head(figure) == "Points that 2 channels lose against all (cheese): early −10; late −10"
    looks = [
        {line.get_label(): line.get_color() for line in ax.get_lines()} for ax in figure.axes[:2]
    ]
    assert looks[0]["all"] == looks[1]["all"]
    assert all(ax.get_legend() is None for ax in figure.axes)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "1 channel",
        "2 channels",
        "10 numbers",
        "all",
        "most frequent",
    ]
