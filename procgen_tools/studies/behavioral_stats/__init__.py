"""Which features of a maze predict whether the agent gets the cheese.

After Grietzer and Turner (2023), "Behavioural statistics for a maze-solving agent". As there, one
episode is sampled per maze. In some of the mazes the exact chance of getting the cheese is computed
as well; it bounds how much any prediction can know.

Sampling an episode from the exact field of its maze would cost two passes per square. An episode
that is played shows the agent some 25 different frames, a tenth of that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from procgen_tools.plots.style import set_aside
from procgen_tools.studies.base import Findings, Settings
from procgen_tools.studies.behavioral_stats.claims import all_claims
from procgen_tools.studies.behavioral_stats.figures import (
    plot_accuracies,
    plot_coefficients,
    plot_correlations,
    plot_shares,
    plot_sign_flips,
)
from procgen_tools.studies.behavioral_stats.measure import (
    MAZES,
    PUBLISHED,
    THREE,
    all_tables,
    held_out_mazes,
)
from procgen_tools.studies.rules import ALL_AGENTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "behavioral_stats"
TITLE = "Statistics of behaviour"


def run(settings: Settings) -> Findings:
    """Play an episode in each maze, and regress its outcome on the maze's features."""
    agents = settings.load_agents()
    mazes = held_out_mazes(settings)
    tables = all_tables(agents, mazes, settings)
    episodes = tables["episodes"]
    decided, apart = (
        episodes.loc[chosen, "level"].nunique()
        for chosen in (
            episodes["decision_square"],
            episodes["decision_square"] & ~episodes["in_region"],
        )
    )
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes=f"{len(mazes):,} levels (seeds {min(mazes)}–{max(mazes)}), cheese anywhere, of which "
        f"{decided:,} have a decision square ({apart:,} of them with the cheese outside the "
        f"top-right 5 x 5); exact chances in "
        f"{episodes['chance'].notna().sum() // len(agents):,}",
        agents=tuple(agents),
        claims=all_claims(tables),
        tables=tables,
        rule=settings.rule,
    )


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: accuracies, coefficients, what three features do, correlations, sign flips."""
    tables = findings.tables
    episodes = tables["episodes"].merge(tables["features"], on="level")
    decided = episodes[episodes["decision_square"]]
    mazes = decided["level"].nunique()
    coefficients = tables["coefficients"]
    if len(findings.agents) == 1:  # then all agents are that one
        coefficients = coefficients[coefficients["agent"] != ALL_AGENTS]
    figures = {
        "shares": plot_shares(decided, THREE),
        "accuracies": plot_accuracies(tables["singles"], mazes),
        "coefficients": plot_coefficients(coefficients, PUBLISHED, mazes),
        "collinearity": plot_correlations(tables["collinearity"], mazes),
        "sign_flips": plot_sign_flips(tables["sign_flips"], mazes),
    }
    return set_aside(figures)
