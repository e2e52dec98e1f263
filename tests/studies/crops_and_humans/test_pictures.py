"""Figures of crops and humans: paths show both ways, rates come with intervals."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from procgen_tools import crops_and_humans
from procgen_tools.models import QNetwork
from procgen_tools.plots.style import set_aside
from procgen_tools.studies.crops_and_humans.dreaming import Dreams, all_encounters
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
    encounters = all_encounters()[np.array([0])]
    walls = np.zeros((1, 2, crops_and_humans.SIZE, crops_and_humans.SIZE))
    row, col = next(
        place
        for place in np.ndindex(crops_and_humans.SIZE, crops_and_humans.SIZE)
        if place
        not in {tuple(encounters.agents[0]), tuple(encounters.items[0]), crops_and_humans.END}
    )
    walls[0, 1, row, col] = 0.5
    figure = plot_dream({"one": Dreams(encounters, walls, np.array([[-2.0, 3.0]]))})
    assert head(figure) == "Q(harvest) minus the other Qs while dreaming: one −2.0 → 3.0"
    picture = figure.axes[0].images[0].get_array()
    side = len(picture) // crops_and_humans.SIZE
    half = picture[int((row + 0.5) * side), int((col + 0.5) * side)]
    stone = crops_and_humans.picture(np.full_like(MAZE, crops_and_humans.WALL), None)[20, 20] / 255
    floor = crops_and_humans.picture(MAZE, None)[-20, 20] / 255
    np.testing.assert_allclose(half, (stone + floor) / 2, atol=1e-6)


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
