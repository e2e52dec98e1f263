"""Which features of a maze are causes of where the agent goes: pairs that differ in one feature.

The published regression (Grietzer and Turner, 2023) says which features go with the outcome over
many mazes, and cannot tell causes from what goes with them. Here one feature changes and the others
are held. The main number is exact: the probability of the moves towards the cheese, with the mouse
at the decision square. In the smallest mazes, the exact chance that an episode gets the cheese is
computed as well.

The agents are the five that one recipe trained from five seeds. No other study of ours has used
these levels.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from procgen_tools.catalogue import find_agent
from procgen_tools.plots.style import set_aside
from procgen_tools.studies.base import Findings, Settings
from procgen_tools.studies.minimal_pairs.claims import all_claims
from procgen_tools.studies.minimal_pairs.figures import plot_effects, plot_predictions
from procgen_tools.studies.minimal_pairs.measure import (
    chance_table,
    dose_table,
    natural_forks,
    prediction_table,
    turn_table,
)
from procgen_tools.studies.minimal_pairs.pairs import CHANGES, Pair, pairs_of
from procgen_tools.studies.untrained import COUNT, FAST_COUNT, untrained_like

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "minimal_pairs"
TITLE = "Minimal pairs of mazes"
MAZES = 80
"""Pairs of each change."""

FIVE = tuple(f"rand_region_5_seed_{seed}" for seed in range(1, 6))
"""Agents of one recipe with different seeds (trained_models/README.md)."""

FIRST_SEED, FIRST_NATURAL_SEED = 20_000, 40_000
"""Where the searches for pairs and for the regression's mazes begin."""

NATURAL = 600
"""Mazes that the regression is fitted to."""

EXACT = (
    "steps to the cheese, rewired",
    "straight distance to the cheese",
    "distance of the cheese to the corner",
)
SMALL_PAIRS = 6
"""Pairs of each change of EXACT with exact chances, those of the smallest mazes."""


def run(settings: Settings) -> Findings:
    """Measure agents and untrained networks in both mazes of every pair."""
    names = FIVE[:1] if settings.fast else FIVE
    chosen: tuple[Path, ...] = settings.agents or tuple(find_agent(name) for name in names)
    agents = replace(settings, agents=chosen).load_agents()
    untrained = untrained_like(agents, FAST_COUNT if settings.fast else COUNT)
    count = settings.count(MAZES, fast=2)
    pairs = [
        pair
        for change in CHANGES
        for pair in pairs_of(
            change, count, first_seed=FIRST_SEED, seed=settings.seed, rule=settings.rule
        )
    ]
    natural = natural_forks(
        20 if settings.fast else NATURAL, first_seed=FIRST_NATURAL_SEED, rule=settings.rule
    )
    bar = settings.progress_bar
    tables = {
        "turns": turn_table(agents, pairs, progress_bar=bar),
        "untrained": turn_table(untrained, pairs, progress_bar=bar),
        "chances": chance_table(
            agents, _smallest(pairs, 1 if settings.fast else SMALL_PAIRS), progress_bar=bar
        ),
        "predicted": prediction_table(agents, pairs, natural),
        "doses": dose_table(pairs),
    }
    levels = sorted({pair.level for pair in pairs})
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes=f"{count} pairs of each of {len(CHANGES)} changes, made of held-out levels "
        f"{levels[0]}–{levels[-1]} with the cheese outside the top-right 5 x 5; regression over "
        f"{len(natural)} other levels; exact chances in {len(tables['chances']) // len(agents)} "
        f"pairs; {len(untrained)} untrained networks",
        agents=tuple(agents),
        claims=all_claims(*(tables[name] for name in list(tables)[:4])),
        tables=tables,
        rule=settings.rule,
    )


def _smallest(pairs: list[Pair], count: int) -> list[Pair]:
    """The pairs of the smallest mazes, for each change of EXACT."""
    return [
        pair
        for change in EXACT
        for pair in sorted(
            (each for each in pairs if each.change == change), key=lambda each: each.low.size
        )[:count]
    ]


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: the effect of every change, and what the regression predicts."""
    tables = findings.tables
    figures = {
        "effects": plot_effects(tables["turns"], tables["untrained"]),
        "predictions": plot_predictions(tables["turns"], tables["predicted"]),
    }
    return set_aside(figures)
