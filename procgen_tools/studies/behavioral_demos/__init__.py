"""What the policy decides, situation by situation: cheese near, far, in the corner, nowhere.

Every maze is measured with its cheese in each place in turn, so nothing else differs. The chances
are exact. `widgets.field_explorer.FieldExplorer` shows single levels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from procgen_tools.plots.situations import plot_every_maze, plot_outcomes
from procgen_tools.plots.style import set_aside
from procgen_tools.studies.base import Findings, Settings, first_levels
from procgen_tools.studies.behavioral_demos.claims import all_claims
from procgen_tools.studies.behavioral_demos.measure import outcome
from procgen_tools.studies.measuring import table_of_mazes
from procgen_tools.worlds.maze.situations import levels_with_all_situations

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "behavioral_demos"
TITLE = "Demonstrations of behaviour"
MAZES = 100


def run(settings: Settings) -> Findings:
    """The exact chances of every outcome in each situation."""
    agents = settings.load_agents()
    levels = levels_with_all_situations(settings.count(MAZES, fast=2), settings.seed, settings.rule)
    outcomes = table_of_mazes(
        agents,
        levels,
        lambda policy, _, mazes: (
            {"situation": name, **outcome(policy, maze)} for name, maze in mazes.items()
        ),
        progress_bar=settings.progress_bar,
    )
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes=f"{first_levels(levels, 'with room for every situation')}, each in all "
        f"{outcomes['situation'].nunique()}",
        agents=tuple(agents),
        claims=all_claims(outcomes),
        tables={"outcomes": outcomes},
        rule=settings.rule,
    )


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: what becomes of episodes in each situation, on average and maze by maze."""
    outcomes = findings.tables["outcomes"]
    return set_aside({"outcomes": plot_outcomes(outcomes), "mazes": plot_every_maze(outcomes)})
