"""Do cheap estimates find what exact patching finds, cell by cell and channel by channel?

With the mouse at the decision square, each cell and each channel of the middle of block 2 is
replaced by that of the same maze with the cheese moved farther from the corner. Its exact effect on
the log odds of turning to the cheese is compared with what attribution patching, integrated
gradients and saliency say of it, and with the size of the change, which needs no gradient.
Untrained networks are measured alike: an estimate that is right there says nothing about what an
agent has learned.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from procgen_tools.catalogue import find_agent
from procgen_tools.plots.style import set_aside
from procgen_tools.studies.base import LAYER, Findings, Settings, first_levels
from procgen_tools.studies.causal_map.claims import all_claims
from procgen_tools.studies.causal_map.figures import plot_scores
from procgen_tools.studies.causal_map.measure import score_table
from procgen_tools.studies.minimal_pairs import FIVE
from procgen_tools.studies.minimal_pairs.pairs import pairs_of
from procgen_tools.studies.untrained import FAST_COUNT, untrained_like

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "causal_map"
TITLE = "Estimates of causal maps"
MAZES = 24

FIRST_SEED = 30_000
"""Where the search for pairs begins, behind the levels of `minimal_pairs`."""

NETWORKS = 3
"""Untrained networks. Their effects are so small that they are computed in double precision."""

CHANGE = "distance of the cheese to the corner"
"""The change of `minimal_pairs` that moves decisions most."""


def run(settings: Settings) -> Findings:
    """Score every method in cheese-moved pairs, for agents and untrained networks."""
    names = FIVE[:1] if settings.fast else FIVE
    chosen = settings.agents or tuple(find_agent(name) for name in names)
    agents = replace(settings, agents=chosen).load_agents()
    networks = {
        name: policy.double()
        for name, policy in untrained_like(
            agents, FAST_COUNT if settings.fast else NETWORKS
        ).items()
    }
    count = settings.count(MAZES, fast=2)
    pairs = pairs_of(CHANGE, count, first_seed=FIRST_SEED, seed=settings.seed, rule=settings.rule)
    bar = settings.progress_bar
    tables = {
        "trained": score_table(agents, pairs, progress_bar=bar),
        "untrained": score_table(networks, pairs, progress_bar=bar),
    }
    levels = {pair.level: pair for pair in pairs}
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes=f"{first_levels(levels, 'with room for a pair')}, in which the cheese is moved away "
        f"from the corner; {LAYER}; {len(networks)} untrained networks",
        agents=tuple(agents),
        claims=all_claims(tables["trained"], tables["untrained"]),
        tables=tables,
        rule=settings.rule,
    )


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: rank correlations, and the shares of the largest effects that are found."""
    tables = findings.tables
    figures = {
        "ranks": plot_scores(tables["trained"], tables["untrained"], "rank"),
        "precision": plot_scores(tables["trained"], tables["untrained"], "precision"),
    }
    return set_aside(figures)
