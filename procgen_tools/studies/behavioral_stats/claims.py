"""The claims about statistics of behaviour, and the rules that decide them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from procgen_tools.statistics.intervals import Estimate, mean_of_agents
from procgen_tools.statistics.tables import where
from procgen_tools.studies.base import Claim, measured
from procgen_tools.studies.behavioral_stats.measure import (
    ALL_MAZES,
    PUBLISHED,
    STEPS_TO_CHEESE,
    THREE,
    TO_CHEESE,
    TO_TOP_RIGHT,
)
from procgen_tools.studies.blocks import over_many_levels
from procgen_tools.studies.rules import ALL_AGENTS, Rule, lower, upper, value


def all_claims(tables: Mapping[str, pd.DataFrame]) -> tuple[Claim, ...]:
    """Every claim, with the estimates of the study's tables."""
    rows, episodes = tables["rows"], tables["episodes"]
    return (
        *_accuracy_claims(rows, episodes),
        _removal_claim(rows),
        *_coefficient_claims(tables["coefficients"]),
        _inflation_claim(tables["inflation"], list(episodes["agent"].unique())),
        _sign_claim(tables["sign_flips"]),
        _walk_claim(episodes),
        *_exact_claims(rows, episodes),
    )


def _accuracy(rows: pd.DataFrame, model: str) -> dict[str, Estimate]:
    return over_many_levels(where(rows, model=model), "right")


def _loss(rows: pd.DataFrame, model: str, than: str) -> dict[str, Estimate]:
    """How much less often a model is right than another, on the same mazes and splits."""
    wide = rows.pivot(index=["agent", "level"], columns="model", values="right")
    both = wide[[model, than]].dropna().reset_index()
    return over_many_levels(both, lambda table: table[than] - table[model])


def _accuracy_claims(rows: pd.DataFrame, episodes: pd.DataFrame) -> tuple[Claim, ...]:
    everywhere, eleven = where(rows, model=ALL_MAZES), where(rows, model="eleven")
    base = over_many_levels(eleven, "majority")

    def gain(model: pd.DataFrame) -> dict[str, Estimate]:
        return over_many_levels(model, lambda table: table["right"] - table["majority"])

    return (
        Claim(
            statement="Features of a maze predict whether the agent gets the cheese, over all "
            "mazes",
            published="83.3% are right, where always naming the more frequent outcome is in 69.1%",
            rule=Rule.that(value("gain") >= 0.05, lower("gain") > 0),
            measured=measured(
                got_the_cheese=over_many_levels(episodes, "found"),
                more_frequent_outcome=over_many_levels(everywhere, "majority"),
                seven_features=_accuracy(rows, ALL_MAZES),
                gain=gain(everywhere),
            ),
            form=".1%",
            comment="Mazes without a decision square lack the features about it.",
        ),
        Claim(
            statement="Features predict it in the mazes with a decision square, where the two "
            "outcomes are about as frequent",
            rule=Rule.that(value("gain") >= 0.05, lower("gain") > 0),
            measured=measured(
                more_frequent_outcome=base,
                eleven_features=_accuracy(rows, "eleven"),
                gain=gain(eleven),
            ),
            form=".1%",
        ),
        Claim(
            statement="Three features predict nearly as well as six",
            published="six (perhaps others than ours) 84.1%, three 82.4%; the more frequent "
            "outcome 71.4% (5,239 of 10,000 mazes)",
            rule=Rule.that(value("lost", "what three lose to six") < 0.03),
            measured=measured(
                more_frequent_outcome=base,
                six=_accuracy(rows, "six"),
                three=_accuracy(rows, "three"),
                lost=_loss(rows, "three", "six"),
            ),
            form=".1%",
        ),
    )


def _removal_claim(rows: pd.DataFrame) -> Claim:
    without = {f"without {name}": _accuracy(rows, f"without {name}") for name in THREE}
    losses = {f"{name} lost": _loss(rows, f"without {name}", "three") for name in THREE}
    most = value(f"{TO_TOP_RIGHT} lost")
    others = [value(name) for name in losses if value(name) != most]
    return Claim(
        statement="Of the three, the distance of the cheese from the top right matters most",
        published="without it 75.9%, without the steps to the cheese 81.9%, without the straight "
        "distance to the cheese 81.7% (with all 82.4%)",
        rule=Rule.that(most > 0.02, *(most >= other for other in others)),
        measured=measured(**without, **losses),
        form=".1%",
    )


def _coefficient_claims(coefficients: pd.DataFrame) -> tuple[Claim, ...]:
    means: dict[str, dict[str, Estimate]] = {name: {} for name in THREE}
    for row in coefficients.itertuples():
        means[row.feature][row.agent] = Estimate(row.value, row.low, row.high)
    firm = (TO_TOP_RIGHT, STEPS_TO_CHEESE)
    return (
        Claim(
            statement="The agent gets the cheese more often when it lies near the top right, and "
            "when few steps lead to it from the decision square",
            published=f"{PUBLISHED[TO_TOP_RIGHT]} and {PUBLISHED[STEPS_TO_CHEESE]} (change of the "
            "log odds per standard deviation, three features together)",
            rule=Rule.that(*(upper(name) < 0 for name in firm)),
            measured=measured(**{name: means[name] for name in firm}),
        ),
        Claim(
            statement="It also matters how far the cheese is from the decision square in a "
            "straight line",
            published=f"{PUBLISHED[TO_CHEESE]}; it did not replicate",
            rule=Rule.that(upper(TO_CHEESE) < 0),
            measured=measured(**{TO_CHEESE: means[TO_CHEESE]}),
        ),
    )


def _inflation_claim(inflation: pd.DataFrame, agents: list[str]) -> Claim:
    factors = {
        row.feature: dict.fromkeys([*agents, ALL_AGENTS], Estimate(row.value, row.low, row.high))
        for row in inflation.itertuples()
    }
    apart, *close = (value(name) for name in THREE)
    between = [rule for factor in close for rule in (factor >= 3, factor <= 7)]
    return Claim(
        statement="The two distances from the decision square can hardly be told apart",
        published="variance inflation factors 1.05, 4.64, 4.66",
        rule=Rule.that(apart < 2, *between, each=False),
        measured=measured(**factors),
        comment="The factors are those of the mazes, and no agent has a say.",
    )


def _sign_claim(sign_flips: pd.DataFrame) -> Claim:
    by_agent = sign_flips.groupby("agent", sort=False)
    flips = by_agent[["flips"]].sum()
    clear = sign_flips.query("flips and clear").groupby("agent").size()
    flips["clear"] = clear.reindex(flips.index)
    flips = flips.fillna(0).astype(float)
    counts = {
        name: {
            **{str(agent): Estimate.exact(count) for agent, count in flips[name].items()},
            ALL_AGENTS: mean_of_agents(flips[name].to_numpy()),
        }
        for name in flips.columns
    }
    return Claim(
        statement="Some features point one way alone and another way among the others",
        published="yes (no number)",
        rule=Rule.that(
            value("clearly", "the number that do so clearly, neither interval containing 0,") >= 1
        ),
        measured=measured(features_that_change_sign=counts["flips"], clearly=counts["clear"]),
        form=".1f",
        comment=f"Counts of {len(sign_flips) // by_agent.ngroups} features; the interval of their "
        "mean is over agents.",
    )


def _walk_claim(episodes: pd.DataFrame) -> Claim:
    """The two kinds of mazes apart: where cheese was in training, and where it never was."""
    known = episodes.dropna(subset=["chance", "walk"])
    inside, outside = known[known["in_region"]], known[~known["in_region"]]
    return Claim(
        statement="The agent gets the cheese more often than a random walk does, with the cheese "
        "in the top-right 5 x 5, as in training, and elsewhere",
        rule=Rule.that(
            lower("in the region") > upper("random walk there"),
            lower("elsewhere") > upper("random walk elsewhere"),
        ),
        measured=measured(
            in_the_region=over_many_levels(inside, "chance"),
            random_walk_there=over_many_levels(inside, "walk"),
            elsewhere=over_many_levels(outside, "chance"),
            random_walk_elsewhere=over_many_levels(outside, "walk"),
        ),
        form=".1%",
    )


def _exact_claims(rows: pd.DataFrame, episodes: pd.DataFrame) -> tuple[Claim, ...]:
    known = episodes.dropna(subset="chance")
    six = where(rows, model="six").merge(known, on=["agent", "level"])
    best = over_many_levels(six, lambda table: np.maximum(table["chance"], 1 - table["chance"]))
    base = value("more frequent outcome")
    return (
        Claim(
            statement="Sampled episodes get the cheese as often as the exact chances say",
            rule=Rule.that(value("difference") > -0.03, value("difference") < 0.03),
            measured=measured(
                sampled=over_many_levels(known, "found"),
                exact=over_many_levels(known, "chance"),
                difference=over_many_levels(known, lambda table: table["found"] - table["chance"]),
            ),
            form=".1%",
        ),
        Claim(
            statement="Six features know at least half of what can be known of an episode "
            "beforehand",
            rule=Rule.that(value("six") - base >= 0.5 * value("the best possible") - 0.5 * base),
            measured=measured(
                more_frequent_outcome=over_many_levels(six, "majority"),
                six=over_many_levels(six, "right"),
                the_best_possible=best,
            ),
            form=".1%",
            comment="The best possible prediction is the likelier outcome of each maze by its "
            "exact chance.",
        ),
    )
