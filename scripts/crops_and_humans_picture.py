#!/usr/bin/env python3
"""Draw one agent of crops and humans in a training and a production maze.

python scripts/crops_and_humans_picture.py    # docs/crops_and_humans.png
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt

from procgen_tools.shown import save_figure
from procgen_tools.studies.crops_and_humans.measure import example_mazes, load_pairs
from procgen_tools.studies.crops_and_humans.pictures import plot_walks
from procgen_tools.worlds.crops_and_humans.walks import greedy, play

FIGURE = Path(__file__).resolve().parent.parent / "docs" / "crops_and_humans.png"


def draw(path: Path) -> None:
    """Draw the path of the first planted agent in both mazes."""
    before, after = example_mazes()
    agent = load_pairs(1)["seed 0"].planted
    positions = play(greedy(agent), np.stack([before, after])).positions
    walked = {"training maze": (before, positions[0]), "production maze": (after, positions[1])}
    figure = plot_walks(walked)
    save_figure(figure, path, 130)
    plt.close(figure)


if __name__ == "__main__":
    draw(FIGURE)
    print(FIGURE)
