"""When the goal splits: which comes first, the wish for the corner or for the cheese, and why.

Agents are trained with the cheese in the top-right region or anywhere, and with or without the
shift of the examples to large mazes and to squares on the way to the cheese. `design.toml` has the
design, with its rules.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pandas as pd

from procgen_tools.plots.style import set_aside
from procgen_tools.studies.base import Findings, Settings, decision_levels, first_levels
from procgen_tools.studies.goal_splits.claims import all_claims
from procgen_tools.studies.goal_splits.design import runs
from procgen_tools.studies.goal_splits.figures import plot_curves, plot_onsets
from procgen_tools.studies.goal_splits.measure import Forks, curves_of, untrained_wants, walks
from procgen_tools.studies.goal_splits.onsets import mean_curves, onset_table
from procgen_tools.studies.results import default_folder

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "goal_splits"
TITLE = "When the goal splits"
MAZES = 48
NETWORKS = 10
"""How many untrained networks are the null."""

MEASURED = "measured"
"""The folder of what was measured of each agent, within that of the results."""


def run(settings: Settings, folder: Path | None = None) -> Findings:
    """Train what is missing, and measure every snapshot of every agent.

    What was measured is kept with the results, in `measured`, and is not measured again: move it
    away for that. Each of the twenty agents takes about ten minutes on one core. To train several
    at once, run `procgen-tools sweep` with `design.toml` first.

    Args:
        settings: has no agents, because the study trains its own.
        folder: where the agents are trained, and their measurements kept; by default as
            `design.toml` says and with the results, and a temporary folder in fast mode.

    Raises:
        ValueError: agents, a seed, or another world size; or runs in different precisions.
    """
    settings.usual_sizes_only(NAME, "it trains its own agents in hard worlds")
    if settings.agents or settings.seed:
        raise ValueError(
            f"{NAME} trains its own agents with the seeds of its design: leave --agents and --seed "
            "out"
        )
    scope = settings.scope(MAZES)
    levels = decision_levels(settings.count(MAZES, fast=2))
    forks = Forks.of(levels)
    with TemporaryDirectory() as scratch:
        place = Path(scratch) if folder is None and settings.fast else folder
        kept = place or default_folder(scope) / NAME
        kept /= MEASURED if scope.published else f"{MEASURED}_{len(levels)}_levels"
        chosen = runs(place, fast=settings.fast)
        parts = [
            curves_of(each, forks, kept, progress_bar=settings.progress_bar) for each in chosen
        ]
        untrained = untrained_wants(NETWORKS, forks, kept)
    snapshots = pd.concat(parts, ignore_index=True)
    precisions = sorted(map(str, snapshots["precision"].unique()))
    if len(precisions) > 1:
        raise ValueError(
            f"agents were trained in {' and '.join(precisions)}, so pairs differ in more than "
            "their condition: move some away, and train them again on one kind of processor"
        )
    curves = mean_curves(snapshots)
    onsets = onset_table(curves, untrained)
    return Findings(
        experiment=NAME,
        scope=scope,
        mazes=f"{first_levels(levels)}, cheese anywhere; {len(chosen)} agents trained on "
        f"{snapshots['samples'].max():,} examples, {snapshots['samples'].nunique()} snapshots of "
        f"each, in {precisions[0]}; {NETWORKS} untrained networks",
        agents=tuple(f"seed {seed}" for seed in sorted({each.seed for each in chosen})),
        claims=all_claims(curves, onsets, untrained),
        tables={"curves": curves, "onsets": onsets, "untrained": untrained, "walks": walks(levels)},
    )


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: what is wanted over training, and when it begins."""
    tables = findings.tables
    return set_aside(
        {
            "curves": plot_curves(tables["curves"], tables["untrained"], tables["walks"]),
            "onsets": plot_onsets(tables["onsets"]),
        }
    )
