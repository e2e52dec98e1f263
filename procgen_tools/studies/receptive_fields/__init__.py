"""Receptive fields: how much of the maze a cell of each activation can see, and does see.

In theory a cell of the published layer sees 45 x 45 of the frame's 64 x 64 pixels, 17 squares of
the maze. We measure the gradients of a middle cell, and what really changes when the cheese is
removed, in agents and in untrained networks: the theoretical field is a matter of architecture, and
an effective field that is smaller than it is found in untrained networks, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from procgen_tools.plots.style import set_aside
from procgen_tools.studies.base import LAYER, Findings, Settings
from procgen_tools.studies.measuring import every_maze
from procgen_tools.studies.receptive_fields.claims import all_claims
from procgen_tools.studies.receptive_fields.figures import plot_field_maps, plot_fields_by_layer
from procgen_tools.studies.receptive_fields.measure import fields_of, layers_of
from procgen_tools.studies.untrained import COUNT, FAST_COUNT, untrained_like
from procgen_tools.worlds.maze.grid import FRAME_SIZE
from procgen_tools.worlds.maze.levels import make_level

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "receptive_fields"
TITLE = "Receptive fields"
MAZES = 30


def run(settings: Settings) -> Findings:
    """Measure receptive fields at every depth, in many mazes."""
    settings.no_seed(NAME)
    agents = settings.load_agents()
    count = settings.count(MAZES, fast=2)
    levels = {seed: make_level(seed, settings.rule) for seed in range(count)}
    untrained = untrained_like(agents, FAST_COUNT if settings.fast else COUNT)
    rows: list[dict[str, Any]] = []
    null: list[dict[str, Any]] = []
    maps: list[dict[str, Any]] = []
    for name, policy, maze in every_maze(agents, levels, progress_bar=settings.progress_bar):
        found, drawn = fields_of(policy, maze, layers_of(policy))
        rows += [{**name, **row} for row in found]
        maps = maps or [{**name, **row} for row in drawn]
    for name, policy, maze in every_maze(untrained, levels, progress_bar=settings.progress_bar):
        found, _ = fields_of(policy, maze, layers_of(policy))
        null += [{**name, **row} for row in found]
    tables = {
        "fields": pd.DataFrame(rows),
        "untrained": pd.DataFrame(null),
        "maps": pd.DataFrame(maps),
    }
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes=f"levels 0–{count - 1}, the cheese anywhere and the mouse at the start",
        agents=tuple(agents),
        claims=all_claims(tables["fields"], tables["untrained"]),
        tables=tables,
        rule=settings.rule,
    )


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: the fields by depth, and their maps in one maze."""
    fields = findings.tables["fields"]
    figures = {
        "by_layer": plot_fields_by_layer(fields, FRAME_SIZE / findings.rule.world_size, LAYER),
        "maps": plot_field_maps(findings.tables["maps"], fields),
    }
    return set_aside(figures)
