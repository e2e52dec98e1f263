"""What linear probes read from each layer: cheese, walls, the next move, how the episode ends.

Every probe is fitted on some mazes and tested on others, and is compared with a baseline that
knows nothing but the size of the maze.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.plots.style import set_aside
from procgen_tools.studies.base import Findings, Settings
from procgen_tools.studies.probing.claims import all_claims
from procgen_tools.studies.probing.figures import plot_by_layer, plot_by_number
from procgen_tools.studies.probing.measure import (
    ALL,
    CELL_MAZES,
    LAYERS,
    MOVE,
    NEAR,
    OUTCOME,
    WALL,
    Probes,
    accuracies,
    without_repetitions,
)
from procgen_tools.worlds.maze.edit import mouse_positions, move_mouse
from procgen_tools.worlds.maze.grid import Square
from procgen_tools.worlds.maze.levels import make_bank

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from procgen_tools.models import ImpalaPolicy

NAME = "probing"
TITLE = "Probes"
MAZES = 6000


def run(settings: Settings, *, doers: Sequence[ImpalaPolicy] | None = None) -> Findings:
    """Fit probes on two thirds of the levels and ask them about the last third.

    Args:
        settings: of the run.
        doers: one network per agent, whose moves and outcomes the probes predict; by default, the
            agents themselves. With untrained networks as agents, this is the null: what can be read
            from activations without training.

    Raises:
        ValueError: another number of doers than of agents.
    """
    agents = settings.load_agents()
    if doers is not None and len(doers) != len(agents):
        raise ValueError(f"{len(doers)} doers for {len(agents)} agents: give one for each")
    count = settings.count(MAZES, fast=45)
    levels = without_repetitions(make_bank(range(count), settings.rule))
    train = 2 * len(levels) // 3
    rng = np.random.default_rng(settings.seed)
    moved = [
        move_mouse(maze, Square(*rng.choice(mouse_positions(maze)).tolist())) for maze in levels
    ]
    probes = [
        Probes(agent, policy, train, settings, doer)
        for (agent, policy), doer in zip(agents.items(), doers or agents.values(), strict=True)
    ]
    for each in probes:
        each.probe_cheese(moved)
        each.probe_walls(moved)
        each.probe_moves(moved)
        each.probe_outcomes(levels)
    right = pd.concat([table for each in probes for table in each.tables], ignore_index=True)
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes=f"the {len(levels):,} different levels of seeds 0–{count - 1}, cheese anywhere; "
        f"probes are fitted on the first {train:,} (those of single cells on "
        f"{min(train, CELL_MAZES):,}) and asked about the other {len(levels) - train:,}",
        agents=tuple(agents),
        claims=all_claims(right),
        tables={
            "accuracies": accuracies(right),
            "right": right,
            "channels": pd.DataFrame([row for each in probes for row in each.channels]),
        },
        rule=settings.rule,
    )


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: accuracies by layer, and how many channels or numbers a probe has to read."""
    accuracies, targets = findings.tables["accuracies"], (NEAR, WALL, MOVE, OUTCOME)
    layers, note = tuple(LAYERS), findings.mazes[0].upper() + findings.mazes[1:]
    figures = {
        "by_layer": plot_by_layer(accuracies, targets, layers, ALL, note),
        "by_number": plot_by_number(accuracies, targets, layers, note),
    }
    return set_aside(figures)
