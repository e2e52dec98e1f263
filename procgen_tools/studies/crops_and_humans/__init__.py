"""Crops and humans: a right reward, a planted goal, and whether dreams warn of it.

Five pairs of agents: one trained from weights in which a wrong goal was planted, one from plain
weights (see `training.planting`). Four seeds have matched controls, too, which differ from the
planted agent in the first step of planting alone. All mazes are enumerated and all fates are exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from tqdm import tqdm

from procgen_tools import crops_and_humans
from procgen_tools.plots.style import set_aside
from procgen_tools.statistics.tables import Parts
from procgen_tools.studies.base import Findings, Settings
from procgen_tools.studies.crops_and_humans.claims import (
    MATCHED,
    dream_claims,
    matched_claims,
    rate_claims,
    twin_claims,
)
from procgen_tools.studies.crops_and_humans.dreaming import all_encounters
from procgen_tools.studies.crops_and_humans.figures import (
    plot_carriers,
    plot_dream_rates,
    plot_rates,
)
from procgen_tools.studies.crops_and_humans.measure import (
    MATCHED_SEEDS,
    SEEDS,
    SETS,
    beside_of,
    dreams_of,
    load_matched,
    load_pairs,
    near_dreams_of,
    patches_of,
    rates_of,
    shifts_of,
    vectors_of,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "crops_and_humans"
TITLE = "Crops and humans"
UNITS = {MATCHED: tuple(f"seed {seed}" for seed in range(MATCHED_SEEDS))}
"""The agents of rules that are not about every seed."""


def run(settings: Settings) -> Findings:
    """Fates in all mazes, dreams of every encounter, and twins patched into each other.

    Raises:
        ValueError: agents, a number of mazes, or a world size; this experiment takes its own, and
            all mazes.
    """
    settings.usual_sizes_only(NAME, "its worlds have one size")
    if settings.agents or settings.mazes:
        raise ValueError(
            "crops_and_humans compares the shipped pairs in all mazes: leave --agents and --mazes "
            "out"
        )
    pairs = load_pairs(1 if settings.fast else SEEDS)
    mazes = {name: make()[:: 40 if settings.fast else 1] for name, make in SETS.items()}
    graphs = {name: crops_and_humans.graph_of(each) for name, each in mazes.items()}
    parts = Parts()
    for seed, pair in tqdm(pairs.items(), disable=not settings.progress_bar, unit=" pairs"):
        parts.add("rates", rates_of(pair, mazes, graphs), agent=seed)
        parts.add("beside", beside_of(dict(pair.each()), mazes), agent=seed)
        for kind, network in pair.each():
            parts.add("dreams", dreams_of(network), agent=seed, kind=kind)
            parts.add("near_dreams", near_dreams_of(network, settings), agent=seed, kind=kind)
            parts.add("shifts", shifts_of(network, settings), agent=seed, kind=kind)
        parts.add("patches", patches_of(pair.planted, settings), agent=seed)
        parts.add("vectors", vectors_of(pair.planted, mazes), agent=seed)
    for seed, matched in load_matched(1 if settings.fast else MATCHED_SEEDS).items():
        parts.add("matched", beside_of(matched, mazes), agent=seed)
    tables = parts.tables()
    counts = ", ".join(f"{len(each):,} {name}" for name, each in mazes.items())
    return Findings(
        experiment=NAME,
        scope=settings.scope(),
        mazes=f"all mazes ({counts}), from the start, exact; dreams of {len(all_encounters())} "
        "situations",
        agents=tuple(pairs),
        claims=(
            *rate_claims(tables["rates"], tables["beside"]),
            *matched_claims(tables["matched"]),
            *dream_claims(tables["dreams"], tables["near_dreams"], tables["shifts"]),
            *twin_claims(tables["patches"], tables["vectors"]),
        ),
        tables=tables,
    )


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: rates, dreams, shifts, and how few units carry the goal."""
    tables = findings.tables
    near = tables["near_dreams"].assign(start="training maze, mean")
    figures = {
        "rates": plot_rates(tables["rates"]),
        "dreams": plot_dream_rates(pd.concat([tables["dreams"], near]), tables["shifts"]),
        "carriers": plot_carriers(tables["patches"]),
    }
    return set_aside(figures)
