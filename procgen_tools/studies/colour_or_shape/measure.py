"""What is measured: success, preferences, sampled episodes, blanked channels, and readings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from tqdm import tqdm

from procgen_tools.catalogue import agents, digest
from procgen_tools.episodes.records import read_kept, write_records
from procgen_tools.evaluation.duels import TEST_SEEDS, episodes_of
from procgen_tools.evaluation.preference_tables import preference_table
from procgen_tools.evaluation.preferences import (
    LevelSet,
    distinct,
    exact_preference,
)
from procgen_tools.models import ImpalaPolicy, checkpoint_metadata, load_policy
from procgen_tools.studies.base import Settings
from procgen_tools.studies.colour_or_shape import edits, filters, reading
from procgen_tools.studies.colour_or_shape.pairs import BLACK_PAIRS, TEXTURED_PAIRS
from procgen_tools.worlds.two_objects.levels import make_levels, variant

WORLD = "two_objects"
"""The folder of the agents."""

POPULATIONS = {
    "black_same_data": "black",
    "black_own_data": "black",
    "textured": "textured",
    "ppo_black": "black",
}
"""The populations of trained_models/two_objects.toml, with the backgrounds of their training."""

BY_PPO = "ppo_black"
"""The population of reinforcement; the others are imitators."""

TOLERANCE = 1e-3
"""The bound of the error of exact preferences (see `evaluation.preferences`)."""

BLANKED_TOLERANCE = 1e-2
"""The same without an input channel, where agents that are lost visit nearly every state."""

TRAINING_SEEDS = range(2_000)
"""Their levels of the training variant include all 204 distinct ones."""

SAMPLED_AGENTS = 1
"""How many agents of each population also play the sampled protocol."""

CHANNELS = ("red", "green", "blue")


@dataclass(frozen=True)
class Member:
    """An agent of a population.

    Attributes:
        name: the agent's name.
        population: one of `POPULATIONS`.
        path: its file.
    """

    name: str
    population: str
    path: Path

    def load(self) -> Any:
        """The policy."""
        return load_policy(self.path).eval()

    def initial(self) -> ImpalaPolicy:
        """The network before its training."""
        settings = checkpoint_metadata(self.path)["settings"]
        return ImpalaPolicy(settings["scale"], seed=settings["seed"])


def members(settings: Settings) -> tuple[Member, ...]:
    """The agents that ship, by population; two of each in fast mode.

    Raises:
        FileNotFoundError: there are no agents of two objects.
    """
    found: list[Member] = []
    for population in POPULATIONS:
        of = [
            Member(agent.name, population, agent.path)
            for agent in agents()
            if agent.world == WORLD and agent.name.startswith(f"{population}_seed_")
        ]
        found += of[: 2 if settings.fast else None]
    if not found:
        raise FileNotFoundError(
            f"there are no agents of {WORLD}: train them with procgen-tools sweep "
            "trained_models/two_objects.toml"
        )
    return tuple(found)


def training_levels(background: str) -> LevelSet:
    """Distinct levels of the training: all on black, and as many with textured backgrounds."""
    rule = variant("maze_pure_yellowline")
    plain = distinct(make_levels(TRAINING_SEEDS, rule, background="black"))
    if background == "black":
        return plain
    return distinct(make_levels(TRAINING_SEEDS[: len(plain.levels)], rule, background=background))


SUCCESS_COLUMNS = ("agent", "population", "blanked", "success", "steps")
"""The columns of `success_table`."""


def success_table(
    chosen: Sequence[Member], folder: Path, *, few: int | None, progress_bar: bool = False
) -> pd.DataFrame:
    """Each agent in its training levels, exact, as it is and with an input channel blanked.

    A blanked channel is 0 in every pixel. What is measured is kept in files, one per agent.

    Args:
        chosen: the agents.
        folder: of the files.
        few: how many levels, None for all.
        progress_bar: whether to show one.

    Returns:
        The columns `SUCCESS_COLUMNS`; blanked is 'none', 'red', 'green' or 'blue'.
    """
    sets = {background: training_levels(background) for background in set(POPULATIONS.values())}
    if few is not None:
        sets = {background: distinct(levels.levels[:few]) for background, levels in sets.items()}
    tables = []
    for member in tqdm(chosen, disable=not progress_bar, unit=" agents"):
        path = folder / f"{_kept(member)}.parquet"
        if not path.exists():
            write_records(path, _success(member, sets[POPULATIONS[member.population]]))
        tables.append(read_kept(path, SUCCESS_COLUMNS))
    return pd.concat(tables, ignore_index=True)


def _success(member: Member, levels: LevelSet) -> pd.DataFrame:
    policy, rows = member.load(), []
    for blanked in ("none", *CHANNELS):
        whole = blanked == "none"
        found = exact_preference(
            policy if whole else without_channel(policy, blanked),
            levels,
            tolerance=TOLERANCE if whole else BLANKED_TOLERANCE,
        )
        rows.append((member.name, member.population, blanked, found.success, found.capability))
    return pd.DataFrame(rows, columns=list(SUCCESS_COLUMNS))


def without_channel(policy: Any, channel: str) -> Any:
    """A copy of a policy that does not see one input channel.

    Args:
        policy: an ImpalaPolicy.
        channel: one of `CHANNELS`.

    Example:
        >>> from procgen_tools.models import ImpalaPolicy
        >>> blind = without_channel(ImpalaPolicy(), "red")
        >>> float(blind.embedder.block1.conv.weight.detach()[:, 0].abs().sum())
        0.0
    """
    import copy

    blind = copy.deepcopy(policy)
    with torch.no_grad():
        blind.embedder.block1.conv.weight[:, CHANNELS.index(channel)] = 0
    return blind


def preferences(
    chosen: Sequence[Member], folder: Path, *, seeds: Sequence[int] = TEST_SEEDS,
    pairs: Mapping[str, Sequence[Sequence[str]]] | None = None, progress_bar: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """The exact preferences of every agent, on the backgrounds of its training.

    Args:
        chosen: the agents.
        folder: where finished agents are kept.
        seeds: the levels.
        pairs: by background; defaults to the published ones.
        progress_bar: whether to show one.

    Returns:
        The columns of `preference_table`, and population.
    """
    usual = {"black": BLACK_PAIRS, "textured": TEXTURED_PAIRS}
    tables = []
    for background in dict.fromkeys(POPULATIONS[member.population] for member in chosen):
        of = [member for member in chosen if POPULATIONS[member.population] == background]
        table = preference_table(
            kept_names(of, lambda member: member.load),
            distinct(make_levels(seeds, background=background)),
            (pairs or usual)[background],
            folder / background,
            tolerance=TOLERANCE,
            progress_bar=progress_bar,
        )
        tables.append(named(table, of))
    return pd.concat(tables, ignore_index=True)


def readings(
    chosen: Sequence[Member], folder: Path, *, few: int | None, progress_bar: bool = False
) -> pd.DataFrame:
    """The preferences for the pairs of `reading`, of agents trained on black.

    With few levels (None for all), of the last agent of each population only.
    """
    return preferences(
        on_black(chosen, one_each=few is not None),
        folder,
        seeds=reading.SEEDS[:few],
        pairs={"black": reading.PAIRS},
        progress_bar=progress_bar,
    )


def sprite_edits(
    chosen: Sequence[Member], folder: Path, *, few: int | None, progress_bar: bool = False
) -> pd.DataFrame:
    """The preferences for the pairs of `edits` in a few levels (None for all), on black."""
    return preferences(
        on_black(chosen),
        folder,
        seeds=edits.SEEDS[:few],
        pairs={"black": list(edits.EDITS.values())},
        progress_bar=progress_bar,
    )


def first_layers(
    chosen: Sequence[Member], folder: Path, *, few: int | None, progress_bar: bool = False
) -> pd.DataFrame:
    """The rows of `filters`, of agents trained on black; kept in files, one per agent.

    With few levels (None for all), of the last agent of each population only, and of two draws.
    """
    seeds, draws = filters.SEEDS[:few], filters.DRAWS if few is None else 2
    levels = distinct(make_levels(seeds, background="black")).with_objects(*filters.PAIR)
    training = distinct(training_levels("black").levels[: len(seeds)])
    return pd.concat(
        [
            filters.kept_rows(
                member.name, member.population, member.load, member.initial,
                folder / f"{_kept(member)}.parquet", levels, training, draws=draws,
            )
            for member in tqdm(
                on_black(chosen, one_each=few is not None), disable=not progress_bar,
                unit=" agents",
            )
        ],
        ignore_index=True,
    )  # fmt: skip


def on_black(chosen: Sequence[Member], *, one_each: bool = False) -> list[Member]:
    """The agents that were trained on a black background, or the last of each population."""
    found = [member for member in chosen if POPULATIONS[member.population] == "black"]
    return list({member.population: member for member in found}.values()) if one_each else found


def sampled(
    chosen: Sequence[Member], folder: Path, exact: pd.DataFrame, *, seeds: Sequence[int],
    progress_bar: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """The published protocol for the first agents of each population, beside the exact numbers.

    Returns:
        One row per agent and pair: agent, population, first, second, exact, sampled, low, high (the
        95% interval), steps (sampled), capability (exact).
    """
    rows = []
    for population, background in POPULATIONS.items():
        of = [member for member in chosen if member.population == population][:SAMPLED_AGENTS]
        numbers = exact[exact["agent"].isin([member.name for member in of])]
        pairs = list(dict.fromkeys(zip(numbers["first"], numbers["second"], strict=True)))
        episodes = episodes_of(
            kept_names(of, lambda member: member.load()),
            pairs,
            folder / background,
            seeds=seeds,
            background=background,
            progress_bar=progress_bar,
        )
        by_key = {(row.agent, row.first, row.second): row for row in numbers.itertuples()}
        for member in of:
            for pair in pairs:
                played = episodes[_kept(member), pair]
                row: Any = by_key[member.name, *pair]
                low, high = played.preference.interval
                rows.append(
                    {
                        "agent": member.name, "population": population, "first": pair[0],
                        "second": pair[1], "exact": row.preference, "low": low, "high": high,
                        "sampled": played.preference.value, "steps": played.capability,
                        "capability": row.capability,
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def kept_names(chosen: Sequence[Member], make: Callable[[Member], Any]) -> dict[str, Any]:
    """By a name that changes with the agent's file, so that kept results belong to it."""
    return {_kept(member): make(member) for member in chosen}


def _kept(member: Member) -> str:
    return f"{member.name}_{digest(member.path)[:8]}"


def named(table: pd.DataFrame, chosen: Sequence[Member]) -> pd.DataFrame:
    """A table with the agents' own names and populations."""
    own = {_kept(member): member for member in chosen}
    of = [own[name] for name in table["agent"]]
    return table.assign(
        agent=[member.name for member in of], population=[member.population for member in of]
    )
