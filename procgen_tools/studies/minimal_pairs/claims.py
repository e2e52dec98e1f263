"""The claims about causes of the turn to the cheese, and the rules that decide them.

For each agent, intervals are over mazes. Over all agents, they are Student's over the agents'
means, because five agents are a handful. A claim must hold for every agent and on average.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import numpy as np
import pandas as pd

from procgen_tools.statistics.discoveries import discoveries, p_of_mean
from procgen_tools.statistics.intervals import (
    Estimate,
    correlation,
    mean_of_agents,
    mean_over_levels,
    paired_over_levels,
)
from procgen_tools.statistics.tables import where
from procgen_tools.studies.base import Claim, measured
from procgen_tools.studies.minimal_pairs.pairs import CHANGES, CONTROLS
from procgen_tools.studies.rules import ALL_AGENTS, Condition, Rule, Sum, lower, upper, value
from procgen_tools.studies.untrained import null_of

LEAST = 0.05
"""The smallest mean change of a probability that counts as an effect."""

COEFFICIENT = "{} (change of the log odds per standard deviation, three features together)"

CAUSES: Mapping[str, tuple[int, str, str]] = {
    "steps to the cheese, rewired": (
        -1,
        "Steps to the cheese are a cause: with the way redrawn to be longer, and all else held, "
        "agents turn to the cheese less often",
        COEFFICIENT.format("-0.577"),
    ),
    "steps to the cheese, cheese moved": (
        -1,
        "The same with the cheese moved, at equal straight distances",
        "none",
    ),
    "straight distance to the cheese": (
        -1,
        "The straight distance from the decision square to the cheese is a cause: at equal steps, "
        "agents turn to farther cheese less often",
        COEFFICIENT.format("-0.516") + "; it did not replicate",
    ),
    "distance of the cheese to the corner": (
        -1,
        "The distance of the cheese to the top-right corner is a cause: at equal steps and equal "
        "straight distance from the decision square, agents turn to cheese far from the corner "
        "less often",
        COEFFICIENT.format("-1.405"),
    ),
    "steps to the corner, rewired": (
        1,
        "Steps to the corner are a cause: with the way to the corner redrawn to be longer, agents "
        "turn to the cheese more often",
        "none",
    ),
    "way to the corner closed": (
        1,
        "With the way to the corner closed, agents turn to the cheese more often",
        "none",
    ),
}
"""The changes: the sign that the claim says, the claim, and what was published."""


def all_claims(
    turns: pd.DataFrame, untrained: pd.DataFrame, chances: pd.DataFrame, predicted: pd.DataFrame
) -> tuple[Claim, ...]:
    """Every claim, with the estimates of the study's tables."""
    return (
        *(_cause(turns, untrained, change) for change in CAUSES),
        _control_claim(turns),
        _prediction_claim(turns, predicted),
        *_chance_claims(turns, chances),
        _discovery_claim(turns, untrained),
    )


def by_agent(
    table: pd.DataFrame, column: str, statistic: Callable[[np.ndarray], np.ndarray] = np.asarray
) -> dict[str, Estimate]:
    """The mean of a column for each agent over mazes, and Student's mean of agents.

    Args:
        table: with a column `agent`, one row per agent and maze.
        column: its name.
        statistic: of the column, before the mean, such as `np.abs`.
    """
    means = {
        str(agent): mean_over_levels(statistic(rows[column].to_numpy()))
        for agent, rows in table.groupby("agent", sort=False)
    }
    return {**means, ALL_AGENTS: mean_of_agents([mean.value for mean in means.values()])}


def _cause(turns: pd.DataFrame, untrained: pd.DataFrame, change: str) -> Claim:
    sign, statement, published = CAUSES[change]
    own, control = where(turns, change=change), where(turns, change=CONTROLS[change])
    nulls = where(untrained, change=change).groupby("agent")["effect"].mean()
    effect = by_agent(own, "effect")
    numbers = measured(
        effect=effect,
        size=by_agent(own, "effect", np.abs),
        size_of_control=by_agent(control, "effect", np.abs),
        untrained=null_of(nulls.to_dict(), effect),
    )
    mean = value("effect", "the mean change of P(turn to the cheese)")
    conditions: tuple[Condition, ...]
    if sign < 0:
        conditions = (
            mean <= -LEAST,
            upper("effect") < 0,
            upper("effect") < lower("untrained"),
        )
    else:
        conditions = (
            mean >= LEAST,
            lower("effect") > 0,
            lower("effect") > upper("untrained"),
        )
    return Claim(
        statement=statement,
        published=published,
        rule=Rule.that(*conditions),
        measured=numbers,
        comment="Sizes are mean absolute changes.",
    )


def _control_claim(turns: pd.DataFrame) -> Claim:
    """Beside the change of the same kind with the largest published coefficient."""
    names = {
        "corner distance": "distance of the cheese to the corner",
        "cheese moved": "cheese moved, all held",
        "steps": "steps to the cheese, rewired",
        "redrawn": "way to the cheese redrawn, as long",
        "off the ways": "rewired off all ways",
    }
    return Claim(
        statement="Edits of the same size that change no feature change the turn less than half "
        "as much (mean absolute change)",
        rule=Rule.that(
            value("cheese moved") <= 0.5 * value("corner distance"),
            value("redrawn") <= 0.5 * value("steps"),
            value("off the ways") <= 0.5 * value("steps"),
        ),
        measured=measured(
            **{
                name: by_agent(where(turns, change=change), "effect", np.abs)
                for name, change in names.items()
            }
        ),
    )


def _prediction_claim(turns: pd.DataFrame, predicted: pd.DataFrame) -> Claim:
    names = {
        "steps": "steps to the cheese, rewired",
        "straight": "straight distance to the cheese",
        "corner": "distance of the cheese to the corner",
    }
    numbers: dict[str, dict[str, Estimate]] = {}
    conditions: list[Condition] = []
    for name, change in names.items():
        numbers[name] = by_agent(where(turns, change=change), "effect")
        numbers[f"{name} predicted"] = by_agent(where(predicted, change=change), "predicted")
        conditions += _within_a_factor_of_two(value(name), value(f"{name} predicted"))
    return Claim(
        statement="A regression over mazes predicts what changing one feature does, up to a "
        "factor of two",
        rule=Rule.that(*conditions),
        measured=measured(**numbers),
        comment="The regression is fitted to the exact turns in other mazes, on three features.",
    )


def _within_a_factor_of_two(effect: Sum, predicted: Sum) -> tuple[Condition, Condition]:
    """Of negative numbers; never met where they are positive."""
    return effect <= 0.5 * predicted, effect >= 2 * predicted


def _chance_claims(turns: pd.DataFrame, chances: pd.DataFrame) -> tuple[Claim, ...]:
    keys = ["agent", "change", "level"]
    both = chances.merge(turns[[*keys, "effect"]], on=keys, suffixes=("", "_on_turn"))
    tracks = {
        str(agent): paired_over_levels(
            rows["effect_on_turn"].to_numpy(), rows["effect"].to_numpy(), correlation
        )
        for agent, rows in both.groupby("agent", sort=False)
    }
    tracks[ALL_AGENTS] = mean_of_agents([each.value for each in tracks.values()])
    corner = where(chances, change="distance of the cheese to the corner")
    walk = by_agent(corner, "walk_effect")
    # The walk is the same whoever is beside it, so it varies over pairs alone.
    walk[ALL_AGENTS] = next(estimate for agent, estimate in walk.items() if agent != ALL_AGENTS)
    return (
        Claim(
            statement="What changes the turn changes the exact chance that an episode gets the "
            "cheese (correlation over pairs)",
            rule=Rule.that(value("correlation") >= 0.8),
            measured=measured(
                correlation=tracks,
                size_of_turn=by_agent(both, "effect_on_turn", np.abs),
                size_of_chance=by_agent(both, "effect", np.abs),
            ),
        ),
        Claim(
            statement="Cheese farther from the corner is got less often, beyond what holds for a "
            "random walk (exact chances)",
            rule=Rule.that(value("effect") < value("random walk"), upper("effect") < 0, each=False),
            measured=measured(
                effect=by_agent(corner, "effect"),
                random_walk=walk,
            ),
        ),
    )


def _discovery_claim(turns: pd.DataFrame, untrained: pd.DataFrame) -> Claim:
    """Changes whose mean effect is not zero, with few false ones whatever the dependence.

    For each network the tests are over pairs. For all agents they are over the agents' means.
    """
    by_network = {
        str(agent): _discovered(rows)
        for agent, rows in pd.concat([turns, untrained]).groupby("agent", sort=False)
    }
    nulls = [len(by_network.pop(str(name))) for name in untrained["agent"].unique()]
    means = turns.groupby(["change", "agent"], sort=False, as_index=False)["effect"].mean()
    if len(by_network) > 1:
        by_network[ALL_AGENTS] = _discovered(means)
    else:  # then all agents are that one
        by_network[ALL_AGENTS] = next(iter(by_network.values()))

    def counts(chosen: Collection[str]) -> dict[str, Estimate]:
        return {
            agent: Estimate.exact(float(len(set(found) & set(chosen))))
            for agent, found in by_network.items()
        }

    return Claim(
        statement="With a share of false discoveries of at most .05 under any dependence, changes "
        "of a feature have a mean effect on agents, controls have none, and nothing has one on "
        "untrained networks",
        rule=Rule.that(
            value("features") >= 1,
            value("controls") <= 0,
            value("in an untrained network") <= 0,
        ),
        measured=measured(
            features=counts(set(CAUSES)),
            controls=counts(set(CHANGES) - set(CAUSES)),
            in_an_untrained_network=dict.fromkeys(by_network, Estimate.exact(float(max(nulls)))),
        ),
        form=".0f",
        comment=f"Counts of {len(CAUSES)} changes of a feature, of {len(CHANGES) - len(CAUSES)} "
        "controls, and of all of them in the untrained network with the most.",
    )


def _discovered(rows: pd.DataFrame) -> Collection[str]:
    by_change = rows.groupby("change", sort=False)["effect"]
    return discoveries({str(name): p_of_mean(each.to_numpy()) for name, each in by_change})
