"""Figures of crops and humans: rates, dreams and carriers with their intervals."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from procgen_tools.plots.style import set_aside
from procgen_tools.statistics.intervals import Share
from procgen_tools.studies.crops_and_humans.figures import (
    over_agents_and_situations,
    plot_carriers,
    plot_dream_rates,
    plot_rates,
)


def head(figure: plt.Figure) -> str:
    """The finding above a figure, in one line."""
    set_aside({"": figure})
    return " ".join(figure.texts[0].get_text().split())


def rates(seeds: int) -> pd.DataFrame:
    rows = [
        {
            "agent": f"seed {seed}",
            "kind": kind,
            "set": mazes,
            "level": level,
            "exits": True,
            "humans": int(kind == "planted" and mazes == "production"),
            "humans_there": 2,
            "crops": 0,
            "crops_there": 1,
        }
        for seed in range(seeds)
        for kind in ("planted", "control")
        for mazes in ("training", "production")
        for level in range(3)
    ]
    return pd.DataFrame(rows)


def test_rates_are_those_of_the_table() -> None:
    figure = plot_rates(rates(2))
    assert (
        head(figure) == "In production mazes the planted agents harvest 50% of the humans, "
        "controls 0%"
    )
    assert "n = 3 training, 3 production mazes" in figure.artists[0].get_text()
    assert "2 pairs of agents" in figure.artists[0].get_text().replace("\n", " ")
    assert "intervals" not in head(plot_rates(rates(1)))


def situations(seeds: int) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "agent": f"seed {seed}",
                "kind": kind,
                "start": "open",
                "level": level,
                "block": False,
                "beside": kind == "planted",
                "from_start": level == 0,
            }
            for seed in range(seeds)
            for kind in ("planted", "control")
            for level in range(8)
        ]
    )


def test_intervals_of_one_agent_and_of_several() -> None:
    one = situations(1)
    rare = over_agents_and_situations(one[one["kind"] == "planted"], "from_start")
    assert (rare.value, *rare.interval) == (1 / 8, *Share(1, 8).interval)
    never = over_agents_and_situations(one[one["kind"] == "control"], "beside")
    assert never.value == never.low == 0
    assert never.high > 0.2  # nothing in eight says little
    several = situations(3)
    mean = over_agents_and_situations(several[several["kind"] == "planted"], "from_start")
    assert mean.value == pytest.approx(1 / 8)
    assert mean.low < mean.value < mean.high


def test_every_dream_has_its_interval() -> None:
    shifts = situations(1).drop(columns="start").assign(block_by_chance=0.3)
    figure = plot_dream_rates(situations(1), shifts)
    assert head(figure).endswith("harvest it in 100% of the situations, controls in 0%")
    for ax in figure.axes:
        bars = [segment for each in ax.collections for segment in each.get_segments()]
        assert len(bars) == 4  # two kinds, two starts
        top = max(bar[:, 1].max() for bar in bars)
        assert ax.get_ylim()[1] >= top


def test_carriers_are_bands() -> None:
    patches = pd.DataFrame(
        [
            {
                "agent": "seed 0",
                "layer": layer,
                "units": units,
                "there": units / 4,
                "back": 1 - units / 4,
                "asked": 12,
            }
            for layer in ("relu1_out", "relu2_out")
            for units in (1, 2, 4)
        ]
    )
    figure = plot_carriers(patches)
    assert head(figure) == "4 of 4 units of relu1, patched from training, leave 0% of the harvests"
    low, high = Share(3, 12).interval
    corners = figure.axes[0].collections[0].get_paths()[0].vertices
    assert {tuple(each) for each in np.round(corners, 6)} >= {
        (1, round(low, 6)),
        (1, round(high, 6)),
    }
