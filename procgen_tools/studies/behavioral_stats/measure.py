"""Episodes in many mazes, and the regressions of their outcomes on features of the mazes."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from procgen_tools.chains import Chances, chances
from procgen_tools.episodes.rollouts import play
from procgen_tools.models import ImpalaPolicy
from procgen_tools.statistics.collinearity import collinearity, sign_flips
from procgen_tools.statistics.regressions import (
    Regression,
    Splits,
    leave_one_out,
    regressions,
    single_accuracies,
)
from procgen_tools.statistics.resampling import (
    RESAMPLES,
    coefficients_with_intervals,
    inflation_with_intervals,
)
from procgen_tools.studies.base import Settings
from procgen_tools.studies.rules import ALL_AGENTS
from procgen_tools.vfield import VectorField, vector_field
from procgen_tools.worlds.maze.actions import NUM_ACTIONS
from procgen_tools.worlds.maze.features import FEATURES, TAXICAB, feature_table
from procgen_tools.worlds.maze.grid import CORNER_REGION, EPISODE_STEPS, Maze
from procgen_tools.worlds.maze.levels import make_bank
from procgen_tools.worlds.maze.moves import move_probabilities
from procgen_tools.worlds.maze.paths import decision_square

MAZES = 10_000

TO_TOP_RIGHT = "euclidean(cheese, top right)"
STEPS_TO_CHEESE = "steps(decision square, cheese)"
TO_CHEESE = "euclidean(decision square, cheese)"

PUBLISHED = {TO_TOP_RIGHT: -1.405, STEPS_TO_CHEESE: -0.577, TO_CHEESE: -0.516}
"""Coefficients of the published regression on three variables, of another network."""

THREE = tuple(PUBLISHED)
SIX = (
    *THREE,
    "steps(cheese, top right)",
    "euclidean(cheese, top right 5x5)",
    "steps(cheese, top right 5x5)",
)
"""The distances of the cheese from the other places, straight and in steps. Which six the published
figure is about, we do not know for certain."""

ELEVEN = tuple(name for name in FEATURES if not name.startswith(TAXICAB))
"""All that was published, before taxicab distances came in."""

DETERMINED = "steps(cheese, top right)"
"""In a maze without cycles the steps over the decision square add up to it."""

ONE_ANSWER = tuple(name for name in FEATURES if name != DETERMINED)
"""The features that a regression can tell apart."""

WITHOUT_DECISION = tuple(name for name in FEATURES if "decision" not in name)
"""Features that every maze with a cheese has."""

MODELS = {"three": THREE, "six": SIX, "eleven": ELEVEN}
EXACT = "three, of exact chances"
ALL_MAZES = "seven, all mazes"
MOST_EXACT = 500
"""Levels with exact chances at most: each takes as long as ten sampled episodes."""

FAST_SIZE = 11
"""Largest side of mazes in fast mode."""


def all_tables(
    agents: dict[str, ImpalaPolicy], mazes: dict[int, Maze], settings: Settings
) -> dict[str, pd.DataFrame]:
    """Everything that the study measures: episodes, features, regressions and coefficients."""
    features = feature_table(mazes.values()).set_axis(pd.Index(mazes, name="level"))
    with_decision = features.dropna()
    episodes = _episodes(agents, mazes, settings).assign(
        decision_square=lambda table: table["level"].isin(with_decision.index),
        in_region=lambda table: table["level"].map(
            {level: in_region(maze) for level, maze in mazes.items()}
        ),
    )
    found = {agent: rows.set_index("level")["found"] for agent, rows in episodes.groupby("agent")}
    at_decision = {agent: of.loc[with_decision.index] for agent, of in found.items()}
    splits = Splits(5 if settings.fast else 1000, seed=settings.seed)
    resamples = 10 if settings.fast else RESAMPLES
    return {
        "episodes": episodes,
        "features": features.reset_index(),
        **_regressions(features, with_decision, found, episodes, splits, settings.progress_bar),
        "coefficients": coefficients_with_intervals(
            with_decision,
            at_decision,
            THREE,
            together=ALL_AGENTS,
            resamples=resamples,
            seed=settings.seed,
            progress_bar=settings.progress_bar,
        ),
        "inflation": inflation_with_intervals(with_decision, THREE, resamples=resamples),
        "collinearity": _collinearity_table(with_decision),
        "sign_flips": pd.concat(
            sign_flips(with_decision, of, SIX if settings.fast else ONE_ANSWER)
            .rename_axis("feature")
            .reset_index()
            .assign(agent=agent)
            for agent, of in at_decision.items()
        ),
    }


def held_out_mazes(settings: Settings) -> dict[int, Maze]:
    """Levels from seed 0 on: held out. In fast mode small ones that all have a decision square."""
    count = settings.count(MAZES, fast=130)
    if settings.fast:
        bank = make_bank(range(20 * count), settings.rule)
        small = (seed for seed in range(len(bank)) if bank.sizes[seed] <= FAST_SIZE)
        chosen = (seed for seed in small if decision_square(bank[seed]) is not None)
        return {seed: bank[seed] for seed in islice(chosen, count)}
    return dict(enumerate(make_bank(range(count), settings.rule)))


def in_region(maze: Maze, side: int = CORNER_REGION) -> bool:
    """Whether the cheese is in the top-right `side` x `side` squares, by default as in training."""
    assert maze.cheese is not None
    return min(maze.cheese) >= maze.size - side


def random_walk(maze: Maze) -> Chances:
    """The exact chances of a random walk within procgen's limit of steps.

    All 15 actions are equally probable, so that nearly half of them do nothing.

    Example:
        >>> from procgen_tools.worlds.maze.grid import parse
        >>> round(random_walk(parse("###\\n###\\nM.C")).cheese, 3)
        1.0
    """
    squares = len(maze.open_squares())
    moves = move_probabilities(torch.zeros(1, NUM_ACTIONS).double())
    field = VectorField(maze, np.tile(moves.numpy(), (squares, 1)), np.zeros(squares))
    return chances(field, step_limit=EPISODE_STEPS, corner_region=CORNER_REGION)


def chance_of_a_random_walk(maze: Maze) -> float:
    """The exact chance that a random walk gets the cheese (see `random_walk`)."""
    return random_walk(maze).cheese


def _episodes(
    agents: dict[str, ImpalaPolicy], mazes: dict[int, Maze], settings: Settings
) -> pd.DataFrame:
    """Columns: agent, level, size; found, whether a sampled episode got the cheese; chance, the
    exact probability of that, and walk, that of a random walk, both in the first tenth of the
    levels (MOST_EXACT at most) and NaN in the others."""
    levels = list(mazes.values())
    exact = min(max(len(levels) // 10, 1), MOST_EXACT)
    walks = np.full(len(levels), np.nan)
    walks[:exact] = [chance_of_a_random_walk(maze) for maze in levels[:exact]]
    tables = []
    for agent, policy in agents.items():
        rollouts = play(policy, levels, seed=settings.seed, progress_bar=settings.progress_bar)
        probabilities = np.full(len(levels), np.nan)
        bar = tqdm(levels[:exact], disable=not settings.progress_bar, unit=" exact chances")
        for i, maze in enumerate(bar):
            field = vector_field(maze, policy)
            probabilities[i] = chances(field, step_limit=EPISODE_STEPS).cheese
        tables.append(
            pd.DataFrame(
                {
                    "agent": agent,
                    "level": list(mazes),
                    "size": rollouts.sizes,
                    "found": rollouts.found,
                    "chance": probabilities,
                    "walk": walks,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def _regressions(
    features: pd.DataFrame,
    with_decision: pd.DataFrame,
    found: dict[str, pd.Series],
    episodes: pd.DataFrame,
    splits: Splits,
    progress_bar: bool,
) -> dict[str, pd.DataFrame]:
    """`singles`: one row per agent and feature. `rows`: for each agent, model and level, whether
    it was predicted (right: a share of the splits that tested it) and would be by the majority."""
    singles, rows = [], []
    for agent, outcomes in found.items():
        here = outcomes.loc[with_decision.index]
        alone = single_accuracies(with_decision, here, splits=splits, progress_bar=progress_bar)
        singles.append(alone.rename_axis("feature").reset_index().assign(agent=agent))
        done = dict(
            regressions(with_decision, here, MODELS, splits=splits, progress_bar=progress_bar)
        )
        for name, each in leave_one_out(
            with_decision, here, THREE, splits=splits, progress_bar=progress_bar
        ).without.items():
            done[f"without {name}"] = each
        rows += [_rows(agent, label, here, each) for label, each in done.items()]
        anywhere = regressions(features, outcomes, {ALL_MAZES: WITHOUT_DECISION}, splits=splits)
        rows.append(_rows(agent, ALL_MAZES, outcomes, anywhere[ALL_MAZES]))
        exact = episodes[episodes["agent"] == agent].set_index("level")["chance"]
        known = exact.loc[with_decision.index].dropna()
        if len(known) >= 100:
            of_chances = regressions(
                with_decision.loc[known.index], known, {EXACT: THREE}, splits=splits
            )
            rows.append(_rows(agent, EXACT, known, of_chances[EXACT]))
    return {"singles": pd.concat(singles), "rows": pd.concat(rows, ignore_index=True)}


def _rows(agent: str, model: str, outcomes: pd.Series, fitted: Regression) -> pd.DataFrame:
    majority = outcomes if outcomes.mean() >= 0.5 else 1 - outcomes.astype(float)
    table = pd.DataFrame(
        {
            "agent": agent,
            "model": model,
            "level": outcomes.index,
            "right": fitted.row_accuracies,
            "majority": majority.to_numpy(np.float64),
        }
    )
    return table.dropna()


def _collinearity_table(features: pd.DataFrame) -> pd.DataFrame:
    """One row per pair of features; inflation is that of the first among all but DETERMINED."""
    correlations = collinearity(features).correlations
    inflation = collinearity(features, ONE_ANSWER).inflation
    return (
        correlations.rename_axis("first")
        .reset_index()
        .melt("first", var_name="second", value_name="correlation")
        .assign(inflation=lambda table: table["first"].map(inflation))
    )
