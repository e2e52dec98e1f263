"""Ablations: which activations cheese-seeking and corner-seeking need, and whether they separate.

Every activation is zeroed, replaced by its mean, or replaced by that of another maze. Single
channels near the layer of the published interventions follow, and a search for edits that remove
cheese-seeking but not corner-seeking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tqdm import tqdm

from procgen_tools.interventions import Mean
from procgen_tools.models import RESUME_POINTS
from procgen_tools.plots.style import set_aside
from procgen_tools.statistics.tables import Parts, where
from procgen_tools.studies.ablations.claims import all_claims
from procgen_tools.studies.ablations.decisions import EMPTY, Decisions
from procgen_tools.studies.ablations.figures import plot_channels, plot_layers, plot_removal
from procgen_tools.studies.ablations.measure import (
    KINDS,
    NEIGHBOURS,
    channel_counts,
    channel_rows,
    exact_chances,
    layer_rows,
    set_rows,
)
from procgen_tools.studies.ablations.removal import LEVELS, MOST_LOSS, candidates, choose, tried
from procgen_tools.studies.base import LAYER, Findings, Settings, decision_levels
from procgen_tools.studies.cheese_channels.measure import find_cheese_channels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "ablations"
TITLE = "Ablations"
MAZES = 100


FIRST_SEARCH_SEED = 5000


def run(settings: Settings) -> Findings:
    """Ablate activations and channels, and search for what removes cheese-seeking alone."""
    agents = settings.load_agents()
    levels = decision_levels(settings.count(MAZES, fast=6), settings.rule)
    searched = decision_levels(
        settings.count(80, fast=6), settings.rule, first_seed=FIRST_SEARCH_SEED
    )
    exact_levels = dict(list(levels.items())[:30])
    if settings.fast:
        # Small mazes are fast; but in the smallest all squares belong to the corner's region.
        by_size = sorted(levels, key=lambda seed: (levels[seed].size < 9, levels[seed].size))
        exact_levels = {seed: levels[seed] for seed in by_size[: len(levels) // 6 or 1]}
    finding = max(len(levels), 6) if settings.fast else 240
    parts = Parts()
    for agent, policy in tqdm(agents.items(), disable=not settings.progress_bar, unit=" agents"):
        search, held_out = Decisions(policy, searched), Decisions(policy, levels)
        ranked = find_cheese_channels(
            policy, layer=LAYER, seed=settings.seed, mazes=finding, rule=settings.rule
        )
        found = ranked.channels or ranked.ranking[:1]
        absent = Mean(LAYER, search.activations(LAYER, EMPTY))
        tables = {
            "layers": layer_rows(
                held_out,
                search,
                settings.seed,
                RESUME_POINTS[::3] if settings.fast else policy.activation_names,
            ),
            "channels": channel_rows(
                held_out, search, settings.seed, NEIGHBOURS[1:2] if settings.fast else NEIGHBOURS
            ),
            "sets": set_rows(held_out, absent, found, settings.seed),
        }
        edits = {
            each.name: each for each in candidates(ranked.ranking, absent, channel_counts(policy))
        }
        tables["searched"] = tried(search, list(edits.values()))
        tables["held_out"] = tried(held_out, list(edits.values()))
        tables["chosen"] = choose(tables["searched"])
        chosen = {name: edits[name] for name in tables["chosen"]["edit"]}
        tables["exact"] = exact_chances(policy, exact_levels, chosen, search, settings.fast)
        for name, table in tables.items():
            parts.add(name, table, agent=agent)
    tables = parts.tables()
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes=f"decision squares of the first {len(levels)} levels that have one (seeds "
        f"{min(levels)}–{max(levels)}), with and without their cheese; exact chances in the "
        f"{'smallest' if settings.fast else 'first'} {len(exact_levels)}; edits "
        f"chosen on {len(searched)} other levels",
        agents=tuple(agents),
        claims=all_claims(tables),
        tables=tables,
        rule=settings.rule,
    )


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: layers, channels, and removal against loss."""
    tables = findings.tables
    figures = {
        "layers": plot_layers(tables["layers"], KINDS),
        "channels": plot_channels(where(tables["channels"], kind="mean"), NEIGHBOURS),
        "removal": plot_removal(tables["held_out"], tables["chosen"], LEVELS, MOST_LOSS),
    }
    return set_aside(figures)
