"""The value head: does it agree with the policy head, and whose return does it estimate?

Neither question was answered in print for these agents. Ours learned by imitation, which teaches
the value head the return of the shortest way to the cheese, not the agent's own. A value that is
too high for what the agent does is therefore not an error of the training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from procgen_tools.models import ImpalaPolicy
from procgen_tools.plots.style import set_aside
from procgen_tools.studies.base import Findings, Settings, decision_levels, first_levels
from procgen_tools.studies.measuring import table_of_mazes
from procgen_tools.studies.value_head.claims import all_claims
from procgen_tools.studies.value_head.figures import (
    plot_value_correlations,
    plot_values_at_forks,
)
from procgen_tools.studies.value_head.measure import fits, heads, typical_returns
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.levels import make_level

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "value_head"
TITLE = "Value head and policy head"
MAZES = 100


def run(settings: Settings) -> Findings:
    """Compare the heads at decision squares, and values with exact returns everywhere."""
    settings.no_seed(NAME)
    agents = settings.load_agents()
    levels = decision_levels(settings.count(MAZES, fast=3), settings.rule)
    trained_on = settings.rule_in_training()
    side = trained_on.rand_region
    place = "anywhere" if side is None else f"in the top-right {side} x {side}"
    usual = {seed: make_level(seed, trained_on) for seed in range(len(levels))}
    tables = {
        name: _table(agents, mazes, measure, settings)
        for name, mazes, measure in (("decisions", levels, heads), ("trained_on", usual, fits))
    }
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes=f"{first_levels(levels)}, cheese anywhere; held-out levels 0–{len(levels) - 1} with "
        f"the cheese {place}, as in training",
        agents=tuple(agents),
        claims=all_claims(tables["decisions"], tables["trained_on"]),
        tables=tables,
        rule=settings.rule,
    )


def _table(
    agents: Mapping[str, ImpalaPolicy],
    mazes: Mapping[int, Maze],
    measure: Callable[[ImpalaPolicy, Maze, float], dict[str, Any]],
    settings: Settings,
) -> pd.DataFrame:
    """What `measure` gives, one row per agent and maze."""
    typical = typical_returns(mazes.values())
    return table_of_mazes(
        agents,
        mazes,
        lambda policy, _, maze: [measure(policy, maze, typical[maze.size])],
        progress_bar=settings.progress_bar,
    )


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: both heads at the decision square, and what values correlate with."""
    tables = findings.tables
    figures = {
        "forks": plot_values_at_forks(tables["decisions"]),
        "correlations": plot_value_correlations(
            {
                "cheese anywhere": tables["decisions"],
                "cheese as in training": tables["trained_on"],
            }
        ),
    }
    return set_aside(figures)
