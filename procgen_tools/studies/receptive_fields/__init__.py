"""Receptive fields: how much of the maze a cell of each activation can see, and does see.

In theory a cell of the published layer sees 45 x 45 of the frame's 64 x 64 pixels, 17 squares of
the maze. Measured are the gradients of a middle cell, and what really changes when the cheese is
taken away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from procgen_tools.interventions import observe, square_cells
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.base import (
    LAYER,
    Claim,
    Findings,
    Settings,
    every,
    measured,
    over_levels,
)
from procgen_tools.studies.receptive_fields.measure import (
    change_by_cell,
    gradient_field,
    share_within,
    side_that_holds,
    theoretical_extents,
)
from procgen_tools.worlds.maze.edit import remove_cheese
from procgen_tools.worlds.maze.grid import HARD_WORLD_SIZE, Maze
from procgen_tools.worlds.maze.levels import make_level

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "receptive_fields"
TITLE = "Receptive fields"
MAZES = 30

PIXELS_A_SQUARE = 64 / HARD_WORLD_SIZE
SHOWN = (
    "embedder.block1.conv_out",
    "embedder.block1.res2.resadd_out",
    LAYER,
    "embedder.block3.res2.resadd_out",
)
"""Activations whose maps are drawn."""


def layers_of(policy: ImpalaPolicy) -> list[str]:
    """The convolution, max-pool and residual sums of every block."""
    ends = ("conv_out", "maxpool_out", "resadd_out")
    return [name for name in theoretical_extents(policy) if name.endswith(ends) and (
        "res" not in name or "resadd" in name)]  # fmt: skip


def run(settings: Settings) -> Findings:
    """Measure receptive fields at every depth, in many mazes."""
    agents = settings.load_agents()
    count = settings.count(MAZES, fast=2)
    levels = {seed: make_level(seed) for seed in range(count)}
    rows: list[dict[str, Any]] = []
    maps: list[dict[str, Any]] = []
    with tqdm(total=len(agents) * count, disable=not settings.progress_bar, unit=" mazes") as bar:
        for agent, policy in agents.items():
            for seed, maze in levels.items():
                found, drawn = _fields(policy, maze, layers_of(policy))
                rows += [{"agent": agent, "level": seed, **row} for row in found]
                if not maps:
                    maps = [{"agent": agent, "level": seed, **row} for row in drawn]
                bar.update()
    tables = {"fields": pd.DataFrame(rows), "maps": pd.DataFrame(maps)}
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes=f"levels 0–{count - 1}, the cheese anywhere and the mouse at the start",
        agents=tuple(agents),
        claims=_claims(tables["fields"]),
        tables=tables,
    )


def _fields(
    policy: ImpalaPolicy, maze: Maze, layers: list[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A row for each layer, and the maps of SHOWN, a row a pixel or cell."""
    extents = theoretical_extents(policy)
    (view,) = observe(maze)
    pixel = view.clone()
    pixel[:, 32, 32] = 1 - pixel[:, 32, 32]  # the middle of the frame, in its own negative
    assert maze.cheese is not None
    by_cheese = change_by_cell(policy, layers, remove_cheese(maze), maze)
    by_pixel = change_by_cell(policy, layers, view, pixel)
    rows, maps = [], []
    for layer in layers:
        side = len(by_cheese[layer])
        gradient = gradient_field(policy, layer, view, (side // 2, side // 2))
        (cheese,) = square_cells(maze, [maze.cheese], side)
        place = (int(cheese[0]), int(cheese[1]))
        middle = side // 2 * extents[layer].step
        rows.append(
            {
                "layer": layer,
                "theoretical": extents[layer].side,
                "seen": side_that_holds(gradient, (middle, middle), 1.0),
                "gradient_90": side_that_holds(gradient, (middle, middle), 0.9),
                "gradient_50": side_that_holds(gradient, (middle, middle), 0.5),
                "pixel_90": side_that_holds(by_pixel[layer], (side // 2, side // 2), 0.9),
                "cheese_90": side_that_holds(by_cheese[layer], place, 0.9),
                "cheese_near": share_within(by_cheese[layer], place, 2),
            }
        )
        if layer in SHOWN:
            for what, field in (("gradient", gradient), ("pixel", by_pixel[layer])):
                maps += [
                    {"layer": layer, "what": what, "row": row, "col": col, "number": float(number)}
                    for (row, col), number in np.ndenumerate(field)
                ]
    return rows, maps


def _claims(fields: pd.DataFrame) -> tuple[Claim, ...]:
    at_layer = fields[fields["layer"] == LAYER]
    theoretical, seen = over_levels(at_layer, "theoretical"), over_levels(at_layer, "seen")
    most = over_levels(at_layer, "gradient_90")
    half = over_levels(at_layer, "gradient_50")
    cheese, near = over_levels(at_layer, "cheese_90"), over_levels(at_layer, "cheese_near")
    never_beyond = bool((fields["seen"] <= fields["theoretical"]).all())
    return (
        Claim(
            f"A cell of {LAYER} can see 45 x 45 pixels, 17 squares of the maze, and in some maze "
            "sees as far (side in pixels)",
            "none",
            measured(theoretical=theoretical, seen=seen),
            "no gradient of any activation lies beyond its theoretical field, and here it has side "
            "45 in some maze, for every agent",
            never_beyond and bool((at_layer.groupby("agent")["seen"].max() == 45).all()),
            form=".1f",
        ),
        Claim(
            "The effective field, where 90% of the gradient lies, is much smaller (side in pixels)",
            "a fraction of the theoretical one in other networks (Luo et al., 2016)",
            measured(ninety_percent=most, half=half),
            "at most two thirds of the theoretical side, for every agent",
            every(most, lambda mean: mean.high <= 45 * 2 / 3),
            form=".1f",
        ),
        Claim(
            "The cheese changes activations where it lies: at most as far away as a field reaches "
            "(side in pixels; share within 2 cells)",
            "eleven channels show the cheese where it lies (by eye)",
            measured(ninety_percent=cheese, share_within_2_cells=near),
            "at least half of the change lies within 2 cells of its own, for every agent",
            every(near, lambda mean: mean.value >= 0.5),
        ),
    )


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: the fields by depth, and their maps in one maze."""
    from procgen_tools.plots.style import set_aside
    from procgen_tools.studies.receptive_fields.figures import plot_field_maps, plot_fields_by_layer

    fields = findings.tables["fields"]
    figures = {
        "by_layer": plot_fields_by_layer(fields, PIXELS_A_SQUARE, LAYER),
        "maps": plot_field_maps(findings.tables["maps"], fields),
    }
    return set_aside(figures)
