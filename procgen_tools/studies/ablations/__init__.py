"""Ablations: which activations cheese-seeking and corner-seeking need, and what can be parted.

Every activation is zeroed, replaced by its mean, or by another maze's; then single channels near
the layer of the published interventions; then a search for edits that remove cheese-seeking and
leave corner-seeking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import torch
from tqdm import tqdm

from procgen_tools.interventions import (
    NOTHING,
    Intervention,
    Mean,
    Resample,
    Zero,
    random_channels,
)
from procgen_tools.models import RESUME_POINTS, ImpalaPolicy
from procgen_tools.statistics.intervals import Mean as Interval
from procgen_tools.studies.ablations.decisions import CONDITIONS, EMPTY, Decisions, ablations
from procgen_tools.studies.ablations.removal import (
    CHANNELS,
    LEVELS,
    MOST_LOSS,
    VECTOR,
    Candidate,
    MazeEdit,
    candidates,
    choose,
    exact_rows,
    removal_rows,
    tried,
)
from procgen_tools.studies.base import (
    ALL_AGENTS,
    LAYER,
    Claim,
    Findings,
    Settings,
    decision_levels,
    every,
    measured,
    over_levels,
)
from procgen_tools.studies.cheese_channels.measure import find_cheese_channels
from procgen_tools.worlds.maze.grid import Maze

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "ablations"
TITLE = "Ablations"
MAZES = 100

NEIGHBOURS = (
    "embedder.block1.res2.resadd_out",
    LAYER,
    "embedder.block2.res2.resadd_out",
)
"""Where channels are ablated one by one: the layer, and the block sums before and after it."""

KINDS = ("zero", "mean", "resample")
FIRST_SEARCH_SEED = 5000
FOUND, RANDOM = "found cheese channels", "random channels"


def run(settings: Settings) -> Findings:
    """Ablate activations and channels, and search for what removes cheese-seeking alone."""
    agents = settings.load_agents()
    levels = decision_levels(settings.count(MAZES, fast=6))
    searched = decision_levels(settings.count(80, fast=6), first_seed=FIRST_SEARCH_SEED)
    exact_levels = dict(list(levels.items())[:30])
    if settings.fast:
        # Small mazes are fast; but in the smallest all squares belong to the corner's region.
        by_size = sorted(levels, key=lambda seed: (levels[seed].size < 9, levels[seed].size))
        exact_levels = {seed: levels[seed] for seed in by_size[: len(levels) // 6 or 1]}
    finding = max(len(levels), 6) if settings.fast else 240
    parts: dict[str, list[pd.DataFrame]] = {}
    for agent, policy in tqdm(agents.items(), disable=not settings.progress_bar, unit=" agents"):
        search, held_out = Decisions(policy, searched), Decisions(policy, levels)
        ranked = find_cheese_channels(policy, layer=LAYER, seed=settings.seed, mazes=finding)
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
            "sets": _set_rows(held_out, absent, found, settings.seed),
        }
        edits = {each.name: each for each in candidates(ranked.ranking, absent, _counts(policy))}
        tables["searched"] = tried(search, list(edits.values()))
        tables["held_out"] = tried(held_out, list(edits.values()))
        tables["chosen"] = choose(tables["searched"])
        chosen = {name: edits[name] for name in tables["chosen"]["edit"]}
        tables["exact"] = _exact(policy, exact_levels, chosen, search, settings.fast)
        for name, table in tables.items():
            parts.setdefault(name, []).append(table.assign(agent=agent))
    tables = {name: pd.concat(list_, ignore_index=True) for name, list_ in parts.items()}
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes=f"decision squares of the first {len(levels)} levels that have one (seeds "
        f"{min(levels)}–{max(levels)}), with and without their cheese; exact chances in the "
        f"{'smallest' if settings.fast else 'first'} {len(exact_levels)}; edits "
        f"chosen on {len(searched)} other levels",
        agents=tuple(agents),
        claims=tuple(_claims(tables)),
        tables=tables,
    )


def _counts(policy: ImpalaPolicy) -> list[int]:
    """How many channels to take away: from one to all."""
    channels = policy.activation_shapes[LAYER][0]
    counts = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128)
    return [count for count in counts if count <= channels]


def layer_rows(
    decisions: Decisions, examples: Decisions, seed: int, layers: Sequence[str]
) -> pd.DataFrame:
    """What activations do when they are ablated whole, in each of KINDS."""
    before = decisions.ask(NOTHING)
    tables = [removal_rows(before, before).assign(layer="nothing", kind="nothing")]
    for layer in layers:
        for kind, edits in ablations(decisions, layer, seed, examples=examples).items():
            rows = removal_rows(before, decisions.ask(edits))
            tables.append(rows.assign(layer=layer, kind=kind))
    return pd.concat(tables, ignore_index=True)


def channel_rows(
    decisions: Decisions, examples: Decisions, seed: int, layers: Sequence[str]
) -> pd.DataFrame:
    """What each channel of some layers does when it alone is ablated."""
    before = decisions.ask(NOTHING)
    tables = []
    for layer in layers:
        whole = ablations(decisions, layer, seed, examples=examples)
        for channel in range(decisions.policy.activation_shapes[layer][0]):
            for kind, edits in whole.items():
                alone = {name: _only(edit, channel) for name, edit in edits.items()}
                rows = removal_rows(before, decisions.ask(alone))
                tables.append(rows.assign(layer=layer, channel=channel, kind=kind))
    return pd.concat(tables, ignore_index=True)


def _only(edit: Intervention, channel: int) -> Intervention:
    """The same ablation of one channel."""
    if isinstance(edit, Zero):
        return Zero(edit.layer, channels=(channel,))
    if isinstance(edit, Mean):
        return Mean(edit.layer, edit.examples, channels=(channel,))
    assert isinstance(edit, Resample)
    return Resample(edit.layer, edit.source, channels=(channel,))


def _set_rows(
    decisions: Decisions, absent: Mean, found: tuple[int, ...], seed: int
) -> pd.DataFrame:
    """The found cheese channels, and as many others, replaced by their mean without cheese."""
    count = decisions.policy.activation_shapes[LAYER][0]
    size = min(len(found), count - len(found))
    sets = {FOUND: found, RANDOM: random_channels(size, count, seed, besides=found)}
    before = decisions.ask(NOTHING)
    tables = []
    for name, channels in sets.items():
        edit = Mean(LAYER, absent.examples, channels=channels)
        rows = removal_rows(before, decisions.ask(edit))
        tables.append(rows.assign(set=name, channels=", ".join(map(str, channels))))
    return pd.concat(tables, ignore_index=True)


def _exact(
    policy: ImpalaPolicy,
    levels: Mapping[int, Maze],
    chosen: Mapping[str, Candidate],
    search: Decisions,
    fast: bool,
) -> pd.DataFrame:
    """Exact chances under the chosen edits, and under the mean of each block's sums."""
    alone: dict[str, MazeEdit] = {name: each.alone for name, each in chosen.items()}
    for layer in RESUME_POINTS[:1] if fast else RESUME_POINTS:
        examples = torch.cat([search.activations(layer, condition) for condition in CONDITIONS])
        alone[f"mean of {layer}"] = _always(Mean(layer, examples))
    return exact_rows(policy, levels, alone)


def _always(edit: Intervention) -> MazeEdit:
    return lambda _policy, _maze: edit


def _claims(tables: Mapping[str, pd.DataFrame]) -> list[Claim]:
    sets, channels = tables["sets"], tables["channels"]
    found, random = (sets[sets["set"] == name] for name in (FOUND, RANDOM))
    removed, others = over_levels(found, "removed"), over_levels(random, "removed")
    lost = over_levels(found, "loss")
    single = _strongest_channel(channels[(channels["layer"] == LAYER)])
    alone = over_levels(single, "removed")
    return [
        Claim(
            "Cheese-seeking stands in the cheese channels: their mean without cheese removes it, "
            "that of as many random channels does not",
            "resampling 11 channels: .078 mean change, 11 random ones .052",
            measured(
                removed_by_cheese_channels=removed,
                by_random_channels=others,
                loss_of_corner_seeking=lost,
            ),
            "cheese channels remove at least twice as much as random ones, for every agent",
            all(removed[agent].value >= 2 * max(others[agent].value, 0) for agent in removed),
        ),
        Claim(
            "No single channel of the layer carries it",
            "none",
            measured(removed_by_the_strongest_channel=alone),
            "the channel whose mean ablation removes most removes less than half, for every agent",
            every(alone, lambda mean: mean.high < 0.5),
            comment="The strongest is the strongest in these very mazes, which flatters it.",
        ),
        *_removal_claims(tables),
    ]


def _strongest_channel(channels: pd.DataFrame) -> pd.DataFrame:
    """Each agent's rows of the channel whose mean ablation removes most cheese-seeking."""
    rows = channels[channels["kind"] == "mean"]
    means = rows.groupby(["agent", "channel"])["removed"].mean().reset_index()
    best = means.loc[means.groupby("agent")["removed"].idxmax(), ["agent", "channel"]]
    return rows.merge(best, on=["agent", "channel"])


def _removal_claims(tables: Mapping[str, pd.DataFrame]) -> list[Claim]:
    """One for each of LEVELS, all with the same numbers of the chosen edits."""
    chosen = tables["chosen"]
    numbers: dict[str, dict[str, dict[str, Interval]]] = {}
    for group, edits in [
        ("the best edit", chosen[chosen["best"]]),
        *((name, chosen[chosen["group"] == name]) for name in (VECTOR, CHANNELS)),
    ]:
        decided = tables["held_out"].merge(edits[["agent", "edit"]], on=["agent", "edit"])
        exact = tables["exact"].merge(edits[["agent", "edit"]], on=["agent", "edit"])
        numbers[group] = {
            "removed": over_levels(decided, "removed"),
            "loss": over_levels(decided, "loss"),
            "visits": over_levels(exact, _exact_loss),
        }
    best = numbers["the best edit"]
    shown = {
        f"{words} {group}": numbers[group][name]
        for group in (VECTOR, CHANNELS)
        for name, words in (
            ("removed", "removed by"),
            ("loss", "turns to the corner lost by"),
            ("visits", "visits to the corner lost by"),
        )
    }
    comment = "Chosen: " + "; ".join(f"{row.edit} ({row.agent})" for row in chosen.itertuples())
    return [
        Claim(
            f"At least {level:.0%} of cheese-seeking can be removed at no more than "
            f"{MOST_LOSS:.0%} loss of corner-seeking, in mazes that the edit was not chosen in",
            "none (never answered)",
            measured(**shown),
            f"the edit that did best in the search removes at least {level:g} and loses at most "
            f"{MOST_LOSS:g} of turns and of visits, by the point estimates, for every agent",
            all(
                best["removed"][agent].value >= level
                and best["loss"][agent].value <= MOST_LOSS
                and best["visits"][agent].value <= MOST_LOSS
                for agent in best["removed"]
                if agent != ALL_AGENTS
            ),
            comment=f"{comment}.",
        )
        for level in LEVELS
    ]


def _exact_loss(rows: pd.DataFrame) -> pd.Series:
    """The loss of visits to the top-right 5 x 5, divided by each agent's mean before."""
    mean = rows.groupby("agent")["region_before"].transform("mean")
    return (rows["region_before"] - rows["region_after"]) / mean


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: layers, channels, and removal against loss."""
    from procgen_tools.plots.style import set_aside
    from procgen_tools.studies.ablations.figures import plot_channels, plot_layers, plot_removal

    tables = findings.tables
    figures = {
        "layers": plot_layers(tables["layers"], KINDS),
        "channels": plot_channels(
            tables["channels"][tables["channels"]["kind"] == "mean"],
            NEIGHBOURS,
        ),
        "removal": plot_removal(tables["held_out"], tables["chosen"], LEVELS, MOST_LOSS),
    }
    return set_aside(figures)
