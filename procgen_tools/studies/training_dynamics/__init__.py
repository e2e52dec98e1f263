"""Training dynamics: when does an agent begin to want the corner, and when the cheese?

An agent is trained by imitation, as the shipped ones were at first, and every checkpoint is
measured in mazes with the cheese anywhere. What it wants is inferred from what it does
without the cheese (it still turns to the corner) and from what the cheese adds (it turns to it).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from tqdm import tqdm

from procgen_tools.models import ImpalaPolicy, load_policy
from procgen_tools.plots.style import set_aside
from procgen_tools.studies.base import Findings, Settings, decision_levels, first_levels
from procgen_tools.studies.measuring import table_of_mazes
from procgen_tools.studies.training_dynamics.claims import all_claims
from procgen_tools.studies.training_dynamics.figures import (
    plot_fields_over_training,
    plot_wants,
)
from procgen_tools.studies.training_dynamics.measure import (
    FAST,
    SHOWN_LEVEL,
    Plan,
    arrows,
    kept,
    train,
    wants,
)
from procgen_tools.worlds.maze.levels import make_level

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "training_dynamics"
TITLE = "What is learned when"
MAZES = 24


def run(settings: Settings, folder: Path | None = None, plan: Plan | None = None) -> Findings:
    """Train, and measure every checkpoint and the shipped agents.

    Args:
        settings: its agents are those to compare with; its seed is added to those of the plan.
        folder: where the runs are kept, so that interrupted runs can resume; temporary by default.
        plan: of the training; defaults to a short one in fast mode.

    Raises:
        ValueError: another world size.
    """
    settings.usual_sizes_only(NAME, "it trains its own agents in hard worlds")
    plan = plan or (FAST if settings.fast else Plan())
    levels = decision_levels(settings.count(MAZES, fast=2))
    rows: list[dict[str, Any]] = []
    fields: list[dict[str, Any]] = []
    with kept(folder) as place:
        for seed in (each + settings.seed for each in plan.seeds):
            name = f"run of seed {seed}"
            paths = train(
                plan.settings(seed),
                plan.every,
                place / f"seed_{seed}",
                progress_bar=settings.progress_bar,
            )
            for done, path in tqdm(
                paths.items(), disable=not settings.progress_bar, unit=" checkpoints"
            ):
                policy = load_policy(path).eval()
                assert isinstance(policy, ImpalaPolicy)
                rows += [
                    {"agent": name, "samples": done, "level": level, **wants(policy, maze)}
                    for level, maze in levels.items()
                ]
                fields += [{"agent": name, "samples": done, **row} for row in arrows(policy)]
    checkpoints = pd.DataFrame(rows)
    shipped = table_of_mazes(
        settings.load_agents(), levels, lambda policy, _, maze: [wants(policy, maze)]
    )
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES, reduced=plan != Plan()),
        mazes=f"{first_levels(levels)}, cheese anywhere; agents trained on {plan.samples:,} "
        f"examples with the cheese in the top-right 5 x 5, a checkpoint every {plan.every:,}",
        agents=tuple(checkpoints["agent"].unique()),
        claims=all_claims(checkpoints),
        tables={"checkpoints": checkpoints, "shipped": shipped, "fields": pd.DataFrame(fields)},
    )


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: what is wanted over training, and the field of one maze over checkpoints."""
    tables = findings.tables
    figures = {
        "curves": plot_wants(tables["checkpoints"], tables["shipped"]),
        "fields": plot_fields_over_training(tables["fields"], make_level(SHOWN_LEVEL)),
    }
    return set_aside(figures)
