"""What every activation looks like, and which channels show the cheese where it lies.

The published network has 11 channels of 128 at this layer that light up at the cheese, chosen by
eye. Here we measure where each channel changes most when the cheese is taken away, in agents and in
untrained networks. A change of the frame changes nearby cells of any convolutional network most, so
what counts is whether training adds such channels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from tqdm import tqdm

from procgen_tools.models import ImpalaPolicy
from procgen_tools.plots.activations import plot_layer_statistics
from procgen_tools.plots.style import count, sample, set_aside, short_name
from procgen_tools.studies.base import LAYER, Findings, Settings
from procgen_tools.studies.untrained import COUNT, FAST_COUNT, untrained_like
from procgen_tools.studies.visualize_activations.claims import all_claims
from procgen_tools.studies.visualize_activations.measure import (
    OFTEN,
    layer_statistics,
    shares_at_cheese,
    steps_from_cheese,
)
from procgen_tools.worlds.maze.edit import remove_cheese
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.levels import make_level

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "visualize_activations"
TITLE = "Pictures of activations"
MAZES = 100

MAZES_OF_STATISTICS = 32
"""How many of the measured mazes give the statistics of each activation."""

LAYERS = tuple(
    f"embedder.block{block}.{part}_out"
    for block in (1, 2, 3)
    for part in ("maxpool", "res1.resadd", "res2.resadd")
)


def run(settings: Settings) -> Findings:
    """Statistics of every activation, and where each channel changes with the cheese."""
    settings.no_seed(NAME)
    agents = settings.load_agents()
    count = settings.count(MAZES, fast=6)
    mazes = [make_level(seed, settings.rule) for seed in range(count)]
    untrained = untrained_like(agents, FAST_COUNT if settings.fast else COUNT)
    statistics, peaks, null = [], [], []
    for agent, policy in tqdm(agents.items(), disable=not settings.progress_bar, unit=" agents"):
        some = mazes[:MAZES_OF_STATISTICS]
        numbers = layer_statistics(policy, some, [remove_cheese(maze) for maze in some])
        statistics.append(numbers.assign(agent=agent))
        peaks.append(_peaks_of(agent, policy, mazes))
    for name, policy in tqdm(
        untrained.items(), disable=not settings.progress_bar, unit=" networks"
    ):
        null.append(_peaks_of(name, policy, mazes))
    tables = {
        "statistics": pd.concat(statistics),
        "peaks": pd.concat(peaks, ignore_index=True),
        "untrained": pd.concat(null, ignore_index=True),
    }
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes=f"levels 0–{count - 1}, the cheese anywhere and the mouse at the start",
        agents=tuple(agents),
        claims=all_claims(tables["peaks"], tables["untrained"]),
        tables=tables,
        rule=settings.rule,
    )


def _peaks_of(agent: str, policy: ImpalaPolicy, mazes: list[Maze]) -> pd.DataFrame:
    """Where each channel of LAYERS changes most: columns agent, layer, level, channel, steps."""
    rows = []
    for layer in LAYERS:
        steps = steps_from_cheese(policy, mazes, layer)
        level, channel = np.indices(steps.shape)
        rows.append(
            pd.DataFrame(
                {
                    "agent": agent,
                    "layer": layer,
                    "level": level.ravel(),
                    "channel": channel.ravel(),
                    "steps": steps.ravel(),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: statistics by depth, and how many channels show the cheese in each layer."""
    tables = findings.tables
    statistics = tables["statistics"]
    at_cheese = shares_at_cheese(tables["peaks"])
    null = shares_at_cheese(tables["untrained"]).groupby("layer", sort=False).mean()
    networks = tables["untrained"]["agent"].nunique()
    means = statistics.groupby("layer", sort=False)["change"].mean()
    most = str(means.idxmax())
    published = at_cheese.xs(LAYER, level="layer")
    seen = min(tables["peaks"]["level"].nunique(), MAZES_OF_STATISTICS)
    figures = {
        "statistics": plot_layer_statistics(
            statistics,
            {
                "rms": "root mean square",
                "positive": "share above zero",
                "change": "change by the cheese,\nshare of the norm",
            },
            finding=f"The cheese changes {short_name(most)} most: by {means.max():.0%} of its norm",
            note=f"{count(seen, 'maze')}; grey: every other block of the network",
            logarithmic=("rms",),
        ),
        "at_cheese": plot_layer_statistics(
            pd.concat(
                [
                    at_cheese.reset_index(),
                    null.reset_index().assign(agent=f"mean of {networks} untrained networks"),
                ]
            ),
            {"share": f"share of channels that change most\nat the cheese in {OFTEN:.0%} of mazes"},
            finding=f"{published.mean():.0%} of the channels of {short_name(LAYER)} change most at "
            f"the cheese, {null[LAYER]:.0%} in untrained networks",
            note=f"{sample(tables['peaks'])}; at the cheese: within one cell of its own",
        ),
    }
    return set_aside(figures)
