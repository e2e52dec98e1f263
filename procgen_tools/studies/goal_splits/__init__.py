"""When the goal splits: which comes first, the wish for the corner or for the cheese, and why.

Agents are trained with the cheese in the top-right region or anywhere, and with or without the
shift of the examples to large mazes. `design.toml` has the design, with its rules.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pandas as pd

from procgen_tools.models import ImpalaPolicy
from procgen_tools.plots.style import set_aside
from procgen_tools.studies.base import Findings, Settings, decision_levels, first_levels
from procgen_tools.studies.goal_splits.claims import all_claims
from procgen_tools.studies.goal_splits.design import runs
from procgen_tools.studies.goal_splits.figures import plot_curves, plot_onsets
from procgen_tools.studies.goal_splits.measure import Forks, curves_of
from procgen_tools.studies.goal_splits.onsets import mean_curves, onset_table
from procgen_tools.studies.untrained import FIRST_SEED

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "goal_splits"
TITLE = "When the goal splits"
MAZES = 48
NETWORKS = 10
"""How many untrained networks are the null."""

KEPT = Path("runs") / NAME


def run(settings: Settings, folder: Path | None = None) -> Findings:
    """Train what is missing, and measure every snapshot of every agent.

    Twenty agents of 512,000 examples take a day on one core. To train several at once, run
    `procgen-tools sweep` with `design.toml` first.

    Args:
        settings: has no agents, because the study trains its own.
        folder: where agents and what was measured of them are kept; by default `runs/goal_splits`,
            and a temporary folder in a small run.

    Raises:
        ValueError: agents, a seed, or another world size.
    """
    settings.hard_worlds_only(NAME, "it trains its own agents in hard worlds")
    if settings.agents or settings.seed:
        raise ValueError(
            f"{NAME} trains its own agents with the seeds of its design: leave --agents and --seed "
            "out"
        )
    levels = decision_levels(settings.count(MAZES, fast=2))
    forks = Forks.of(levels)
    with TemporaryDirectory() as scratch:
        usual = Path(scratch) if settings.scope(MAZES).small else KEPT
        place = usual if folder is None else folder
        chosen = runs(place, fast=settings.fast)
        parts = [
            curves_of(each, forks, place, progress_bar=settings.progress_bar) for each in chosen
        ]
    snapshots = pd.concat(parts, ignore_index=True)
    untrained = pd.concat(
        [
            forks.wants(ImpalaPolicy(seed=seed).eval()).assign(agent=f"untrained {seed}")
            for seed in range(FIRST_SEED, FIRST_SEED + NETWORKS)
        ],
        ignore_index=True,
    )
    curves = mean_curves(snapshots)
    onsets = onset_table(curves, untrained)
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes=f"{first_levels(levels)}, cheese anywhere; {len(chosen)} agents trained on "
        f"{snapshots['samples'].max():,} examples, {snapshots['samples'].nunique()} snapshots of "
        f"each; {NETWORKS} untrained networks",
        agents=tuple(f"seed {seed}" for seed in sorted({each.seed for each in chosen})),
        claims=all_claims(curves, onsets, untrained),
        tables={
            "snapshots": snapshots, "curves": curves, "onsets": onsets, "untrained": untrained,
        },
    )  # fmt: skip


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: what is wanted over training, and when it begins."""
    tables = findings.tables
    return set_aside(
        {
            "curves": plot_curves(tables["curves"], tables["untrained"]),
            "onsets": plot_onsets(tables["onsets"]),
        }
    )
