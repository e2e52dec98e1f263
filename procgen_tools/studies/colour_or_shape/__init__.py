"""Colour or shape: agents trained to reach a yellow line choose between two other objects.

Populations of agents differ in their seed alone (trained_models/two_objects.toml). All preferences
are exact, over the 1,000 levels of the published evaluation; one agent of each population plays the
sampled protocol, too. Beyond the published study: which colour channels and which shape each agent
reads, and what follows from that for pairs that were not used.

Source: Ram et al. (2023), "Colour versus Shape Goal Misgeneralization in Reinforcement Learning: A
Case Study".
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pandas as pd

from procgen_tools.evaluation.duels import TEST_SEEDS
from procgen_tools.plots.style import set_aside
from procgen_tools.studies.base import Findings, Settings
from procgen_tools.studies.colour_or_shape import edits, filters, reading
from procgen_tools.studies.colour_or_shape.claims import UNITS as UNITS
from procgen_tools.studies.colour_or_shape.claims import all_claims
from procgen_tools.studies.colour_or_shape.figures import (
    plot_channels,
    plot_edits,
    plot_filters,
    plot_levels,
    plot_populations,
    plot_prediction,
    plot_preferences,
    plot_regression,
)
from procgen_tools.studies.colour_or_shape.measure import (
    first_layers,
    members,
    preferences,
    readings,
    sampled,
    sprite_edits,
    success_table,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "colour_or_shape"
TITLE = "Colour or shape"
MAZES = len(TEST_SEEDS)

KEPT = Path("runs") / NAME
"""Where finished agents are kept, so that a run that is broken off goes on where it stopped."""


def run(settings: Settings) -> Findings:
    """Measure every population.

    Raises:
        ValueError: agents are given, or a world size; this study takes its own populations.
        FileNotFoundError: there are no agents of two objects.
    """
    settings.no_seed(NAME)
    settings.usual_sizes_only(NAME, "levels of two objects have a size of their own")
    if settings.agents:
        raise ValueError(f"{NAME} compares the populations that ship: leave --agents out")
    seeds = TEST_SEEDS[: settings.count(MAZES, fast=2)]
    chosen = members(settings)
    # As many levels of each further measurement in fast mode, None for all.
    few = min(3, 1 + len(seeds) // 8) if settings.fast else None
    published, bar = settings.scope(MAZES).published, settings.progress_bar
    with TemporaryDirectory() as scratch:
        kept = KEPT if published else Path(scratch)
        success = success_table(chosen, kept / "success", few=few, progress_bar=bar)
        pairs = None
        if settings.fast:
            some = [("red_line", "yellow_gem"), ("green_line", "red_line"),
                    ("yellow_line", "yellow_line"), ("yellow_line", "black_gem")]  # fmt: skip
            pairs = {"black": some, "textured": some}
        exact = preferences(chosen, kept / "exact", seeds=seeds, pairs=pairs,
                            progress_bar=settings.progress_bar)  # fmt: skip
        played = sampled(chosen, kept / "sampled", exact, seeds=seeds,
                         progress_bar=settings.progress_bar)  # fmt: skip
        read = readings(chosen, kept / "reading", few=few, progress_bar=bar)
        edited = sprite_edits(chosen, kept / "edits", few=few, progress_bar=bar)
        filtered = first_layers(chosen, kept / "filters", few=few, progress_bar=bar)
    population = read.drop_duplicates("agent").set_index("agent")["population"]
    model = reading.model_table(read)
    model = model.assign(population=population.loc[model["agent"]].to_numpy())
    parts = edits.edit_table(edited)
    layers = filters.filter_table(filtered)
    sizes = pd.Series([member.population for member in chosen]).value_counts(sort=False)
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes=f"levels {seeds[0]}–{seeds[-1]} of the duel ({len(seeds):,}), exact; "
        + ", ".join(f"{number} agents {name}" for name, number in sizes.items()),
        agents=tuple(str(name) for name in sizes.index),
        claims=all_claims(success, exact, played, model, parts, layers),
        tables={
            "success": success, "preferences": exact, "sampled": played, "readings": read,
            "model": model, "edited": edited, "parts": parts, "filtered": filtered,
            "layers": layers,
        },
    )  # fmt: skip


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures of the levels, the preferences and what the agents read."""
    tables = findings.tables
    return set_aside(
        {
            "levels": plot_levels(),
            "preferences": plot_preferences(tables["preferences"]),
            "populations": plot_populations(tables["preferences"]),
            "regression": plot_regression(tables["preferences"]),
            "channels": plot_channels(tables["success"]),
            "prediction": plot_prediction(tables["model"]),
            "edits": plot_edits(tables["parts"]),
            "filters": plot_filters(tables["layers"]),
        }
    )
