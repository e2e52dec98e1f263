"""What agents do in both mazes of a pair, exactly, and what a regression over mazes predicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from scipy.special import expit
from tqdm import tqdm

from procgen_tools.chains import chances
from procgen_tools.interventions.vectors import observe
from procgen_tools.models import ImpalaPolicy
from procgen_tools.statistics.logistic import fit_logistic
from procgen_tools.studies.behavioral_stats.measure import (
    STEPS_TO_CHEESE,
    THREE,
    TO_CHEESE,
    TO_TOP_RIGHT,
    chance_of_a_random_walk,
)
from procgen_tools.studies.minimal_pairs.pairs import Fork, Pair, check_room, fork_of
from procgen_tools.vfield import CACHED_BATCH, vector_field
from procgen_tools.worlds.maze.edit import move_mouse
from procgen_tools.worlds.maze.features import feature_table
from procgen_tools.worlds.maze.grid import EPISODE_STEPS, Maze
from procgen_tools.worlds.maze.levels import LevelRule
from procgen_tools.worlds.maze.moves import move_probabilities

FEATURE_OF: Mapping[str, str] = {
    "steps to the cheese, rewired": STEPS_TO_CHEESE,
    "steps to the cheese, cheese moved": STEPS_TO_CHEESE,
    "straight distance to the cheese": TO_CHEESE,
    "distance of the cheese to the corner": TO_TOP_RIGHT,
}
"""The features of the published regression that change, by change."""

PENALTY = 1e-3
"""Of the regression, so small that it only makes the fit unique."""

Places = Sequence[tuple[Maze, Fork]]
"""Mazes, each with the fork at which it is asked."""


@torch.no_grad()
def turns(policy: ImpalaPolicy, places: Places) -> Float[np.ndarray, " place"]:
    """The probability of the moves towards the cheese, with the mouse at the decision square."""
    found = []
    for start in range(0, len(places), CACHED_BATCH):
        part = places[start : start + CACHED_BATCH]
        views = observe([move_mouse(maze, fork.square) for maze, fork in part])
        logits, _ = policy.logits_and_value(views)
        towards = np.stack([fork.towards for _, fork in part])
        found.append((move_probabilities(logits).double().numpy() * towards).sum(axis=1))
    return np.concatenate(found)


def turn_table(
    networks: Mapping[str, ImpalaPolicy], pairs: Sequence[Pair], *, progress_bar: bool = False
) -> pd.DataFrame:
    """Every network at the decision square of every pair.

    Returns:
        Columns agent, change, level, low and high (the probabilities of turning to the cheese in
        both mazes), and effect, the second minus the first.
    """
    places = [(maze, pair.fork) for pair in pairs for maze in (pair.low, pair.high)]
    tables = []
    for agent, policy in tqdm(networks.items(), disable=not progress_bar, desc="turns"):
        low, high = turns(policy, places).reshape(-1, 2).T
        tables.append(
            pd.DataFrame(
                {
                    "agent": agent,
                    "change": [pair.change for pair in pairs],
                    "level": [pair.level for pair in pairs],
                    "low": low,
                    "high": high,
                    "effect": high - low,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def chance_table(
    agents: Mapping[str, ImpalaPolicy], pairs: Sequence[Pair], *, progress_bar: bool = False
) -> pd.DataFrame:
    """The exact chance that an episode from the start gets the cheese, in both mazes of a pair.

    Returns:
        Columns agent, change, level, effect (the chance in the second maze minus that in the
        first) and walk_effect, the same of a random walk.
    """
    rows = []
    walks = {id(pair): _walk_effect(pair) for pair in pairs}
    with tqdm(total=len(agents) * len(pairs), disable=not progress_bar, desc="chances") as bar:
        for agent, policy in agents.items():
            for pair in pairs:
                low, high = (
                    chances(vector_field(maze, policy), step_limit=EPISODE_STEPS).cheese
                    for maze in (pair.low, pair.high)
                )
                rows.append(
                    {
                        "agent": agent,
                        "change": pair.change,
                        "level": pair.level,
                        "effect": high - low,
                        "walk_effect": walks[id(pair)],
                    }
                )
                bar.update()
    return pd.DataFrame(rows)


def _walk_effect(pair: Pair) -> float:
    return chance_of_a_random_walk(pair.high) - chance_of_a_random_walk(pair.low)


def natural_forks(count: int, *, first_seed: int, rule: LevelRule | None = None) -> list[Fork]:
    """Levels as they are, for the regression: the first that are fit for pairs.

    Raises:
        ValueError: see `pairs.check_room`.
    """
    check_room(rule or LevelRule())
    found: list[Fork] = []
    seed = first_seed
    while len(found) < count:
        fork = fork_of(seed, rule)
        found += [fork] if fork else []
        seed += 1
    return found


def prediction_table(
    agents: Mapping[str, ImpalaPolicy], pairs: Sequence[Pair], natural: Sequence[Fork]
) -> pd.DataFrame:
    """What a regression over natural mazes predicts for pairs in which a feature of it changes.

    The regression is logistic, on three features, and its outcome is the probability of the turn.

    Args:
        agents: by name.
        pairs: of any changes.
        natural: the mazes that the regression is fitted to.

    Returns:
        Columns agent, change, level, predicted: the difference of the two predictions.
    """
    features = feature_table(fork.maze for fork in natural)[list(THREE)].to_numpy()
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    chosen = [pair for pair in pairs if pair.change in FEATURE_OF]
    mazes = [maze for pair in chosen for maze in (pair.low, pair.high)]
    given = (feature_table(mazes)[list(THREE)].to_numpy() - mean) / deviation
    tables = []
    for agent, policy in agents.items():
        outcomes = turns(policy, [(fork.maze, fork) for fork in natural])
        weights = fit_logistic((features - mean) / deviation, outcomes, PENALTY)
        low, high = expit(given @ weights[:-1] + weights[-1]).reshape(-1, 2).T
        tables.append(
            pd.DataFrame(
                {
                    "agent": agent,
                    "change": [pair.change for pair in chosen],
                    "level": [pair.level for pair in chosen],
                    "predicted": high - low,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def dose_table(pairs: Sequence[Pair]) -> pd.DataFrame:
    """How far the features of the regression differ in each pair, also those that should be held.

    Returns:
        Columns change, level, and those of the three features: the second maze minus the first.
    """
    chosen = [pair for pair in pairs if pair.change in FEATURE_OF]
    low, high = (
        feature_table(getattr(pair, which) for pair in chosen)[list(THREE)]
        for which in ("low", "high")
    )
    columns = {"change": [p.change for p in chosen], "level": [p.level for p in chosen]}
    return pd.DataFrame(columns).join(high - low)
