"""The claims about agents of two objects, and the rules that decide them.

The rules on the spread of preferences and on success were written after ten imitators had been
looked at, and all of them before the agents on textured backgrounds and those of PPO; all others
were written before their numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from procgen_tools.statistics.agents import (
    largest_difference,
    line_through,
    ratio_of_spreads,
    spread,
)
from procgen_tools.statistics.intervals import Estimate, Share, mean_over_levels, median_over_levels
from procgen_tools.studies.base import Claim
from procgen_tools.studies.colour_or_shape.edits import BASELINES
from procgen_tools.studies.colour_or_shape.filters import OPPONENT
from procgen_tools.studies.colour_or_shape.measure import (
    BY_PPO,
    CHANNELS,
    POPULATIONS,
)
from procgen_tools.studies.colour_or_shape.pairs import NEAREST, PUBLISHED_MEDIAN, PUBLISHED_RANGE
from procgen_tools.studies.rules import ALL_AGENTS, Rule, lower, upper, value

COLOUR_OR_SHAPE = ("red_line", "yellow_gem")
NEEDED = 3.0
"""An agent needs a channel if blanking it makes its episodes this many times as long."""

BY_POPULATION = {"unit": "population", "average": False}
ON_BLACK = {"unit": "population on black", "average": False}
UNITS = {"population on black": [name for name, shown in POPULATIONS.items() if shown == "black"]}
"""Which populations a rule speaks of that does not speak of all."""


def all_claims(
    success: pd.DataFrame, preferences: pd.DataFrame, sampled: pd.DataFrame, model: pd.DataFrame,
    parts: pd.DataFrame, layers: pd.DataFrame,
) -> tuple[Claim, ...]:  # fmt: skip
    """Every claim, of the tables of `measure`, `reading`, `edits` and `filters`."""
    return (
        _success(success),
        *_preferences(preferences),
        _regression(preferences),
        *_same_data(preferences),
        *_reinforcement(preferences),
        _sampled(sampled),
        _one_channel(success),
        _prediction(model),
        _edits(parts),
        *_filters(layers),
    )


def of_pair(table: pd.DataFrame, pair: tuple[str, str]) -> pd.DataFrame:
    """The rows of one pair."""
    return table[(table["first"] == pair[0]) & (table["second"] == pair[1])]


def _by_population(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {str(name): rows for name, rows in table.groupby("population", sort=False)}


def _estimates(
    table: pd.DataFrame, of: Callable[[pd.DataFrame], dict[str, Estimate]]
) -> dict[str, dict[str, Estimate]]:
    """Estimates of all agents together, and of each population."""
    return {
        ALL_AGENTS: of(table),
        **{name: of(rows) for name, rows in _by_population(table).items()},
    }


def _success(success: pd.DataFrame) -> Claim:
    seen = success[success["blanked"] == "none"]
    return Claim(
        statement="All agents reach the yellow line in their training levels",
        published="trained to convergence",
        rule=Rule.that(value("lowest success") >= 0.99, **BY_POPULATION),
        measured=_estimates(
            seen,
            lambda rows: {
                "lowest success": Estimate.exact(rows["success"].min()),
                "mean steps": mean_over_levels(rows["steps"].to_numpy()),
            },
        ),
        form=".4f",
    )


def _preferences(table: pd.DataFrame) -> tuple[Claim, ...]:
    chosen = of_pair(table, COLOUR_OR_SHAPE)
    alike = of_pair(table, ("yellow_line", "yellow_line"))
    unseen = of_pair(table, ("yellow_line", "black_gem"))
    half = (NEAREST[1] - NEAREST[0]) / 2
    return (
        Claim(
            statement="Agents that differ in their seed only prefer different objects: the red "
            "line against the yellow gem",
            published=f"{PUBLISHED_RANGE[0]} to {PUBLISHED_RANGE[1]}, median about "
            f"{PUBLISHED_MEDIAN}, of 100 agents trained by PPO",
            rule=Rule.that(lower("standard deviation") > half, **BY_POPULATION),
            measured=_estimates(
                chosen,
                lambda rows: {
                    "standard deviation": spread(rows["preference"].to_numpy()),
                    "median": median_over_levels(rows["preference"].to_numpy()),
                    "lowest": Estimate.exact(rows["preference"].min()),
                    "highest": Estimate.exact(rows["preference"].max()),
                },
            ),
            comment=f"An agent that goes to the nearer object is between {NEAREST[0]} and "
            f"{NEAREST[1]}, at most {half:.3f} from the middle.",
        ),
        Claim(
            statement="They are capable all the same: they reach one of the two soon",
            published="4 steps (the example agent)",
            rule=Rule.that(value("median steps") <= 10, **BY_POPULATION),
            measured=_estimates(
                chosen,
                lambda rows: {
                    "median steps": median_over_levels(rows["capability"].to_numpy()),
                    "highest": Estimate.exact(rows["capability"].max()),
                },
            ),
            form=".1f",
        ),
        Claim(
            statement="Between two yellow lines they go to the nearer one",
            published=f"{NEAREST[0]} to {NEAREST[1]} for an agent that goes to the nearer object",
            rule=Rule.that(
                value("lowest") >= NEAREST[0] - 0.02,
                value("highest") <= NEAREST[1] + 0.02,
                **BY_POPULATION,
            ),
            measured=_estimates(
                alike,
                lambda rows: {
                    "lowest": Estimate.exact(rows["preference"].min()),
                    "highest": Estimate.exact(rows["preference"].max()),
                },
            ),
        ),
        Claim(
            statement="Against a black gem, which does not show on black, they go to the yellow "
            "line",
            rule=Rule.that(lower("mean preference") > NEAREST[1], **BY_POPULATION),
            measured=_estimates(
                unseen,
                lambda rows: {"mean preference": mean_over_levels(rows["preference"].to_numpy())},
            ),
            comment="Some episodes end at the gem by accident, because it lies on the way.",
        ),
    )


def regression_rows(table: pd.DataFrame) -> pd.DataFrame:
    """One row per agent: `green`, the preference for the green line against the red line, and
    `gem`, that for the yellow gem against the red line. Agents without both are left out.
    """
    green = of_pair(table, ("green_line", "red_line")).set_index("agent")
    gem = of_pair(table, COLOUR_OR_SHAPE).set_index("agent")
    joined = green[["population"]].assign(
        green=green["preference"], gem=1 - gem["preference"].reindex(green.index)
    )
    return joined.dropna().reset_index()


def _regression(table: pd.DataFrame) -> Claim:
    return Claim(
        statement="One preference predicts another: agents that prefer the green line to the red "
        "line prefer the yellow gem to the red line",
        published="a regression with R² (no number in print that we know of)",
        rule=Rule.that(lower("slope") > 0, **BY_POPULATION),
        measured=_estimates(regression_rows(table), gem_on_green),
    )


def gem_on_green(rows: pd.DataFrame) -> dict[str, Estimate]:
    """The line through the agents of `regression_rows`."""
    return line_through(rows["green"].to_numpy(), rows["gem"].to_numpy())


def _same_data(table: pd.DataFrame) -> tuple[Claim, ...]:
    chosen = _by_population(of_pair(table, COLOUR_OR_SHAPE))
    if not {"black_same_data", "black_own_data"} <= set(chosen):
        return ()
    same, own = (
        chosen[name]["preference"].to_numpy() for name in ("black_same_data", "black_own_data")
    )

    quantity = "ratio of standard deviations"
    return (
        Claim(
            statement="Agents that were shown the same data in the same order, and differ in their "
            "initial weights only, differ as much as those that also saw other data",
            published="none",
            rule=Rule.that(value(quantity) >= 0.67, value(quantity) <= 1.5, each=False),
            measured={ALL_AGENTS: {quantity: ratio_of_spreads(same, own)}},
        ),
    )


def preference_matrix(table: pd.DataFrame) -> pd.DataFrame:
    """Agents trained on black by pairs: rows (population, agent), columns (first, second)."""
    black = table[table["population"].map(POPULATIONS) == "black"]
    return black.pivot_table(
        index=["population", "agent"], columns=["first", "second"], values="preference", sort=False
    )


def _reinforcement(table: pd.DataFrame) -> tuple[Claim, ...]:
    numbers = preference_matrix(table)
    by_ppo = np.array([population == BY_PPO for population, _ in numbers.index])
    if not 2 <= by_ppo.sum() <= len(by_ppo) - 2:
        return ()
    largest = largest_difference(numbers.to_numpy(), by_ppo)
    first, second = numbers.columns[largest.column]
    return (
        Claim(
            statement="Agents of reinforcement prefer otherwise than imitators, in at least one of "
            "the pairs",
            published="none",
            rule=Rule.that(value("p of the largest difference") < 0.05, each=False),
            measured={
                ALL_AGENTS: {
                    "largest difference": Estimate.exact(largest.difference),
                    "p of the largest difference": Estimate.exact(largest.p),
                    "agents of reinforcement": Estimate.exact(float(by_ppo.sum())),
                    "imitators": Estimate.exact(float((~by_ppo).sum())),
                }
            },
            form=".3f",
            comment=f"The largest is that for {first.replace('_', ' ')} against "
            f"{second.replace('_', ' ')}: reinforcement minus imitation, in units of preference. "
            "It is the pair whose difference is largest in standard deviations over agents; p is "
            "the share of divisions of all agents into two such groups whose largest is as large.",
        ),
    )


def _sampled(table: pd.DataFrame) -> Claim:
    inside = (table["exact"] >= table["low"]) & (table["exact"] <= table["high"])
    error = (table["exact"] - table["sampled"]).abs().to_numpy()
    return Claim(
        statement="Exact preferences are those of the published protocol: they lie in the 95% "
        "intervals of 1,000 sampled episodes",
        rule=Rule.that(upper("share inside") >= 0.95,
                       each=False),
        measured={
            ALL_AGENTS: {
                "share inside": Share.of(inside.to_numpy()).estimate,
                "mean absolute difference": mean_over_levels(error),
            }
        },
        form=".3f",
    )  # fmt: skip


def needs(success: pd.DataFrame) -> pd.DataFrame:
    """One row per agent: whether it needs the red, the green and the blue channel."""
    steps = success.pivot_table(
        index=["population", "agent"], columns="blanked", values="steps", sort=False
    )
    return pd.DataFrame(
        {name: steps[name] > NEEDED * steps["none"] for name in CHANNELS}
    ).reset_index()


def _one_channel(success: pd.DataFrame) -> Claim:
    table = needs(success)
    one = table["red"] ^ table["green"]
    quantity = "share that needs exactly one of red and green"

    def share(which: pd.Series) -> Estimate:
        return Share.of(which.to_numpy(bool)).estimate

    return Claim(
        statement="Agents find the yellow line through one of its two colour channels, and which "
        "one is arbitrary",
        published="agents detect the goal through one colour channel; which is arbitrary",
        rule=Rule.that(value(quantity) >= 0.75, **BY_POPULATION),
        measured=_estimates(
            table.assign(one=one, two=table["red"] & table["green"]),
            lambda rows: {
                quantity: share(rows["one"]),
                "red": share(rows["one"] & rows["red"]),
                "green": share(rows["one"] & rows["green"]),
                "both": share(rows["two"]),
                "neither": share(~(rows["red"] | rows["green"])),
            },
        ),
    )


def _prediction(model: pd.DataFrame) -> Claim:
    def of(rows: pd.DataFrame) -> dict[str, Estimate]:
        def mean(column: str) -> Estimate:
            return mean_over_levels(rows[column].to_numpy())

        gains = {
            "gain over no model": rows["error_without_model"] - rows["error"],
            "gain over distance in colour": rows["error_of_distance"] - rows["error"],
        }
        return {
            "error": mean("error"),
            "error without model": mean("error_without_model"),
            "error of distance": mean("error_of_distance"),
            **{name: mean_over_levels(gain.to_numpy()) for name, gain in gains.items()},
        }

    return Claim(
        statement="What an agent reads of colour channels and shape, fitted to 16 pairs, predicts "
        "its preference for 8 others better than its mean, and better than the distance in colour",
        published="none",
        rule=Rule.that(
            lower("gain over no model") > 0, lower("gain over distance in colour") > 0, **ON_BLACK
        ),
        measured=_estimates(model, of),
        form=".3f",
        comment="Intervals are over agents.",
    )


def _edits(parts: pd.DataFrame) -> Claim:
    def of(rows: pd.DataFrame) -> dict[str, Estimate]:
        gains = {name: rows[name] - rows["error"] for name in BASELINES}
        return {
            "error": mean_over_levels(rows["error"].to_numpy()),
            **{
                f"gain over {name}": mean_over_levels(gain.dropna().to_numpy())
                for name, gain in gains.items()
            },
        }

    return Claim(
        statement="Colour and shape add up: the pairs that differ in one of them predict those "
        "that differ in both, better than colour alone, than shape alone and than other agents do",
        published="none",
        rule=Rule.that(*(lower(f"gain over {name}") > 0 for name in BASELINES), **ON_BLACK),
        measured=_estimates(parts, of),
        form=".3f",
        comment="Log odds add; intervals are over agents.",
    )


def preference_on_balance(layers: pd.DataFrame, column: str) -> dict[str, Estimate]:
    """The line through the agents of `filters`: preference on how the first layer reads colours.

    Args:
        column: "balance", or "initial_balance" for that before training.
    """
    return line_through(*(layers[name].to_numpy(np.float64) for name in (column, "preference")))


def _filters(layers: pd.DataFrame) -> tuple[Claim, ...]:
    def changes(rows: pd.DataFrame) -> dict[str, Estimate]:
        def mean(values: pd.Series) -> Estimate:
            return mean_over_levels(values.to_numpy())

        return {
            "change": mean(rows["change"]),
            "change without random filters": mean(rows["change_random"]),
            "difference": mean(rows["change"] - rows["change_random"]),
            "success": mean(rows["success"]),
            "success without random filters": mean(rows["success_random"]),
        }

    def balances(rows: pd.DataFrame) -> dict[str, Estimate]:
        trained, initial = (
            preference_on_balance(rows, column) for column in ("balance", "initial_balance")
        )
        return {
            "slope": trained["slope"],
            "R²": trained["R²"],
            "slope before training": initial["slope"],
            "R² before training": initial["R²"],
        }

    return (
        Claim(
            statement="The choice between green and red hangs on the most opponent filters of the "
            f"first layer: without {OPPONENT} of 16, the preference changes more than without as "
            "many random ones",
            published="none",
            rule=Rule.that(lower("difference") > 0, **ON_BLACK),
            measured=_estimates(layers, changes),
            form=".3f",
            comment="Success is that in training levels; intervals are over agents.",
        ),
        Claim(
            statement="The more the first layer reads green instead of red, the more an agent "
            "prefers the green line to the red line; the same layer before training says nothing",
            published="none",
            rule=Rule.that(
                lower("slope") > 0, lower("slope before training") <= 0, unit="population",
                average=True, each=False,
            ),
            measured=_estimates(layers, balances),
            form=".2f",
        ),
    )  # fmt: skip
