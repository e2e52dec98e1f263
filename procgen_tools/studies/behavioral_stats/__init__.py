"""Which features of a maze predict whether the agent gets the cheese.

After Grietzer and Turner (2023), "Behavioural statistics for a maze-solving agent". One sampled
episode a maze, as there; and, in a part of the mazes, the exact chance of getting the cheese,
which says how much any prediction can know.

To sample an episode from the exact field of its maze would cost two passes a square; an episode
that is played shows the agent some 25 different frames, a tenth of that.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from tqdm import tqdm

from procgen_tools.chains import chances
from procgen_tools.episodes.rollouts import play
from procgen_tools.models import ImpalaPolicy
from procgen_tools.statistics.collinearity import collinearity, sign_flips
from procgen_tools.statistics.intervals import Mean
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
from procgen_tools.studies.base import ALL_AGENTS, Claim, Findings, Settings, every, measured
from procgen_tools.studies.blocks import over_many_levels
from procgen_tools.vfield import vector_field
from procgen_tools.worlds.maze.features import FEATURES, TAXICAB, feature_table
from procgen_tools.worlds.maze.grid import EPISODE_STEPS, Maze
from procgen_tools.worlds.maze.levels import make_bank
from procgen_tools.worlds.maze.paths import decision_square

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "behavioral_stats"
TITLE = "Statistics of behaviour"
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


def run(settings: Settings) -> Findings:
    """Play an episode in each maze, and regress its outcome on the maze's features."""
    agents = settings.load_agents()
    mazes = _mazes(settings)
    features = feature_table(mazes.values()).set_axis(pd.Index(mazes, name="level"))
    with_decision = features.dropna()
    episodes = _episodes(agents, mazes, settings).assign(
        decision_square=lambda table: table["level"].isin(with_decision.index)
    )
    found = {agent: rows.set_index("level")["found"] for agent, rows in episodes.groupby("agent")}
    at_decision = {agent: of.loc[with_decision.index] for agent, of in found.items()}
    splits = Splits(5 if settings.fast else 1000, seed=settings.seed)
    resamples = 10 if settings.fast else RESAMPLES
    tables = {
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
            progress=settings.progress_bar,
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
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes=f"{len(mazes):,} levels (seeds {min(mazes)}–{max(mazes)}), cheese anywhere, of which "
        f"{len(with_decision):,} have a decision square; exact chances in "
        f"{episodes['chance'].notna().sum() // len(agents):,}",
        agents=tuple(agents),
        claims=_claims(tables),
        tables=tables,
    )


def _mazes(settings: Settings) -> dict[int, Maze]:
    """Levels from seed 0 on: held out. In fast mode small ones that all have a decision square."""
    count = settings.count(MAZES, fast=130)
    if settings.fast:
        bank = make_bank(range(20 * count))
        small = (seed for seed in range(len(bank)) if bank.sizes[seed] <= FAST_SIZE)
        chosen = (seed for seed in small if decision_square(bank[seed]) is not None)
        return {seed: bank[seed] for seed in islice(chosen, count)}
    return dict(enumerate(make_bank(range(count))))


def _episodes(
    agents: dict[str, ImpalaPolicy], mazes: dict[int, Maze], settings: Settings
) -> pd.DataFrame:
    """Columns: agent, level, size; found, whether a sampled episode got the cheese; chance, the
    exact probability of that, in the first tenth of the levels (MOST_EXACT at most) and
    NaN in the others."""
    levels = list(mazes.values())
    exact = min(max(len(levels) // 10, 1), MOST_EXACT)
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
    progress: bool,
) -> dict[str, pd.DataFrame]:
    """`singles`: a row for each agent and feature. `rows`: for each agent, model and level, whether
    it was predicted (right: a share of the splits that tested it) and would be by the majority."""
    singles, rows = [], []
    for agent, outcomes in found.items():
        here = outcomes.loc[with_decision.index]
        alone = single_accuracies(with_decision, here, splits=splits, progress=progress)
        singles.append(alone.rename_axis("feature").reset_index().assign(agent=agent))
        done = dict(regressions(with_decision, here, MODELS, splits=splits, progress=progress))
        for name, each in leave_one_out(
            with_decision, here, THREE, splits=splits, progress=progress
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
    """A row for each pair of features; inflation is that of the first among all but DETERMINED."""
    correlations = collinearity(features).correlations
    inflation = collinearity(features, ONE_ANSWER).inflation
    return (
        correlations.rename_axis("first")
        .reset_index()
        .melt("first", var_name="second", value_name="correlation")
        .assign(inflation=lambda table: table["first"].map(inflation))
    )


def _claims(tables: dict[str, pd.DataFrame]) -> tuple[Claim, ...]:
    return (
        *_accuracy_claims(tables["rows"], tables["episodes"]),
        *_coefficient_claims(tables["coefficients"]),
        *_collinearity_claims(tables),
        *_exact_claims(tables["rows"], tables["episodes"]),
    )


def _accuracy_claims(rows: pd.DataFrame, episodes: pd.DataFrame) -> tuple[Claim, ...]:
    def accuracy(model: str) -> dict[str, Mean]:
        return over_many_levels(rows[rows["model"] == model], "right")

    def loss(model: str, than: str) -> dict[str, Mean]:
        """How much less often it is right than another, on the same mazes and splits."""
        wide = rows.pivot(index=["agent", "level"], columns="model", values="right")
        both = wide[[model, than]].dropna().reset_index()
        return over_many_levels(both, lambda table: table[than] - table[model])

    of_eleven = rows[rows["model"] == "eleven"]
    base = over_many_levels(of_eleven, "majority")
    gain = over_many_levels(of_eleven, lambda table: table["right"] - table["majority"])
    losses = {name: loss(f"without {name}", "three") for name in THREE}
    without = {f"without {name}": accuracy(f"without {name}") for name in THREE}
    most_lost = losses[TO_TOP_RIGHT]
    return (
        Claim(
            "Features of a maze predict whether the agent gets the cheese",
            "83.3% are right, where always naming the more frequent outcome is in 69.1%",
            measured(
                got_the_cheese_in_all_mazes=over_many_levels(episodes, "found"),
                more_frequent_outcome=base,
                eleven_features=accuracy("eleven"),
                gain=gain,
            ),
            "the gain in mazes with a decision square is at least 5 points, its interval above 0, "
            "for every agent",
            every(gain, lambda mean: mean.value >= 0.05 and mean.low > 0),
            form=".1%",
        ),
        Claim(
            "Three features predict nearly as well as six",
            "six (perhaps others than ours) 84.1%, three 82.4%; the more frequent outcome 71.4% "
            "(5,239 of 10,000 mazes)",
            measured(
                more_frequent_outcome=base,
                six=accuracy("six"),
                three=accuracy("three"),
                lost=loss("three", "six"),
            ),
            "three lose less than 3 points to six, for every agent",
            every(loss("three", "six"), lambda mean: mean.value < 0.03),
            form=".1%",
        ),
        Claim(
            "Of the three, the distance of the cheese from the top right matters most",
            "without it 75.9%, without the steps to the cheese 81.9%, without the straight "
            "distance to the cheese 81.7% (with all 82.4%)",
            measured(
                **without, **{f"{name} lost": of for name, of in losses.items() if name in THREE}
            ),
            "leaving it out loses the most of the three, and more than 2 points, for every agent",
            all(
                most_lost[agent].value > 0.02
                and most_lost[agent].value == max(of[agent].value for of in losses.values())
                for agent in most_lost
            ),
            form=".1%",
        ),
    )


def _coefficient_claims(coefficients: pd.DataFrame) -> tuple[Claim, ...]:
    means: dict[str, dict[str, Mean]] = {name: {} for name in THREE}
    for row in coefficients.itertuples():
        means[row.feature][row.agent] = Mean(row.value, row.low, row.high)
    firm = {name: means[name] for name in (TO_TOP_RIGHT, STEPS_TO_CHEESE)}
    return (
        Claim(
            "The agent gets the cheese more often when it lies near the top right, and when few "
            "steps lead to it from the decision square",
            f"{PUBLISHED[TO_TOP_RIGHT]} and {PUBLISHED[STEPS_TO_CHEESE]} (change of the log odds "
            "per standard deviation, three features together)",
            measured(**firm),
            "both coefficients are negative with their intervals, for every agent",
            all(every(of, lambda mean: mean.high < 0) for of in firm.values()),
        ),
        Claim(
            "It also matters how far the cheese is from the decision square in a straight line",
            f"{PUBLISHED[TO_CHEESE]}; it did not replicate",
            measured(**{TO_CHEESE: means[TO_CHEESE]}),
            "the coefficient is negative with its interval, for every agent",
            every(means[TO_CHEESE], lambda mean: mean.high < 0),
        ),
    )


def _collinearity_claims(tables: dict[str, pd.DataFrame]) -> tuple[Claim, ...]:
    agents = list(tables["episodes"]["agent"].unique())
    inflation = {
        row.feature: dict.fromkeys([*agents, ALL_AGENTS], Mean(row.value, row.low, row.high))
        for row in tables["inflation"].itertuples()
    }
    apart, *close = (inflation[name][ALL_AGENTS].value for name in THREE)
    flips = tables["sign_flips"].groupby("agent", sort=False)[["flips"]].sum()
    flips["clear"] = (
        tables["sign_flips"].query("flips and clear").groupby("agent").size().reindex(flips.index)
    )
    flips = flips.fillna(0).astype(float)
    flips.loc[ALL_AGENTS] = flips.mean()
    counts = {
        name: {str(agent): Mean(count, count, count) for agent, count in flips[name].items()}
        for name in flips.columns
    }
    return (
        Claim(
            "The two distances from the decision square can hardly be told apart",
            "variance inflation factors 1.05, 4.64, 4.66",
            measured(**inflation),
            "a factor below 2 for the distance from the top right, and from 3 to 7 for the others",
            apart < 2 and all(3 <= factor <= 7 for factor in close),
            comment="The factors are those of the mazes, and no agent has a say.",
        ),
        Claim(
            "Some features point one way alone and another way among the others",
            "yes (no number)",
            measured(features_that_change_sign=counts["flips"], clearly=counts["clear"]),
            "at least one clearly, neither interval containing 0, for every agent",
            every(counts["clear"], lambda mean: mean.value >= 1),
            form=".1f",
            comment=f"Counts of {len(tables['sign_flips']) // len(agents)} features; they have no "
            "interval.",
        ),
    )


def _exact_claims(rows: pd.DataFrame, episodes: pd.DataFrame) -> tuple[Claim, ...]:
    known = episodes.dropna(subset="chance")
    bias = over_many_levels(known, lambda table: table["found"] - table["chance"])
    six = rows[rows["model"] == "six"].merge(known, on=["agent", "level"])
    best = over_many_levels(six, lambda table: np.maximum(table["chance"], 1 - table["chance"]))
    right, base = over_many_levels(six, "right"), over_many_levels(six, "majority")
    return (
        Claim(
            "Sampled episodes get the cheese as often as the exact chances say",
            "none",
            measured(
                sampled=over_many_levels(known, "found"),
                exact=over_many_levels(known, "chance"),
                difference=bias,
            ),
            "the difference is below 3 points, for every agent",
            every(bias, lambda mean: abs(mean.value) < 0.03),
            form=".1%",
        ),
        Claim(
            "Six features know at least half of what can be known of an episode beforehand",
            "none",
            measured(more_frequent_outcome=base, six=right, the_best_possible=best),
            "half of the way from the more frequent outcome to the best possible prediction (the "
            "likelier outcome of each maze by its exact chance), for every agent",
            all(
                right[agent].value - base[agent].value
                >= (best[agent].value - base[agent].value) / 2
                for agent in right
            ),
            form=".1%",
        ),
    )


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: accuracies, coefficients, what three features do, correlations, sign flips."""
    from procgen_tools.plots.style import set_aside
    from procgen_tools.studies.behavioral_stats.figures import (
        plot_accuracies,
        plot_coefficients,
        plot_correlations,
        plot_shares,
        plot_sign_flips,
    )

    tables = findings.tables
    episodes = tables["episodes"].merge(tables["features"], on="level")
    decided = episodes[episodes["decision_square"]]
    mazes = decided["level"].nunique()
    coefficients = tables["coefficients"]
    if len(findings.agents) == 1:  # then all agents are that one
        coefficients = coefficients[coefficients["agent"] != ALL_AGENTS]
    figures = {
        "shares": plot_shares(decided, THREE),
        "accuracies": plot_accuracies(tables["singles"], mazes),
        "coefficients": plot_coefficients(coefficients, PUBLISHED, mazes),
        "collinearity": plot_correlations(tables["collinearity"], mazes),
        "sign_flips": plot_sign_flips(tables["sign_flips"], mazes),
    }
    return set_aside(figures)
