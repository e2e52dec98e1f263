"""The claims about value heads, and the rules that decide them."""

from __future__ import annotations

import pandas as pd

from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies.base import Claim, measured, over_levels
from procgen_tools.studies.rules import Rule, lower, value


def all_claims(table: pd.DataFrame, usual: pd.DataFrame) -> tuple[Claim, ...]:
    """Every claim, of mazes with the cheese anywhere, and with the cheese as in training."""
    return (*_head_claims(table), _training_claim(usual), *_return_claims(table))


def _head_claims(table: pd.DataFrame) -> tuple[Claim, ...]:
    turns = (table["policy_cheese"] > table["policy_top_right"]).astype(float)
    values = (table["value_cheese"] > table["value_top_right"]).astype(float)
    at_cheese = table["peak_at_cheese"].astype(float)
    both = pd.DataFrame({"agent": table["agent"], "turns": turns, "values": values})
    mean = both.groupby("agent").transform("mean")
    # Two yes-or-no answers agree beyond chance by twice their covariance.
    beyond = 2 * (turns - mean["turns"]) * (values - mean["values"])

    def share(numbers: pd.Series) -> dict[str, Estimate]:
        return over_levels(table, lambda _: numbers)

    return (
        Claim(
            statement="At the decision square the value head agrees with the policy head: the way "
            "that the policy prefers is the way to the higher value",
            published="never answered",
            rule=Rule.that(value("agreement") >= 0.75, lower("beyond chance") > 0),
            measured=measured(
                agreement=share((turns == values).astype(float)),
                beyond_chance=share(beyond),
                both_cheese=share(turns * values),
                policy_cheese_value_top_right=share(turns * (1 - values)),
                policy_top_right_value_cheese=share((1 - turns) * values),
                both_top_right=share((1 - turns) * (1 - values)),
            ),
            comment="By a discount of .99 the two squares differ by about 2% of the value.",
        ),
        Claim(
            statement="Where the policy turns to the cheese, the value is still highest in the top "
            "right",
            published="seen in single mazes, never counted",
            rule=Rule.that(
                value("policy cheese peak nearer corner")
                > value("policy cheese peak nearer cheese")
            ),
            measured=measured(
                policy_cheese_peak_nearer_corner=share(turns * (1 - at_cheese)),
                policy_cheese_peak_nearer_cheese=share(turns * at_cheese),
            ),
        ),
    )


def _training_claim(usual: pd.DataFrame) -> Claim:
    return Claim(
        statement="With the cheese as in training, values follow the agent's own discounted return",
        rule=Rule.that(value("correlation", "the mean correlation within mazes") >= 0.9),
        measured=measured(
            correlation=over_levels(usual, "own"),
            absolute_error=over_levels(usual, "own_error"),
        ),
    )


def _return_claims(table: pd.DataFrame) -> tuple[Claim, ...]:
    def change(name: str) -> dict[str, Estimate]:
        return over_levels(table, lambda t: t[f"{name}_value"] - t[f"{name}_value_without"])

    error = value(
        "way to cheese",
        "the mean absolute difference between values and the return of the shortest way to the "
        "cheese",
    )
    return (
        Claim(
            statement="With the cheese anywhere, values follow what the agent earns more than how "
            "near the corner is",
            published="never answered",
            rule=Rule.that(value("own return") > value("way to corner")),
            measured=measured(
                own_return=over_levels(table, "own"),
                way_to_cheese=over_levels(table, "cheese"),
                way_to_corner=over_levels(table, "corner"),
            ),
            comment="Numbers are mean correlations within mazes.",
        ),
        Claim(
            statement="With the cheese anywhere, values are what the shortest way to the cheese "
            "earns, rather than what the agent does, what a way to the corner would earn, or what "
            "ways to the cheese earn in mazes of this size",
            rule=Rule.that(
                error <= 0.5 * value("own return", "that to the agent's own"),
                error < value("way to corner", "that to the way to the corner"),
                error < value("constant per size", "that to a constant per maze size"),
            ),
            measured=measured(
                own_return=over_levels(table, "own_error"),
                way_to_cheese=over_levels(table, "cheese_error"),
                way_to_corner=over_levels(table, "corner_error"),
                constant_per_size=over_levels(table, "size_error"),
            ),
            comment="Numbers are mean absolute differences.",
        ),
        Claim(
            statement="Cheese anywhere raises the value",
            rule=Rule.that(lower("at the start") > 0),
            measured=measured(at_the_start=change("start"), mean_over_squares=change("mean")),
        ),
    )
