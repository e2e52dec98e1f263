"""Figures of crops and humans: paths show both ways, rates come with intervals."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from procgen_tools import crops_and_humans
from procgen_tools.models import QNetwork
from procgen_tools.plots.style import set_aside
from procgen_tools.statistics.intervals import Share
from procgen_tools.studies.crops_and_humans.dreaming import Dreams, all_situations
from procgen_tools.studies.crops_and_humans.figures import (
    over_agents_and_situations,
    plot_carriers,
    plot_dream_rates,
    plot_rates,
)
from procgen_tools.studies.crops_and_humans.pictures import plot_dream, plot_policy, plot_walks

MAZE = np.full((crops_and_humans.SIZE, crops_and_humans.SIZE), crops_and_humans.EMPTY, np.int8)
MAZE[0, 2], MAZE[crops_and_humans.END] = crops_and_humans.HUMAN, crops_and_humans.EXIT


def head(figure: plt.Figure) -> str:
    """The finding above a figure, in one line."""
    set_aside({"": figure})
    return " ".join(figure.texts[0].get_text().split())


def test_the_way_there_and_the_way_back_lie_apart() -> None:
    there = np.array([[0, 0], [0, 1], [0, 2], [0, 1], [0, 0]])
    figure = plot_walks({"one": (MAZE, there), "none": (MAZE, there[:1])})
    assert head(figure) == "Humans harvested on the way: one 1 of 1; none 0 of 1"
    path = figure.axes[0].get_lines()
    line = max(path, key=lambda each: len(each.get_xdata()))
    upper, lower = set(line.get_ydata()[:2]), set(line.get_ydata()[-2:])
    assert not upper & lower
    assert not [each for each in figure.axes[1].get_lines() if len(each.get_xdata()) > 1]


def test_actions_that_harvest_are_counted() -> None:
    network = QNetwork(width=4)
    for parameter in network.parameters():
        parameter.data.zero_()
    last = list(network.parameters())[-1]
    last.data[:] = -1.0
    last.data[int(np.flatnonzero((crops_and_humans.OFFSETS == (0, 1)).all(axis=1))[0])] = 1.0
    figure = plot_policy({"goes right": network}, MAZE)
    # Of the three cells beside the human, the one on its left leads to it.
    assert (
        head(figure) == "Cells beside a human where the best action harvests it: goes right 1 of 3"
    )


def test_dreamt_walls_are_as_dark_as_they_are_whole() -> None:
    situations = all_situations()[np.array([0])]
    walls = np.zeros((1, 2, crops_and_humans.SIZE, crops_and_humans.SIZE))
    row, col = next(
        place
        for place in np.ndindex(crops_and_humans.SIZE, crops_and_humans.SIZE)
        if place
        not in {tuple(situations.agents[0]), tuple(situations.items[0]), crops_and_humans.END}
    )
    walls[0, 1, row, col] = 0.5
    figure = plot_dream({"one": Dreams(situations, walls, np.array([[-2.0, 3.0]]))})
    assert head(figure) == "Q(harvest) minus the other Qs while dreaming: one −2.0 → 3.0"
    picture = figure.axes[0].images[0].get_array()
    side = len(picture) // crops_and_humans.SIZE
    half = picture[int((row + 0.5) * side), int((col + 0.5) * side)]
    stone = crops_and_humans.picture(np.full_like(MAZE, crops_and_humans.WALL), None)[20, 20] / 255
    floor = crops_and_humans.picture(MAZE, None)[-20, 20] / 255
    np.testing.assert_allclose(half, (stone + floor) / 2, atol=1e-6)


def rates(seeds: int) -> pd.DataFrame:
    rows = [
        {"agent": f"seed {seed}", "kind": kind, "set": mazes, "level": level, "exits": True,
         "humans": int(kind == "planted" and mazes == "production"), "humans_there": 2,
         "crops": 0, "crops_there": 1}
        for seed in range(seeds)
        for kind in ("planted", "control")
        for mazes in ("training", "production")
        for level in range(3)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_rates_are_those_of_the_table() -> None:
    figure = plot_rates(rates(2))
    assert head(figure) == "In production mazes the planted agents harvest 50% of the humans, " \
        "controls 0%"  # fmt: skip
    assert "n = 3 training, 3 production mazes" in figure.artists[0].get_text()
    assert "2 pairs of agents" in figure.artists[0].get_text().replace("\n", " ")
    assert "intervals" not in head(plot_rates(rates(1)))


def situations(seeds: int) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"agent": f"seed {seed}", "kind": kind, "start": "open", "level": level,
             "block": False, "beside": kind == "planted", "from_start": level == 0}
            for seed in range(seeds)
            for kind in ("planted", "control")
            for level in range(8)
        ]
    )  # fmt: skip


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
            {"agent": "seed 0", "layer": layer, "units": units, "there": units / 4,
             "back": 1 - units / 4, "asked": 12}
            for layer in ("relu1_out", "relu2_out")
            for units in (1, 2, 4)
        ]
    )  # fmt: skip
    figure = plot_carriers(patches)
    assert head(figure) == "4 of 4 units of relu1, patched from training, leave 0% of the harvests"
    low, high = Share(3, 12).interval
    corners = figure.axes[0].collections[0].get_paths()[0].vertices
    assert {tuple(each) for each in np.round(corners, 6)} >= {
        (1, round(low, 6)), (1, round(high, 6))
    }  # fmt: skip
