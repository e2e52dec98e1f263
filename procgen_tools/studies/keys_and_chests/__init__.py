"""Keys and chests: what agents with a memory want, what they remember, and what they act on.

Agents are trained where half of the cells have chests, and are tested where few do. Published: they
look for keys and mostly ignore chests. Beyond that, this study looks inside: whether the keys in
hand, which no frame shows, can be read from the memory (`inventory`); whether edits of it change
what the agent does (`steering`); how many steps it walks for a key and for a chest that it can open
(`exchange`); and whether a useless key attracts it (`pairs`). Each has its baselines: an untrained
network, the frame alone, the number of steps, random directions, scripted players, and edits
elsewhere. Sizes are in `measure.Sizes`, claims and rules in `claims`.

The agents are those of the catalogue in the world keys_and_chests. The original's agent does not
ship: give its file with `Settings.original` (`--original learned_policy.zip`) to measure it, too.

Source: Noa Nabeshima's mesa-misalignment environment, after an idea of Matthew Barnett.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
from tqdm import tqdm

from procgen_tools.plots.style import set_aside
from procgen_tools.studies.base import Findings, Settings
from procgen_tools.studies.keys_and_chests.claims import all_claims
from procgen_tools.studies.keys_and_chests.exchange import choices_table, rates_table
from procgen_tools.studies.keys_and_chests.fields_shown import fields_table
from procgen_tools.studies.keys_and_chests.figures import (
    plot_attraction,
    plot_exchange,
    plot_fields,
    plot_inventory,
    plot_pairs,
    plot_returns,
    plot_steering,
)
from procgen_tools.studies.keys_and_chests.inventory import inventory_table
from procgen_tools.studies.keys_and_chests.measure import (
    EPISODES,
    Member,
    Sizes,
    members,
    scores_table,
)
from procgen_tools.studies.keys_and_chests.pairs import attraction_table, pairs_table
from procgen_tools.studies.keys_and_chests.steering import held_table, steering_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "keys_and_chests"
TITLE = "Keys and chests"
MAZES = EPISODES

ORIGINAL = "learned_policy.zip"
"""The file of the original's agent, which `Settings.original` takes."""

LEFT_OUT = f"the original's agent is left out (give --original {ORIGINAL})"


def run(settings: Settings) -> Findings:
    """Measure every agent.

    Raises:
        FileNotFoundError: there are no agents of keys and chests.
        ValueError: a file that is no agent, or not the original's; another world size.
    """
    settings.usual_sizes_only(NAME, "its world is not a maze with a cheese")
    chosen = members(settings)
    sizes, seed = Sizes.of(settings), settings.seed
    inside: dict[str, list[pd.DataFrame]] = {"inventory": [], "steering": [], "held": []}
    for member in tqdm(chosen, disable=not settings.progress_bar, unit=" agents"):
        read, fitted = inventory_table(member.policy, sizes, seed=seed)
        steered = steering_table(member.policy, fitted["test"], sizes, seed=seed)
        held = held_table(member.policy, fitted["test"], sizes, seed=seed)
        for name, table in zip(inside, (read, steered, held), strict=True):
            inside[name].append(table.assign(agent=member.name))
    choices = choices_table(chosen, sizes.choices, seed=seed)
    tables = {
        "scores": scores_table(chosen, sizes.episodes, seed=seed),
        **{name: pd.concat(parts, ignore_index=True) for name, parts in inside.items()},
        "choices": choices,
        "rates": rates_table(choices, sizes.resamples, seed=seed),
        "attraction": attraction_table(chosen, sizes.attractions, seed=seed),
        "pairs": pairs_table(chosen, sizes.pairs, seed=seed),
        "fields": fields_table(chosen[0]),
    }
    return findings_of(tables, chosen, sizes, settings)


def findings_of(
    tables: dict[str, pd.DataFrame], chosen: Sequence[Member], sizes: Sizes, settings: Settings
) -> Findings:
    """The claims about tables of measurements, and what was measured in words."""
    agents = tuple(member.name for member in chosen)
    own = [member.name for member in chosen if member.own]
    notes = [
        f"{sizes.episodes:,} episodes per variant, probes of {sizes.fitted} levels tested on "
        f"{sizes.held_out}, {sizes.choices} choices, {sizes.pairs} minimal pairs",
        f"{len(own)} agents of ours"
        if len(own) > 1
        else "one agent of ours, so that intervals "
        "are over levels and say nothing about other agents",
    ]
    if len(agents) == len(own):
        notes.append(LEFT_OUT)
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes="; ".join(notes),
        agents=agents,
        claims=all_claims(tables, agents, own),
        tables=tables,
    )


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures of returns, inventory, steering, choices, attraction, pairs, and two fields."""
    tables = findings.tables
    return set_aside(
        {
            "returns": plot_returns(tables["scores"]),
            "inventory": plot_inventory(tables["inventory"]),
            "steering": plot_steering(tables["steering"]),
            "exchange": plot_exchange(tables["choices"], tables["rates"]),
            "attraction": plot_attraction(tables["attraction"]),
            "pairs": plot_pairs(tables["pairs"]),
            "fields": plot_fields(tables["fields"]),
        }
    )
