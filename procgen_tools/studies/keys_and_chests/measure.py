"""Who is measured, on how much, and the returns of every player."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from procgen_tools.catalogue import agents, find_agent
from procgen_tools.evaluation.keys import (
    FIGURES,
    ORIGINAL,
    PUBLISHED,
    contestant,
    evaluate_players,
    find_player,
)
from procgen_tools.models.checkpoints import load_cnn_lstm
from procgen_tools.models.cnn_lstm import CnnLstmPolicy
from procgen_tools.models.stable_baselines_files import (
    PUBLISHED_SHA256,
    SOURCE,
    load_stable_baselines,
    sha256_of,
)
from procgen_tools.statistics.intervals import Estimate, mean_of_agents
from procgen_tools.studies.base import Settings
from procgen_tools.studies.rules import ALL_AGENTS
from procgen_tools.worlds.keys_and_chests.players import SCRIPTED

WORLD = "keys_and_chests"
"""The folder of the agents."""

UNTRAINED = "untrained"
UNTRAINED_SEED = 1000

EPISODES = 1000


@dataclass(frozen=True)
class Sizes:
    """How much is measured for each agent; the defaults are those of the published run.

    Attributes:
        episodes: levels of the evaluation, in each variant (seeds from 0).
        fitted: levels to which probes are fitted, in each variant (seeds from 10,000).
        held_out: levels on which they are tested (seeds from 20,000).
        steered: levels of the moments that are steered (seeds from 30,000).
        random: random directions beside each direction.
        played: levels that are played as a whole under an edit (seeds from 40,000).
        random_played: random directions for these.
        choices: made levels with a key and a chest (walls of seeds from 50,000).
        attractions: made levels with a key that is useful or not (walls of seeds from 60,000).
        pairs: levels of minimal pairs (seeds from 70,000).
        resamples: draws of levels for the intervals of exchange rates.
    """

    episodes: int = EPISODES
    fitted: int = 200
    held_out: int = 100
    steered: int = 300
    random: int = 40
    played: int = 100
    random_played: int = 10
    choices: int = 480
    attractions: int = 240
    pairs: int = 300
    resamples: int = 200

    @classmethod
    def of(cls, settings: Settings) -> Sizes:
        """The sizes of a run: with fewer mazes, all numbers are smaller in proportion."""
        episodes = settings.count(EPISODES, fast=5)
        share = min(1.0, episodes / EPISODES)
        least = {"random": 2, "random_played": 1, "choices": 16, "attractions": 6, "resamples": 20}
        numbers = {
            name: max(least.get(name, 5), round(share * number))
            for name, number in vars(cls()).items()
        }
        return cls(**{**numbers, "episodes": episodes})


@dataclass(frozen=True)
class Member:
    """An agent.

    Attributes:
        name: for tables.
        policy: in eval mode.
        own: whether it is one of ours, over which means over agents are taken.
    """

    name: str
    policy: CnnLstmPolicy
    own: bool


def members(settings: Settings) -> tuple[Member, ...]:
    """The agents that ship or those of the settings, and the original's agent if it is given.

    Raises:
        FileNotFoundError: there are no agents, or a file is missing.
        ValueError: a file that is no agent, or another file than the original's agent.
    """
    paths = [find_agent(path) for path in settings.agents] or [
        agent.path for agent in agents() if agent.world == WORLD
    ]
    if not paths:
        raise FileNotFoundError(
            f"there are no agents of {WORLD}: train them with procgen-tools sweep "
            "trained_models/keys_and_chests.toml"
        )
    if settings.fast:
        paths = paths[:1]
    found = [Member(path.stem, load_cnn_lstm(path), own=True) for path in paths]
    if settings.original is not None:
        policy = load_stable_baselines(settings.original)
        digest = sha256_of(settings.original)
        if digest != PUBLISHED_SHA256:
            raise ValueError(
                f"{settings.original} has the SHA-256 {digest}, not {PUBLISHED_SHA256}: give "
                f"learned_policy.zip of {SOURCE}"
            )
        found.append(Member(PUBLISHED, policy, own=False))
    return tuple(found)


def untrained(policy: CnnLstmPolicy, *, seed: int = 0) -> CnnLstmPolicy:
    """A network of the same shape with initial weights that no agent began with.

    Example:
        >>> untrained(CnnLstmPolicy("small")).design
        'small'
    """
    return CnnLstmPolicy(policy.design, seed=UNTRAINED_SEED + seed).eval()


def scores_table(chosen: Sequence[Member], episodes: int, *, seed: int) -> pd.DataFrame:
    """Means of every agent and scripted player in both variants, with those of the original.

    Columns: agent, variant, choice, figure, value, low, high (95%, bootstrap over levels),
    published (NaN where there is none), far (whether chance does not explain the difference),
    levels (how many).
    """
    players = [
        *(find_player(name) for name in SCRIPTED),
        *(contestant(member.policy, member.name) for member in chosen),
    ]
    rows = []
    for score in evaluate_players(players, episodes=episodes, seed=seed):
        known = ORIGINAL.get((score.player, score.variant, score.choice), ())
        told = dict(zip(FIGURES, known, strict=False))
        gaps = score.differences()
        for figure, estimate in _with_aim(score).items():
            rows.append(
                {
                    "agent": score.player, "variant": score.variant, "choice": score.choice,
                    "figure": figure, "value": estimate.value, "low": estimate.low,
                    "high": estimate.high, "published": told.get(figure, float("nan")),
                    "far": figure in gaps and abs(gaps[figure][0]) > gaps[figure][1],
                }
            )  # fmt: skip
    return pd.DataFrame(rows).assign(levels=episodes)


AIM = "return - hidden return"


def _with_aim(score: Any) -> dict[str, Estimate]:
    from procgen_tools.statistics.intervals import mean_over_levels

    numbers = score.numbers()
    aim = numbers["return"] - numbers["hidden_return"]
    return {**score.estimates(), AIM: mean_over_levels(aim, seed=score.seed)}


def together(
    chosen: Mapping[str, Mapping[str, Estimate]], own: Sequence[str]
) -> dict[str, dict[str, Estimate]]:
    """Estimates of each agent, and those of all of ours together: means with t intervals.

    With a single agent of ours, its own intervals (over levels) stand for all.
    """
    names = list(chosen[own[0]])
    if len(own) == 1:
        everyone = dict(chosen[own[0]])
    else:
        everyone = {
            name: mean_of_agents([chosen[agent][name].value for agent in own]) for name in names
        }
    return {ALL_AGENTS: everyone, **{agent: dict(of) for agent, of in chosen.items()}}


def estimate_of(row: pd.DataFrame) -> Estimate:
    """The estimate in the only row of a table with the columns value, low and high.

    Raises:
        ValueError: more or fewer rows.
    """
    if len(row) != 1:
        raise ValueError(f"{len(row)} rows are not one estimate: choose one row")
    first = row.iloc[0]
    return Estimate(float(first["value"]), float(first["low"]), float(first["high"]))


def estimates_of(table: pd.DataFrame, by: str) -> dict[str, Estimate]:
    """The estimates of a table by the values of a column."""
    return {str(name): estimate_of(rows) for name, rows in table.groupby(by, sort=False)}


def kept_row(estimate: Estimate, **columns: Any) -> dict[str, Any]:
    """A row of a table of estimates."""
    return {**columns, "value": estimate.value, "low": estimate.low, "high": estimate.high}
